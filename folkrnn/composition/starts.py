"""The beginning of the music, as a composer gives it."""

import re
from fractions import Fraction

from folkrnn.errors import GenerationError
from folkrnn.generation.prompts import Gap
from folkrnn.notation import ERROR, Tune, read_tunes, without
from folkrnn.notation.canonical import UNLEARNED_FEATURES, bar_texts

_BAR_LINE = re.compile(r"(:*\|[|\]:]*(?:\[?[12])?|::+)")
_USUAL_LINES = {"::": ":||:", ":|:": ":||:", ":||": ":|", "|[1": "|1", ":|[2": ":|2"}


def read_start(text: str, key: str = "none") -> tuple[str, tuple[Gap, ...]]:
    """Return the beginning of a body, given in any spelling, and the gaps that ``*`` leaves in it.

    A ``*`` stands for whatever fills its bar; one at the end says nothing. Raises GenerationError for what the
    reader cannot read.
    """
    if "\n" in text.strip():
        raise GenerationError("start is several lines; expected one line of music")
    pieces = [_normal(piece, key) for piece in re.split(r"[*\s]*\*[*\s]*", text)]
    body, *rest = pieces
    gaps = [Gap(piece, left=_time(_BAR_LINE.split(piece)[0])) for piece in rest]
    if gaps and not gaps[-1].then:
        gaps.pop()
    if not body and not gaps:
        raise GenerationError(f"start {text!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return body, tuple(gaps)


def _normal(piece: str, key: str) -> str:
    """Return some music in the spelling of canonical text."""
    parts = _BAR_LINE.split("".join(piece.split()))
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = _USUAL_LINES.get(part, part)
        elif part:
            (_, music), *_ = bar_texts(_read(part, key))
            parts[place] = music
    return "".join(parts)


def _read(music: str, key: str = "none") -> Tune:
    (tune,) = read_tunes(f"%abc-2.1\nX:1\nT:start\nM:none\nL:1/8\nK:{key}\n{music}\n")
    for finding in tune.findings:
        if finding.level == ERROR:
            raise GenerationError(f"start {music!r}: {finding.message}")
    if not tune.bars:
        raise GenerationError(f"start {music!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return without(tune, frozenset(UNLEARNED_FEATURES))


def _time(music: str) -> Fraction:
    return sum((note.duration for note in _read(music).notes()), Fraction(0)) if music else Fraction(0)
