"""New tunes composed by several processes, each with a model of its own.

What a tune is depends on the options, the seed and its number alone. So process k of n composes the tunes k, k + n,
k + 2n and so on, and validates them. Here they are put in order. Nothing here loads torch.
"""

import atexit
import logging
import signal
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from folkrnn.errors import GenerationError
from folkrnn.processes import collect_seldom, follow_parent, interrupts_held

if TYPE_CHECKING:
    from folkrnn.composition.composer import Composition, Progress, ProgressWatcher
    from folkrnn.composition.requests import RequestOptions

FEWEST_TUNES = 8
"""The fewest tunes for which another process pays: to start, load and warm up takes it as long as writing these."""

MOST_PROCESSES = 16
"""Each process needs 400 MB of memory."""

MOST_AHEAD = 256
"""The finished tunes of a process that may wait for tunes of others; then it waits too."""

INTERVAL = 0.1
"""Seconds between two questions whether to stop."""


def shares_of(count: int, jobs: int) -> int:
    """Return how many of at most ``jobs`` processes are to compose ``count`` tunes; 1 if this one is to do it alone."""
    return max(1, min(jobs, count // FEWEST_TUNES, MOST_PROCESSES))


class _EndedError(GenerationError):
    """A process that has ended before its time."""


class _Share:
    """A process and what has come from it: finished tunes that wait, and how far it is."""

    def __init__(self, model: Path, number: int, shares: int, count: int, options: "RequestOptions") -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.waiting: deque[Composition] = deque()
        self.progress: Progress | None = None
        self.at_work = True
        self._process = context.Process(
            target=_compose_share, args=(theirs, model, number, shares, count, options), daemon=True
        )
        self._process.start()
        atexit.register(self._process.kill)  # before Python itself sends it SIGTERM, and waits
        theirs.close()  # so that the end of the process is the end of the connection

    def take(self) -> None:
        """Take what the process sends next. Raises what it raised, and _EndedError if it ended unasked."""
        try:
            found = self.connection.recv()
        except (EOFError, OSError):
            self.at_work = False
            self._process.join()
            raise _EndedError(
                f"a process that writes tunes ended with status {self._process.exitcode}; expected it to go on "
                "(is there enough memory?)"
            ) from None
        if isinstance(found, Exception):
            raise found
        if found is None:
            self.at_work = False
        elif isinstance(found, tuple):
            (self.progress,) = found
        else:
            self.waiting.append(found)

    def stop(self) -> None:
        """Have the process send what it has finished, and end; end it at once if it has not begun."""
        if self.progress is None and not self.connection.poll():
            self.at_work = False
            return
        with suppress(OSError):
            self.connection.send("stop")

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.connection.close()
        self._process.kill()
        self._process.join()
        atexit.unregister(self._process.kill)


def composed_in_shares(
    model: Path,
    shares: int,
    count: int,
    options: "RequestOptions",
    progress: "ProgressWatcher | None",
    stop: Callable[[], bool],
) -> "Generator[Composition, None, None]":
    """Yield ``count`` new tunes in order, composed in several processes; see ``Composer.generate``.

    Raises what is raised in a process, and GenerationError if one ends before its time.
    """
    began: list[_Share] = []
    try:
        for number in range(shares):
            with interrupts_held():
                began.append(_Share(model, number, shares, count, options))
        due = 0.0
        for index in range(count):
            share = began[index % shares]
            while True:
                if stop():
                    yield from _finished(began)
                    return
                if progress and time.monotonic() >= due:
                    due = time.monotonic() + INTERVAL
                    progress(_sum_of(began, share))
                if share.waiting:
                    break
                _receive([each for each in began if len(each.waiting) < MOST_AHEAD], stop)
            yield share.waiting.popleft()
    finally:
        for share in began:
            share.end()


def _receive(shares: list[_Share], stop: Callable[[], bool]) -> None:
    """Take what comes from some processes, if anything comes within INTERVAL.

    What stops this process may have ended some too, which had just been started.
    """
    at_work = [share for share in shares if share.at_work]
    ready = wait([share.connection for share in at_work], INTERVAL)
    for share in at_work:
        if share.connection in ready:
            try:
                share.take()
            except _EndedError:
                if not stop():
                    raise


def _finished(shares: list[_Share]) -> list["Composition"]:
    """Stop the processes and return all tunes that they have finished, in order."""
    for share in shares:
        share.stop()
    while any(share.at_work for share in shares):
        _receive(shares, lambda: True)
    return sorted((each for share in shares for each in share.waiting), key=lambda each: each.number)


def _sum_of(shares: list[_Share], first: _Share) -> "Progress":
    """Return the progress of all processes; ``first`` is the one that writes the first tune that is not finished."""
    from folkrnn.composition.composer import Progress

    tunes = sum(share.progress.tunes for share in shares if share.progress)
    return replace(first.progress, tunes=tunes) if first.progress else Progress(tunes, 0.0, 0)


def _compose_share(
    connection: Connection, model: Path, number: int, shares: int, count: int, options: "RequestOptions"
) -> None:
    """Compose one share of the tunes and send them, until there are no more or the other end asks to stop."""
    follow_parent()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as systemd sends it to all; what is finished is to be sent first
    logging.getLogger("folkrnn").addHandler(logging.NullHandler())  # who asks for the tunes has said it all
    collect_seldom()
    try:
        import torch

        from folkrnn.composition.composer import Composer, Progress, unjudged

        torch.set_num_threads(1)
        connection.send((Progress(0, 0.0, 0),))
        tunes = range(number, count, shares)
        # A closed connection can be read too, so nobody goes on for a main process that is gone.
        made = Composer(model).generate_share(
            tunes, count, lambda progress: connection.send((progress,)), connection.poll, options
        )
        for composition in made:
            _ = composition.originality  # worked out here, and sent along
            connection.send(composition.judged_by(unjudged))
        connection.send(None)
    except (BrokenPipeError, ConnectionResetError):
        return  # the main process is gone
    except Exception as error:  # whatever it is, the main process raises it
        connection.send(error)
