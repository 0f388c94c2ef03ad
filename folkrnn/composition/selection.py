"""Which of several accepted drafts is the best: scores, of which the highest wins."""

from collections.abc import Callable

from folkrnn.composition.requests import Request
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.checkpoint import Checkpoint

USUAL_BITS = 2.9
"""Bits per note of unseen tunes, for models whose file does not say."""

Score = Callable[[GeneratedText], float]


def typicality(checkpoint: Checkpoint) -> Score:
    """Return a score that is highest for the tune that surprises the model most nearly as much as real tunes do.

    Those are tunes that it has not learned, and the measure is bits per note. A likelier tune is dull, a less
    likely one is wild (Meister et al., 2023, on typical sampling).
    """
    usual: float = checkpoint.validation.bits_per_note("validation", "all") or USUAL_BITS

    def score(text: GeneratedText) -> float:
        notes = sum(1 for _ in text.tune.notes())
        return -abs(text.body_bits / max(1, notes) - usual)

    return score


def start_fit(request: Request) -> Score:
    """Return a score that is highest for the tune whose header makes the given beginning likeliest."""

    def score(text: GeneratedText) -> float:
        return -float(text.bits[text.body_start : text.body_start + len(request.body)].sum())

    return score
