"""What the measures of a tune have to do with each other, and what a listener would notice of it first.

A *measure* is what a player counts as a bar: a pickup is none, and a split bar is one. Of several endings only the
first counts, as in ``notation.form``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.notation import Bar, Tune, sections
from folkrnn.notation.bars import completes_measure

Measure = tuple[tuple[int | None, Fraction], ...]
"""The notes of a measure: the MIDI number of the top note, None for a rest, and the length in whole notes."""

POINTS = 24
"""Evenly spaced points of a measure at which it is compared with another: sixteenths and triplets fall on them."""

NEAR = 0.6
"""Measures with at least this likeness are near copies unless they are equal."""

NEW = 0.34
"""A measure with less likeness to each earlier one is new."""

DOMINANT = frozenset({2, 7, 10, 11})
"""The dominant chord, major or minor, in semitones above the tonic."""


def parts_of(tune: Tune) -> list[list[Measure]]:
    """Return the measures of each part of a tune; parts without a measure are left out."""
    parts = []
    for section in sections(tune.bars):
        last = section.endings[0].last if section.endings else section.last
        part: list[Measure] = []
        for index in range(section.first, last + 1):
            if not completes_measure(tune.bars, index):
                part.append(_notes(tune.bars[index]))
            elif part:  # the second half of a split bar, or what follows a short one; at the beginning a pickup
                part[-1] += _notes(tune.bars[index])
        if part:
            parts.append(part)
    return parts


def likeness(one: Measure, other: Measure) -> float:
    """Return how like two measures are, from 0 to 1: the share of their time in which the same happens.

    At each of POINTS points the same happens if the same pitch begins in both, goes on in both, or nothing sounds in
    both. It is 1 for equal measures.
    """
    return float((_grid(one) == _grid(other)).mean())


class Structure:
    """A tune as parts of measures, for the rows of TABLE."""

    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        self.parts = parts_of(tune)
        self.measures = [measure for part in self.parts for measure in part]

    @cached_property
    def nearest(self) -> NDArray[np.float64]:
        """The likeness of each measure but the first to the most similar earlier one, (measures - 1,)."""
        if len(self.measures) < 2:
            return np.zeros(0)
        grids = np.array([_grid(measure) for measure in self.measures])
        return np.array([(grids[:index] == grids[index]).mean(1).max() for index in range(1, len(grids))])

    @cached_property
    def returns(self) -> NDArray[np.bool_]:
        """Whether each measure but the first equals an earlier one, (measures - 1,)."""
        seen: set[Measure] = set(self.measures[:1])
        found = []
        for measure in self.measures[1:]:
            found.append(measure in seen)
            seen.add(measure)
        return np.array(found, bool)


class Row(NamedTuple):
    """A row of the table: the figure of a tune, None where it does not apply, and whether it is a share (0 to 1)."""

    figure: Callable[[Structure], float | None]
    is_share: bool = True


def table_of(tune: Tune) -> dict[str, float | None]:
    """Return the figure of each row of TABLE; None where a row does not apply to the tune."""
    structure = Structure(tune)
    return {name: row.figure(structure) for name, row in TABLE.items()}


def _notes(bar: Bar) -> Measure:
    return tuple((note.top.midi if note.top else None, note.duration) for note in bar.notes)


def _grid(measure: Measure) -> NDArray[np.int64]:
    """Return what happens at POINTS points: a MIDI number where a note begins, negative where it goes on, else 0."""
    grid = np.zeros(POINTS, np.int64)
    whole = sum(length for _, length in measure)
    time, first = Fraction(0), 0
    for midi, length in measure:
        time += length
        stop = -(-POINTS * time // whole) if whole else 0
        if midi is not None and first < stop:
            grid[first:stop] = -midi
            grid[first] = midi
        first = stop
    return grid


def _mean(figures: Iterable[float]) -> float | None:
    held = list(figures)
    return float(sum(held) / len(held)) if held else None


def _equal(later: int, earlier: int) -> Row:
    """Return the share of parts in which two measures are equal; they are counted from 1."""
    return Row(lambda it: _mean(part[later - 1] == part[earlier - 1] for part in it.parts if len(part) >= later))


def _rhyme(back: int) -> Row:
    """Return whether the first two parts have the same measure at this place, counted from their end."""

    def figure(it: Structure) -> float | None:
        first_two = it.parts[:2]
        if len(first_two) < 2 or min(map(len, first_two)) < back:
            return None
        return float(first_two[0][-back] == first_two[1][-back])

    return Row(figure)


def _pitches(measures: Iterable[Measure]) -> list[int]:
    return [midi for measure in measures for midi, _ in measure if midi is not None]


def _contour(it: Structure) -> float | None:
    """Return the mean share of steps in the same direction as the step at that place two measures earlier."""

    def shares() -> Iterator[float]:
        for part in it.parts:
            steps = [np.sign(np.diff(_pitches([measure]))) for measure in part]
            for one, other in zip(steps, steps[2:], strict=False):
                if count := min(len(one), len(other)):
                    yield float((one[:count] == other[:count]).mean())

    return _mean(shares())


def _rise(it: Structure) -> float | None:
    """Return how much higher the second part lies than the first, in semitones between their mean pitches."""
    first_two = [_pitches(part) for part in it.parts[:2]]
    return float(np.mean(first_two[1]) - np.mean(first_two[0])) if len(first_two) == 2 and all(first_two) else None


def _dominant(it: Structure) -> float | None:
    """Return the share of notes on the dominant chord in the last measure but one."""
    tonic = it.tune.key.tonic_class
    notes = _pitches(it.parts[-1][-2:-1]) if it.parts else []
    return _mean((midi - tonic) % 12 in DOMINANT for midi in notes) if tonic is not None else None


def _foreign(it: Structure) -> float | None:
    """Return the share of notes outside the scale of the key in force where their bar begins; None without a key."""
    return _mean(
        note.top.midi % 12 not in bar.key.scale
        for bar in it.tune.bars
        for note in bar.notes
        if note.top and bar.key.tonic
    )


def _longest_run(it: Structure) -> float | None:
    """Return the length of the longest run of one pitch, in notes."""
    pitches = (note.top.midi for note in it.tune.notes() if note.top)
    return float(max((len(list(run)) for _, run in groupby(pitches)), default=0)) or None


TABLE: dict[str, Row] = {
    "bar 5 = bar 1": _equal(5, 1),
    "bar 3 = bar 1": _equal(3, 1),
    "bar 4 = bar 2": _equal(4, 2),
    "bar 7 = bar 3": _equal(7, 3),
    "last bar of B as of A": _rhyme(1),
    "last but one of B as of A": _rhyme(2),
    "bars equal to an earlier one": Row(lambda it: _mean(it.returns)),
    "bars 60–99 % like an earlier one": Row(lambda it: _mean((it.nearest >= NEAR) & ~it.returns)),
    "bars like none before": Row(lambda it: _mean((it.nearest < NEW) & ~it.returns)),
    "contour likeness two bars apart": Row(_contour),
    "B above A, semitones": Row(_rise, is_share=False),
    "dominant before the end": Row(_dominant),
    "notes with accidentals": Row(_foreign),
    "longest run of one pitch, notes": Row(_longest_run, is_share=False),
}
"""What gives a machine away: the rows of the table, each a figure of one tune. Bars are counted in each part."""


def table_means(tunes: Sequence[Tune]) -> dict[str, float | None]:
    """Return the mean of each row of TABLE over the tunes to which it applies; None if it applies to none."""
    found = [table_of(tune) for tune in tunes]
    return {name: _mean(figure for each in found if (figure := each[name]) is not None) for name in TABLE}
