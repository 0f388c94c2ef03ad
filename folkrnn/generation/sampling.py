"""Choosing the next character: pure functions from logits to ids."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from folkrnn.errors import GenerationError


@dataclass(frozen=True)
class Choice:
    """How the next character is drawn from what the model gives.

    ``temperature`` flattens (above 1) or sharpens (below 1) the distribution; 0 takes the likeliest character. Of what
    comes of it only the ``top_k`` likeliest characters stay, all where it is 0; and of these only the nucleus: the
    likeliest that together have the share ``top_p`` (Holtzman et al., 2020).
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise GenerationError(f"temperature={self.temperature!r} should be 0 (the likeliest character) or more")
        if self.top_k < 0:
            raise GenerationError(f"top_k={self.top_k!r} should be 0 (all characters) or more")
        if not 0 < self.top_p <= 1:
            raise GenerationError(f"top_p={self.top_p!r} should be above 0 and at most 1 (all characters)")


def probabilities(logits: Tensor, temperature: float) -> Tensor:
    """Map logits (B, V) to probabilities (B, V), float64; the temperature is above 0."""
    return torch.softmax(logits.double() / temperature, dim=1)


def keep_likeliest(chances: Tensor, count: int) -> Tensor:
    """Leave of chances (B, V) the ``count`` largest of each row, the first of equal ones; the others become 0."""
    if not 0 < count < chances.shape[1]:
        return chances
    kept = chances.sort(dim=1, descending=True, stable=True).indices[:, :count]
    return torch.zeros_like(chances).scatter(1, kept, chances.gather(1, kept))


def keep_nucleus(chances: Tensor, share: float) -> Tensor:
    """Leave of chances (B, V) the fewest largest that make up this share of each row's sum; the others become 0."""
    if share >= 1:
        return chances
    ordered, places = chances.sort(dim=1, descending=True, stable=True)
    before = ordered.cumsum(1) - ordered
    ordered = ordered.where(before < share * chances.sum(1, keepdim=True), 0.0)
    return torch.zeros_like(chances).scatter(1, places, ordered)


def pick(chances: Tensor, uniforms: Tensor) -> Tensor:
    """Choose ids (B,) by chances (B, V), which need not add up to 1, and uniforms (B,) in [0, 1).

    The inverse of the cumulative distribution: one uniform number decides one character.
    """
    cumulative = chances.cumsum(1)
    thresholds = uniforms.unsqueeze(1) * cumulative[:, -1:]
    # `<=` and not `<`: a character of no chance is never chosen, not even by the uniform 0.
    return (cumulative <= thresholds).sum(1).clamp(max=chances.shape[1] - 1)


def next_characters(logits: Tensor, choice: Choice, uniforms: Tensor) -> Tensor:
    """Choose the next ids (B,) from logits (B, V) with one uniform number (B,) each.

    Temperature 0 takes the likeliest character and ignores the uniforms.
    """
    if choice.temperature == 0:
        return logits.argmax(1)
    chances = keep_likeliest(probabilities(logits, choice.temperature), choice.top_k)
    return pick(keep_nucleus(chances, choice.top_p), uniforms)
