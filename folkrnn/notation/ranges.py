"""Instruments: their ranges, and music written for them."""

import re
from typing import NamedTuple

from folkrnn.errors import NotationError
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import STEPS
from folkrnn.notation.spelling import plain_key
from folkrnn.notation.transposition import interval_between, transpose, transpose_key
from folkrnn.notation.tune import Tune

INSTRUMENTS = {
    "whistle": (62, 86),  # D, as written: it sounds an octave higher
    "flute": (62, 86),
    "fiddle": (55, 83),  # first position
    "mandolin": (55, 86),
    "banjo": (55, 83),  # tenor, Irish tuning, as written
    "concertina": (55, 93),
    "accordion": (59, 95),
    "pipes": (62, 86),  # uilleann
}
"""The lowest and the highest note, as MIDI numbers, that players of an instrument expect to meet."""

DEFAULT_INSTRUMENT = "fiddle"
"""The instrument for which new tunes are written."""

TRANSPOSING = {"Bb": 2, "Eb": 9, "F": 7}
"""The semitones from sound to written music for an instrument."""

_STEPS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
"""The usual interval in staff steps for 0 to 11 semitones: 3 semitones are a minor third."""


class Fit(NamedTuple):
    """A tune moved by octaves to suit an instrument, and the number of its notes still outside the range."""

    tune: Tune
    octaves: int
    outside: int


def instrument_range(name: str) -> tuple[int, int]:
    """Return the lowest and the highest note of an instrument. Raises NotationError for an unknown one."""
    if name not in INSTRUMENTS:
        raise NotationError(f"{name!r} is no instrument known here; expected one of {', '.join(INSTRUMENTS)}")
    return INSTRUMENTS[name]


def moved(tune: Tune, to: str) -> Tune:
    """Return the tune moved by semitones (``+2``, ``-5``), or by the smaller interval to a tonic (``G``, ``Bb``).

    Raises NotationError for anything else, and where the tune has no usual spelling there.
    """
    to = to.strip()
    if re.fullmatch(r"[+-]\d{1,3}", to):
        semitones = int(to)
        if abs(semitones) > 24:
            raise NotationError(f"{to!r} is too far; expected at most 24 semitones, two octaves")
        return transpose(tune, *_usual_interval(tune.key, semitones))
    tonic = to.removesuffix("m")
    if tonic[:1] in STEPS and tonic[:1] and tonic[1:] in ("", "#", "b"):
        return transpose(tune, *interval_between(tune.key, tonic))
    raise NotationError(f"{to!r} is no interval or key; expected semitones such as +2 or -5, or a key such as G")


def _usual_interval(key: Key, semitones: int) -> tuple[int, int]:
    """Return the interval of this many semitones, as (steps, semitones), to the key with the fewest signs."""
    octaves, rest = divmod(semitones, 12)
    choices = [(_STEPS[rest], rest)]
    if plain_key(key).tonic:
        choices += [(_STEPS[rest] + more, rest) for more in (1, -1)]

    def signs(interval: tuple[int, int]) -> int:
        try:
            return abs(transpose_key(key, *interval).fifths)
        except NotationError:
            return 99

    steps, _ = min(choices, key=signs)
    return steps + 7 * octaves, semitones


def written_for(tune: Tune, instrument: str) -> Tune:
    """Return the tune as a player of a transposing instrument reads it, in the key with the fewest signs.

    Raises NotationError for another instrument.
    """
    if instrument not in TRANSPOSING:
        raise NotationError(f"{instrument!r} is no key of an instrument; expected one of {', '.join(TRANSPOSING)}")
    return transpose(tune, *_usual_interval(tune.key, TRANSPOSING[instrument]))


def octave_moved(tune: Tune, octaves: int) -> Tune:
    """Return the tune moved up by octaves (negative: down)."""
    return transpose(tune, 7 * octaves, 12 * octaves) if octaves else tune


def fitted(tune: Tune, instrument: str) -> Fit:
    """Return the tune in the nearest octave in which most notes of its melody lie in an instrument's range.

    Raises NotationError for an unknown instrument.
    """
    low, high = instrument_range(instrument)
    numbers = [pitch.midi for note in tune.notes() for pitch in note.pitches]

    def outside(octaves: int) -> int:
        return sum(not low <= number + 12 * octaves <= high for number in numbers)

    octaves = min(range(-3, 4), key=lambda octaves: (outside(octaves), abs(octaves)))
    return Fit(octave_moved(tune, octaves), octaves, outside(octaves))
