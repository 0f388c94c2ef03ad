"""The notes of one bar as ABC has them: each with its place in a tuplet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from folkrnn.notation.tune import Note, Tuplet


@dataclass
class Value:
    """A printed note value: the ``note`` without its tuplet, the ``ratio`` (actual, normal) of the tuplet it is in.

    ``ends`` says that the tuplet is marked to end here.
    """

    note: Note
    ratio: tuple[int, int] = (1, 1)
    ends: bool = False


def notes_of(values: Sequence[Value]) -> tuple[Note, ...]:
    """Return the notes of some printed values."""
    notes: list[Note] = []
    for group in _groups(values):
        for place, value in enumerate(group):
            plain = value.ratio == (1, 1)
            notes.append(value.note if plain else value.note._replace(tuplet=Tuplet(*value.ratio, len(group), place)))
    return tuple(notes)


def _groups(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Yield each tuplet, and each other value alone."""
    start = 0
    while start < len(values):
        stop = start + 1 if values[start].ratio == (1, 1) else _end_of_tuplet(values, start)
        yield values[start:stop]
        start = stop


def _end_of_tuplet(values: Sequence[Value], start: int) -> int:
    """Return where a tuplet ends: where it is marked, else where it holds whole multiples of its shortest note."""
    ratio = values[start].ratio
    stop = next((place for place in range(start, len(values)) if values[place].ratio != ratio), len(values))
    marked = next((place + 1 for place in range(start, stop) if values[place].ends), 0)
    if marked:
        return marked
    lengths = [value.note.duration for value in values[start:stop]]
    for place in range(1, len(lengths)):
        if sum(lengths[: place + 1], Fraction(0)) % (min(lengths[: place + 1]) * ratio[0]) == 0:
            return start + place + 1
    return stop
