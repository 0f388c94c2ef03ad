"""The critics of bars and of plans that a model may bring along: how much more often than people does it write such?

The critic of plans looks at the plan of a tune, that of bars at each new bar, as soon as it is over (``rows``). Were a
tune judged as a whole, hardly a draft could pass. Piece by piece, two or three attempts are enough.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import ModelError
from folkrnn.notation.bar_ngrams import PlacedBar, bar_ngrams
from folkrnn.notation.plan_ngrams import plan_ngrams

if TYPE_CHECKING:
    from torch import Tensor


class NgramCritic:
    """A linear model of n-grams: ``weights``, (BUCKETS + 1,) with the bias last.

    Each n-gram has a bucket of its own, and one in the rhythm of the tune, which a hash finds among BUCKETS.
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

    def _log_odds(self, buckets: Sequence[int]) -> float:
        """Return the log odds that the model wrote what has these buckets."""
        return math.fsum(self.weights[[*buckets, self.BUCKETS]].tolist())  # exact, in whatever order

    @classmethod
    def _buckets(cls, ngrams: Iterable[bytes], rhythm: int) -> list[int]:
        """Return the buckets of n-grams, in a rhythm by the value of its context feature."""
        starts = 0, crc32(bytes((255, rhythm)))
        return [crc32(ngram, start) % cls.BUCKETS for ngram in ngrams for start in starts]

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

    BUCKETS, JUDGES, RATIO, TRIES = 1 << 17, "bars", 2.0, 10

    def log_odds(self, placed: PlacedBar) -> float:
        """Return the log odds that the model wrote a bar."""
        return self._log_odds(self.buckets(placed))

    @classmethod
    def buckets(cls, placed: PlacedBar) -> list[int]:
        """Return the buckets of a bar."""
        return cls._buckets(bar_ngrams(placed), placed.rhythm)


class PlanCritic(NgramCritic):
    """A critic of plans."""

    BUCKETS, JUDGES, RATIO, TRIES = 1 << 14, "plans", 2.0, 6

    def log_odds(self, plan: str, rhythm: int) -> float:
        """Return the log odds that the model wrote a plan for a tune of a rhythm (a context feature)."""
        return self._log_odds(self.buckets(plan, rhythm))

    @classmethod
    def buckets(cls, plan: str, rhythm: int) -> list[int]:
        """Return the buckets of a plan."""
        return cls._buckets(plan_ngrams(plan), rhythm)


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
