"""Beaming: where in a bar the groups begin that notes are beamed in."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate

from folkrnn.notation.meter import Meter

_HALF = Fraction(1, 2)


def beat_starts(meter: Meter, busy: Iterable[Fraction]) -> tuple[Fraction, ...]:
    """Return where the groups begin in which the notes of a bar are beamed, in whole notes.

    They are the beats of ``meter.pulse``. In 4/4 and 2/2 a half bar without busy notes is one group. ``busy`` holds the
    onsets of the busy notes: those in tuplets and those shorter than an eighth.
    """
    if meter.bar == 1 and len(meter.groups) == 1:
        halves = {onset >= _HALF for onset in busy}
        quarters = (Fraction(0), Fraction(1, 4), _HALF, Fraction(3, 4))
        return tuple(each for each in quarters if each in (0, _HALF) or (each > _HALF) in halves)
    return tuple(accumulate(meter.pulse[:-1], initial=Fraction(0)))
