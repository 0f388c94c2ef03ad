"""What a book can show of its tunes: their first bars, what is known about them, an index of their titles."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from folkrnn.notation import Bar, Tune
from folkrnn.notation.articles import leading_article, shown_title, sort_key
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.tune import NO_MARKS
from folkrnn.score.build import printable

INCIPIT_BARS = 2
"""How many full bars of a tune are its incipit."""

INVISIBLE = "[|]"
"""A bar line that is not drawn."""

NOTE_FIELDS = {"S": "Source", "B": "Book", "D": "Recording", "Z": "Transcribed by", "N": "Note", "H": "History"}
"""The fields that say where a tune comes from and what is known about it, and what a book calls them."""


def incipit(tune: Tune) -> Tune:
    """Return the first two bars of a tune's melody, with a pickup before them, open at the end."""
    bars = tune.bars
    begins = [index for index in range(len(bars)) if not completes_measure(bars, index)]
    if begins:
        begins[0] = 0
    end = begins[INCIPIT_BARS] if len(begins) > INCIPIT_BARS else len(bars)
    shown = [*map(_plain, bars[:end])]
    if end < len(bars):
        shown[-1] = replace(shown[-1], drawn=INVISIBLE)
    return replace(tune.alone(replace(tune.melody, bars=tuple(shown))), after=())


def _plain(bar: Bar) -> Bar:
    """Return a bar as it is within a section."""
    return replace(bar, opens=False, plays=1, edge="", ending=(), bracket="", implied=False, closing=NO_MARKS)


def notes(tune: Tune) -> list[dict[str, str]]:
    """Return what is known about a tune: the name of each field and what it says, history last."""
    found = []
    for letter, name in NOTE_FIELDS.items():
        said = [" ".join(printable(text).split()) for text in tune.all_fields(letter)]
        # The lines of a history are one text.
        found += [{"name": name, "text": text} for text in ([" ".join(said)] if letter in "HN" else said) if text]
    return found


def title_index(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all titles of a book's tunes in the order of the alphabet, each with the place of its tune.

    A title begins with what it is sorted by: ``Kettle, The``.
    """
    rows = {(turned_title(title), place) for place, entry in enumerate(entries) for title in entry["titles"]}
    return [
        {"title": title, "tune": place}
        for title, place in sorted(rows, key=lambda row: (sort_key(row[0]), row[0].casefold(), row[1]))
    ]


def turned_title(title: str) -> str:
    """Return a title with its article at the end: ``The Kettle`` is ``Kettle, The``."""
    said = shown_title(title)
    article, rest = leading_article(said)
    return f"{rest[0].upper()}{rest[1:]}, {article}" if article else said
