"""The holes of a whistle below its notes: ``●●●○○○`` among the words of a tune becomes a column of circles.

verovio sets words in lines. So two holes at a time are one sign of a line of words, which is then drawn as circles.
"""

import re
from dataclasses import replace
from itertools import product

from folkrnn.notation import Note, Tune

_PAIRS = dict(zip("¡¸¨´¯¹²³º", map("".join, product("●◐○", repeat=2)), strict=True)) | {"ª": "+"}
"""What stands for two holes, and for a note that is blown harder: narrow signs, none of which is a syllable."""

_SIGNS = {pair: sign for sign, pair in _PAIRS.items()}

_HOLES = re.compile(r"([●◐○]{6})(\+?)")

_TEXT = re.compile(
    rf'(?<=class="syl">)<text x="(\d+)" y="(\d+)" [^>]*><tspan [^>]*><tspan font-size="(\d+)px">([{"".join(_PAIRS)}])'
    r"</tspan></tspan></text>"
)

_MIDDLE, _STEP, _RADIUS, _LINE = 0.44, 0.5, 0.2, 0.035
"""Lengths in heights of the type: from a sign to the middle of the note head, where its hole stands; from hole to
hole; a hole's radius; its outline."""


def stacked(tune: Tune) -> Tune:
    """Return a tune whose melody has the holes among its words in lines of two, for ``drawn``."""
    if not any(map(_shows_holes, tune.notes())):
        return tune

    def lines(note: Note) -> Note:
        if not note.lyrics:
            return note
        match = _HOLES.fullmatch(note.lyrics[0])
        text = match[1] if match else ""
        signs = [_SIGNS.get(text[place : place + 2], "") for place in range(0, 6, 2)]
        return note._replace(lyrics=(*signs, _SIGNS["+"] if match and match[2] else "", *note.lyrics[1:]))

    return tune.with_bars(tuple(replace(bar, notes=tuple(map(lines, bar.notes))) for bar in tune.bars))


def _shows_holes(note: Note) -> bool:
    return bool(note.lyrics) and _HOLES.fullmatch(note.lyrics[0]) is not None


def drawn(drawing: str) -> str:
    """Return a drawing with circles, closed, half closed or open, in place of the signs of ``stacked``."""
    return _TEXT.sub(_circles, drawing)


def _circles(match: re.Match[str]) -> str:
    """Return two holes, or a plus sign, as the elements that verovio draws with: ``outlines`` knows these."""
    size, pair = int(match[3]), _PAIRS[match[4]]
    x, bottom, r = round(int(match[1]) + _MIDDLE * size), int(match[2]), round(_RADIUS * size)
    line = f'stroke-width="{_LINE * size:.0f}"'
    if pair == "+":
        y = bottom - round(_STEP * size)
        return f'<path d="M{x - r} {y}h{2 * r}M{x} {y - r}v{2 * r}" {line}/>'
    parts = []
    for place, hole in enumerate(pair):
        y = bottom - round((1 - place) * _STEP * size)
        if hole == "●":
            parts.append(f'<ellipse cx="{x}" cy="{y}" rx="{r}" ry="{r}"/>')
        else:
            parts.append(
                f'<path d="M{x - r} {y}a{r} {r} 0 0 1 {2 * r} 0a{r} {r} 0 0 1 {-2 * r} 0z" fill="none" {line}/>'
            )
        if hole == "◐":
            parts.append(f'<path d="M{x} {y - r}a{r} {r} 0 0 0 0 {2 * r}z" stroke-width="0"/>')
    return "".join(parts)
