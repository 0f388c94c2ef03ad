"""What a player adds to a tune: ornaments, swing, and an accompaniment.

The notes themselves come from music21. Times of the tune are fractions of a whole note, times of a performance are
ticks, of which a quarter note has 480.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from folkrnn.errors import ExportError
from folkrnn.notation import Bar, Note, Tune
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.chords import Chord
from folkrnn.notation.harmony import chords
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.rhythms import HELD, Rhythm, played_as, rhythm_in

TICKS_PER_QUARTER = 480
"""Ticks to a quarter note."""

DOWNBEAT, BEAT, OFFBEAT = 96, 86, 78
"""Velocities: the first beat of a bar, its other beats, and what lies between."""

BASS, STRUM = 72, 58
"""Velocities of the accompaniment."""

ACCENTED = 14
"""The velocity that an accent adds."""

MAX_GRACE = TICKS_PER_QUARTER // 8
"""The longest grace note in ticks: a thirty-second."""


@dataclass(frozen=True)
class PlaybackSettings:
    """The decisions of a player.

    ``tempo`` is in beats of the meter a minute and replaces the tune's own. ``swing`` is the first note's share of a
    pair of short notes, from 1/2 (even) to 3/4 (dotted). Without it the dances that players swing do so, hornpipes
    above all, where they are written evenly.
    ``chords`` says whether chord symbols are heard. ``program`` and ``chord_program`` are General MIDI programs from
    0, ``count_in`` a number of bars. Raises ExportError for values that nobody can play.
    """

    tempo: Fraction | None = None
    repeats: bool = True
    ornaments: bool = True
    swing: Fraction | None = None
    chords: bool = True
    program: int = 40
    chord_program: int = 24
    count_in: int = 0
    one_track: bool = False

    def __post_init__(self) -> None:
        if self.tempo is not None and not 10 <= self.tempo <= 600:
            raise ExportError(f"tempo={self.tempo} should be from 10 to 600 beats a minute")
        if self.swing is not None and not Fraction(1, 2) <= self.swing <= Fraction(3, 4):
            raise ExportError(f"swing={float(self.swing):g} should be from 0.5 (even) to 0.75 (dotted)")
        for name in ("program", "chord_program"):
            if not 0 <= getattr(self, name) <= 127:
                raise ExportError(f"{name}={getattr(self, name)} should be a General MIDI program from 0 to 127")
        if not 0 <= self.count_in <= 4:
            raise ExportError(f"count_in={self.count_in} should be from 0 to 4 bars")


DEFAULT_PLAYBACK = PlaybackSettings()
"""The tune as it is written."""


class PerformedNote(NamedTuple):
    """A sounding note: its start and end in ticks, its MIDI note number and its velocity."""

    start: int
    end: int
    pitch: int
    velocity: int = OFFBEAT


class PerformedBar(NamedTuple):
    """A bar as it is played: its onset in whole notes, itself, and whether it completes a measure, as a pickup does."""

    onset: Fraction
    bar: Bar
    completes_measure: bool

    @property
    def measure_onset(self) -> Fraction:
        """The onset of the full measure: a bar that completes one stands at its end."""
        if self.completes_measure and self.bar.meter.bar:
            return self.onset - (self.bar.meter.bar - self.bar.duration)
        return self.onset


def performed_bars(tune: Tune, order: Sequence[int]) -> list[PerformedBar]:
    """Return the bars of a tune in the order in which they are played, given as indices."""
    found, onset = [], Fraction(0)
    for index in order:
        bar = tune.bars[index]
        found.append(PerformedBar(onset, bar, completes_measure(tune.bars, index)))
        onset += bar.duration
    return found


def to_ticks(position: Fraction) -> int:
    """Return the tick nearest to a position in whole notes; a half is rounded up."""
    return int(position * 4 * TICKS_PER_QUARTER + Fraction(1, 2))


# Ornaments --------------------------------------------------------------------------------------------


def ornamented(notes: Iterable[PerformedNote], bars: Sequence[PerformedBar]) -> Iterator[PerformedNote]:
    """Yield the notes with their ornaments and grace notes, which take the time of the notes that they adorn."""
    adorned = {}
    for start, bar, _ in bars:
        for onset, note in bar.timed_notes():
            if note.pitches and (note.graces or note.decorations):
                adorned[to_ticks(start + onset)] = note, bar.key
    for each in notes:
        if each.start not in adorned:
            yield each
            continue
        note, key = adorned[each.start]
        if len(note.pitches) == 1:
            yield from _adorned(each, note, key)
        else:
            yield _articulated(each, note)


def _adorned(played: PerformedNote, note: Note, key: Key) -> Iterator[PerformedNote]:
    """Yield a note with its grace notes and its ornament."""
    start, end, pitch, velocity = played
    if note.graces:
        length = min(MAX_GRACE, (end - start) // (2 * len(note.graces)))
        for grace in note.graces:
            yield PerformedNote(start, start + length, grace.pitch.midi, OFFBEAT)
            start += length
    name = next((name for name in note.decorations if name in _SLOW or name in _QUICK or name == "trill"), "")
    if not name or end - start < 2 * MAX_GRACE:
        yield _articulated(PerformedNote(start, end, pitch, velocity), note)
        return
    near = {0: pitch, 1: _neighbour(note.pitches[0], key, 1), -1: _neighbour(note.pitches[0], key, -1)}
    moves = _moves(name, end - start)
    edges = [start + round((end - start) * share) for _, share in moves] + [end]
    for (step, _), first, last in zip(moves, edges, edges[1:], strict=False):
        yield PerformedNote(first, last, near[step], velocity if first == start else OFFBEAT)


def _articulated(played: PerformedNote, note: Note) -> PerformedNote:
    """Return a note with its staccato and its accent."""
    if "staccato" in note.decorations:
        played = played._replace(end=played.start + max(1, (played.end - played.start) // 2))
    if "accent" in note.decorations or "emphasis" in note.decorations:
        played = played._replace(velocity=min(127, played.velocity + ACCENTED))
    return played


def _neighbour(pitch: Pitch, key: Key, steps: int) -> int:
    """Return the MIDI number of the note of the key that is some steps above or below."""
    octave, step = divmod(pitch.octave * 7 + pitch.step + steps, 7)
    return Pitch(step, octave, key.signature.get(step, 0)).midi


_SLOW: Mapping[str, tuple[tuple[int, Fraction], ...]] = {
    # A roll: the note, cut from above, and tapped from below.
    "roll": (
        (0, Fraction(0)), (1, Fraction(1, 3)), (0, Fraction(5, 12)), (-1, Fraction(2, 3)), (0, Fraction(3, 4)),
    ),
    "turn": ((1, Fraction(0)), (0, Fraction(1, 4)), (-1, Fraction(1, 2)), (0, Fraction(3, 4))),
}  # fmt: skip
"""Ornaments that fill a note: steps of the scale away from it, and the share of its length where each begins."""

_QUICK: Mapping[str, tuple[int, ...]] = {
    "uppermordent": (0, 1, 0), "pralltriller": (0, 1, 0), "lowermordent": (0, -1, 0), "mordent": (0, -1, 0),
    "slide": (-1, 0),
}  # fmt: skip
"""Ornaments as quick as grace notes, in steps of the scale; their last note is held."""


def _moves(name: str, length: int) -> Sequence[tuple[int, Fraction]]:
    """Return the notes of an ornament over a note of some ticks, as in _SLOW."""
    if name in _SLOW:
        return _SLOW[name]
    if name in _QUICK:
        each = min(Fraction(MAX_GRACE, length), Fraction(1, len(_QUICK[name]) + 1))
        return [(step, each * place) for place, step in enumerate(_QUICK[name])]
    count = 2 * max(1, length // (2 * MAX_GRACE)) + 1  # a trill begins and ends on its note
    return [(place % 2, Fraction(place, count)) for place in range(count)]


# Swing ------------------------------------------------------------------------------------------------


class Swing:
    """A map from ticks to ticks that makes the first note of each pair longer (see ``swing_pair``)."""

    def __init__(self, bars: Sequence[PerformedBar], share: Fraction) -> None:
        self._pairs: dict[int, tuple[int, int]] = {}
        self._share = share
        for each in bars:
            pair = swing_pair(each.bar)
            if pair is None:
                continue
            first = each.measure_onset
            while first < each.onset + each.bar.duration:
                if first >= each.onset:
                    self._pairs[to_ticks(first)] = to_ticks(first), to_ticks(first + pair)
                first += pair
        self._starts = sorted(self._pairs)

    def __call__(self, tick: int) -> int:
        """Return the tick to which a tick moves."""
        place = bisect_right(self._starts, tick) - 1
        if place < 0:
            return tick
        start, end = self._pairs[self._starts[place]]
        if tick >= end:
            return tick
        half, long = (end - start) // 2, round((end - start) * self._share)
        into = tick - start
        if into <= half:
            return start + round(Fraction(into * long, half))
        return start + long + round(Fraction((into - half) * (end - start - long), half))


def swing_pair(bar: Bar) -> Fraction | None:
    """Return the length of a pair of notes that may swing, or None in a meter that does not."""
    if bar.meter.bar is None or bar.meter.compound or bar.meter.unit > 4 or len(bar.meter.groups) > 1:
        return None
    return Fraction(1, 8) if bar.meter.bar <= Fraction(1, 2) else Fraction(1, 4)


def manner_of(tune: Tune) -> Rhythm | None:
    """Return the rhythm whose tempo, swing and style a tune has; None where its ``R:`` names none."""
    rhythm = rhythm_in(tune.rhythm)
    return played_as(rhythm, str(tune.meter)) if rhythm else None


def default_swing(tune: Tune) -> Fraction:
    """Return the swing of the tune's rhythm where it is written evenly; a half where it is dotted, or has none."""
    manner = manner_of(tune)
    if manner is None or manner.swing is None:
        return Fraction(1, 2)
    even = dotted = 0
    for bar in tune.bars:
        pair = swing_pair(bar)
        if pair is None:
            continue
        for onset, _ in bar.timed_notes():
            even += onset % pair == pair / 2
            dotted += onset % pair == pair * 3 / 4
    return manner.swing if even > dotted else Fraction(1, 2)


# Accompaniment ----------------------------------------------------------------------------------------


def default_style(tune: Tune) -> str:
    """Return the style of the tune's rhythm; empty where the meter gives it."""
    manner = manner_of(tune)
    return manner.style if manner else ""


def accompaniment(bars: Sequence[PerformedBar], style: str = "") -> Iterator[PerformedNote]:
    """Yield a guitar's bass notes on strong beats and chords on weak ones, from the first chord symbol on.

    In the style HELD it plays both at once, where a bar begins or the chord changes, and lets them sound.
    """
    chord: Chord | None = None
    for onset, bar, completes in bars:
        found = list(chords(bar))
        if bar.meter.bar is None or completes:
            chord = found[-1][1] if found else chord
            continue
        changes = dict(found)
        for place, strong, length in _held(bar, changes) if style == HELD else _pattern(bar):
            if place >= bar.duration:
                break
            chord = next((changes[at] for at in sorted(changes, reverse=True) if at <= place), chord)
            if chord is None or not chord.tones:
                continue
            start, end = to_ticks(onset + place), to_ticks(onset + min(place + length, bar.duration))
            pitches = [_bass(chord)] if strong else _voicing(chord)
            yield from (PerformedNote(start, end, pitch, BASS if strong else STRUM) for pitch in pitches)
        if found:
            chord = found[-1][1]


def _held(bar: Bar, changes: Iterable[Fraction]) -> Iterator[tuple[Fraction, bool, Fraction]]:
    """Yield the strokes of a bar, as ``_pattern`` does, of chords that sound until the next one."""
    places = sorted({Fraction(0), *changes})
    for place, following in pairwise([*places, bar.duration]):
        for strong in (True, False):
            yield place, strong, following - place


def _pattern(bar: Bar) -> Iterator[tuple[Fraction, bool, Fraction]]:
    """Yield the onset of each stroke in a bar, whether it is a bass note, and how long it sounds, in whole notes."""
    meter = bar.meter
    if meter.compound:
        third = meter.pulse[0] / 3
        for beat in range(len(meter.pulse)):
            start = 3 * beat * third
            yield start, True, 2 * third
            yield start + 2 * third, False, third
    elif len(meter.pulse) == 3:
        yield from ((beat * meter.pulse[0], beat == 0, meter.pulse[0]) for beat in range(3))
    elif meter.bar and len(meter.groups) == 1 and meter.unit <= 4:
        step = Fraction(1, 4) if meter.bar >= 1 else Fraction(1, 8)
        yield from ((place * step, place % 2 == 0, step) for place in range(int(meter.bar / step)))
    else:
        for number, length in enumerate(meter.pulse):
            yield sum(meter.pulse[:number], Fraction(0)), number == 0, length


def _bass(chord: Chord) -> int:
    """Return the bass note of a chord, between E2 and D#3."""
    return 40 + (chord.bass - 40) % 12


def _voicing(chord: Chord) -> list[int]:
    """Return the tones of a chord from G3 up, each once, within an octave."""
    return sorted(55 + (tone_class - 55) % 12 for tone_class in chord.classes)
