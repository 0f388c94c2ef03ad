"""A tune as the model wrote it."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.headers import in_canonical_order, plan_in, split_header


class Refusal(NamedTuple):
    """Why a draft is not accepted, and in a word what ``kind`` of reason it is, so that reasons can be counted.

    Kinds are: asked (it breaks a wish), critic, copied, title (a known one), given (the given music cannot
    stand where it should).

    If the reason is ``required`` and no other draft is better, the tune is delivered as a failure.
    Otherwise the last draft is delivered all the same.
    """

    reason: str
    required: bool = True
    kind: str = "asked"


@dataclass(frozen=True)
class GeneratedText:
    """A draft of a tune, as the model wrote it.

    ``index`` is the tune's number in the request and ``draft`` the draft's number, both from 0.
    ``finished`` is false where the tune had not ended within the characters allowed; under the grammar
    every tune is finished. ``steered`` counts the characters that the grammar chose instead of the model,
    ``rewritten`` the bars that were written again. ``bits`` (N,) holds the cost of each character under
    the plain model at temperature 1. ``impossible`` says why the given music cannot stand; empty if it can.
    ``certain`` says that nothing was left to chance: another draft of the same prompt would be equal.

    The generator fills in the rest for the draft that it delivers: ``drafts`` is how many were judged,
    ``refusals`` holds that of each refused one, ``accepted`` is false if all were refused, and
    ``violation`` then names the broken requirement.
    """

    index: int
    written: str
    finished: bool
    steered: int = 0
    rewritten: int = 0
    bits: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32), compare=False, repr=False)
    draft: int = 0
    impossible: str = ""
    certain: bool = False
    drafts: int = 1
    refusals: tuple[Refusal, ...] = ()
    accepted: bool = True
    violation: str = ""

    @cached_property
    def text(self) -> str:
        """The tune with its header in canonical order."""
        return in_canonical_order(self.written)

    @cached_property
    def tune(self) -> Tune:
        """The tune, read once. Acceptors, scores and composers share it."""
        return read_tunes(self.text)[0]

    @property
    def plan(self) -> str:
        """The plan that was written; empty without one."""
        return plan_in(self.written)

    @property
    def body_start(self) -> int:
        """The place in ``written`` where the music begins."""
        return len(self.written) - len(split_header(self.written)[1])

    @property
    def body_bits(self) -> float:
        """The bits of the music."""
        return float(self.bits[self.body_start :].sum())

    def delivered(
        self, *, drafts: int, refusals: tuple[Refusal, ...], accepted: bool, violation: str
    ) -> "GeneratedText":
        """Return this draft as the one that is delivered; a tune that was read is not read again."""
        chosen = replace(self, drafts=drafts, refusals=refusals, accepted=accepted, violation=violation)
        if "tune" in self.__dict__:
            chosen.__dict__["tune"] = self.tune
        return chosen
