"""Tempos: ``1/4=120``, ``"Allegro" 1/4=120``, ``120``, ``C3=40``."""

import re
from fractions import Fraction
from typing import NamedTuple

_QUOTED = re.compile(r'"([^"]*)"')
_BEATS = re.compile(r"((?:\d+/\d+\s*)+)=\s*(\d+(?:\.\d+)?)")
_UNITS = re.compile(r"(?:C(\d*)\s*=\s*)?(\d+(?:\.\d+)?)")


class Tempo(NamedTuple):
    """A tempo: words, and ``rate`` beats a minute of ``beat`` of a whole note each; both 0 without a rate."""

    words: str = ""
    beat: Fraction = Fraction(0)
    rate: Fraction = Fraction(0)

    @property
    def quarters(self) -> Fraction:
        """Quarter notes a minute; 0 without a rate."""
        return self.rate * self.beat * 4


def parse_tempo(text: str, unit: Fraction) -> Tempo:
    """Read the value of a ``Q:`` field; a bare number counts unit lengths a minute (ABC 2.1, 10.1).

    A rate under 4 or over 2,000 quarter notes a minute, which no player could follow, is ignored.
    """
    words = " ".join(part.strip() for part in _QUOTED.findall(text)).strip()
    figures = _QUOTED.sub(" ", text).strip()
    beat, rate = Fraction(0), Fraction(0)
    if match := _BEATS.fullmatch(figures):
        pairs = [part.split("/") for part in match[1].split()]
        beat = sum((Fraction(int(top), int(bottom)) for top, bottom in pairs if int(bottom)), Fraction(0))
        rate = Fraction(match[2])
    elif match := _UNITS.fullmatch(figures):
        beat = unit * int(match[1] or 1)
        rate = Fraction(match[2])
    parsed = Tempo(words, beat, rate)
    return parsed if 4 <= parsed.quarters <= 2000 else Tempo(words)


def explicit(text: str, unit: Fraction) -> str:
    """Stub."""
    return text
