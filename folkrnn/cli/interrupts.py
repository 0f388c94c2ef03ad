"""Signals that end a program, at a good moment: what is done with an item is never left half done.

Ctrl-C (SIGINT), the end that a system asks for (SIGTERM) and the loss of the terminal (SIGHUP) are treated alike.
"""

import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

Item = TypeVar("Item")

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that stop a command; Windows has no SIGHUP."""


class Stopped(KeyboardInterrupt):
    """A signal that stops the command; ``number`` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def status_of(number: int) -> int:
    """Return the exit status of a command that a signal stopped: 130, 143 or 129."""
    return 128 + number


@dataclass
class Signals:
    """What has come while a block lasts: ``number`` is the first signal, or 0."""

    number: int = 0


@contextmanager
def signals_raised(last: bool = False) -> Iterator[Signals]:
    """Raise Stopped for each signal that comes while the block lasts.

    One that is ignored stays so: ``nohup`` ignores SIGHUP. If the block is the ``last`` that the program does, a signal
    after it ends the program at once: nobody is left to catch an exception.
    """
    signals = Signals()

    def stop(number: int, _: object) -> NoReturn:
        signals.number = signals.number or number
        raise Stopped(number)

    before = _handle(stop)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if last else handler)


def _handle(handler: Any) -> dict[int, Any]:
    """Let a handler take the signals, but for a SIGHUP that is ignored; return the handlers that they had before."""
    if threading.current_thread() is not threading.main_thread():
        return {}  # no other thread gets signals
    held = {number: signal.getsignal(number) for number in SIGNALS}
    heard = {number: before for number, before in held.items() if number == signal.SIGINT or before != signal.SIG_IGN}
    for number in heard:
        signal.signal(number, handler)
    return heard


class Interrupts:
    """A ``with`` block in which signals are held back.

    Code that can stop by itself asks ``pressed``. ``until`` lets a signal break the wait for the next item. A signal
    may have gone to the processes that share the work too, as SIGTERM from systemd does: then it stops the block.
    """

    number = 0
    """The first signal that came in the block, or 0."""

    _waiting = False

    def __enter__(self) -> "Interrupts":
        self._before = _handle(self._press)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.number and isinstance(error, BrokenExecutor):
            raise Stopped(self.number) from error

    @property
    def pressed(self) -> bool:
        """Whether a signal came in the block."""
        return bool(self.number)

    def until(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items up to a signal."""
        with suppress(KeyboardInterrupt):
            self._wait()
            for item in items:
                self._waiting = False
                yield item
                self._wait()
            self._waiting = False

    def _wait(self) -> None:
        self._waiting = True
        if self.number:
            self._press(self.number)

    def _press(self, number: int, _: object = None) -> None:
        self.number = self.number or number
        if self._waiting:
            self._waiting = False
            raise Stopped(self.number)
