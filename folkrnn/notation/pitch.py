"""Pitches as ABC spells them, microtones among them: ``^/F`` is a quarter tone above F."""

import re
from fractions import Fraction
from functools import cache, lru_cache
from math import ceil, floor
from typing import NamedTuple

STEPS = "CDEFGAB"
SEMITONES = (0, 2, 4, 5, 7, 9, 11)
ACCIDENTALS = {"": None, "^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
ACCIDENTAL_TEXT = {1: "^", 2: "^^", -1: "_", -2: "__", 0: "="}

ACCIDENTAL = r"\^\^?|__?|=|[\^_]\d{0,3}/(?:\d{1,3}|/{0,3})"
"""A regular expression of an accidental: sharps, flats, a natural, or a microtone such as ``^/`` or ``_3/2``."""

Alter = int | Fraction
"""An alteration in semitones; only a microtone's is a Fraction."""

_MICROTONE = re.compile(r"([\^_])(\d*)(/+)(\d*)")


class Pitch(NamedTuple):
    """A sounding pitch with its spelling.

    ``step`` is 0 for C to 6 for B, and ``octave`` is 4 for the octave that begins at middle C. ``alter`` is in
    semitones and includes what the key and the bar contribute.
    """

    step: int
    octave: int
    alter: Alter

    @property
    def midi(self) -> int:
        """The MIDI note number, for a microtone the nearest one; middle C is 60."""
        alter = self.alter if isinstance(self.alter, int) else nearest_semitone(self.alter)
        return 12 * (self.octave + 1) + SEMITONES[self.step] + alter

    @property
    def bend(self) -> Alter:
        """What the sounding pitch is above ``midi``, in semitones: 0, or between -1/2 and 1/2 for a microtone."""
        return self.alter - nearest_semitone(self.alter)

    @property
    def place(self) -> int:
        """The place on the staff, whatever the accidental: staff steps above C of octave 0, 28 for middle C."""
        return 7 * self.octave + self.step

    @property
    def letters(self) -> str:
        """The ABC letter with its octave marks, without accidental: ``C,`` ``C`` ``c`` ``c'``."""
        return _letters(self.step, self.octave)

    @property
    def name(self) -> str:
        """The name of the pitch in any octave, as keys and chord symbols have it: ``F#``, ``Bb``."""
        alter = nearest_semitone(self.alter)
        return STEPS[self.step] + ("#" * alter if alter > 0 else "b" * -alter)

    def __str__(self) -> str:
        return accidental_text(self.alter) * (self.alter != 0) + self.letters


@cache
def _letters(step: int, octave: int) -> str:
    if octave >= 5:
        return STEPS[step].lower() + "'" * (octave - 5)
    return STEPS[step] + "," * (4 - octave)


@lru_cache(maxsize=4096)
def staff_position(letter: str, marks: str) -> tuple[int, int]:
    """Return the (step, octave) of an ABC letter with its octave marks, such as ``c`` with ``'``."""
    octave = 5 if letter.islower() else 4
    return STEPS.index(letter.upper()), octave + marks.count("'") - marks.count(",")


def nearest_semitone(alter: Alter) -> int:
    """Return the whole number nearest to an alteration; a quarter tone is taken for the one nearer to 0."""
    if isinstance(alter, int):
        return alter
    return ceil(alter - Fraction(1, 2)) if alter > 0 else floor(alter + Fraction(1, 2))


@lru_cache(maxsize=256)
def read_accidental(text: str) -> Alter | None:
    """Return the alteration of an accidental: ``^`` is 1, ``_3/2`` is -3/2, ``^/`` is 1/2, ``^/4`` and ``^//`` are 1/4.

    What a fraction counts is semitones, as abcm2ps and abc2midi read it. None stands for an accidental of more than
    two semitones, or without meaning.
    """
    match = _MICROTONE.fullmatch(text)
    if not match:
        return ACCIDENTALS.get(text)
    top, bottom = int(match[2] or 1), int(match[4] or 2 ** len(match[3]))
    if not bottom or top > 2 * bottom:
        return None
    alter = Fraction(top if match[1] == "^" else -top, bottom)
    return alter.numerator if alter.denominator == 1 else alter


def accidental_text(alter: Alter) -> str:
    """Return the accidental for an alteration, ``=`` for 0: ``^`` for 1, ``_3/2`` for -3/2, ``^/`` for 1/2."""
    if isinstance(alter, int):
        return ACCIDENTAL_TEXT[alter]
    top, bottom = abs(alter).as_integer_ratio()
    number = "/" if (top, bottom) == (1, 2) else f"{top}/{bottom}"
    return ("^" if alter > 0 else "_") + number
