"""Tunes laid out for the network: the training stream, and tables of whole tunes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from folkrnn.model.network import NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import context_features
from folkrnn.processes import process_map

MANY = 1000
"""From so many texts on it saves time to share them among processes."""


def reading(texts: Sequence[str], vocabulary: Vocabulary, settings: NetworkSettings, jobs: int = 1) -> list[Tensor]:
    """What a network reads of each text, (N, R) of int16: ids and, if it is told them, ``notation.place``'s values.

    Of MANY texts or more, ``jobs`` processes find the values (see ``processes.process_map``).
    """
    read = [vocabulary.encode(text).short().unsqueeze(1) for text in texts]
    if not settings.told:
        return read
    told = (
        process_map(context_features, texts, jobs) if jobs > 1 and len(texts) >= MANY else map(context_features, texts)
    )
    return [
        torch.cat([ids, torch.from_numpy(values[:, : settings.told]).short()], 1)
        for ids, values in zip(read, told, strict=True)
    ]


@dataclass(frozen=True)
class Window:
    """What the network reads, (B, T, R), what it should say after each, (B, T), and where tunes start."""

    inputs: Tensor
    targets: Tensor
    starts: Tensor


class TuneStream:
    """One pass over the tunes as B rows of text, cut into windows of T characters.

    Tunes follow each other in an order that only (seed, number of the pass) decides. A row's
    state is carried from window to window and forgotten where a tune starts, so that every
    tune is learned as it will be scored and written: from nothing, after a line end.

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
        starts[firsts], inputs[firsts] = True, _nothing_read(start, read)
        width = len(targets) // rows
        self._window = window
        self._inputs, self._targets, self._starts = (
            column[: rows * width].view(rows, width, *column.shape[1:]) for column in (inputs, targets, starts)
        )
        # A row may begin inside a tune; it then begins from nothing too.
        self._starts[:, 0] = True

    def __len__(self) -> int:
        return -(-self._inputs.shape[1] // self._window)

    def __getitem__(self, number: int) -> Window:
        if not 0 <= number < len(self):
            raise IndexError(number)
        part = slice(number * self._window, (number + 1) * self._window)
        return Window(self._inputs[:, part], self._targets[:, part], self._starts[:, part])


def table(tunes: Sequence[Tensor], start: int) -> tuple[Tensor, Tensor]:
    """Lay whole tunes, as a network reads them, side by side: inputs (B, longest, R) and targets (B, longest).

    What is left of a row is filled up with start.
    """
    shape = len(tunes), max(map(len, tunes))
    inputs = _nothing_read(start, tunes[0]).expand(*shape, -1).clone()
    targets = torch.full(shape, start)
    for row, tune in enumerate(tunes):
        inputs[row, 1 : len(tune)] = tune[:-1]
        targets[row, : len(tune)] = tune[:, 0]
    return inputs, targets


def _nothing_read(start: int, like: Tensor) -> Tensor:
    """What is read before a tune, (R,): the start symbol, and nothing known."""
    return torch.tensor([start] + [0] * (like.shape[1] - 1), dtype=like.dtype)
