"""Sharing work among processes, for what one core computes: reading by music21, engraving."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

ITEMS_AHEAD = 8
"""How many items a process is given, on average, before the first result is waited for."""


def processors() -> int:
    """Give the number of processors."""
    return os.cpu_count() or 1


def process_map(function: Callable[[_Item], _Result], items: Iterable[_Item], jobs: int) -> Iterator[_Result]:
    """Yield what a function returns for each item, in their order, computed by ``jobs`` processes.

    The items may come slowly: results are yielded in between. At most ITEMS_AHEAD items a process are held at a time.
    What the function raises is raised here, in its turn. The program must be guarded by
    ``if __name__ == "__main__":``, for each process imports it again.
    """
    # A forked child could inherit a lock that a thread of ours holds; a spawned one starts clean.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    pending: deque[Future[_Result]] = deque()
    try:
        for item in items:
            with _interrupts_held():
                pending.append(pool.submit(function, item))
            while pending and (pending[0].done() or len(pending) >= ITEMS_AHEAD * jobs):
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
