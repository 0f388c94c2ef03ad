"""Texts as the page sends them: read by our own reader alone, which is light."""

from collections.abc import Iterable
from typing import Any

from folkrnn.errors import InputError
from folkrnn.notation import Finding, Tune, read_tunes
from folkrnn.notation.articles import shown_title
from folkrnn.notation.harmony import has_chords, with_chords
from folkrnn.notation.lexer import split_lines
from folkrnn.notation.ranges import moved, octave_moved
from folkrnn.notation.writer import write_tune

MAX_OCTAVES = 3
"""The most octaves by which a tune is moved at once."""


def readable(text: str) -> list[Tune]:
    """Return the tunes of a text that have music. Raises InputError if there is none."""
    tunes = [tune for tune in read_tunes(text) if tune.bars]
    if not tunes:
        raise InputError("the text holds no tune with notes; expected X:, K:, and music below them")
    return tunes


def reading(text: str) -> dict[str, Any]:
    """Return what the page shows of a text at once: its tunes, where they stand, and the findings."""
    tunes = read_tunes(text)
    last = len(split_lines(text))
    ends = [*(tune.line - 1 for tune in tunes[1:]), last][: len(tunes)]  # a text may hold no tune
    return {
        "tunes": [
            {
                "number": tune.number,
                "title": shown_title(tune.title),
                "rhythm": tune.rhythm,
                "key": str(tune.key),
                "meter": str(tune.meter),
                "line": tune.line,
                "end_line": end,
            }
            for tune, end in zip(tunes, ends, strict=True)
        ],
        "findings": [row for index, tune in enumerate(tunes) for row in finding_rows(tune.findings, index)],
    }


def finding_rows(findings: Iterable[Finding], index: int = 0) -> list[dict[str, Any]]:
    """Return findings about the tune of an index, from 0, as the page takes them."""
    return [
        {
            "line": each.line,
            "column": each.column,
            "bar": each.bar,
            "voice": each.voice,
            "level": each.level,
            "code": each.code,
            "sentence": each.message,
            "tune": index,
        }
        for each in findings
    ]


def changed(text: str, change: dict[str, Any]) -> str:
    """Return the tunes of a text transposed, in another octave, or with chord symbols, as ``change`` says.

    Raises InputError for what is no change, and NotationError for what cannot be done.
    """
    tunes = readable(text)
    match change.get("do"):
        case "transpose":
            to = interval(change.get("semitones", change.get("key")))
            tunes = [moved(tune, to) for tune in tunes]
        case "octave":
            octaves = change.get("octaves")
            if type(octaves) is not int or not -MAX_OCTAVES <= octaves <= MAX_OCTAVES:
                raise InputError(
                    f"octaves={str(octaves)[:40]!r} should be a whole number from -{MAX_OCTAVES} to {MAX_OCTAVES}"
                )
            tunes = [octave_moved(tune, octaves) for tune in tunes]
        case "chords":
            tunes = [tune if has_chords(tune) else with_chords(tune) for tune in tunes]
        case other:
            raise InputError(f"do={str(other)[:40]!r} is no change; expected transpose, octave or chords")
    return "\n".join(write_tune(tune, tune.number) for tune in tunes)


def interval(given: object) -> str:
    """Return semitones, or a key, as ``moved`` takes them. Raises InputError for anything else."""
    if isinstance(given, int) and not isinstance(given, bool):
        return f"{given:+d}"
    if isinstance(given, str):
        return given
    raise InputError(f"{str(given)[:40]!r} is no interval; expected semitones such as 2 or -5, or a key such as G")
