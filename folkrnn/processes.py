"""Sharing work among processes, for what one core computes: reading by music21, engraving."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 8
"""How many items a process may be given, in the mean, before the first result is waited for."""


def processors() -> int:
    """Give the number of processors."""
    return os.cpu_count() or 1


def shared(function: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """Yield what a function makes of each item, in their order, while the items come; ``jobs`` processes compute it.

    No more than AHEAD items a process are held at a time. What the function raises is raised here in its turn. The
    program must be guarded by ``if __name__ == "__main__":``, for each process reads it anew.
    """
    # A forked child could inherit a lock that a thread of ours holds; a spawned one starts clean.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            with _interrupts_held():
                pending.append(pool.submit(function, item))
            while pending and (pending[0].done() or len(pending) >= AHEAD * jobs):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back. Processes started meanwhile never hear it: it is for this one to say what becomes of them."""
    if not hasattr(signal, "pthread_sigmask"):  # not on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
