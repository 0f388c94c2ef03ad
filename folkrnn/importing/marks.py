"""What music21 calls the signs of a score, and what ABC calls them."""

from collections.abc import Iterator
from typing import Any

_SIGNS = {
    "Staccato": "staccato", "Staccatissimo": "wedge", "Tenuto": "tenuto", "Accent": "accent", "StrongAccent": "marcato",
    "UpBow": "upbow", "DownBow": "downbow", "OpenString": "open", "StringThumbPosition": "thumb", "Stopped": "plus",
    "Scoop": "slide", "BreathMark": "breath", "Caesura": "longphrase", "Turn": "roll", "InvertedTurn": "invertedturn",
    "Trill": "trill", "Shake": "trill", "Mordent": "lowermordent", "InvertedMordent": "uppermordent",
    "ArpeggioMark": "arpeggio",
}  # fmt: skip
"""Decorations by music21's class. The sign of a turn is what fiddlers read as a roll (``~``)."""

_DYNAMICS = {"pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sfz"}
"""The dynamics of ABC."""

_JUMPS = {
    "Segno": "segno", "Coda": "coda", "Fine": "fine", "DaCapo": "D.C.", "DaCapoAlFine": "D.C.alfine",
    "DaCapoAlCoda": "D.C.alcoda", "DalSegno": "D.S.", "DalSegnoAlFine": "D.S.alfine", "DalSegnoAlCoda": "D.S.alcoda",
}  # fmt: skip
"""Jumps, which music21 knows by their words."""

_FINGERS = frozenset("012345")


def decorations(element: Any) -> Iterator[str]:
    """Yield what the signs of a note are called; those that ABC has no name for are left out."""
    for sign in (*element.expressions, *element.articulations):
        kind = type(sign).__name__
        if kind == "Fermata":
            yield "invertedfermata" if sign.type == "inverted" else "fermata"
        elif kind == "Tremolo":
            yield "/" * min(4, sign.numberOfMarks)
        elif kind == "Fingering" and str(sign.fingerNumber) in _FINGERS:
            yield str(sign.fingerNumber)
        elif kind in _SIGNS:
            yield _SIGNS[kind]


def direction(element: Any) -> str:
    """Return what a sign above the staff is called, empty for one without a name."""
    kind = type(element).__name__
    if kind == "Dynamic":
        return str(element.value) if element.value in _DYNAMICS else ""
    return _JUMPS.get(kind, "")
