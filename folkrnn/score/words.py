"""Words on the page: texts, tempi, labels of parts, chord symbols."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import music21 as m21

from folkrnn.notation.tempo import Tempo
from folkrnn.score.lengths import duration, pieces

_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLACE = re.compile(r"@\s*-?[\d.]+\s*,\s*-?[\d.]+\s*")


def printable(text: str) -> str:
    """Return a text without the characters that no XML document can hold."""
    return _UNPRINTABLE.sub("", text)


def words(text: str, placement: str = "above") -> Any:
    """Return a text ``above`` or ``below`` the staff."""
    expression = m21.expressions.TextExpression(printable(text))
    expression.placement = placement
    return expression


def annotation(text: str) -> Any:
    """Return a quoted text, whose first sign says where it stands; None if there is nothing to print.

    What ABC places beside a note stands above it.
    """
    sign, content = (text[0], text[1:]) if text[:1] in "^_<>@" else ("^", text)
    if match := _PLACE.match(text):
        content = text[match.end() :]
    return words(content.strip(), "below" if sign == "_" else "above") if content.strip() else None


def label(text: str) -> Any:
    """Return the label of a part (``P:``), which begins where the part does."""
    mark = m21.expressions.RehearsalMark(printable(text))
    mark.style.alignHorizontal = "left"
    mark.style.enclosure = "none"
    return mark


def tempo_marks(tempo: Tempo) -> Iterator[Any]:
    """Yield the mark of a tempo; none if it says nothing."""
    if not tempo.rate:
        if tempo.words:
            yield m21.tempo.TempoText(printable(tempo.words))
        return
    beat, rate = tempo.beat, tempo.rate
    if len(pieces(beat)) > 1:
        beat, rate = Fraction(1, 4), tempo.quarters
    number = rate.numerator if rate.denominator == 1 else float(rate)
    yield m21.tempo.MetronomeMark(
        text=printable(tempo.words) or None, number=number, referent=duration(pieces(beat)[0])
    )
