"""Quoted texts: which of them are chord symbols."""

from folkrnn.notation.chords import read_symbol
from folkrnn.notation.text import plain_text
from folkrnn.notation.tune import Marks


def marked(marks: Marks, text: str) -> Marks:
    """Return the marks with a quoted text more: a chord symbol, or else an annotation."""
    text = plain_text(text)
    if read_symbol(text.strip()):
        return marks._replace(chord_symbols=(*marks.chord_symbols, text.strip()))
    if text.strip():
        return marks._replace(annotations=(*marks.annotations, text))
    return marks
