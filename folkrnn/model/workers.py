"""Sharing work among threads that compute on one core each.

torch would rather split every single operation between all cores. A recurrent network is
thousands of small operations a step, so its threads would meet thousands of times and wait
each time for the slowest: one busy neighbour on the machine then costs ten times its share.
Workers meet once a step. What a worker computes also does not depend on how many there are.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def worker_count() -> int:
    """Give the number of workers: as many as torch has threads."""
    return torch.get_num_threads()


@lru_cache(maxsize=1)
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, "folkrnn", initializer=torch.set_num_threads, initargs=(1,))


def share(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Apply a function to each item, on the workers; give the results in order of the items."""
    return list(_pool(worker_count()).map(function, items))
