"""The beginning of the music, as a composer gives it."""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from folkrnn.errors import GenerationError
from folkrnn.generation.prompts import Gap
from folkrnn.notation import ERROR, Tune, parse_meter, read_tunes, without
from folkrnn.notation.canonical import UNLEARNED_FEATURES, bar_texts
from folkrnn.notation.lexer import SYMBOLS, tokens
from folkrnn.notation.rhythms import rhythm_named

_BAR_LINE = re.compile(r"(:*\|[|\]:]*(?:\[?[12])?|::+)")
_USUAL_LINES = {"::": ":||:", ":|:": ":||:", ":||": ":|", "|[1": "|1", ":|[2": ":|2"}
_RESERVED = "#@?;"
"""Characters that ABC reserves, which a reader passes over."""


def read_start(text: str, fields: Mapping[str, str] = MappingProxyType({})) -> tuple[str, tuple[Gap, ...]]:
    """Return the beginning of a body, given in any spelling, and the gaps that ``*`` leaves in it.

    A ``*`` stands for whatever fills its bar; one at the end says nothing. ``fields`` are wishes, by letter. In the
    meter wished, or in those of the rhythm, no bar may be too long, nor in a single one too short between two others.
    Raises GenerationError for that and for what the reader cannot read or would pass over.
    """
    if "\n" in text.strip():
        raise GenerationError("start is several lines; expected one line of music")
    _check_characters(text)
    _check_bars("".join(text.split()), fields)
    key = fields.get("K", "none")
    pieces = [_normal(piece, key) for piece in re.split(r"[*\s]*\*[*\s]*", text)]
    body, *rest = pieces
    gaps = [Gap(piece, left=_time(_BAR_LINE.split(piece)[0])) for piece in rest]
    if gaps and not gaps[-1].then:
        gaps.pop()
    if not body and not gaps:
        raise GenerationError(f"start {text!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return body, tuple(gaps)


def _check_characters(text: str) -> None:
    """Raise GenerationError where the reader would pass over a character, or cannot read it."""
    unknown = list(dict.fromkeys(_unknown(text)))
    if unknown:
        named = " or ".join(filter(None, (", ".join(map(repr, unknown[:-1])), repr(unknown[-1]))))
        sharps = "; a sharp stands before its note, as in ^F" if "#" in unknown else ""
        raise GenerationError(
            f"start {text!r}: ABC knows no {named} there; expected notes from A to G or a to g, such as 'DFA d2f'"
            f"{sharps}"
        )


def _unknown(text: str) -> Iterator[str]:
    """Yield the characters of some music that are neither notes nor signs, without their lengths."""
    before = ""
    for token in tokens(text):
        character, kind = token[0], token.lastgroup
        unknown = (
            kind in ("unreadable", "overlay")
            or (kind == "symbol" and character not in SYMBOLS)
            or (kind == "layout" and character in _RESERVED)
        )
        if unknown and not (before and character.isdigit()):
            yield character
        before = character if unknown else ""


def _check_bars(text: str, fields: Mapping[str, str]) -> None:
    """Raise GenerationError for a bar that cannot stand in the meter that is wished, or follows from the rhythm."""
    rhythm = None if "M" in fields else rhythm_named(fields.get("R", ""))
    meters = rhythm.meters if rhythm else (fields.get("M", "none"),)
    bars = [parse_meter(meter).bar for meter in meters]
    if None in bars or "[M:" in text:
        return
    full = max(filter(None, bars))
    meter = meters[bars.index(full)]
    parts = _BAR_LINE.split(text)
    number = 0
    for place in range(0, len(parts), 2):
        music = parts[place]
        if not music:
            continue
        number += 1
        held = sum(map(_time, music.split("*")), Fraction(0))
        between = (
            len(meters) == 1 and number > 1 and parts[place - 1 : place + 2 : 2] == ["|", "|"] and "*" not in music
        )
        if held > full or (between and held < full):
            longest = "the longest meter" if len(meters) > 1 else "the meter"
            origin = "" if rhythm is None else f", {longest} of a {rhythm.name},"
            raise GenerationError(
                f"start: bar {number}, {music!r}, holds {_eighths(held)}, but a bar of {meter}{origin} has "
                f"{_eighths(full)}"
            )


def _eighths(length: Fraction) -> str:
    """Return a length in words, as ``L:1/8`` counts it."""
    return f"{length * 8} eighth{'s' * (length * 8 != 1)}"


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
