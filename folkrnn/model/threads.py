"""Work shared among threads that compute on one core each.

torch would rather split each operation between all cores. A step of a recurrent network has thousands of small
operations, and after each the threads would wait for the slowest. One busy neighbour on the machine would then cost
ten times its share. These threads meet once a step, and what one computes does not depend on their number.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import torch

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def thread_count() -> int:
    """Return the number of threads to work on: as many as torch has."""
    return torch.get_num_threads()


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "folkrnn", initializer=torch.set_num_threads, initargs=(1,))


def thread_map(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Return the results of a function for all items, in their order; the threads share the calls."""
    return list(_pool(thread_count()).map(function, items))
