"""Drafts of a tune: which are accepted, and which of several is the best."""

from collections.abc import Callable
from dataclasses import dataclass

from folkrnn.errors import GenerationError
from folkrnn.generation.ngram_critics import NO_CRITICS, NgramCritics
from folkrnn.generation.texts import GeneratedText, Refusal

Acceptor = Callable[[GeneratedText], Refusal | None]
"""A judge of drafts: it gives the refusal of one, or None if the draft will do. Equal drafts get equal answers."""


@dataclass(frozen=True)
class DraftPolicy:
    """Which drafts of a tune are accepted, and which of several is the best.

    Drafts are judged in order until ``best_of`` of them are accepted, and at most ``max_factor`` times as many. Of
    the accepted ones that with the highest ``score`` is delivered, the first of equal ones. If none is accepted the
    last is delivered. ``critics`` have bars and plans written again while a draft is under way.
    """

    acceptors: tuple[Acceptor, ...] = ()
    best_of: int = 1
    score: Callable[[GeneratedText], float] = lambda text: 0.0
    max_factor: int = 64
    critics: NgramCritics = NO_CRITICS

    def __post_init__(self) -> None:
        for name in ("best_of", "max_factor"):
            if getattr(self, name) < 1:
                raise GenerationError(f"{name}={getattr(self, name)!r} should be at least 1")

    @property
    def most_drafts(self) -> int:
        """The most drafts of a tune that are judged."""
        return self.best_of * self.max_factor

    def refusal(self, text: GeneratedText) -> Refusal | None:
        """Return the first refusal of a draft; None if all acceptors take it."""
        return next((refusal for acceptor in self.acceptors if (refusal := acceptor(text))), None)

    def violation(self, text: GeneratedText) -> str:
        """Return the first requirement that a draft breaks; empty if there is none."""
        refusals = (acceptor(text) for acceptor in self.acceptors)
        return next((refusal.reason for refusal in refusals if refusal and refusal.required), "")


SINGLE_DRAFT = DraftPolicy()
"""One draft, accepted as it comes."""
