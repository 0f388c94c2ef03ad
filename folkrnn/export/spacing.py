"""How much room music needs, before it is drawn: the widths of bars and of what stands before them.

Lengths are in verovio's units, of which a staff is 72 high. The widths of notes, signs and bar lines are those that
verovio gives them, fitted to its drawings of 2,209 bars: the error has a standard deviation of 3 %.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from folkrnn.export.verses import text_width
from folkrnn.notation import Bar, Key, Note
from folkrnn.notation.pitch import Alter

TEXT_SIZE = 42
"""The height of the type of words."""

WORD_GAP = 24
"""The space between two syllables, or two chord symbols."""

QUARTER_WIDTH = 69
"""How wide verovio makes a quarter note; it takes the power 0.6 of the length of others."""

SMALLEST_GAP = 31
"""How near verovio puts two notes to each other, from where one begins to where the next does."""

BAR_LINE, REPEAT_SIGN = 23, 23
"""The room of a bar line, and how much more it is with a repeat sign."""

GRACE, GRACES, ACCIDENTAL = 15.5, 9.5, 9.4
"""The room of a grace note, what a group of them adds to that, and the room of an accidental."""

CLEF, KEY, METER = 66, 12, 45
"""The room of a clef, of a key signature besides its signs, and of a meter."""

KEY_SIGN = 18
"""The room of one sign of a key signature."""

NEAREST, FLAGGED, DOT = 32, 49, 8
"""The least room of a note, of one with a flag before a bar line, and of a dot."""

_MIDDLE = 34
"""The middle line of the staff in staff places from C0; the stems of lower notes point up."""


class Extent(NamedTuple):
    """How wide a bar is drawn if nothing presses it, and the least share of that in which nothing in it collides."""

    width: float
    least: float

    @property
    def narrowest(self) -> float:
        """The least width."""
        return self.width * self.least


class _Gap(NamedTuple):
    """The space from a note to what follows: as wide as verovio makes it, and the least of it that is clear."""

    natural: float
    needed: float


def extents(bars: Sequence[Bar]) -> list[Extent]:
    """Return how much room each bar needs, without clef, key and meter at the beginning of a system."""
    return [_extent(bar) for bar in bars]


def head(key: Key, has_meter: bool) -> float:
    """Return the room of what stands before the first note of a system."""
    signs = len([alter for alter in key.signature.values() if alter])
    return CLEF + (KEY + KEY_SIGN * signs if signs else 0) + (METER if has_meter else 0)


def natural_width(duration: Fraction) -> float:
    """Return how wide verovio makes a note, without the signs before it."""
    return float(max(SMALLEST_GAP, QUARTER_WIDTH * float(4 * duration) ** 0.6))


def has_words(bar: Bar) -> bool:
    """Return whether words to sing or chord symbols belong to a bar."""
    return any(note.lyrics or note.chord_symbols for note in bar.notes)


def _extent(bar: Bar) -> Extent:
    gaps = list(_gaps(bar))
    least = max((gap.needed / gap.natural for gap in gaps), default=0.0)
    width = sum(gap.natural for gap in gaps)
    for texts in _rows(bar.notes):
        # Where the words are wider than the notes above them, verovio gives them room.
        more = 0.0
        for (place, text), (end, _) in pairwise([*texts, (len(bar.notes), "")]):
            notes = sum(gap.natural for gap in gaps[place + 1 : end + 1])
            words = TEXT_SIZE * text_width(text) + WORD_GAP
            more += max(0.0, words - notes)
            least = max(least, words / notes)
        width = max(width, sum(gap.natural for gap in gaps) + more)
    return Extent(width + (REPEAT_SIGN if bar.plays > 1 else 0), min(1.0, least))


def _gaps(bar: Bar) -> Iterator[_Gap]:
    """Yield the space before the first note of a bar, and after each of its notes."""
    signs = _accidentals(bar)
    before = [*map(_lead, bar.notes, signs), 0.0]
    yield _Gap(BAR_LINE / 2 + before[0], before[0])
    for place, note in enumerate(bar.notes):
        natural = natural_width(note.duration)
        needed = NEAREST + (DOT if _is_dotted(note.duration) else 0)
        if place == len(bar.notes) - 1:
            natural += BAR_LINE / 2
            needed = FLAGGED if _has_flag(bar.notes, place) else needed
        yield _Gap(natural + before[place + 1], needed + before[place + 1])


def _lead(note: Note, accidentals: int) -> float:
    """Return the room of the signs before a note."""
    graces = GRACES + GRACE * len(note.graces) if note.graces else 0.0
    return graces + ACCIDENTAL * accidentals


def _accidentals(bar: Bar) -> list[int]:
    """Return how many accidentals each note shows."""
    signature, altered = bar.key.signature, dict[tuple[int, int], Alter]()
    counts = []
    for note in bar.notes:
        shown = 0
        for pitch in note.pitches:
            place = pitch.step, pitch.octave
            if pitch.alter != altered.get(place, signature.get(pitch.step, 0)):
                altered[place] = pitch.alter
                shown += 1
        counts.append(shown)
    return counts


def _is_dotted(duration: Fraction) -> bool:
    return duration.numerator == 3


def _has_flag(notes: Sequence[Note], place: int) -> bool:
    """Return whether a note is likely to have a flag to its right: it is short, low, and follows no other short one."""
    note = notes[place]
    alone = place == 0 or notes[place - 1].is_rest or notes[place - 1].duration >= Fraction(1, 4)
    low = not note.is_rest and all(7 * pitch.octave + pitch.step < _MIDDLE for pitch in note.pitches)
    return low and alone and note.duration < Fraction(1, 4)


def _rows(notes: Sequence[Note]) -> Iterator[list[tuple[int, str]]]:
    """Yield the rows of words of a bar: its chord symbols, and its verses; each text with the index of its note."""
    yield [(place, text) for place, note in enumerate(notes) for text in note.chord_symbols[:1]]
    for verse in range(max((len(note.lyrics) for note in notes), default=0)):
        row = ((place, note.lyrics[verse]) for place, note in enumerate(notes) if verse < len(note.lyrics))
        yield [(place, text) for place, text in row if text.strip("_ ")]
