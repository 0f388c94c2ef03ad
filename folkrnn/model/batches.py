"""Tunes laid out for the network: the training stream, and tables of whole tunes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from folkrnn.model.network import NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.place import codes


def reading(texts: Sequence[str], vocabulary: Vocabulary, settings: NetworkSettings) -> list[Tensor]:
    """What a network reads of each text, (N,): ids, plus V times the code of ``notation.place`` if it is told that."""
    ids = [vocabulary.encode(text) for text in texts]
    if not settings.places:
        return ids
    return [row + len(vocabulary) * torch.tensor(codes(text)) for row, text in zip(ids, texts, strict=True)]


@dataclass(frozen=True)
class Window:
    """What the network reads, (B, T), what it should say after each, and where tunes start."""

    inputs: Tensor
    targets: Tensor
    starts: Tensor


class TuneStream:
    """One pass over the tunes as B rows of text, cut into windows of T characters.

    Tunes follow each other in an order that only (seed, number of the pass) decides. A row's
    state is carried from window to window and forgotten where a tune starts, so that every
    tune is learned as it will be scored and written: from nothing, after a line end.

    ``tunes`` holds what the network reads of each, with ids below ``characters``.
    """

    def __init__(
        self,
        tunes: Sequence[Tensor],
        start: int,
        batch: int,
        window: int,
        seed: int,
        number: int,
        characters: int,
    ) -> None:
        order = np.random.default_rng((seed, number)).permutation(len(tunes))
        read = torch.cat([tunes[i] for i in order])
        targets, inputs = read % characters, read.roll(1)
        rows = max(1, min(batch, len(targets) // window))
        starts = torch.zeros(len(targets), dtype=torch.bool)
        lengths = torch.tensor([len(tunes[i]) for i in order])
        firsts = lengths.cumsum(0) - lengths
        starts[firsts], inputs[firsts] = True, start
        width = len(targets) // rows
        self._window = window
        self._inputs, self._targets, self._starts = (
            column[: rows * width].view(rows, width) for column in (inputs, targets, starts)
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


def table(tunes: Sequence[Tensor], start: int, characters: int) -> tuple[Tensor, Tensor]:
    """Lay whole tunes, as a network reads them, side by side: inputs and targets (B, longest), filled up with start."""
    inputs = torch.full((len(tunes), max(map(len, tunes))), start)
    targets = inputs.clone()
    for row, tune in enumerate(tunes):
        inputs[row, 1 : len(tune)] = tune[:-1]
        targets[row, : len(tune)] = tune % characters
    return inputs, targets
