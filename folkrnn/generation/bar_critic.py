"""The critic of bars that a model may bring along: how much more often does the model write such a bar than people did?

It looks at each new bar as soon as it is over (``rows``). Were all bars of a tune judged at once, hardly a draft could
pass. Bar by bar, two or three attempts are enough.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import ModelError
from folkrnn.notation.bar_ngrams import PlacedBar, bar_ngrams

if TYPE_CHECKING:
    from torch import Tensor

BUCKETS = 1 << 17
"""Numbers over which the n-grams are spread, each to one of them by a hash."""

REJECTION_RATIO = 2.0
"""A bar is accepted with probability min(1, r / REJECTION_RATIO), where r = p_real / p_model."""

TRIES = 10
"""The best of this many refused bars is taken."""

WEIGHTS = "bars.weights"
"""The name of the weights in a model file."""


def bar_buckets(placed: PlacedBar) -> list[int]:
    """Return the buckets of a bar: each n-gram has one of its own, and one in the rhythm of the tune."""
    starts = 0, crc32(bytes((255, placed.rhythm)))
    return [crc32(ngram, start) % BUCKETS for ngram in bar_ngrams(placed) for start in starts]


class BarCritic:
    """A linear model of the n-grams of a bar: ``weights``, (BUCKETS + 1,) with the bias last."""

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self.weights = weights

    def log_odds(self, placed: PlacedBar) -> float:
        """Return the log odds that the model wrote a bar."""
        return math.fsum(self.weights[[*bar_buckets(placed), BUCKETS]].tolist())  # exact, in whatever order

    @classmethod
    def of(cls, critic: "Mapping[str, Tensor]") -> "BarCritic | None":
        """Return the critic of bars among what a model file holds of critics; None if there is none.

        Raises ModelError for one of another make.
        """
        weights = critic.get(WEIGHTS)
        if weights is None:
            return None
        if weights.shape != (BUCKETS + 1,):
            raise ModelError("the model's critic of bars is of another folkrnn; expected a new one, or no critic")
        return cls(weights.float().numpy())
