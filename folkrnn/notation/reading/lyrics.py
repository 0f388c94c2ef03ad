"""What lines below the music give to its notes: syllables (``w:``) and symbols (``s:``)."""

import re
from collections.abc import Sequence

from folkrnn.notation.reading.drafts import DraftBar
from folkrnn.notation.reading.quoted import marked
from folkrnn.notation.text import SYLLABLE, lyric_text
from folkrnn.notation.tune import Marks

Place = tuple[int, DraftBar, int]
"""A note that takes a syllable: the number of its bar, the bar, and its index there."""

MAX_VERSES = 40
"""The most verses that a line of music can have."""

_SYMBOL = re.compile(r'![^!\s]+!|\+[^+\s]+\+|"[^"]*"|[*|]|[^\s*|]')
_SKIP, _NEXT_BAR = "*", "|"


def places_of(bars: Sequence[DraftBar], first: int) -> list[Place]:
    """Return the notes of bars that take a syllable, from a note of the first bar on: all but rests."""
    return [
        (number, draft, index)
        for number, draft in enumerate(bars)
        for index in range(0 if number else first, len(draft.notes))
        if draft.notes[index].pitches
    ]


def sing(places: Sequence[Place], text: str, verse: int) -> list[str]:
    """Give the syllables of a line of words to notes, as a verse numbered from 0 (ABC 2.1, 5.1).

    Return the syllables that no note is left for.
    """
    # A hyphen ends a syllable; a hyphen after a space or another hyphen stands for a note of its own.
    items = SYLLABLE.findall(text)
    left = []
    position = 0
    for item in items:
        if item == _NEXT_BAR:
            position = _next_bar(places, position)
        elif position >= len(places):
            left.append(item)
        else:
            _, draft, index = places[position]
            word = "" if item in (_SKIP, "-") else lyric_text(item)
            note = draft.notes[index]
            padding = ("",) * (verse - len(note.lyrics))
            draft.notes[index] = note._replace(lyrics=(*(note.lyrics + padding)[:verse], word))
            position += 1
    return [word for word in left if word not in ("*", "_", "-")]


def decorate(places: Sequence[Place], text: str, symbols: dict[str, str]) -> list[str]:
    """Give the decorations and quoted texts of a symbol line to notes (ABC 2.1, 4.15).

    Return those that no note is left for, or that mean nothing.
    """
    left = []
    position = 0
    for item in _SYMBOL.findall(text):
        if item == _NEXT_BAR:
            position = _next_bar(places, position)
            continue
        if item == _SKIP:
            position += 1
            continue
        if position >= len(places):
            left.append(item)
            continue
        _, draft, index = places[position]
        note = draft.notes[index]
        if item[0] == '"':
            marks = marked(Marks(note.decorations, note.chord_symbols, note.annotations), item[1:-1])
            draft.notes[index] = note._replace(**marks._asdict())
        else:
            name = item.strip("!+") if len(item) > 1 else symbols.get(item, "")
            if name:
                draft.notes[index] = note._replace(decorations=(*note.decorations, name))
            else:
                left.append(item)
        position += 1
    return left


def _next_bar(places: Sequence[Place], position: int) -> int:
    """Return the position of the first note of the next bar; at the start it is the first one's."""
    if not 0 < position <= len(places):
        return position
    here = places[position - 1][0]
    while position < len(places) and places[position][0] == here:
        position += 1
    return position
