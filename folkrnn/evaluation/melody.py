"""A tune as one line of notes: what is compared when tunes are held against each other, whatever their keys."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.notation import Tune
from folkrnn.notation.bars import completes_measure

BARS = 32
"""So many full bars of a tune are laid on a grid."""

MOST_POINTS = 24
"""The most points that a bar has on the grid."""

SILENT, HELD = 0, 255
"""What stands on the grid where nothing sounds, and behind the end; and where a note sounds that began before."""


class Melody(NamedTuple):
    """The top notes of a tune as written, without its repeats; tied notes are one, rests are passed over.

    ``pitches`` are MIDI numbers, ``lengths`` in 1/960 of a whole note, ``onsets`` counted in bars and parts of bars.
    """

    pitches: NDArray[np.int64]
    lengths: NDArray[np.int64]
    onsets: NDArray[np.float64]


def melody_of(tune: Tune) -> Melody:
    """The melody of a tune."""
    notes: list[tuple[int, int, float]] = []
    tied = False
    for number, bar in enumerate(tune.bars):
        onset = Fraction(0)
        full = bar.meter.bar or bar.duration or Fraction(1)
        for note in bar.notes:
            length = int(note.duration * 960)
            if note.pitches:
                pitch = note.pitches[-1].midi
                if tied and notes and pitch == notes[-1][0]:
                    notes[-1] = pitch, notes[-1][1] + length, notes[-1][2]
                else:
                    notes.append((pitch, length, number + float(onset / full)))
            tied = note.tie
            onset += note.duration
    pitches, lengths, onsets = zip(*notes, strict=True) if notes else ((), (), ())
    return Melody(np.array(pitches, np.int64), np.array(lengths, np.int64), np.array(onsets, np.float64))


def points_of(tune: Tune) -> int:
    """How many points a bar of a tune has on the grid; tunes with as many can be held against each other.

    Bars of two and four beats have 16, whether written in eighths or sixteenths, those of three 12, compound ones two
    an eighth.
    """
    meter = tune.meter
    if meter.compound:
        return min(MOST_POINTS, 2 * meter.beats)
    return 12 if meter.beats and meter.beats % 3 == 0 else 16


def grid_of(tune: Tune) -> NDArray[np.uint8]:
    """What is heard at even points of the first BARS full bars, (BARS · points,).

    That is the MIDI number of the note that begins there, or HELD, or SILENT.
    """
    points = points_of(tune)
    grid = np.full(BARS * points, SILENT, np.uint8)
    row = 0
    for index, bar in enumerate(tune.bars):
        full = bar.meter.bar or bar.duration
        if row == BARS or not full:
            break
        if completes_measure(tune.bars, index):
            continue
        onset = Fraction(0)
        for note in bar.notes:
            first, stop = (min(points, -(-at * points // full)) for at in (onset, onset + note.duration))
            if note.pitches and first < stop:
                grid[row * points + first] = note.pitches[-1].midi
                grid[row * points + first + 1 : row * points + stop] = HELD
            onset += note.duration
        row += 1
    return grid
