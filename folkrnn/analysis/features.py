"""Counted features of a tune, as numbers from the literature: what may tell a machine's tunes from people's.

They describe tunes as written, without their repeats. A feature that does not apply is 0, such as the intervals of a
single note.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from folkrnn.notation import Bar, Tune, ends_on, final_pitch, form, similarity
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.form import MAX_SIMILARITY
from folkrnn.notation.repeats import sections

GROOVE = 24
"""Points of a bar at which a note may begin, for groove consistency."""

LEAP = 5
"""An interval of at least this many semitones is a leap."""

_YANG = "Yang and Lerch 2018"
_DONG = "Dong et al. 2020 (MusPy)"
_STURM = "Sturm and Ben-Tal 2017"

COUNTED: dict[str, str] = {
    "notes": _YANG,
    "notes a bar": _YANG,
    "spread of notes a bar": _YANG,
    "mean length": _YANG,
    "entropy of lengths": _YANG,
    "entropy of lengths in a row": _YANG,
    "entropy of pitch classes in a row": _YANG,
    "entropy of pitches": _DONG,
    "entropy of pitch classes": _DONG,
    "in the scale": _DONG,
    "groove consistency": _DONG,
    "rests": _DONG,
    "bars": _STURM,
    "parts": _STURM,
    "parts of four bars or a multiple": _STURM,
    "parts repeated": _STURM,
    "similarity of the parts": "Wu et al. 2023 (TunesFormer)",
    "bars heard before": _STURM,
    "rhythms heard before": _STURM,
    "bars equal to 1 back": _STURM,
    "bars equal to 2 back": _STURM,
    "bars equal to 4 back": _STURM,
    "bars equal to 8 back": _STURM,
    "commonest rhythm of a bar": _STURM,
    "begins on the tonic": _STURM,
    "ends on the tonic": _STURM,
    "parts that end on the tonic": _STURM,
    "parts that end alike": _STURM,
    "length of the last note": _STURM,
    "tonic chord on the beat": _STURM,
    "step to the last note": _STURM,
    "interval over the bar line": "von Hippel and Huron 2000",
    "leaps turned back": "von Hippel and Huron 2000",
}
"""The features that are counted here: name and source in the literature."""


def counted_of(tune: Tune) -> NDArray[np.float64]:
    """Return the features that need no music21, (len(COUNTED),), in a twentieth of the time."""
    found = _statistics(tune) | _structure(tune)
    return np.array([found[name] for name in COUNTED])


def repeated(items: Sequence[Hashable]) -> float:
    """Return the share of items that are equal to an earlier one."""
    return 1 - len(set(items)) / len(items) if items else 0.0


def entropy(items: Iterable[Hashable]) -> float:
    """Return the entropy of the distribution of items, in bits."""
    counts = np.array(list(Counter(items).values()), float)
    shares = counts / counts.sum() if len(counts) else counts
    return float(-(shares * np.log2(shares)).sum())


def full_bars(tune: Tune) -> list[Bar]:
    """Return the bars of a tune without pickups and the second halves of split bars."""
    return [bar for index, bar in enumerate(tune.bars) if not completes_measure(tune.bars, index)]


def rhythm(bar: Bar) -> tuple[tuple[bool, Fraction], ...]:
    """Return the rhythm of a bar: whether each note is a rest, and its length in whole notes."""
    return tuple((note.is_rest, note.duration) for note in bar.notes)


def music(bar: Bar) -> tuple[Hashable, ...]:
    """Return the pitches and the length of each note of a bar."""
    return tuple((note.pitches, note.duration) for note in bar.notes)


def on_tonic(tune: Tune) -> bool:
    """Return whether the last note is the tonic; False without a tonic or a note."""
    pitches = _pitches(tune.bars)
    return bool(pitches) and pitches[-1] % 12 == tune.key.tonic_class


def _pitches(bars: Iterable[Bar]) -> list[int]:
    """Return the MIDI number of each note, the highest of a chord."""
    return [note.pitches[-1].midi for bar in bars for note in bar.notes if note.pitches]


def _statistics(tune: Tune) -> dict[str, float]:
    """Return the features that are counted note by note."""
    pitches = _pitches(tune.bars)
    classes = [pitch % 12 for pitch in pitches]
    notes = list(tune.notes())
    lengths = [note.duration for note in notes if note.pitches]
    counts = [sum(bool(note.pitches) for note in bar.notes) for bar in full_bars(tune)]
    onsets = [_onsets(bar) for bar in full_bars(tune)]
    return {
        "notes": len(pitches),
        "notes a bar": _mean(counts),
        "spread of notes a bar": float(np.std(counts)) if counts else 0.0,
        "mean length": _mean(map(float, lengths)),
        "entropy of lengths": entropy(lengths),
        "entropy of lengths in a row": _conditional(lengths),
        "entropy of pitch classes in a row": _conditional(classes),
        "entropy of pitches": entropy(pitches),
        "entropy of pitch classes": entropy(classes),
        "in the scale": _mean(pitch in tune.key.scale for pitch in classes) if tune.key.tonic else 1.0,
        "groove consistency": 1 - _mean(len(one ^ other) / GROOVE for one, other in pairwise(onsets)),
        "rests": _mean(note.is_rest for note in notes),
        "leaps turned back": _mean(
            (second - first) * (third - second) < 0
            for first, second, third in zip(pitches, pitches[1:], pitches[2:], strict=False)
            if abs(second - first) >= LEAP
        ),
    }


def _structure(tune: Tune) -> dict[str, float]:
    """Return the features of bars and parts."""
    bars = full_bars(tune)
    musics, rhythms = [music(bar) for bar in bars], [rhythm(bar) for bar in bars]
    parts = [(int(count), signs != "|") for count, signs in re.findall(r"(\d+)([:|]+)", form(tune))]
    endings = [tune.bars[section.first : section.last + 1] for section in sections(tune.bars)]
    pitches = _pitches(tune.bars)
    tonic = tune.key.tonic_class
    chord = {(tonic + step) % 12 for step in _chord(tune)} if tonic is not None else set(range(12))
    beats = [note.top.midi % 12 for bar in bars for note in bar.notes[:1] if note.top]
    full = tune.meter.bar or Fraction(1)
    likened = similarity(tune)
    return {
        "bars": len(bars),
        "parts": len(parts),
        "parts of four bars or a multiple": _mean(count % 4 == 0 for count, _ in parts),
        "parts repeated": _mean(again for _, again in parts),
        "similarity of the parts": (likened or 0) / MAX_SIMILARITY,
        "bars heard before": repeated(musics),
        "rhythms heard before": repeated(rhythms),
        "bars equal to 1 back": _returning(musics, 1),
        "bars equal to 2 back": _returning(musics, 2),
        "bars equal to 4 back": _returning(musics, 4),
        "bars equal to 8 back": _returning(musics, 8),
        "commonest rhythm of a bar": max(Counter(rhythms).values(), default=0) / max(1, len(rhythms)),
        "begins on the tonic": float(bool(beats) and beats[0] == tonic),
        "ends on the tonic": float(on_tonic(tune)),
        "parts that end on the tonic": _mean(ends_on(part, tonic) for part in endings if final_pitch(part)),
        "parts that end alike": repeated([music(part[-1]) for part in endings if part]),
        "length of the last note": next(
            (float(note.duration / full) for note in reversed(list(tune.notes())) if note.pitches), 0.0
        ),
        "tonic chord on the beat": _mean(pitch in chord for pitch in beats),
        "step to the last note": float(pitches[-1] - pitches[-2]) if len(pitches) > 1 else 0.0,
        "interval over the bar line": _mean(
            abs(after[0] - before[-1])
            for before, after in pairwise(_pitches([bar]) for bar in tune.bars)
            if before and after
        ),
    }


def _chord(tune: Tune) -> tuple[int, int, int]:
    """Return the tonic chord in semitones above the tonic: minor if the scale has no major third."""
    tonic = tune.key.tonic_class or 0
    return (0, 4, 7) if (tonic + 4) % 12 in tune.key.scale else (0, 3, 7)


def _onsets(bar: Bar) -> set[int]:
    """Return the points of a bar, of GROOVE, at which notes begin."""
    full = bar.meter.bar or bar.duration or Fraction(1)
    return {int(GROOVE * onset / full) for onset, note in bar.timed_notes() if note.pitches}


def _returning(bars: Sequence[Hashable], lag: int) -> float:
    """Return the share of bars that are equal to the bar ``lag`` bars earlier."""
    return _mean(one == other for one, other in zip(bars, bars[lag:], strict=False))


def _conditional(items: Sequence[Hashable]) -> float:
    """Return the entropy of each item given the previous one, in bits."""
    return entropy(pairwise(items)) - entropy(items[:-1]) if len(items) > 1 else 0.0


def _mean(numbers: Iterable[float]) -> float:
    """Return the mean; 0 of no numbers."""
    held = list(numbers)
    return sum(held) / len(held) if held else 0.0
