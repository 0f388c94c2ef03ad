"""Several processes, on one machine or more, that train one model: each learns from its share of the rows.

``torchrun`` starts them and tells each its rank; torch's own distributed engine carries what they exchange. Gradients
are added up, so the result is that of one process within rounding. One process alone is the usual case, and exchanges
nothing.
"""

import os
from collections.abc import Sequence

import torch
from torch import Tensor, distributed


class Together:
    """The processes of this run. ``rank`` is this one's number, from 0, which leads; ``size`` how many there are."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0")) if self.size > 1 else 0
        if self.size > 1 and not distributed.is_initialized():
            distributed.init_process_group("gloo")

    @property
    def leads(self) -> bool:
        """Whether this process writes the files and tells of the progress."""
        return self.rank == 0

    def rows(self, batch: int) -> range:
        """The rows of a batch that are this process's."""
        return range(batch * self.rank // self.size, batch * (self.rank + 1) // self.size)

    def agreed(self, value: float) -> float:
        """The leader's value, for all: clocks differ."""
        if self.size == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(shared, 0)
        return shared.item()

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Put in place of each tensor the sum over all processes."""
        if self.size == 1:
            return
        together = torch.cat([tensor.flatten() for tensor in tensors])
        distributed.all_reduce(together)
        for tensor, summed in zip(tensors, torch.split(together, [t.numel() for t in tensors]), strict=True):
            tensor.copy_(summed.view_as(tensor))

    def gathered(self, rows: Tensor, batch: int) -> Tensor:
        """The rows (L, b, H) of all processes, as one batch (L, B, H)."""
        if self.size == 1:
            return rows
        whole = torch.zeros(rows.shape[0], batch, rows.shape[2])
        own = self.rows(batch)
        whole[:, own.start : own.stop] = rows
        distributed.all_reduce(whole)
        return whole
