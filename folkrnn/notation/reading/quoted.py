"""Quoted texts: which of them are chord symbols."""

import re

from folkrnn.notation.text import plain_text
from folkrnn.notation.tune import Marks

_CHORD_SYMBOL = re.compile(
    r"\(?[A-G][#b♯♭]?(?:maj|min|mi|ma|m|dim|aug|sus|add|M|\+|°|ø|-)?\d*(?:(?:maj|sus|add|dim|aug|[#b+-])\d*)*"
    r"(?:/[A-Ga-g][#b♯♭]?)?\)?"
)


def marked(marks: Marks, text: str) -> Marks:
    """Return the marks with a quoted text more: a chord symbol, or else an annotation."""
    if _CHORD_SYMBOL.fullmatch(text.strip()):
        return marks._replace(chord_symbols=(*marks.chord_symbols, text.strip()))
    if text.strip():
        return marks._replace(annotations=(*marks.annotations, plain_text(text)))
    return marks
