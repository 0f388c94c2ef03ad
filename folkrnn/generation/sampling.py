"""The choice of the next character: pure functions from logits to ids. Nothing here loads torch."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from folkrnn.errors import GenerationError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SamplingParameters:
    """How the next character is sampled from the model's distribution.

    ``temperature`` flattens (above 1) or sharpens (below 1) the distribution; 0 takes the likeliest character.
    Then only the ``top_k`` likeliest characters are kept (0: all of them), and of those only the nucleus:
    the likeliest ones whose probabilities add up to ``top_p`` (Holtzman et al., 2020).
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

    @property
    def certain(self) -> bool:
        """Whether nothing is left to chance."""
        return self.temperature == 0 or self.top_k == 1

    @property
    def plain(self) -> bool:
        """Whether any character may be chosen."""
        return self.temperature > 0 and self.top_k == 0 and self.top_p == 1


DEFAULT_SAMPLING = SamplingParameters()
"""The model's own distribution."""


def probabilities(logits: "Tensor", temperature: "float | Tensor") -> "Tensor":
    """Map logits (B, V) to probabilities (B, V), float64; temperatures are above 0, one or one a row (B, 1)."""
    return (logits.double() / temperature).softmax(dim=1)


def top_k(chances: "Tensor", count: int) -> "Tensor":
    """Keep the ``count`` largest of each row of chances (B, V), the first of equal ones; set the others to 0."""
    if not 0 < count < chances.shape[1]:
        return chances
    kept = chances.sort(dim=1, descending=True, stable=True).indices[:, :count]
    return chances.new_zeros(chances.shape).scatter(1, kept, chances.gather(1, kept))


def top_p(chances: "Tensor", share: float) -> "Tensor":
    """Keep the fewest largest of each row of chances (B, V) that make up a share of its sum; set the others to 0."""
    if share >= 1:
        return chances
    ordered, places = chances.sort(dim=1, descending=True, stable=True)
    before = ordered.cumsum(1) - ordered
    ordered = ordered.where(before < share * chances.sum(1, keepdim=True), 0.0)
    return chances.new_zeros(chances.shape).scatter(1, places, ordered)


def sample(chances: "Tensor", uniforms: "Tensor") -> "Tensor":
    """Choose ids (B,) by chances (B, V), which need not add up to 1, and uniforms (B,) in [0, 1).

    The inverse of the cumulative distribution: one uniform number decides one character.
    """
    import torch

    cumulative = chances.cumsum(1)
    thresholds = uniforms.unsqueeze(1) * cumulative[:, -1:]
    # On the right: a character of no chance is never chosen, not even by the uniform 0.
    return torch.searchsorted(cumulative, thresholds, right=True).squeeze(1).clamp(max=chances.shape[1] - 1)


def sample_next(logits: "Tensor", parameters: SamplingParameters, uniforms: "Tensor") -> "Tensor":
    """Choose the next ids (B,) from logits (B, V) with one uniform number (B,) each.

    Temperature 0 takes the likeliest character and ignores the uniforms.
    """
    if parameters.temperature == 0:
        return logits.argmax(1)
    chances = top_k(probabilities(logits, parameters.temperature), parameters.top_k)
    return sample(top_p(chances, parameters.top_p), uniforms)
