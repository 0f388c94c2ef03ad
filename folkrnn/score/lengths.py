"""Lengths as note values: types, dots and tuplets."""

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import music21 as m21

from folkrnn.errors import NotationError, ScoreError
from folkrnn.notation.note_values import note_values

_TYPES = {
    Fraction(2): "breve", Fraction(1): "whole", Fraction(1, 2): "half", Fraction(1, 4): "quarter",
    Fraction(1, 8): "eighth", Fraction(1, 16): "16th", Fraction(1, 32): "32nd", Fraction(1, 64): "64th",
    Fraction(1, 128): "128th", Fraction(1, 256): "256th", Fraction(1, 512): "512th",
}  # fmt: skip
_BEAM_COUNTS = {name: count for count, name in enumerate(_TYPES.values(), start=-3) if count > 0}


class Piece(NamedTuple):
    """A printable value: a note ``type`` with ``dots``, its ``written`` length, and its tuplet's ``ratio``.

    The length is in whole notes, the ratio is (actual, normal) notes.
    """

    type: str
    dots: int
    written: Fraction
    ratio: tuple[int, int]

    @property
    def sounding(self) -> Fraction:
        """The length as a fraction of a whole note."""
        return self.written * self.ratio[1] / self.ratio[0]

    @property
    def beams(self) -> int:
        """The number of beams or flags."""
        return _BEAM_COUNTS.get(self.type, 0)


WHOLE = Piece("whole", 0, Fraction(1), (1, 1))


@lru_cache(maxsize=4096)
def pieces(sounding: Fraction, ratio: tuple[int, int] = (1, 1)) -> tuple[Piece, ...]:
    """Return the printable values that add up to a length, longest first; more than one means a tie.

    Raises ScoreError where ``note_values`` has none.
    """
    try:
        values = note_values(sounding, ratio)
    except NotationError as error:
        raise ScoreError(str(error)) from None
    return tuple(Piece(_TYPES[value.head], value.dots, value.written, value.ratio) for value in values)


def duration(piece: Piece) -> Any:
    """Return music21's duration of a printable value."""
    length = m21.duration.Duration(type=piece.type, dots=piece.dots)
    if piece.ratio != (1, 1):
        length.appendTuplet(m21.duration.Tuplet(*piece.ratio, durationNormal=piece.type))
    return length
