"""Bars of MIDI numbers as bars of notes: names of pitches, ties, tuplets; and the key."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from folkrnn.importing.cutting import Piece
from folkrnn.importing.folding import FoldedBar
from folkrnn.importing.keys import key_with, mode_of
from folkrnn.importing.lengths import Value, notes_of
from folkrnn.importing.quantising import Event
from folkrnn.notation.key import Key
from folkrnn.notation.meter import FREE, Meter
from folkrnn.notation.pitch import SEMITONES, Pitch
from folkrnn.notation.tune import Bar, Change, Note, Voice
from folkrnn.score.lengths import pieces

_FIFTHS = (0, 2, 4, -1, 1, 3, 5)
"""The place of each step on the line of fifths, from C."""

_QUARTER = Fraction(1, 4)
_LEAST_FIT = 0.8
"""The least share of notes that a key of the file must hold to be believed."""

_FINAL_WEIGHT = 0.1


def key_of(events: Sequence[Event], melody: Sequence[Event], named: Key | None) -> Key:
    """Return the key of some music: the signature that the file names, if it fits the notes, else the one that does.

    The mode is the one whose tonic is the last note of the melody, if there is one.
    """
    lasting: dict[int, float] = {}
    for event in events:
        for pitch in event.pitches:
            lasting[pitch % 12] = lasting.get(pitch % 12, 0.0) + float(event.duration)
    final = melody[-1].pitches[-1]
    if named is not None and _fit(named, lasting) >= _LEAST_FIT:
        fifths = named.fifths
    else:
        fifths = max(range(-5, 7), key=lambda each: _merit(each, lasting, final))
        named = None
    mode = mode_of([_ending_on(final)], fifths)
    found = key_with(fifths, mode)
    return found if found.tonic_class == final % 12 or named is None else named


def _fit(key: Key, lasting: dict[int, float]) -> float:
    """Return the share of the time in which notes of a key sound."""
    return sum(time for pitch, time in lasting.items() if pitch in key.scale) / sum(lasting.values())


def _merit(fifths: int, lasting: dict[int, float], final: int) -> tuple[float, int]:
    """Return how well a signature fits: the notes that it has, a final that is a tonic; then few signs."""
    usual = [key_with(fifths, mode).tonic_class for mode in ("", "m", "mix", "dor")]
    weight = _FINAL_WEIGHT / (1 + usual.index(final % 12)) if final % 12 in usual else 0.0
    return round(_fit(key_with(fifths, ""), lasting) + weight, 6), -abs(fifths)


def _ending_on(pitch: int) -> Bar:
    note = Note((spelled(pitch, 0),), _QUARTER)
    return Bar((note,), FREE, Key())


def spelled(midi: int, fifths: int) -> Pitch:
    """Return the name of a MIDI number in a key with ``fifths`` sharps: the nearest one on the line of fifths."""
    found = []
    for step, semitones in enumerate(SEMITONES):
        alter = (midi - semitones + 6) % 12 - 6
        if abs(alter) <= 1:
            away = _FIFTHS[step] + 7 * alter - fifths - 2
            found.append((abs(away), -away, Pitch(step, (midi - semitones - alter) // 12 - 1, alter)))
    return min(found)[2]


def voices_of(bars: Sequence[FoldedBar], key: Key, count: int) -> tuple[Voice, ...]:
    """Return the voices of some bars, of which there are ``count``."""
    return tuple(
        Voice(tuple(_bars(bars, key, place)), id=str(place + 1) if count > 1 else "") for place in range(count)
    )


def _bars(bars: Sequence[FoldedBar], key: Key, place: int) -> Iterator[Bar]:
    before: Meter | None = None
    for folded in bars:
        meter = folded.cell.meter
        changes = (Change(0, "M", meter),) if before not in (None, meter) else ()
        before = meter
        yield Bar(
            notes=notes_of(list(_values(folded.cell.lines[place], folded.cell.length, key))),
            meter=meter,
            key=key,
            changes=changes,
            opens=folded.opens,
            plays=folded.plays,
            edge="||" if folded.edge else "",
            ending=folded.ending,
        )


def _values(line: Sequence[Piece], length: Fraction, key: Key) -> Iterator[Value]:
    """Yield printed values that show the notes of a bar, and rests between them."""
    now = Fraction(0)
    for piece in line:
        if piece.onset > now:
            yield from _printed((), now, piece.onset - now, False)
        pitches = tuple(spelled(pitch, key.fifths) for pitch in piece.pitches)
        yield from _printed(pitches, piece.onset, piece.duration, piece.tied)
        now = piece.onset + piece.duration
    if now < length:
        yield from _printed((), now, length - now, False)


def _printed(pitches: tuple[Pitch, ...], onset: Fraction, length: Fraction, tied: bool) -> Iterator[Value]:
    """Yield the values that show one note: tied where one value cannot, cut at beats where it is of a tuplet."""
    parts = list(_cut(onset, length))
    for place, part in enumerate(parts):
        values = pieces(part)
        for index, value in enumerate(values):
            goes_on = tied or place < len(parts) - 1 or index < len(values) - 1
            yield Value(Note(pitches, value.sounding, tie=goes_on and bool(pitches)), value.ratio)


def _cut(onset: Fraction, length: Fraction) -> Iterator[Fraction]:
    """Yield the parts of a length: whole if its value needs no tuplet, else cut where a quarter of the bar begins."""
    end = onset + length
    while onset < end:
        stop = end
        if _odd(end - onset):
            stop = min(end, (onset // _QUARTER + 1) * _QUARTER)
        yield stop - onset
        onset = stop


def _odd(length: Fraction) -> bool:
    return bool(length.denominator & (length.denominator - 1))
