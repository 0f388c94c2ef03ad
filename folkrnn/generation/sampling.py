"""Choosing the next character: pure functions from logits to ids."""

import math

import torch
from torch import Tensor

from folkrnn.errors import GenerationError


def check_temperature(temperature: float) -> None:
    """Raise GenerationError unless the temperature is one that can be sampled at."""
    if not (math.isfinite(temperature) and temperature >= 0):
        raise GenerationError(f"temperature={temperature!r} should be 0 (the likeliest character) or more")


def probabilities(logits: Tensor, temperature: float) -> Tensor:
    """Map logits (B, V) to probabilities (B, V), float64; the temperature is above 0."""
    return torch.softmax(logits.double() / temperature, dim=1)


def pick(chances: Tensor, uniforms: Tensor) -> Tensor:
    """Choose ids (B,) by chances (B, V), which need not add up to 1, and uniforms (B,) in [0, 1).

    The inverse of the cumulative distribution: one uniform number decides one character.
    """
    cumulative = chances.cumsum(1)
    thresholds = uniforms.unsqueeze(1) * cumulative[:, -1:]
    # `<=` and not `<`: a character of no chance is never chosen, not even by the uniform 0.
    return (cumulative <= thresholds).sum(1).clamp(max=chances.shape[1] - 1)


def next_characters(logits: Tensor, temperature: float, uniforms: Tensor) -> Tensor:
    """Choose the next ids (B,) from logits (B, V) with one uniform number (B,) each.

    Temperature 0 takes the likeliest character and ignores the uniforms.
    """
    if temperature == 0:
        return logits.argmax(1)
    return pick(probabilities(logits, temperature), uniforms)
