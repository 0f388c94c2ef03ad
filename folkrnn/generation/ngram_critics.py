"""The critics of bars and of plans that a model may bring along: how much more often than people does it write such?

The critic of plans looks at the plan of a tune, that of bars at each new bar, as soon as it is over (``rows``). Were a
tune judged as a whole, hardly a draft could pass. Piece by piece, two or three attempts are enough.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import ModelError
from folkrnn.notation.bar_ngrams import LARGEST, PlacedBar, Style, bar_ngrams
from folkrnn.notation.plan_ngrams import plan_ngrams

if TYPE_CHECKING:
    from torch import Tensor


Buckets = NDArray[np.int32]
"""The buckets (N,) of a bar or a plan."""

LONGEST = 255
"""Longer n-grams are taken to be of this length where it changes their checksum: some longest bars are."""


@lru_cache(maxsize=1024)
def _changes(before: tuple[int, ...]) -> NDArray[np.uint32]:
    """Return what some numbers before an n-gram change in its checksum, by the length of the n-gram.

    A checksum is linear: what stands before a text changes it by what depends on its length alone.
    """
    start, zeros = crc32(bytes((LARGEST, *before))), [bytes(length) for length in range(LONGEST + 1)]
    return np.array([crc32(text, start) ^ crc32(text) for text in zeros], np.uint32)


class NgramCritic:
    """A linear model of n-grams: ``weights``, (BUCKETS + 1,) with the bias last.

    Each n-gram has three buckets, which a hash finds among BUCKETS: one for all tunes, one for those of its rhythm, and
    one for those of its rhythm and origin. A note said again within a beat is common in old Scottish reels, and next to
    unknown in Irish ones.
    """

    BUCKETS: ClassVar[int]
    JUDGES: ClassVar[str]
    """What it judges, in the plural; its weights are called so in a model file."""

    RATIO: ClassVar[float]
    """What it judges is accepted with probability min(1, r / RATIO), where r = p_real / p_model."""

    TRIES: ClassVar[int]
    """The best of this many refused ones is taken."""

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self.weights = weights

    def _log_odds(self, buckets: Buckets) -> float:
        """Return the log odds that the model wrote what has these buckets."""
        return math.fsum([*self.weights[buckets].tolist(), self.weights[-1]])  # exact, in whatever order

    @classmethod
    def _buckets(cls, ngrams: Iterable[bytes], style: Style) -> Buckets:
        """Return the buckets of n-grams in a tune of a style.

        They are the checksums of each n-gram alone, after the rhythm, and after the rhythm and the origin.
        """
        found = list(ngrams)
        alone = np.fromiter(map(crc32, found), np.uint32, len(found))
        lengths = np.fromiter(map(len, found), np.intp, len(found)).clip(max=LONGEST)
        changes = _changes((style.rhythm,)), _changes(tuple(style))
        sums = np.concatenate([alone, *(alone ^ change[lengths] for change in changes)])
        return (sums % cls.BUCKETS).astype(np.int32)

    @classmethod
    def of(cls, critic: "Mapping[str, Tensor]") -> Self | None:
        """Return the critic among what a model file holds of critics; None if there is none.

        Raises ModelError for one of another make.
        """
        weights = critic.get(cls.entry())
        if weights is None:
            return None
        if weights.shape != (cls.BUCKETS + 1,):
            raise ModelError(
                f"the model's critic of {cls.JUDGES} is of another folkrnn; expected a new one, or no critic"
            )
        return cls(weights.float().numpy())

    @classmethod
    def entry(cls) -> str:
        """Return the name of the weights in a model file."""
        return f"{cls.JUDGES}.weights"


class BarCritic(NgramCritic):
    """A critic of bars that need not be the same as earlier ones."""

    BUCKETS, JUDGES, RATIO, TRIES = 1 << 18, "bars", 1.6, 10

    def log_odds(self, placed: PlacedBar) -> float:
        """Return the log odds that the model wrote a bar."""
        return self._log_odds(self.buckets(placed))

    @classmethod
    def buckets(cls, placed: PlacedBar) -> Buckets:
        """Return the buckets of a bar."""
        return cls._buckets(bar_ngrams(placed), placed.style)


class PlanCritic(NgramCritic):
    """A critic of plans."""

    BUCKETS, JUDGES, RATIO, TRIES = 1 << 15, "plans", 2.0, 6

    def log_odds(self, plan: str, style: Style) -> float:
        """Return the log odds that the model wrote a plan for a tune of a style."""
        return self._log_odds(self.buckets(plan, style))

    @classmethod
    def buckets(cls, plan: str, style: Style) -> Buckets:
        """Return the buckets of a plan."""
        return cls._buckets(plan_ngrams(plan), style)


@dataclass(frozen=True)
class NgramCritics:
    """The critics that judge a tune while it is written; None for what nobody judges."""

    ENTRIES: ClassVar = frozenset((BarCritic.entry(), PlanCritic.entry()))
    """The names of their weights in a model file."""

    bars: BarCritic | None = None
    plans: PlanCritic | None = None

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return the weights of those that there are, by their names in a model file."""
        return {critic.entry(): critic.weights for critic in (self.bars, self.plans) if critic}

    @classmethod
    def of(cls, critic: "Mapping[str, Tensor]") -> "NgramCritics":
        """Return those among what a model file holds of critics. Raises ModelError for one of another make."""
        return cls(BarCritic.of(critic), PlanCritic.of(critic))


NO_CRITICS = NgramCritics()
"""Nothing is judged while it is written."""
