"""Jumps: what signs and words such as D.C., Fine and Coda tell programs that play a score."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from folkrnn.notation.order import sign_of
from folkrnn.notation.tune import Bar, Marks, Note, Tune

_KINDS = {"fine": "fine", "segno": "segno", "coda": "coda", "to coda": "tocoda"}
"""MusicXML's names for signs."""


class Jump(NamedTuple):
    """What a sign or a text says.

    ``kind`` is MusicXML's name for it (``dacapo``, ``dalsegno``, ``fine``, ``tocoda``, ``coda`` or ``segno``), ``aim``
    where a jump leads to in the end: ``fine``, ``coda`` or nothing.
    """

    kind: str
    aim: str = ""


def read_jump(text: str) -> Jump | None:
    """Return what a decoration or a quoted text says; None if it is no jump."""
    sign = sign_of(text)
    if isinstance(sign, str):
        return Jump(_KINDS[sign]) if sign in _KINDS else None
    return Jump("dalsegno" if sign.to_segno else "dacapo", sign.until) if sign else None


class Sounds:
    """What the jumps of a tune mean for MusicXML, each said once.

    Where two places bear a coda sign, or a jump leads to the coda, the first sign is where to leave (``leaves_at``, a
    bar), the next where to arrive. ``aim`` is where a jump leads that does not say so: as a jump's. ``leads_back`` is
    true if there is a D.C. or D.S. at all.
    """

    def __init__(self, tune: Tune) -> None:
        found = {(index, jump) for voice in tune.voices for index, bar in enumerate(voice.bars) for jump in _jumps(bar)}
        codas = sorted({index for index, jump in found if jump.kind == "coda"})
        departs = any(jump.kind == "tocoda" for _, jump in found)
        jumps_there = len(codas) > 1 or any(jump.aim == "coda" for _, jump in found)
        self.leaves_at = codas[0] if codas and jumps_there and not departs else None
        self.leads_back = any(jump.kind in ("dacapo", "dalsegno") for _, jump in found)
        ends = any(jump.kind == "fine" for _, jump in found)
        self.aim = "coda" if codas and (departs or len(codas) > 1) else "fine" if ends else ""
        self._said: set[tuple[int, str]] = set()
        self._drawn: set[tuple[int, Fraction, Jump]] = set()

    def at(self, index: int, jump: Jump | None) -> dict[str, str]:
        """Return the attributes of ``<sound>`` for a jump in a bar; none if they have been given."""
        if jump is None or (index, jump.kind) in self._said:
            return {}
        self._said.add((index, jump.kind))
        kind = "tocoda" if jump.kind == "coda" and index == self.leaves_at else jump.kind
        target = {"tocoda": "coda", "coda": "coda", "segno": "segno", "dalsegno": "segno"}
        return {kind: target.get(kind, "yes")}

    def is_drawn(self, index: int, onset: Fraction, jump: Jump) -> bool:
        """Return whether a sign, which holds for all staves, is drawn at an onset already; from now on it is."""
        before = len(self._drawn)
        self._drawn.add((index, onset, jump))
        return len(self._drawn) == before


def _jumps(bar: Bar) -> Iterator[Jump]:
    holders: list[Note | Marks] = [*bar.notes, bar.closing]
    for marks in holders:
        yield from filter(None, map(read_jump, marks.decorations))
        yield from filter(None, map(read_jump, marks.annotations))
    if bar.bracket and (found := read_jump(bar.bracket)):
        yield found
