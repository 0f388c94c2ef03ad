"""The writer for people: tunebooks with fields in the standard's order, four bars a line, notes beamed by the beat."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from folkrnn import __version__
from folkrnn.notation.bars import is_pickup, leads_on, starts_section
from folkrnn.notation.beaming import beat_starts
from folkrnn.notation.canonical import bar_texts, plain_key
from folkrnn.notation.meter import EIGHTH
from folkrnn.notation.tune import Bar, Note, Tune

FIELD_ORDER = "TCOARBDFGHNSZQP"
"""The header fields between X and M; L and K follow."""

BARS_A_LINE = 4
QUARTER = Fraction(1, 4)


def write_tunebook(tunes: Sequence[Tune]) -> str:
    """A complete ABC file of some tunes, numbered from 1."""
    header = f"%abc-2.1\nI:abc-creator folkrnn {__version__}\nI:abc-charset utf-8\n"
    return header + "".join(f"\n{write_tune(tune, number)}" for number, tune in enumerate(tunes, 1))


def write_tune(tune: Tune, number: int = 1) -> str:
    """One tune as people like to read it; read back, it is the same music with the same words."""
    lines = [f"X:{number}"]
    for letter in FIELD_ORDER:
        values = tune.all_fields(letter) or (("",) if letter == "T" else ())
        lines += [f"{letter}:{' '.join(value.split())}" for value in values if value.strip() or letter == "T"]
    lines += [f"M:{tune.meter.symbol or tune.meter}", "L:1/8", f"K:{plain_key(tune.key)}"]
    words = [f"W:{value}" for value in tune.all_fields("W")]
    return "\n".join([*lines, *_body(tune), *words]) + "\n"


def _body(tune: Tune) -> Iterator[str]:
    """The lines of music, each followed by its lines of words."""
    texts = list(bar_texts(tune, spaces, longest_pair=EIGHTH))
    start = count = 0
    for index, bar in enumerate(tune.bars):
        new_section = starts_section(tune.bars, index) and not bar.ending
        if index and count and (new_section or count >= BARS_A_LINE):
            yield from _line(tune, texts, start, index)
            start, count = index, 0
        count += not is_pickup(tune.bars, index)
    yield from _line(tune, texts, start, len(tune.bars))


def _line(tune: Tune, texts: Sequence[tuple[str, str]], start: int, stop: int) -> Iterator[str]:
    """One line of music: its bars with the bar lines between them, and the one that closes it."""
    _, opening = _divide(texts[start][0])
    closing, _ = _divide(texts[stop][0])
    parts = [opening + " " if opening else "", texts[start][1]]
    for line, text in texts[start + 1 : stop]:
        parts.append(f" {line} {text}")
    yield "".join(parts) + f" {closing or '|'}"
    notes = [note for bar in tune.bars[start:stop] for note in bar.notes if note.pitches]
    for verse in range(max((len(note.lyrics) for note in notes), default=0)):
        words = (note.lyrics[verse] if verse < len(note.lyrics) else "" for note in notes)
        yield "w: " + " ".join(word.replace(" ", "~") or "*" for word in words)


def _divide(line: str) -> tuple[str, str]:
    """A bar line as what ends one line of music, and what begins the next: a repeat's start or an ending."""
    if line.endswith("|:"):
        return line[:-2], "|:"
    sign = line.rstrip("0123456789,")
    return sign, f"[{line[len(sign) :]}" if sign != line else ""


def spaces(bars: Sequence[Bar], index: int) -> frozenset[int]:
    """The indices of the notes of a bar before which the beam breaks."""
    bar = bars[index]
    full = bar.meter.bar
    onset = full - bar.duration if full and leads_on(bars, index) else Fraction(0)
    places: list[tuple[Fraction, Note]] = []
    for note in bar.notes:
        places.append((onset, note))
        onset += note.duration
    starts = beat_starts(bar.meter, (place for place, note in places if note.tuplet or note.written < EIGHTH))
    group = [sum(start <= place for start in starts) for place, _ in places]
    return frozenset(
        place
        for place in range(1, len(places))
        if group[place] != group[place - 1]
        or places[place][1].written >= QUARTER
        or places[place - 1][1].written >= QUARTER
    )
