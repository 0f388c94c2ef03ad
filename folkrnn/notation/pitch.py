"""Pitches as ABC spells them."""

from functools import cache, lru_cache
from typing import NamedTuple

STEPS = "CDEFGAB"
SEMITONES = (0, 2, 4, 5, 7, 9, 11)
ACCIDENTALS = {"": None, "^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
ACCIDENTAL_TEXT = {1: "^", 2: "^^", -1: "_", -2: "__", 0: "="}


class Pitch(NamedTuple):
    """A sounding pitch with its spelling.

    ``step`` is 0 for C to 6 for B, and ``octave`` is 4 for the octave that begins at middle C. ``alter`` is in
    semitones and includes what the key and the bar contribute.
    """

    step: int
    octave: int
    alter: int

    @property
    def midi(self) -> int:
        """The MIDI note number; middle C is 60."""
        return 12 * (self.octave + 1) + SEMITONES[self.step] + self.alter

    @property
    def place(self) -> int:
        """The place on the staff, whatever the accidental: staff steps above C of octave 0, 28 for middle C."""
        return 7 * self.octave + self.step

    @property
    def letters(self) -> str:
        """The ABC letter with its octave marks, without accidental: ``C,`` ``C`` ``c`` ``c'``."""
        return _letters(self.step, self.octave)

    def __str__(self) -> str:
        return ACCIDENTAL_TEXT.get(self.alter, "") * (self.alter != 0) + self.letters


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
