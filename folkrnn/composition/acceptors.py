"""Why a draft is refused: each reason is one acceptor, and a draft policy lists those that apply.

An acceptor gives the ``Refusal`` of a draft, or None. A new reason to refuse a draft is a class here, and a line
in ``policies.draft_policy`` that adds it to the list.
"""

from math import exp
from typing import TYPE_CHECKING
from zlib import crc32

from folkrnn.analysis.originality import DEFAULT_MAX_COPIED, Index, Originality
from folkrnn.composition.requests import Request
from folkrnn.generation.texts import GeneratedText, Refusal

if TYPE_CHECKING:
    from folkrnn.composition.critic import Critic

REJECTION_RATIO = 1.5
"""A draft is accepted with probability min(1, r / REJECTION_RATIO), where r = p_real / p_model."""

MAX_CRITIC_DRAFTS = 4
"""The critic accepts every draft from this number on."""


COPIED_DRAFTS = 8
"""From this draft on a tune may copy some notes, if nobody has said how many; before it, none."""


class KeepsRequest:
    """Refuses drafts that break a wish."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def __call__(self, text: GeneratedText) -> Refusal | None:
        """Return the refusal of a draft that breaks a wish."""
        violation = self.request.violation(text.tune)
        return Refusal(violation) if violation else None


class IsOriginal:
    """Refuses drafts that copy a known tune, and known titles.

    At most the share ``max_copied`` of the notes may be copied, and the tune may be no known one with notes
    changed. If that is ``required``, a tune that breaks it is a failure; else nothing may be copied in the first
    COPIED_DRAFTS - 1 drafts. A known title is avoided too, unless it was given (``any_title``), but is never a failure.
    """

    def __init__(
        self, index: Index, max_copied: float = DEFAULT_MAX_COPIED, *, any_title: bool = True, required: bool = False
    ):
        self.index = index
        self.max_copied = max_copied
        self.any_title = any_title
        self.required = required

    def __call__(self, text: GeneratedText) -> Refusal | None:
        """Return the refusal of a draft that is not new."""
        found = self.index.judge(text.tune)
        some = self.required or text.draft + 1 >= COPIED_DRAFTS
        if copy := self._copy(found, self.max_copied if some else 0.0):
            return Refusal(copy, self.required, "copied")
        if found.title_known and not self.any_title:
            return Refusal(f"the title {text.tune.title} is known", required=False, kind="title")
        return None

    def _copy(self, found: Originality, most: float) -> str:
        if found.copied > most:
            expected = f"expected at most {most:.0%}"
            return f"{found.copied:.0%} of its notes are copied from {found.source}; {expected}"
        return f"it is {found.nearest}, changed" if found.known else ""


class PassesCritic:
    """Refuses drafts of a kind that the model writes more often than people did.

    This is discriminator rejection sampling (Azadi et al., 2019). The random number of a draft is a hash of
    its text, so that equal drafts get equal answers.
    """

    def __init__(self, critic: "Critic") -> None:
        self.critic = critic

    def __call__(self, text: GeneratedText) -> Refusal | None:
        """Return the refusal of a draft that the critic rejects."""
        if text.draft + 1 >= MAX_CRITIC_DRAFTS:
            return None
        drawn = crc32(text.written.encode()) / 2**32
        if drawn * REJECTION_RATIO >= exp(-self.critic.log_odds(text.tune)):
            return Refusal("the critic takes it for a machine's", required=False, kind="critic")
        return None
