"""The writer for people: tunebooks with fields in the standard's order, four bars a line, notes beamed by the beat.

Bars that are too wide for a page in fours stand in twos or alone.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from folkrnn import __version__
from folkrnn.notation.bars import completes_measure, is_pickup, starts_section
from folkrnn.notation.beaming import beat_starts
from folkrnn.notation.canonical import bar_texts, plain_key
from folkrnn.notation.meter import EIGHTH
from folkrnn.notation.text import escaped_lyric
from folkrnn.notation.tune import Bar, Tune

FIELD_ORDER = "TCOARBDFGHNSZQP"
"""The header fields between X and M; L and K follow."""

TUNEBOOK_HEADER = f"%abc-2.1\nI:abc-creator folkrnn {__version__}\nI:abc-charset utf-8\n"
"""The beginning of every tunebook; each tune follows after an empty line."""

BARS_A_LINE = 4
LINE_WIDTH = 500
"""The points that a line has for its key signature and bars on A4 or letter paper, as abcm2ps prints."""

BAR_LINE_WIDTH, NOTE_WIDTH, SIGN_WIDTH, FLAG_WIDTH = 16, 10, 9, 8
"""The points that abcm2ps needs for a bar line, a note, an accidental, dot, tie or grace note beside it, and a flag."""

_QUARTER = Fraction(1, 4)
_DOTS = {3: 1, 7: 2}  # by the numerator of a length


def write_tunebook(tunes: Sequence[Tune]) -> str:
    """Return a complete ABC file of some tunes, numbered from 1."""
    return TUNEBOOK_HEADER + "".join(f"\n{write_tune(tune, number)}" for number, tune in enumerate(tunes, 1))


def write_tune(tune: Tune, number: int = 1) -> str:
    """Return one tune as ABC for people; read again, it is the same music with the same words."""
    lines = [f"X:{number}"]
    for letter in FIELD_ORDER:
        values = _written(tune, letter) or ([""] if letter == "T" else [])
        lines += [f"{letter}:{' '.join(value.split())}" for value in values if value.strip() or letter == "T"]
    lines += [f"M:{tune.meter.symbol or tune.meter}", "L:1/8", f"K:{plain_key(tune.key)}"]
    words = [f"W:{value}" for value in _written(tune, "W")]
    return "\n".join([*lines, *_body(tune), *words]) + "\n"


def _written(tune: Tune, letter: str) -> list[str]:
    """Return the values of a header field as they are written."""
    return [value for name, value in tune.fields if name == letter]


def _body(tune: Tune) -> Iterator[str]:
    """Yield the lines of music, each followed by its lines of words."""
    texts = list(bar_texts(tune, spaces, longest_pair=EIGHTH))
    widths = [_width(tune.bars, index, text) for index, (_, text) in enumerate(texts[:-1])]
    room = LINE_WIDTH - SIGN_WIDTH * len(plain_key(tune.key).signature)
    for start, stop in _fours(tune.bars):
        for first, after in _fitting(widths, room, start, stop):
            yield from _line(tune, texts, first, after)


def _fours(bars: Sequence[Bar]) -> Iterator[tuple[int, int]]:
    """Yield where the lines of music begin and end: after four bars, or with the section."""
    start = count = 0
    for index, bar in enumerate(bars):
        new_section = starts_section(bars, index) and not bar.ending
        if count and (new_section or count >= BARS_A_LINE):
            yield start, index
            start, count = index, 0
        count += not is_pickup(bars, index)
    yield start, len(bars)


def _fitting(widths: Sequence[int], room: int, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield a line of music if its bars fit into ``room``; else divide it into halves until they do."""
    if stop - start == 1 or sum(widths[start:stop]) <= room:
        yield start, stop
    else:
        middle = (start + stop + 1) // 2
        yield from _fitting(widths, room, start, middle)
        yield from _fitting(widths, room, middle, stop)


def _width(bars: Sequence[Bar], index: int, text: str) -> int:
    """Return about how many points of a staff a bar needs if its signs stand as close as possible."""
    bar = bars[index]
    signs = 3 * len(bar.changes) + sum(map(text.count, "^_="))
    for note in bar.notes:
        signs += _DOTS.get(note.written.numerator, 0) + note.tie + (len(note.pitches) > 1)
        signs += len(note.graces) + bool(note.graces)
    breaks = spaces(bars, index) | {0, len(bar.notes)}
    flags = sum(note.written < _QUARTER and {place, place + 1} <= breaks for place, note in enumerate(bar.notes))
    return BAR_LINE_WIDTH + NOTE_WIDTH * len(bar.notes) + SIGN_WIDTH * signs + FLAG_WIDTH * flags


def _line(tune: Tune, texts: Sequence[tuple[str, str]], start: int, stop: int) -> Iterator[str]:
    """Yield one line of music with its closing bar line, then its lines of words."""
    _, opening = _divide(texts[start][0])
    closing, _ = _divide(texts[stop][0])
    parts = [opening + " " if opening else "", texts[start][1]]
    for line, text in texts[start + 1 : stop]:
        parts.append(f" {line} {text}")
    music = "".join(parts) + f" {closing or '|'}"
    # Some readers take a lone letter and a colon for a field. A length of 1 after the letter prevents this.
    yield f"{music[0]}1{music[1:]}" if music[1:3] == " :" else music
    notes = [note for bar in tune.bars[start:stop] for note in bar.notes if note.pitches]
    for verse in range(max((len(note.lyrics) for note in notes), default=0)):
        words = (note.lyrics[verse] if verse < len(note.lyrics) else "" for note in notes)
        yield "w: " + " ".join(escaped_lyric(word) or "*" for word in words)


def _divide(line: str) -> tuple[str, str]:
    """Return the part of a bar line that ends a line of music, and the part that begins the next.

    The second part is the start of a repeat, or an ending. Where a repeat begins and none ends, a double bar ends the
    line, because the section before may end with a short bar.
    """
    if line.endswith("|:"):
        return line[:-2] or "||", "|:"
    sign = line.rstrip("0123456789,")
    return sign, f"[{line[len(sign) :]}" if sign != line else ""


def spaces(bars: Sequence[Bar], index: int) -> frozenset[int]:
    """Return the indices of the notes of a bar before which the beam breaks."""
    bar = bars[index]
    full = bar.meter.bar
    start = full - bar.duration if full and completes_measure(bars, index) else Fraction(0)
    places = list(bar.timed_notes(start))
    starts = beat_starts(bar.meter, (place for place, note in places if note.tuplet or note.written < EIGHTH))
    group = [sum(begin <= place for begin in starts) for place, _ in places]
    return frozenset(
        place
        for place in range(1, len(places))
        if group[place] != group[place - 1]
        or places[place][1].written >= _QUARTER
        or places[place - 1][1].written >= _QUARTER
    )
