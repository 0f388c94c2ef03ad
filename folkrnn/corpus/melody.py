"""A tune as one line of notes, and as notes on a grid of time: how tunes are compared, in any key."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.notation import Tune
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.performance import TimedChord, joined
from folkrnn.notation.tune import fraction

GRID_BARS = 32
"""The number of full bars, from the first, that the grid of a tune has."""

MAX_POINTS = 24
"""The most points that a bar has on the grid."""

SILENT, HELD = 0, 255
"""The entries of a grid where nothing sounds, or the tune has ended; and where a note goes on sounding."""


class Melody(NamedTuple):
    """The top notes of a tune as written, without its repeats; tied notes are one, and rests are left out.

    ``pitches`` are MIDI numbers, ``lengths`` are in 1/960 of a whole note, ``onsets`` in bars from the start.
    """

    pitches: NDArray[np.int64]
    lengths: NDArray[np.int64]
    onsets: NDArray[np.float64]


def melody_of(tune: Tune) -> Melody:
    """Return the melody of a tune."""

    def tops() -> Iterator[TimedChord]:
        for number, bar in enumerate(tune.bars):
            whole, part = (bar.meter.bar or bar.duration or Fraction(1)).as_integer_ratio()
            times, ticks = bar.times()
            full = ticks * whole  # the length of the bar in ticks, times ``part``
            for time, note in zip(times, bar.notes, strict=False):
                onset = fraction(number * full + time * part, full)
                top = [note.top.midi] if note.top else []
                yield onset, note.duration, top, top if note.top in note.held else []

    sounds = joined(tops())
    return Melody(
        np.array([sound.midi for sound in sounds], np.int64),
        np.array([960 * sound.duration.numerator // sound.duration.denominator for sound in sounds], np.int64),
        np.array([float(sound.onset) for sound in sounds], np.float64),
    )


def points_of(tune: Tune) -> int:
    """Return how many points a bar of a tune has on the grid; tunes with equal numbers can be compared.

    Bars of two and four beats have 16 points, written in eighths or sixteenths. Those of three beats have 12, and
    compound bars have two an eighth.
    """
    meter = tune.meter
    if meter.compound:
        return min(MAX_POINTS, 2 * meter.beats)
    return 12 if meter.beats and meter.beats % 3 == 0 else 16


def grid_of(tune: Tune) -> NDArray[np.uint8]:
    """Return what sounds at evenly spaced points of the first GRID_BARS full bars, (GRID_BARS · points,).

    An entry is the MIDI number of the note that begins there, from 1 to 254, or HELD, or SILENT.
    """
    points = points_of(tune)
    grid = bytearray([SILENT]) * (GRID_BARS * points)
    row = 0
    for index, bar in enumerate(tune.bars):
        full = bar.meter.bar or bar.duration
        if row == GRID_BARS or not full:
            break
        if completes_measure(tune.bars, index):
            continue
        times, ticks = bar.times()
        # Whole numbers: Fractions are slow.
        scale, length = points * full.denominator, ticks * full.numerator
        places = [min(points, -(-time * scale // length)) for time in times]
        for note, (first, stop) in zip(bar.notes, pairwise(places), strict=True):
            if first < stop and (top := note.top):
                at, midi = row * points + first, min(max(top.midi, SILENT + 1), HELD - 1)
                grid[at : at + stop - first] = bytes([midi, *[HELD] * (stop - first - 1)])
        row += 1
    return np.frombuffer(grid, np.uint8)


def scattered(numbers: NDArray[np.int64] | NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread small numbers over all 64 bits, by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
