"""Sequences of any length, of which few items are in memory."""

import pickle
import zlib
from array import array
from collections.abc import Hashable, Iterable, Sequence
from tempfile import TemporaryFile
from typing import IO, Generic, TypeVar, overload
from weakref import finalize

_Item = TypeVar("_Item")

MOST_HELD = 2000
"""The most items of a spool that are in memory."""


class Spooled(Sequence[_Item], Generic[_Item]):
    """Items of a spool in some order. An item may be another object each time; its ``identity`` is always the same."""

    def __init__(self, spool: "Spool[_Item]", places: Sequence[int]) -> None:
        self._spool = spool
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> _Item: ...
    @overload
    def __getitem__(self, place: slice) -> "Spooled[_Item]": ...
    def __getitem__(self, place: int | slice) -> "_Item | Spooled[_Item]":
        if isinstance(place, slice):
            return Spooled(self._spool, self._places[place])
        return self._spool.load(self._places[place])

    def identity(self, place: int) -> Hashable:
        """Return what tells the item at a place from all others."""
        return id(self._spool), self._places[place]

    def in_order(self, places: Iterable[int]) -> "Spooled[_Item]":
        """Return the items at these places, in this order."""
        return Spooled(self._spool, array("Q", [self._places[place] for place in places]))


class Spool(Generic[_Item]):
    """Items one after the other: the first ``held`` in memory, the others in a temporary file that nobody else sees."""

    def __init__(self, held: int | None = None) -> None:
        self._most = MOST_HELD if held is None else held
        self._held: list[_Item] = []
        self._file: IO[bytes] | None = None
        self._ends = array("Q", [0])

    def append(self, item: _Item) -> None:
        """Add an item. Raises OSError where the temporary file cannot be written."""
        if len(self._held) < self._most:
            self._held.append(item)
            return
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - it lasts as long as the spool
            finalize(self, self._file.close)
        self._file.seek(self._ends[-1])
        self._ends.append(self._ends[-1] + self._file.write(zlib.compress(pickle.dumps(item), 1)))

    def load(self, number: int) -> _Item:
        """Return the item that was added as this one, from 0."""
        if number < len(self._held):
            return self._held[number]
        if self._file is None:
            raise IndexError(number)
        place = number - len(self._held)
        self._file.seek(self._ends[place])
        # Only this process can have written the file, so what it holds is safe to load.
        item: _Item = pickle.loads(zlib.decompress(self._file.read(self._ends[place + 1] - self._ends[place])))
        return item

    def items(self) -> Spooled[_Item]:
        """Return all items that were added so far."""
        return Spooled(self, range(len(self._held) + len(self._ends) - 1))


def identity(items: Sequence[object], place: int) -> Hashable:
    """Return what tells the item at a place from all others, in memory or in a spool."""
    return items.identity(place) if isinstance(items, Spooled) else id(items[place])


def in_order(items: Sequence[_Item], places: Sequence[int]) -> Sequence[_Item]:
    """Return the items at these places, in this order; those of a spool stay where they are."""
    return items.in_order(places) if isinstance(items, Spooled) else [items[place] for place in places]
