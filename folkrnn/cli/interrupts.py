"""Ctrl-C at a good moment: what is done with an item is never left half done."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


class Interrupts:
    """A ``with`` block in which Ctrl-C is held back.

    Code that can stop by itself asks ``pressed``. ``until`` lets Ctrl-C break the wait for the next item.
    """

    pressed = False
    """Whether Ctrl-C was pressed in the block."""

    _waiting = False

    def __enter__(self) -> "Interrupts":
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def until(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items up to Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self._wait()
            for item in items:
                self._waiting = False
                yield item
                self._wait()
            self._waiting = False

    def _wait(self) -> None:
        self._waiting = True
        if self.pressed:
            self._press()

    def _press(self, *_: object) -> None:
        self.pressed = True
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt
