"""The chords of a tune: when each is heard, and which ones suit a tune that has none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from folkrnn.notation.bars import completes_measure
from folkrnn.notation.chords import Chord, ChordName, read_symbol
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import SEMITONES, STEPS
from folkrnn.notation.tune import Bar, Note, Tune


def chord_names(bar: Bar) -> Iterator[tuple[Fraction, ChordName]]:
    """Yield the chords written in a bar, each with its onset in the bar, in whole notes.

    Several over one note share the time until the next chord symbol, or until the bar ends.
    """
    places = []
    for onset, note in bar.timed_notes():
        symbols = filter(None, map(read_symbol, note.chord_symbols))
        if names := [name for symbol in symbols for name in symbol.names]:
            places.append((onset, names))
    ends = [*(onset for onset, _ in places[1:]), bar.duration]
    for (onset, names), end in zip(places, ends, strict=False):
        for place, name in enumerate(names):
            yield onset + (end - onset) * place / len(names), name


def chords(bar: Bar) -> Iterator[tuple[Fraction, Chord]]:
    """Yield what is to be heard of the chords written in a bar, each with its onset in the bar, in whole notes."""
    for onset, name in chord_names(bar):
        yield onset, name.chord


def has_chords(tune: Tune) -> bool:
    """Whether any chord is written in a tune, in whichever voice."""
    return any(read_symbol(symbol) for voice in tune.voices for bar in voice.bars for symbol in _symbols(bar))


def _symbols(bar: Bar) -> Iterator[str]:
    """Yield all quoted chords of a bar, of its overlays and of the bar line at its end."""
    yield from (symbol for layer in bar.layers for note in layer for symbol in note.chord_symbols)
    yield from bar.closing.chord_symbols


# Suggested chords -------------------------------------------------------------------------------------------

_PREFERENCES = {
    "major": {0: 0.45, 4: 0.3, 3: 0.25, 5: 0.0, 1: -0.05, 2: -0.4},
    "minor": {0: 0.45, 6: 0.3, 3: 0.1, 2: 0.1, 4: 0.1, 5: 0.05},
    "mixolydian": {0: 0.45, 6: 0.3, 3: 0.2, 4: 0.1, 1: -0.1, 5: -0.1},
}
"""The preference of players of this music for the chord on each step of the scale; they avoid all others."""

_FAMILY = {"": "major", "lyd": "major", "mix": "mixolydian"}
_CHANGE = 0.35
"""The cost of a change of chord within a bar; from bar to bar it is a third of this."""

_CADENCE = 1.5
"""The value of an ending on the tonic chord; a beginning on it has half this value."""


def with_chords(tune: Tune) -> Tune:
    """Return the tune with suggested chords above its notes; they replace any that it has.

    Each half of a bar, or each bar of three beats, has one triad of the key. It should hold most of what sounds there,
    with few changes; dynamic programming finds the best sequence. A key without a tonic, or with explicit accidentals,
    gets no chords.
    """
    triads = _triads(tune.key)
    spans = list(_spans(tune.bars)) if triads else []
    if not spans:
        return tune
    names = list(triads)
    costs = [[_fit(span, *triads[name]) for name in names] for span in spans]
    costs[-1][0] += _CADENCE
    first = next((place for place, span in enumerate(spans) if not span.pickup), 0)
    costs[first][0] += _CADENCE / 2
    best = [costs[0]]
    back: list[list[int]] = []
    for before, (span, here) in enumerate(zip(spans[1:], costs[1:], strict=True)):
        change = _CHANGE if span.bar == spans[before].bar else _CHANGE / 3
        scores, ways = [], []
        for this, fit in enumerate(here):
            from_each = [score - change * (that != this) for that, score in enumerate(best[-1])]
            way = max(range(len(names)), key=from_each.__getitem__)
            scores.append(from_each[way] + fit)
            ways.append(way)
        best.append(scores)
        back.append(ways)
    place = max(range(len(names)), key=best[-1].__getitem__)
    chosen = [place]
    for ways in reversed(back):
        place = ways[place]
        chosen.append(place)
    chosen.reverse()
    symbols: dict[tuple[int, int], str] = {}
    last = ""
    for span, choice in zip(spans, chosen, strict=True):
        symbol = names[choice]
        if symbol != last and not span.pickup:
            symbols[span.bar, span.note] = last = symbol
    return _with_symbols(tune, symbols)


def without_chords(tune: Tune) -> Tune:
    """Return the tune without its chord symbols, in all its voices."""

    def plain(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(note._replace(chord_symbols=()) if note.chord_symbols else note for note in notes)

    def bare(bar: Bar) -> Bar:
        closing = bar.closing._replace(chord_symbols=())
        return replace(bar, notes=plain(bar.notes), overlays=tuple(map(plain, bar.overlays)), closing=closing)

    return tune.with_all_bars(bare)


def _with_symbols(tune: Tune, symbols: Mapping[tuple[int, int], str]) -> Tune:
    """Return the tune with these chord symbols only, by bar and note (indices) of its melody."""
    plain = without_chords(tune)
    bars = []
    for index, bar in enumerate(plain.bars):
        symbol_of = [symbols.get((index, place)) for place in range(len(bar.notes))]
        notes = [
            note._replace(chord_symbols=(text,)) if text else note
            for note, text in zip(bar.notes, symbol_of, strict=True)
        ]
        bars.append(replace(bar, notes=tuple(notes)))
    return plain.with_bars(tuple(bars))


class _Span(NamedTuple):
    """A stretch of a bar under one chord: the bar and the note (indices) it begins at, and what sounds in it."""

    bar: int
    note: int
    pickup: bool
    weights: tuple[tuple[int, float], ...]  # pitch class and weight, which add up to 1


def _spans(bars: Sequence[Bar]) -> Iterator[_Span]:
    for index, bar in enumerate(bars):
        pickup = completes_measure(bars, index)
        pulse = list(accumulate(bar.meter.pulse[:-1], initial=Fraction(0)))
        half = bar.meter.bar / 2 if bar.meter.bar and len(pulse) % 2 == 0 else None
        start, notes = 0, list[tuple[int, float]]()
        for place, (onset, note) in enumerate(bar.timed_notes()):
            if half is not None and onset == half and not pickup and notes:
                yield _Span(index, start, pickup, _shares(notes))
                start, notes = place, []
            accent = 1.5 if onset in pulse else 1.0
            notes += [(pitch.midi % 12, float(note.duration) * accent) for pitch in note.pitches]
        if notes:
            yield _Span(index, start, pickup, _shares(notes))


def _shares(notes: list[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    total = sum(weight for _, weight in notes)
    return tuple((pitch, weight / total) for pitch, weight in notes)


def _fit(span: _Span, chord: Chord, preference: float) -> float:
    """Return the fit of a chord: from -1 (no note belongs to it) to 1, plus the preference for it."""
    held = sum(
        weight * (1.15 if pitch == chord.root else 1.0) for pitch, weight in span.weights if pitch in chord.classes
    )
    return 2 * held - 1 + preference


def _triads(key: Key) -> dict[str, tuple[Chord, float]]:
    """Return the usual triads of a key by symbol, the tonic's first, each with the preference for it."""
    if not key.tonic or not key.standard:
        return {}
    tonic = STEPS.index(key.tonic[0])
    scale = [(tonic + step) % 7 for step in range(7)]
    signature = key.semitones
    classes = [(SEMITONES[step] + signature.get(step, 0)) % 12 for step in scale]
    found: dict[str, tuple[Chord, float]] = {}
    for degree, preference in _PREFERENCES[_FAMILY.get(key.mode, "minor")].items():
        root = classes[degree]
        third, fifth = ((classes[(degree + up) % 7] - root) % 12 for up in (2, 4))
        alter = signature.get(scale[degree], 0)
        name = STEPS[scale[degree]] + ("#" * alter if alter > 0 else "b" * -alter)
        if fifth == 7:
            found[name + "m" * (third == 3)] = Chord(root, (0, third, 7), root), preference
        if key.mode == "m" and degree == 4:  # with the leading note
            found[name] = Chord(root, (0, 4, 7), root), preference
    return found
