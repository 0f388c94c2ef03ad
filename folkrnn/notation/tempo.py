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
_WORD = re.compile(r"[^\W\d_]{2,}[.,;:!]?")
_NUMBER = r"\d{1,5}(?:\.\d{0,4})?"
_RATE = re.compile(rf"(circa|approx|ca?|~)?\.?\s*({_NUMBER})(?:\s*(?:-|–|to)\s*({_NUMBER}))?\s*(?:bpm)?", re.IGNORECASE)

_ABOUT = "ca."
_STANDARD = re.compile(r"(?:\d+/\d+\s+)*\d+/\d+\s*=\s*\d+(?:\.\d+)?(?:\s*-\s*\d+(?:\.\d+)?)?")


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
    (``ca. 120``, ``~120``). What cannot be read gives no rate, nor does a rate outside SLOWEST and FASTEST.
    """
    words = " ".join(part.strip() for part in _QUOTED.findall(text)).strip()
    plain = _QUOTED.sub(" ", text).strip()
    if not plain:
        return Tempo(words), "" if words else f"the tempo is empty; {EXPECTED}"
    shown = repr(text.strip() if len(text) <= 40 else text[:37].strip() + "...")
    figures, unquoted = _figures(plain, unit)
    if figures is None:
        return Tempo(words), f"{shown} is no tempo; {EXPECTED}"
    tempo = Tempo(" ".join([words, *unquoted]).strip(), figures.beat, figures.rate)
    if not SLOWEST <= tempo.quarters <= FASTEST:
        return Tempo(words), f"{shown} is no tempo: it is {_per_minute(tempo)}; {EXPECTED}"
    if unquoted not in ([], [_ABOUT]):
        return tempo, f"the words of {shown} are not in quotation marks"
    if USUAL_SLOWEST <= tempo.quarters <= USUAL_FASTEST:
        return tempo, ""
    kind = "slow" if tempo.quarters < USUAL_SLOWEST else "fast"
    if figures.in_units:
        instead = f"1/4={_plain(figures.rate)} would count quarter notes"
        return tempo, f"{shown} counts notes of {figures.beat}: {_per_minute(tempo)}, unusually {kind}; {instead}"
    return tempo, f"{shown} is {_per_minute(tempo)}, unusually {kind}"


def explicit(text: str, unit: Fraction) -> str:
    """Return the value of a ``Q:`` field as every program reads it, whatever ``L:`` says: ``1/16=80`` for ``80``.

    A tempo in the words of the standard stays as it is, and so does what cannot be read. Unquoted words get their
    quotation marks, and a rate that is only approximate becomes ``"ca." 1/4=120``.
    """
    tempo = parse_tempo(text, unit)
    plain = _QUOTED.sub(" ", text).strip()
    figures, _ = _figures(plain, unit)
    if not tempo.rate or figures is None or _STANDARD.fullmatch(plain):
        return text
    counted = f"{tempo.beat.numerator}/{tempo.beat.denominator}={figures.number}"
    if not tempo.words:
        return counted
    return (
        f'{counted} "{tempo.words}"'
        if text.rstrip().endswith('"') and text.strip()[0] != '"'
        else f'"{tempo.words}" {counted}'
    )


class _Figures(NamedTuple):
    """The figures of a tempo: whether the beat counts unit lengths, and the rate as it is written, such as 80-100."""

    beat: Fraction
    rate: Fraction
    in_units: bool
    number: str


def _figures(text: str, unit: Fraction) -> tuple[_Figures | None, list[str]]:
    """Return the figures of a tempo without quotation marks, and the words among them; None for what is no tempo."""
    beats, equals, number = text.rpartition("=")
    in_units = beats.lstrip().startswith("C") if equals else not text.startswith("C")
    beat = _units(beats, unit) if in_units else _beat(beats)
    match = _RATE.fullmatch(number.strip())
    if beat and match:
        about, low, high = match.groups()
        rate = min(Fraction(low), Fraction(high or low))
        return _Figures(beat, rate, in_units, f"{low}-{high}" if high else low), [_ABOUT] * bool(about)
    words = _WORD.findall(text)
    if not words or not equals:
        return None, []
    figures, _ = _figures(_WORD.sub("", text), unit)
    return (None, []) if figures is None or figures.in_units else (figures, words)


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


def _per_minute(tempo: Tempo) -> str:
    return f"{_plain(tempo.quarters)} quarter notes a minute"


def _plain(number: Fraction) -> str:
    return f"{float(number):.10g}"
