"""Scoring: the bits that a model needs for each character of a tune."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from folkrnn.model.batches import network_inputs, padded_batch
from folkrnn.model.network import CharNetwork
from folkrnn.model.threads import thread_map
from folkrnn.model.vocabulary import Vocabulary

_WINDOW = 128


def bits(
    network: CharNetwork,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    *,
    batch: int = 64,
    dtype: torch.dtype = torch.float32,
) -> list[Tensor]:
    """Return the bits of each character, (N,) float32 a text, in the order of the texts.

    Every text is read from the zero state, after the start symbol.
    """
    tunes = network_inputs(texts, vocabulary, network.settings)
    # Tunes of similar lengths share a batch, so that little of it is padding.
    by_length = sorted((i for i in range(len(tunes)) if len(tunes[i])), key=lambda i: len(tunes[i]))
    groups = [by_length[first : first + batch] for first in range(0, len(by_length), batch)]

    @torch.no_grad()
    def losses(group: list[int]) -> list[Tensor]:
        inputs, targets = padded_batch([tunes[i] for i in group], vocabulary.start)
        state, columns = None, []
        windows = (torch.split(part, _WINDOW, 1) for part in (inputs, targets))
        for x, y in zip(*windows, strict=True):
            logits, state = network(x, state, dtype=dtype)
            columns.append(functional.cross_entropy(logits.transpose(1, 2), y.to(logits.device), reduction="none"))
        rows = torch.cat(columns, 1).cpu() / math.log(2)
        return [row[: len(tunes[i])].clone() for row, i in zip(rows, group, strict=True)]

    spent = [torch.empty(0) for _ in tunes]
    for group, found in zip(groups, thread_map(losses, groups), strict=True):
        for i, row in zip(group, found, strict=True):
            spent[i] = row
    return spent


def bits_per_character(
    network: CharNetwork,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    *,
    dtype: torch.dtype = torch.float32,
) -> float:
    """Return the mean bits per character over all texts."""
    spent = torch.cat(bits(network, vocabulary, texts, dtype=dtype))
    return float(spent.double().mean())
