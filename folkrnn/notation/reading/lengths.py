"""How long a note is: the text after its letter, and the unit length."""

from fractions import Fraction
from functools import lru_cache

from folkrnn.notation.tune import fraction

MAX_BAR_RESTS = 100
"""The longest rest, in bars."""


@lru_cache(maxsize=4096)
def parse_length(text: str) -> Fraction | None:
    """Read a note length in units: ``2``, ``3/2``, ``/``, ``//``; None for one without meaning, such as ``/0``."""
    if len(text) > 12:
        return None
    head, slash, tail = text.partition("/")
    numerator = int(head or 1)
    if not slash:
        return Fraction(numerator) if numerator else None
    denominator = int(tail) if tail.isdecimal() else 2 ** (len(tail) + 1)
    if (tail.strip("/") and not tail.isdecimal()) or not denominator or not numerator:
        return None
    return Fraction(numerator, denominator)


def scaled(duration: Fraction, actual: int, normal: int) -> Fraction:
    """Return the duration of a note in a tuplet."""
    numerator, denominator = duration.as_integer_ratio()
    return fraction(numerator * normal, denominator * actual)


def shown(text: str) -> str:
    """Return a text for use in a finding: short and on one line."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
