"""Work shared among processes, for what one core computes: reading by music21, engraving."""

import atexit
import gc
import math
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

ITEMS_AHEAD = 8
"""How many items a process is given, on average, before the first result is waited for."""

COLLECTED_OBJECTS = 100_000
"""That many new objects make Python look for unreachable ones, in processes of our own."""
_HELD = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name))
"""The signals that a terminal sends to all processes of a command."""

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux says what a container may use."""


def processors(cgroups: Path = CGROUPS) -> int:
    """Return how many processors this process may use, at least 1.

    That is their number, the CPU affinity of the process, or the limit of its container in the folder ``cgroups``,
    whichever is least. A limit of one and a half processors counts as two.
    """
    allowed = _allowed()
    limit = _container_limit(cgroups)
    return max(1, allowed if limit is None else min(allowed, math.ceil(limit)))


def _allowed() -> int:
    """Return the number of processors that the system lets this process run on."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _container_limit(cgroups: Path) -> Fraction | None:
    """Return the processors' time that a container may use, in processors; None without a limit.

    Version 2 of cgroups has one file with quota and period, version 1 has a file for each.
    """
    try:
        quota, period = (cgroups / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = ((cgroups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        except OSError:
            return None
    try:
        limit = Fraction(int(quota), int(period))
    except (ValueError, ZeroDivisionError):  # "max" is no limit
        return None
    return limit if limit > 0 else None


class ProcessQueue(Generic[_Item, _Result]):
    """Items that are given one by one to ``jobs`` processes; the results of a function come back in their order.

    It is used in a ``with`` block. What the function raises is raised in its turn. The program must be guarded by
    ``if __name__ == "__main__":``, for each process imports it again.
    """

    def __init__(self, function: Callable[[_Item], _Result], jobs: int) -> None:
        # A forked child could inherit a lock that a thread of ours holds; a spawned one starts clean.
        # Its queues start Python's tracker of resources, which a signal to all processes must not end either.
        with interrupts_held():
            self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), follow_parent)
        self._function = function
        self._pending: deque[Future[_Result]] = deque()
        self._most = ITEMS_AHEAD * jobs

    def __enter__(self) -> "ProcessQueue[_Item, _Result]":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def put(self, item: _Item) -> list[_Result]:
        """Give an item to the processes and return the results that are ready; wait only if too many are not."""
        with interrupts_held():
            self._pending.append(self._pool.submit(self._function, item))
        ready: list[_Result] = []
        while self._pending and (self._pending[0].done() or len(self._pending) >= self._most):
            if ready and self._pending[0].exception():
                break  # it is raised in its turn, after what is ready
            ready.append(self._pending.popleft().result())
        return ready

    def rest(self) -> Iterator[_Result]:
        """Yield the results that are still to come."""
        while self._pending:
            yield self._pending.popleft().result()


def follow_parent() -> None:
    """Leave it to the main process what becomes of a signal that a terminal sends to all; end when it ends.

    However it ended: a process of a pool would wait for work for ever.
    """
    for number in _HELD:
        signal.signal(number, signal.SIG_IGN)
    if parent := parent_process():
        threading.Thread(target=_end_with, args=[parent.sentinel], daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def process_map(
    function: Callable[[_Item], _Result], items: Iterable[_Item], jobs: int
) -> Generator[_Result, None, None]:
    """Yield what a function returns for each item, in their order, computed by ``jobs`` processes, or here for 1.

    The items may come slowly: results are yielded in between. Who may not take all of them closes it: what is raised
    while Python itself does so, as a signal may be, is lost. See ``ProcessQueue``.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    with ProcessQueue(function, jobs) as queue:
        for item in items:
            yield from queue.put(item)
        yield from queue.rest()


def collect_seldom() -> None:
    """Let Python look for unreachable objects less often, and no more at the end.

    Each search goes through the hundred thousands of objects that torch and music21 leave. With the usual settings that
    would take half of the time that they need to load, and as long again at the end.
    """
    gc.set_threshold(COLLECTED_OBJECTS)
    atexit.register(gc.freeze)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold signals back. Processes that start meanwhile never get them: this process decides when they end."""
    if sys.platform == "win32":  # there is no such mask
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
