"""Several processes, on one machine or more, that train one model: each learns from its share of the rows.

``torchrun`` starts them and gives each its rank. torch's own distributed engine carries what they exchange. They sum
their gradients, so the result is that of one process within rounding. A single process exchanges nothing.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a run: ``rank`` is the number of this one, from 0, of ``size``."""

    rank: int = 0
    size: int = 1

    @classmethod
    def from_environment(cls) -> "ProcessGroup":
        """Return the group that ``torchrun`` started this process in, ready to exchange, or a group of one."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return cls()
        if not distributed.is_initialized():
            distributed.init_process_group("gloo")
        return cls(int(os.environ.get("RANK", "0")), size)

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files and reports the progress."""
        return self.rank == 0

    def rows(self, batch: int) -> range:
        """Return the rows of a batch that belong to this process."""
        return range(batch * self.rank // self.size, batch * (self.rank + 1) // self.size)

    def broadcast(self, value: float) -> float:
        """Return the main process's value in every process: their clocks differ."""
        if self.size == 1:
            return value
        message = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(message, 0)
        return message.item()

    def all_reduce(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, in place."""
        if self.size == 1:
            return
        under_way = [distributed.all_reduce(tensor, async_op=True) for tensor in tensors]
        for sum_of_one in under_way:
            sum_of_one.wait()

    def all_gather(self, rows: Tensor, batch: int) -> Tensor:
        """Return the rows (L, b, H) of all processes as one batch (L, B, H)."""
        if self.size == 1:
            return rows
        whole = torch.zeros(rows.shape[0], batch, rows.shape[2])
        own = self.rows(batch)
        whole[:, own.start : own.stop] = rows
        distributed.all_reduce(whole)
        return whole
