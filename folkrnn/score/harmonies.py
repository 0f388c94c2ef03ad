"""Chord symbols as music21 and MusicXML have them.

MusicXML names some thirty kinds of chords; any other is the nearest kind with degrees added, altered or taken away.
Each keeps the text that the tune has.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import music21 as m21

from folkrnn.notation.chords import ChordName, Interval, quality, read_symbol, step_of
from folkrnn.notation.harmony import chord_names
from folkrnn.notation.pitch import STEPS
from folkrnn.notation.tune import Bar
from folkrnn.score.words import words

_SPELLINGS = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "suspended-fourth": "sus4",
    "suspended-second": "sus2", "power": "5", "dominant": "7", "major-seventh": "maj7", "minor-seventh": "m7",
    "major-minor": "mM7", "diminished-seventh": "dim7", "half-diminished": "ø7", "augmented-seventh": "aug7",
    "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9", "minor-ninth": "m9",
    "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11", "dominant-13th": "13", "major-13th": "maj13",
    "minor-13th": "m13",
}  # fmt: skip
"""The kinds of chords that MusicXML names, and how a symbol spells them."""

_KINDS = {kind: {each.degree: each.semitones for each in quality(text) or ()} for kind, text in _SPELLINGS.items()}
_USUAL = {2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10, 9: 14, 11: 17, 13: 21}
"""The semitones of each degree, from which MusicXML counts alterations: those of a dominant chord."""

_MARK = "\ue000"


class Degree(NamedTuple):
    """A change of a chord's kind: ``add``, ``alter`` or ``subtract``, a degree, and its alteration in semitones."""

    change: str
    degree: int
    alter: int


@lru_cache(maxsize=1024)
def kind_of(intervals: tuple[Interval, ...]) -> tuple[str, tuple[Degree, ...]]:
    """Return the MusicXML kind nearest to a chord, and the degrees that make up the difference."""
    found = ((kind, tuple(_changes(tones, intervals))) for kind, tones in _KINDS.items())
    return min(found, key=lambda each: len(each[1]))


def _changes(kind: dict[int, int], intervals: tuple[Interval, ...]) -> Iterator[Degree]:
    present = {interval.degree for interval in intervals}
    yield from (Degree("subtract", degree, 0) for degree in kind if degree not in present)
    altered: set[int] = set()
    for degree, semitones in intervals:
        if kind.get(degree) == semitones:
            continue
        stands = Interval(degree, kind.get(degree, -1)) in intervals
        if degree in kind and degree not in altered and not stands:
            altered.add(degree)
            yield Degree("alter", degree, semitones - kind[degree])
        else:
            yield Degree("add", degree, semitones - _USUAL[degree])


def chord_symbols(bar: Bar) -> Iterator[tuple[Fraction, Any]]:
    """Yield music21's objects for the chord symbols of a bar, each with its onset in the bar, in whole notes."""
    for onset, name in chord_names(bar):
        yield onset, _harmony(name)
        if name.bass and name.alternative:
            yield onset, words(name.alternative.strip())
    for onset, note in bar.timed_notes():
        for text in note.chord_symbols:
            symbol = read_symbol(text)
            if symbol is None or not symbol.names:
                yield onset, words(text.strip())


def chord_symbol(text: str) -> Iterator[Any]:
    """Yield music21's objects for a chord symbol that stands alone."""
    symbol = read_symbol(text)
    if symbol is None or not symbol.names:
        yield words(text.strip())
        return
    for name in symbol.names:
        yield _harmony(name)
        if name.bass and name.alternative:
            yield words(name.alternative.strip())


def _harmony(name: ChordName) -> Any:
    """Return one chord; its kind's text has the letters of root and bass before it, for ``as_written``."""
    if not name.root:
        return m21.harmony.ChordSymbol(root="C", kind="none", kindStr=f"  {_MARK}{name.kind}", updatePitches=False)
    kind, degrees = kind_of(name.intervals)
    text = name.kind + ("" if name.bass else name.alternative)
    symbol = m21.harmony.ChordSymbol(
        root=_pitch(name.root, name.alter),
        bass=_pitch(name.bass, name.bass_alter) if name.bass else None,
        kind=kind,
        kindStr=f"{name.root}{name.bass or ' '}{_MARK}{text}",
        updatePitches=False,
    )
    for change, degree, alter in degrees:
        interval = m21.interval.Interval(alter)
        step = m21.harmony.ChordStepModification(change, degree, interval)
        symbol.addChordStepModification(step, updatePitches=False)
    return symbol


def _pitch(letter: str, alter: int) -> str:
    return STEPS[step_of(letter)] + ("#" * alter if alter > 0 else "-" * -alter)


_HARMONY = re.compile(
    rb'<root-step>(?P<root>.)(?P<between></root-step>(?:(?!</harmony>).)*?<kind text=")'
    rb"(?P<letters>..)\xee\x80\x80(?P<rest>(?:(?!</harmony>).)*)",
    re.DOTALL,
)


def kind_text(kind: str) -> str:
    """Return how a chord symbol spells a kind of chord that MusicXML names; empty for one without a spelling."""
    return _SPELLINGS.get(kind, "")


def as_written(document: bytes) -> bytes:
    """Return a MusicXML document whose chords show the letters that the tune has, and their degrees only in the text.

    music21 writes neither.
    """

    def spelled(match: re.Match[bytes]) -> bytes:
        root, bass = match["letters"][:1].strip(), match["letters"][1:].strip()
        rest = re.sub(rb"\s*<inversion>.*?</inversion>", b"", match["rest"])
        rest = rest.replace(b"<degree>", b'<degree print-object="no">')
        if bass and bass not in b"ABCDEFG":
            rest = rest.replace(b"<bass-step>", b'<bass-step text="' + bass + b'">')
        step = b"<root-step>" if root == match["root"] else b'<root-step text="' + root + b'">'
        return step + match["root"] + match["between"] + rest

    return _HARMONY.sub(spelled, document).replace(b'<kind text="">', b"<kind>")
