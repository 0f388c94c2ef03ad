"""The words below a tune (``W:``): its verses, their columns on a page, and how they are drawn."""

import html
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from folkrnn.notation import Tune
from folkrnn.score.build import printable

MANY_LINES = 10
"""From this number of lines on, verses that are short enough stand in two columns."""

COLUMN_GAP = 2.0
"""The space between two columns of verses, in heights of the type."""

LINE_STEP = 1.2
"""The distance from line to line, in heights of the type."""

Verse = list[str]

_WIDTHS = {
    **dict.fromkeys(" iljtfrI.,;:'!|()[]-/’‘“”", 0.33),
    **dict.fromkeys("mwMW@%&—…", 0.9),
}
"""The widths, in heights of the type, of characters that are much narrower or wider than the others."""


def text_width(text: str) -> float:
    """Return about how wide a text is in a book's typeface, in heights of the type; rather too much than too little."""
    return sum(_WIDTHS.get(letter) or _usual_width(letter) for letter in text)


def _usual_width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    return 0.72 if letter.isupper() else 0.52


def verses(tune: Tune) -> list[Verse]:
    """Return the lines of each verse below a tune; an empty ``W:`` parts verses."""
    lines = (" ".join(printable(line).split()) for line in tune.words)
    return [list(verse) for has_words, verse in groupby(lines, bool) if has_words]


def in_columns(found: Sequence[Verse], width: float) -> list[list[Verse]]:
    """Return verses in one column, or in two of much the same height where they are many and short enough.

    ``width`` is that of the page, in heights of the type.
    """
    if not found:
        return []
    heights = [len(verse) + 1 for verse in found]
    half = (width - COLUMN_GAP) / 2
    lines = [line for verse in found for line in verse]
    if len(found) < 2 or len(lines) < MANY_LINES or any(text_width(line) > half for line in lines):
        return [list(found)]
    first = min(range(1, len(found)), key=lambda place: max(sum(heights[:place]), sum(heights[place:])))
    return [list(found[:first]), list(found[first:])]


def draw(columns: Sequence[Sequence[Verse]], width: float, size: float) -> tuple[str, float]:
    """Return columns of verses as SVG texts in type of a ``size``, and how far down they reach from 0."""
    step = LINE_STEP * size
    column_width = (width - COLUMN_GAP * size * (len(columns) - 1)) / max(1, len(columns))
    texts, lowest = [], 0.0
    for number, column in enumerate(columns):
        left, y = number * (column_width + COLUMN_GAP * size), 0.0
        for verse in column:
            for line in verse:
                for place, part in enumerate(wrapped(line, column_width / size)):
                    y += step
                    x = left + size * (place > 0)
                    texts.append(f'<text x="{x:.0f}" y="{y:.0f}">{html.escape(part, quote=False)}</text>')
            y += step / 2
        lowest = max(lowest, y)
    return "".join(texts), lowest


def wrapped(line: str, width: float) -> Iterator[str]:
    """Yield a line in parts that are no wider than a width, in heights of the type, unless one word is."""
    part = ""
    for word in line.split():
        longer = f"{part} {word}".strip()
        if part and text_width(longer) > width - 1:  # what is carried over is set in
            yield part
            longer = word
        part = longer
    yield part
