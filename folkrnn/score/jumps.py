"""Jumps: what signs and words such as D.C., Fine and Coda tell programs that play a score."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from folkrnn.notation.tune import Bar, Marks, Note, Tune

_NAMES = {
    "segno": "segno", "coda": "coda", "fine": "fine", "dacoda": "to coda",
    "D.C.": "D.C.", "dacapo": "D.C.", "D.C.alfine": "D.C. al Fine", "D.C.alcoda": "D.C. al Coda",
    "D.S.": "D.S.", "D.S.alfine": "D.S. al Fine", "D.S.alcoda": "D.S. al Coda",
}  # fmt: skip
_JUMP = re.compile(r"(d\W*c|da\W*capo|d\W*s|d[ae]l\W*segno)\b\W*(?:(?:al|alla|to|till?)\W+)?(fine|coda)?\W*")
_PLACES = {"fine": "fine", "coda": "coda", "segno": "segno"}
_TO_CODA = re.compile(r"(?:to|al|alla|da)\W+coda\W*")


class Jump(NamedTuple):
    """What a sign or a text says.

    ``kind`` is MusicXML's name for it (``dacapo``, ``dalsegno``, ``fine``, ``tocoda``, ``coda`` or ``segno``), ``aim``
    where a jump leads to in the end: ``fine``, ``coda`` or nothing.
    """

    kind: str
    aim: str = ""


def read_jump(text: str) -> Jump | None:
    """Return what a quoted text says; None if it is no jump."""
    plain = text.strip("^_<>@ ").lower().rstrip(". ")
    if plain in _PLACES:
        return Jump(_PLACES[plain])
    if _TO_CODA.fullmatch(plain):
        return Jump("tocoda")
    if match := _JUMP.fullmatch(plain):
        return Jump("dacapo" if "c" in match[1] else "dalsegno", match[2] or "")
    return None


def named_jump(decoration: str) -> Jump | None:
    """Return what a decoration says; None if it is no jump."""
    text = _NAMES.get(decoration)
    return read_jump(text) if text else None


class Sounds:
    """What the jumps of a tune mean for MusicXML, each said once.

    Where two places bear a coda sign, or a jump leads to the coda, the first sign is where to leave, the next where to
    arrive.
    """

    def __init__(self, tune: Tune) -> None:
        found = {(index, jump) for voice in tune.voices for index, bar in enumerate(voice.bars) for jump in _jumps(bar)}
        codas = sorted({index for index, jump in found if jump.kind == "coda"})
        departs = any(jump.kind == "tocoda" for _, jump in found)
        jumps_there = len(codas) > 1 or any(jump.aim == "coda" for _, jump in found)
        self._leaves_at = codas[0] if codas and jumps_there and not departs else None
        self._said: set[tuple[int, str]] = set()

    def at(self, index: int, jump: Jump | None) -> dict[str, str]:
        """Return the attributes of ``<sound>`` for a jump in a bar; none if they have been given."""
        if jump is None or (index, jump.kind) in self._said:
            return {}
        self._said.add((index, jump.kind))
        kind = "tocoda" if jump.kind == "coda" and index == self._leaves_at else jump.kind
        target = {"tocoda": "coda", "coda": "coda", "segno": "segno", "dalsegno": "segno"}
        return {kind: target.get(kind, "yes")}


def _jumps(bar: Bar) -> Iterator[Jump]:
    holders: list[Note | Marks] = [*bar.notes, bar.closing]
    for marks in holders:
        yield from filter(None, map(named_jump, marks.decorations))
        yield from filter(None, map(read_jump, marks.annotations))
    if bar.bracket and (found := read_jump(bar.bracket)):
        yield found
