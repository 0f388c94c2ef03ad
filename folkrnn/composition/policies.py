"""Which drafts are accepted, and which of several is the best: the one list of acceptors is made here."""

from folkrnn.composition.acceptors import IsOriginal, KeepsRequest, PassesCritic
from folkrnn.composition.critic import Critic
from folkrnn.composition.requests import Request
from folkrnn.composition.reworking import Reworking
from folkrnn.composition.selection import Score, start_fit, typicality
from folkrnn.composition.settings import GenerationSettings
from folkrnn.generation.drafts import SINGLE_DRAFT, Acceptor, DraftPolicy
from folkrnn.generation.ngram_critics import NO_CRITICS, NgramCritics
from folkrnn.model.checkpoint import Checkpoint

START_DRAFTS = 8
"""Drafts for a given beginning, each with its own meter and key, before one is chosen."""


def draft_policy(
    request: Request,
    settings: GenerationSettings,
    checkpoint: Checkpoint,
    *,
    critic: bool = True,
    original: IsOriginal | None = None,
) -> DraftPolicy:
    """Return the policy for new tunes: they keep the request, the critic takes them, and they are original.

    The model's critics, if it brings them, judge plans, bars and tunes that are sampled at random, and if ``critic`` is
    true. Raises ModelError for a critic of another make.
    """
    acceptors: list[Acceptor] = []
    critical = critic and settings.sampler == "random" and not settings.unconstrained
    if request.demands and not settings.unconstrained:
        acceptors.append(KeepsRequest(request))
    if critical and checkpoint.critic:
        acceptors.append(PassesCritic(Critic.of(checkpoint)))
    if original:
        acceptors.append(original)
    best_of = settings.best_of or 1
    score: Score = typicality(checkpoint) if best_of > 1 else SINGLE_DRAFT.score
    if request.body and not {"M", "K"}.issubset(request.fields):
        best_of, score = max(best_of, START_DRAFTS), start_fit(request)
    critics = NgramCritics.of(checkpoint.critic) if critical else NO_CRITICS
    return DraftPolicy(tuple(acceptors), best_of, score, critics=critics)


def reworking_policy(reworking: Reworking, settings: GenerationSettings, checkpoint: Checkpoint) -> DraftPolicy:
    """Return the policy for a reworking: its own acceptors, and the best draft by its own score."""
    best_of = settings.best_of or 1
    score = (reworking.score or typicality(checkpoint)) if best_of > 1 else SINGLE_DRAFT.score
    critics = NgramCritics.of(checkpoint.critic) if settings.sampler == "random" else NO_CRITICS
    return DraftPolicy(reworking.acceptors, best_of, score, critics=critics)
