"""Learning the critic of bars (``generation.bar_critic``) from real tunes and a model's own."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from folkrnn.generation.bar_critic import BUCKETS, BarCritic, bar_buckets
from folkrnn.notation.context import ContextReader

PASSES, RATE, BARS = 20, 0.1, 256
"""Passes over the bars, the learning rate, and the bars that are learned from at once."""

SCALE = 0.1
"""The factor of the weights while they are learned: a bar has hundreds of n-grams, each of which says little."""

SEEN = 0.5
"""The share of the n-grams of a bar that is seen in training: so the critic trusts no few of them."""


def new_bars(text: str) -> list[NDArray[np.int32]]:
    """Return the buckets of each bar of a training text that need not be the same as an earlier one, (N,) each."""
    reader = ContextReader()
    bars = []
    for character in text:
        if reader.ends_new_bar(character):
            bars.append(np.array(bar_buckets(reader.placed_bar), np.int32))
        reader.advance(character)
    return bars


def learn_bars(
    real: Sequence[Sequence[NDArray[np.int32]]],
    written: Sequence[Sequence[NDArray[np.int32]]],
    seed: int,
    earlier: BarCritic | None = None,
) -> BarCritic:
    """Return a critic that tells the bars of real tunes from those of written ones: each a list of ``new_bars``.

    If an ``earlier`` critic had refused bars while the tunes were written, this one adds to it what it let pass
    (as in boosting).
    """
    bars = [(bar, 0.0) for tune in real for bar in tune] + [(bar, 1.0) for tune in written for bar in tune]
    rng = torch.Generator().manual_seed(seed)
    weights = torch.zeros(BUCKETS + 1, 1, requires_grad=True)
    optimizer = torch.optim.Adagrad([weights], RATE)
    for _ in range(PASSES):
        order = torch.randperm(len(bars), generator=rng).tolist()
        for first in range(0, len(order), BARS):
            rows = [bars[number] for number in order[first : first + BARS]]
            loss = functional.binary_cross_entropy_with_logits(
                _log_odds(weights, [bar for bar, _ in rows], rng), torch.tensor([label for _, label in rows])
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    learned: NDArray[np.float32] = (SCALE * weights.detach()).squeeze(1).numpy()
    return BarCritic(learned if earlier is None else learned + earlier.weights)


def _log_odds(weights: Tensor, bars: Sequence[NDArray[np.int32]], rng: torch.Generator) -> Tensor:
    """Return the log odds of bars (N,), each seen in part."""
    starts = torch.tensor([0, *(len(bar) for bar in bars[:-1])]).cumsum(0)
    seen = torch.from_numpy(np.concatenate(bars)).long()
    factors = (torch.rand(len(seen), generator=rng) < SEEN) / SEEN
    sums = functional.embedding_bag(seen, weights, starts, mode="sum", per_sample_weights=factors)
    return SCALE * (sums.squeeze(1) + weights[BUCKETS])
