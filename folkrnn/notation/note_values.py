"""Note values: which lengths notes can show, with dots, ties and tuplets."""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from folkrnn.errors import NotationError

LONGEST = Fraction(16)
"""The longest note, in whole notes; a longer one is not music."""

SHORTEST = Fraction(1, 512)
"""The shortest note that can be drawn without dots, in whole notes."""

_LONGEST_VALUE = Fraction(2)
"""A breve, in whole notes: the longest note head."""


class NoteValue(NamedTuple):
    """A printable value: a note head of ``head`` whole notes with ``dots``, in a tuplet of ``ratio``.

    ``ratio`` is (actual, normal) notes; (1, 1) outside of tuplets.
    """

    head: Fraction
    dots: int
    ratio: tuple[int, int]

    @property
    def written(self) -> Fraction:
        """The length as it is written, in whole notes."""
        return self.head * (2 - Fraction(1, 2**self.dots))


@lru_cache(maxsize=4096)
def note_values(sounding: Fraction, ratio: tuple[int, int] = (1, 1)) -> tuple[NoteValue, ...]:
    """Return the printable values that add up to a length, longest first; more than one means a tie.

    Raises NotationError for a length that is not positive, longer than LONGEST or too fine to print.
    """
    if not 0 < sounding <= LONGEST:
        raise NotationError(f"no note is {sounding} of a whole note long; the longest is {LONGEST} whole notes")
    actual, normal = ratio
    rest = sounding * actual / normal
    odd = rest.denominator // (rest.denominator & -rest.denominator)
    if odd > 1:
        # A length such as 1/12 outside a tuplet: a tuplet of its own shows it, 3:2 here.
        below = 1 << (odd.bit_length() - 1)
        actual, normal, rest = actual * odd, normal * below, rest * odd / below
    found: list[NoteValue] = []
    head = _LONGEST_VALUE
    while head >= SHORTEST:
        if rest >= head:
            dots = 2 if rest >= head * 7 / 4 else 1 if rest >= head * 3 / 2 else 0
            value = NoteValue(head, dots, (actual, normal))
            found.append(value)
            rest -= value.written
        else:
            head /= 2
    if rest:
        raise NotationError(f"no note is {sounding} of a whole note long; the finest value is {SHORTEST}")
    return tuple(found)


def is_printable(sounding: Fraction, ratio: tuple[int, int] = (1, 1)) -> bool:
    """Return whether notes can show a length, in a tuplet of (actual, normal) notes or outside of one."""
    return _is_printable(*sounding.as_integer_ratio(), ratio)  # found sooner by whole numbers than by a Fraction


@lru_cache(maxsize=4096)
def _is_printable(numerator: int, denominator: int, ratio: tuple[int, int]) -> bool:
    try:
        return bool(note_values(Fraction(numerator, denominator), ratio))
    except NotationError:
        return False
