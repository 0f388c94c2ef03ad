"""Meters: ``6/8``, ``C``, ``C|``, ``2+3/8``, ``none``."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from folkrnn.errors import NotationError

_METER = re.compile(r"\(?\s*(\d{1,2}(?:\s*\+\s*\d{1,2})*)\s*\)?\s*/\s*(\d{1,2})")
_NAMED = {"C": ((4,), 4), "C|": ((2,), 2)}  # by the sign they are drawn with


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature: ``groups`` of beats of 1/``unit``; no groups when the meter is free.

    ``symbol`` is ``C`` or ``C|`` where the meter is drawn so; it makes no other meter of it.
    """

    groups: tuple[int, ...] = ()
    unit: int = 4
    symbol: str = field(default="", compare=False)

    @property
    def free(self) -> bool:
        """Whether bars may have any length."""
        return not self.groups

    @property
    def beats(self) -> int:
        """The numerator."""
        return sum(self.groups)

    @property
    def bar(self) -> Fraction | None:
        """The length of a full bar as a fraction of a whole note; None when free."""
        return _bar(self.groups, self.unit) if self.groups else None

    @property
    def compound(self) -> bool:
        """Whether the beat is dotted, as in 6/8, 9/8 and 12/8."""
        return len(self.groups) == 1 and self.beats > 3 and self.beats % 3 == 0 and self.unit >= 8

    @property
    def pulse(self) -> tuple[Fraction, ...]:
        """The lengths of the beats by which notes are beamed together."""
        if self.free:
            return ()
        if len(self.groups) > 1:
            return tuple(Fraction(group, self.unit) for group in self.groups)
        if self.compound:
            return (Fraction(3, self.unit),) * (self.beats // 3)
        if self.unit >= 8 and self.beats in (5, 7):
            groups = (3, 2) if self.beats == 5 else (2, 2, 3)
            return tuple(Fraction(group, self.unit) for group in groups)
        if self.unit == 8 and self.beats == 3:
            return (Fraction(3, 8),)
        return (Fraction(1, self.unit),) * self.beats

    @property
    def default_unit_length(self) -> Fraction:
        """The unit length where ``L:`` is absent: 1/16 for meters below 3/4, else 1/8 (ABC 2.1, 3.1.7)."""
        return Fraction(1, 16) if self.groups and Fraction(self.beats, self.unit) < Fraction(3, 4) else EIGHTH

    def __str__(self) -> str:
        if self.free:
            return "none"
        return f"{'+'.join(map(str, self.groups))}/{self.unit}"


@lru_cache(maxsize=1024)
def _bar(groups: tuple[int, ...], unit: int) -> Fraction:
    return Fraction(sum(groups), unit)


EIGHTH = Fraction(1, 8)
FREE = Meter()


@lru_cache(maxsize=1024)
def parse_meter(text: str) -> Meter:
    """Read the value of an ``M:`` field; an empty one, ``none`` and ``free`` mean a free meter.

    ``C`` is 4/4 and ``C|`` is 2/2. Raises NotationError for anything else.
    """
    text = text.strip()
    if text.lower() in ("", "none", "free"):
        return FREE
    if text in _NAMED:
        return Meter(*_NAMED[text], text)
    match = _METER.fullmatch(text)
    if match:
        groups = tuple(int(group) for group in match[1].split("+"))
        unit = int(match[2])
        if min(groups) > 0 and sum(groups) <= 64 and unit in (1, 2, 4, 8, 16, 32, 64):
            return Meter(groups, unit)
    raise NotationError(f"{text!r} is no meter; expected one such as 6/8, C, C|, 2+3/8 or none")
