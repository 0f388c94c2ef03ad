"""Tempos: ``1/4=120``, ``"Allegro" 1/4=120``, ``120``, ``C3=40``.

Words alone, such as ``"Allegro"``, are printed and give no rate: programs differ on what each of them means, and the
usual tempo of the rhythm is the better guess.
"""

import re
from fractions import Fraction
from typing import NamedTuple

SLOWEST, FASTEST = 4, 2000
"""The quarter notes a minute between which a tempo can be played."""

USUAL_SLOWEST, USUAL_FASTEST = 40, 400
"""The quarter notes a minute between which dances and songs lie; a metronome begins at 40."""

EXPECTED = 'expected a tempo such as 1/4=120, or words in quotation marks, such as "Slowly"'

_QUOTED = re.compile(r'"([^"]*)"')
_LENGTH = re.compile(r"(\d{1,3})(?:/(\d{1,3}))?(\.?)")
_UNITS = re.compile(r"C(\d{0,3})(?:/(\d{1,3}))?")
_WORD = re.compile(r"[^\W\d_]{2,}\S?")
_NUMBER = r"\d{1,5}(?:\.\d{0,4})?"
_RATE = re.compile(
    rf"(?:circa|approx|ca?|~)?\.?\s*({_NUMBER})(?:\s*(?:-|–|to)\s*({_NUMBER}))?\s*(?:bpm)?", re.IGNORECASE
)


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
    """Read the value of a ``Q:`` field as ``read_tempo`` does, without the remark."""
    return read_tempo(text, unit)[0]


def read_tempo(text: str, unit: Fraction) -> tuple[Tempo, str]:
    """Return the tempo that the value of a ``Q:`` field gives, and a remark on it, empty where none is due.

    A bare number, or one after ``C`` or ``C3``, counts unit lengths a minute (ABC 2.1, 10.1). Several lengths
    (``1/4 3/8=40``) are one beat. Of a range (``80-100``) the slower end counts. A number may be approximate
    (``ca. 120``). What cannot be read gives no rate, nor does a rate outside SLOWEST and FASTEST.
    """
    words = " ".join(part.strip() for part in _QUOTED.findall(text)).strip()
    figures = _QUOTED.sub(" ", text).strip()
    if not figures:
        return Tempo(words), "" if words else f"the tempo is empty; {EXPECTED}"
    shown = repr(text.strip() if len(text) <= 40 else text[:37].strip() + "...")
    beat, rate, in_units = _figures(figures, unit)
    if not beat and (unquoted := _WORD.findall(figures)):
        beat, rate, in_units = _figures(_WORD.sub("", figures), unit)
        if beat and not in_units:
            return Tempo(
                " ".join([words, *unquoted]).strip(), beat, rate
            ), f"the words of {shown} are not in quotation marks"
        beat = Fraction(0)
    if not beat:
        return Tempo(words), f"{shown} is no tempo; {EXPECTED}"
    tempo = Tempo(words, beat, rate)
    if not SLOWEST <= tempo.quarters <= FASTEST:
        return Tempo(words), f"{shown} is no tempo: it is {_per_minute(tempo)}; {EXPECTED}"
    if USUAL_SLOWEST <= tempo.quarters <= USUAL_FASTEST:
        return tempo, ""
    kind = "slow" if tempo.quarters < USUAL_SLOWEST else "fast"
    if in_units:
        instead = f"1/4={_plain(rate)} would count quarter notes"
        return tempo, f"{shown} counts notes of {beat}: {_per_minute(tempo)}, unusually {kind}; {instead}"
    return tempo, f"{shown} is {_per_minute(tempo)}, unusually {kind}"


def explicit(text: str, unit: Fraction) -> str:
    """Return the value of a ``Q:`` field so that it means the same whatever ``L:`` says: ``1/16=80`` for ``80``.

    Only a tempo that counts unit lengths changes. Its words stay, and so does any other value.
    """
    parts = re.split(r'("[^"]*")', text)  # at odd places what stands in quotation marks
    figures = [part for part in parts[::2] if part.strip()]
    beat, _, in_units = _figures(figures[0].strip(), unit) if len(figures) == 1 else (0, 0, False)
    if not beat or not in_units:
        return text
    counted = f"{beat.numerator}/{beat.denominator}={figures[0].rpartition('=')[2].strip()}"
    kept = [part if place % 2 else counted for place, part in enumerate(parts) if part.strip()]
    return " ".join(kept)


def _figures(text: str, unit: Fraction) -> tuple[Fraction, Fraction, bool]:
    """Return the beat, the rate and whether the beat counts unit lengths; no beat where the text is no tempo."""
    beats, equals, number = text.rpartition("=")
    in_units = beats.lstrip().startswith("C") if equals else not text.startswith("C")
    beat = _units(beats, unit) if in_units else _beat(beats)
    rate = _rate(number)
    return beat if rate else Fraction(0), rate, in_units


def _beat(text: str) -> Fraction:
    """Return the sum of lengths such as ``1/4 3/8``; a point after one adds half of it. 0 if it is none."""
    matches = [_LENGTH.fullmatch(part) for part in text.split()]
    lengths = [_ratio(match[1], match[2]) * (3 if match[3] else 2) / 2 for match in matches if match]
    return sum(lengths, Fraction(0)) if all(lengths) and len(lengths) == len(matches) else Fraction(0)


def _units(text: str, unit: Fraction) -> Fraction:
    """Return the beat of ``C``, ``C3`` or nothing: as many unit lengths, one if there is no number. 0 if it is none."""
    match = _UNITS.fullmatch("".join(text.split()) or "C")
    return unit * _ratio(match[1] or "1", match[2]) if match else Fraction(0)


def _ratio(top: str, bottom: str | None) -> Fraction:
    return Fraction(int(top), int(bottom or 1)) if int(bottom or 1) else Fraction(0)


def _rate(text: str) -> Fraction:
    match = _RATE.fullmatch(text.strip())
    return min(Fraction(each) for each in match.groups() if each) if match else Fraction(0)


def _per_minute(tempo: Tempo) -> str:
    return f"{_plain(tempo.quarters)} quarter notes a minute"


def _plain(number: Fraction) -> str:
    return f"{float(number):.10g}"
