"""What a bar plays, in short figures: n-grams of steps, degrees and lengths with their places in the bar.

They are how a critic of bars (``generation.ngram_critics``) sees the music while it is being written.
"""

from collections.abc import Iterator
from enum import IntEnum, auto
from itertools import pairwise
from typing import NamedTuple

from folkrnn.notation.lookback import EIGHTH_TICKS, LOWEST_EVENT, LOWEST_STEP, PastBar

REACH = 3
"""The notes before the bar that its n-grams reach back to."""

TICKS = EIGHTH_TICKS // 12
"""Times are exact to these: 12 of them make an eighth."""

LATER_PART = 2
"""Parts from this one on, counted from 0, count as one."""

LARGEST = 255
"""The largest number in an n-gram."""

_TWO_BEATS = 4 * EIGHTH_TICKS // TICKS
_NO_PITCH = 7
_TO_A_REST, _FROM_A_REST, _MIDDLE = 1, 2, 64
_SIGNS = " ^_="


class BarPlace(IntEnum):
    """Where a bar stands in its part."""

    WITHIN = auto()
    FIRST = auto()
    HALF_WAY = auto()
    LAST_BUT_ONE = auto()
    LAST = auto()
    LAST_OF_TUNE = auto()


class Style(NamedTuple):
    """The rhythm and the origin of a tune, as the values of those context features."""

    rhythm: int
    origin: int


class PlacedBar(NamedTuple):
    """A bar in its tune: the bar before it, its part and its place there, the steps from C to the tonic, the style.

    Parts are counted from 0. ``ending`` is the number of the ending that the bar stands in, 0 for none. ``answered`` is
    the last bar of the part before.
    """

    bar: PastBar
    before: PastBar | None
    part: int
    place: BarPlace
    tonic: int
    style: Style
    ending: int
    answered: PastBar | None


def bar_ngrams(placed: PlacedBar) -> Iterator[bytes]:
    """Yield the n-grams of a bar, each as its kind and what it consists of.

    They join, for each note: the step to it and up to three steps before that, and where it stands; its degree, with
    up to three degrees before it; its length with steps or other lengths; and all these with the place in the part.
    Then there is how far it lies above the tonic, by parts and places in them: second parts lie higher. Then come the
    onsets of the whole bar, its steps, and the ending that it stands in. The last note of a part is joined with that of
    the part before, and the first note with that of the bar before.
    """
    bar, before, number, where, tonic, _, ending, answered = placed
    part = min(number, LATER_PART)
    count = min(REACH, len(before.notes)) if before else 0
    missing = REACH - count
    notes = [0] * missing + list(before.notes[-count:] if before and count else ()) + list(bar.notes)
    earlier = [onset - before.length for onset in before.onsets[-count:]] if before and count else []
    onsets = [*([-LARGEST * TICKS] * missing), *earlier, *bar.onsets, bar.length]
    signs = [0] * REACH + [_SIGNS.index(sign[:1] or " ") for sign in bar.signs]
    lengths = [min(max(two - one, 0) // TICKS, LARGEST) for one, two in pairwise(onsets)]
    places = [min(max(onset, 0) // TICKS, LARGEST) for onset in onsets]
    steps = [0, *(_step(one, two) for one, two in pairwise(notes))]
    degrees = [_degree(note, tonic) + 8 * sign for note, sign in zip(notes, signs, strict=True)]
    for i in range(REACH, len(notes)):
        at, into, length, degree = places[i], places[i] % _TWO_BEATS, lengths[i], degrees[i]
        step, one, two, three = steps[i], steps[i - 1], steps[i - 2], steps[i - 3]
        yield bytes((0, at, step))
        yield bytes((1, at, step, one))
        yield bytes((2, at, step, one, two))
        yield bytes((3, step, one, two, three))
        yield bytes((4, into, step, one))
        yield bytes((5, at, degree))
        yield bytes((6, degree, degrees[i - 1]))
        yield bytes((7, degree, degrees[i - 1], degrees[i - 2]))
        yield bytes((8, degree, degrees[i - 1], degrees[i - 2], degrees[i - 3]))
        yield bytes((9, into, degree, degrees[i - 1]))
        yield bytes((10, length, step))
        yield bytes((11, length, lengths[i - 1], step, one))
        yield bytes((12, length, lengths[i - 1], lengths[i - 2]))
        yield bytes((13, at, length))
        yield bytes((14, notes[i]))
        yield bytes((15, where, at, degree, length))
        yield bytes((16, where, length, step))
        yield bytes((17, where, length, lengths[i - 1], step, one))
        yield bytes((18, into, step, one, two))
        yield bytes((19, into, step, one, two, three))
        yield bytes((20, at, step, one, two, three))
        yield bytes((21, into, degree, degrees[i - 1], degrees[i - 2]))
        yield bytes((22, into, degree, degrees[i - 1], degrees[i - 2], degrees[i - 3]))
        height = _MIDDLE + notes[i] - tonic if notes[i] >= LOWEST_EVENT else 0
        yield bytes((26, part, height))
        yield bytes((27, part, where, height))
    yield bytes((23, *places[REACH:]))
    yield bytes((24, where, *places[REACH:]))
    yield bytes((25, *steps[REACH + 1 :]))
    yield bytes((28, where, ending))
    if answered and where >= BarPlace.LAST:
        yield bytes((29, degrees[-1], _degree(answered.notes[-1], tonic)))
    if before:
        yield bytes((30, degrees[REACH], _degree(before.notes[0], tonic)))


def _step(one: int, two: int) -> int:
    """Return the step from one event to the next as a number."""
    if two < LOWEST_EVENT:
        return _TO_A_REST
    return _MIDDLE + two - one if one >= LOWEST_EVENT else _FROM_A_REST


def _degree(note: int, tonic: int) -> int:
    return (note - LOWEST_EVENT + LOWEST_STEP - tonic) % 7 if note >= LOWEST_EVENT else _NO_PITCH
