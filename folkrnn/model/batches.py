"""Tunes laid out for the network: the training stream, and padded batches of whole tunes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from folkrnn.model.network import NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import context_features
from folkrnn.processes import process_map

MIN_SHARED_TEXTS = 1000
"""Fewer texts than this are read faster by one process than by several."""


def network_inputs(
    texts: Sequence[str], vocabulary: Vocabulary, settings: NetworkSettings, jobs: int = 1
) -> list[Tensor]:
    """Return what a network reads of each text, (N, R) of int16: ids, then as many context features as it reads.

    ``jobs`` processes find the features of MIN_SHARED_TEXTS or more (see ``folkrnn.processes``).
    """
    read = [vocabulary.encode(text).short().unsqueeze(1) for text in texts]
    if not settings.context:
        return read
    many = jobs > 1 and len(texts) >= MIN_SHARED_TEXTS
    features = process_map(context_features, texts, jobs if many else 1)
    return [
        torch.cat([ids, torch.from_numpy(values[:, : settings.context]).short()], 1)
        for ids, values in zip(read, features, strict=True)
    ]


@dataclass(frozen=True)
class Window:
    """A window of text: what the network reads, (B, T, R), the character after each, and where tunes start, (B, T)."""

    inputs: Tensor
    targets: Tensor
    starts: Tensor


class TuneStream:
    """One pass over the tunes as B rows of text, cut into windows of T characters.

    Tunes follow each other in an order that depends only on the seed and the number of the pass. A row's state is
    carried from window to window and reset where a tune starts. Every tune is thus learned as it will be scored and
    written: from the zero state, after a line end. The characters left over at the end of the order are left out.

    ``tunes`` holds what the network reads of each, (N, R), ids first.
    """

    def __init__(
        self,
        tunes: Sequence[Tensor],
        start: int,
        batch: int,
        window: int,
        seed: int,
        number: int,
    ) -> None:
        order = np.random.default_rng((seed, number)).permutation(len(tunes))
        read = torch.cat([tunes[i] for i in order])
        targets, inputs = read[:, 0].long(), read.roll(1, 0)
        rows = max(1, min(batch, len(targets) // window))
        starts = torch.zeros(len(targets), dtype=torch.bool)
        lengths = torch.tensor([len(tunes[i]) for i in order])
        firsts = lengths.cumsum(0) - lengths
        starts[firsts], inputs[firsts] = True, _start_input(start, read)
        width = len(targets) // rows
        self._window = window
        self._inputs, self._targets, self._starts = (
            column[: rows * width].view(rows, width, *column.shape[1:]) for column in (inputs, targets, starts)
        )
        # A row may begin inside a tune; it then begins from the zero state too.
        self._starts[:, 0] = True

    def __len__(self) -> int:
        return -(-self._inputs.shape[1] // self._window)

    def __getitem__(self, number: int) -> Window:
        if not 0 <= number < len(self):
            raise IndexError(number)
        part = slice(number * self._window, (number + 1) * self._window)
        return Window(self._inputs[:, part], self._targets[:, part], self._starts[:, part])


def padded_batch(tunes: Sequence[Tensor], start: int) -> tuple[Tensor, Tensor]:
    """Return whole tunes, as a network reads them, side by side: inputs (B, T, R) and targets (B, T).

    T is the length of the longest tune; shorter rows are padded with ``start``.
    """
    shape = len(tunes), max(map(len, tunes))
    inputs = _start_input(start, tunes[0]).expand(*shape, -1).clone()
    targets = torch.full(shape, start)
    for row, tune in enumerate(tunes):
        inputs[row, 1 : len(tune)] = tune[:-1]
        targets[row, : len(tune)] = tune[:, 0]
    return inputs, targets


def _start_input(start: int, like: Tensor) -> Tensor:
    """Return what is read before a tune, (R,): the start symbol, and zero for each context feature."""
    return torch.tensor([start] + [0] * (like.shape[1] - 1), dtype=like.dtype)
