"""Learning the critics of bars and of plans (``generation.ngram_critics``) from real tunes and a model's own."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from folkrnn.generation.ngram_critics import BarCritic, Buckets, NgramCritic, PlanCritic
from folkrnn.notation.context import ContextReader

PASSES, RATE, BATCH = 20, 0.1, 256
"""Passes over what is learned, the learning rate, and how many bars or plans are learned from at once."""

SCALE = 0.1
"""The factor of the weights while they are learned: a bar has hundreds of n-grams, each of which says little."""

SEEN = 0.5
"""The share of the n-grams that is seen in training: so the critic trusts no few of them."""

ROUNDED_TO = torch.float8_e4m3fn
"""What weights are rounded to, for a smaller model file: there are very many, and a sum of hundreds forgives it."""

_Critic = TypeVar("_Critic", bound=NgramCritic)


class Pieces(NamedTuple):
    """What critics judge of a tune: its bars that need not be the same as earlier ones, and its plan if it has one."""

    bars: list[Buckets]
    plans: list[Buckets]


def pieces_of(text: str) -> Pieces:
    """Return what critics judge of a training text."""
    reader, pieces = ContextReader(), Pieces([], [])
    for character in text:
        if reader.ends_new_bar(character):
            pieces.bars.append(BarCritic.buckets(reader.placed_bar))
        elif reader.ends_plan(character):
            pieces.plans.append(PlanCritic.buckets(reader.plan_under_way, reader.style))
        reader.advance(character)
    return pieces


def learn(
    kind: type[_Critic],
    real: Iterable[Sequence[Buckets]],
    written: Iterable[Sequence[Buckets]],
    seed: int,
    earlier: _Critic | None = None,
) -> _Critic:
    """Return a critic that tells what real tunes have from what written ones have: of each its bars, or its plan.

    If an ``earlier`` critic had refused some while the tunes were written, this one adds to it what it let pass
    (as in boosting).
    """
    pieces = [(piece, 0.0) for tune in real for piece in tune] + [(piece, 1.0) for tune in written for piece in tune]
    rng = torch.Generator().manual_seed(seed)
    weights = torch.zeros(kind.BUCKETS + 1, 1, requires_grad=True)
    optimizer = torch.optim.Adagrad([weights], RATE)
    for _ in range(PASSES):
        order = torch.randperm(len(pieces), generator=rng).tolist()
        for first in range(0, len(order), BATCH):
            rows = [pieces[number] for number in order[first : first + BATCH]]
            loss = functional.binary_cross_entropy_with_logits(
                _log_odds(weights, [piece for piece, _ in rows], rng), torch.tensor([label for _, label in rows])
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    learned = (SCALE * weights.detach()).squeeze(1)
    if earlier is not None:
        learned += torch.from_numpy(earlier.weights)
    return kind(learned.to(ROUNDED_TO).float().numpy())


def _log_odds(weights: Tensor, pieces: Sequence[Buckets], rng: torch.Generator) -> Tensor:
    """Return the log odds of bars or plans (N,), each seen in part; ``weights`` are (B + 1, 1), the bias last."""
    starts = torch.tensor([0, *(len(piece) for piece in pieces[:-1])]).cumsum(0)
    seen = torch.from_numpy(np.concatenate(pieces)).long()
    factors = (torch.rand(len(seen), generator=rng) < SEEN) / SEEN
    sums = functional.embedding_bag(seen, weights, starts, mode="sum", per_sample_weights=factors)
    return SCALE * (sums.squeeze(1) + weights[-1])
