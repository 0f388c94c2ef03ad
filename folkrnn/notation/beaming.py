"""Beaming: where in a bar the groups begin that notes are beamed in."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate

from folkrnn.notation.meter import EIGHTH, Meter
from folkrnn.notation.tune import Note

HALF = Fraction(1, 2)


def beat_starts(meter: Meter, notes: Iterable[tuple[Fraction, Note]]) -> tuple[Fraction, ...]:
    """Where the groups begin that the notes of a bar, each with its onset, are beamed in.

    They are the beats of ``meter.pulse``; in 4/4 and 2/2 a half bar is one group where it is plain:
    no value shorter than an eighth and no tuplet.
    """
    if meter.bar == 1 and len(meter.groups) == 1:
        busy = {onset >= HALF for onset, note in notes if note.tuplet or note.written < EIGHTH}
        quarters = (Fraction(0), Fraction(1, 4), HALF, Fraction(3, 4))
        return tuple(each for each in quarters if each in (0, HALF) or (each > HALF) in busy)
    return tuple(accumulate(meter.pulse[:-1], initial=Fraction(0)))
