"""How a tune is played: its notes as they sound, and what a player adds: ornaments, swing, and an accompaniment.

Times of the tune are fractions of a whole note, times of a performance are ticks, of which a quarter note has 480.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from folkrnn.errors import ExportError
from folkrnn.notation import Bar, Note, Tune
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.chords import Chord
from folkrnn.notation.directives import DEFAULT_PLAYING, BarPlaying, Playing, note_playing, strokes
from folkrnn.notation.harmony import chords
from folkrnn.notation.key import Key
from folkrnn.notation.order import columns
from folkrnn.notation.performance import TimedChord, joined
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.rhythms import HELD, Rhythm, played_as, rhythm_in
from folkrnn.notation.tune import Voice, total

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


MAX_TIMES = 20
"""How often a tune may be played in a row."""


@dataclass(frozen=True)
class PlaybackSettings:
    """The decisions of a player.

    ``tempo`` is in beats of the meter a minute and replaces the tune's own. ``swing`` is the first note's share of a
    pair of short notes, from 1/2 (even) to 3/4 (dotted). Without it the dances that players swing do so, hornpipes
    above all, where they are written evenly.
    ``chords`` says whether chord symbols are heard. ``program`` and ``chord_program`` are General MIDI programs from
    0; without them those of the tune count, or else FIDDLE and GUITAR. ``times`` is how often the whole tune is played.
    ``count_in`` is a number of bars. ``soundfont`` names the recorded instruments that sound is played with, as
    ``soundfonts.find_soundfont`` takes it; without it the synthesiser plays. Raises ExportError for values that nobody
    can play.
    """

    tempo: Fraction | None = None
    repeats: bool = True
    ornaments: bool = True
    swing: Fraction | None = None
    chords: bool = True
    program: int | None = None
    chord_program: int | None = None
    count_in: int = 0
    one_track: bool = False
    soundfont: str = ""
    times: int = 1

    def __post_init__(self) -> None:
        if self.tempo is not None and not 10 <= self.tempo <= 600:
            raise ExportError(f"tempo={self.tempo} should be from 10 to 600 beats a minute")
        if self.swing is not None and not Fraction(1, 2) <= self.swing <= Fraction(3, 4):
            raise ExportError(f"swing={float(self.swing):g} should be from 0.5 (even) to 0.75 (dotted)")
        for name in ("program", "chord_program"):
            program = getattr(self, name)
            if program is not None and not 0 <= program <= 127:
                raise ExportError(f"{name}={program} should be a General MIDI program from 0 to 127")
        if not 0 <= self.count_in <= 4:
            raise ExportError(f"count_in={self.count_in} should be from 0 to 4 bars")
        if not 1 <= self.times <= MAX_TIMES:
            raise ExportError(f"times={self.times} should be from 1 to {MAX_TIMES}")


FIDDLE, GUITAR = 40, 24
"""The General MIDI programs of voices and of chords where neither the player nor the tune asks for another."""

DEFAULT_PLAYBACK = PlaybackSettings()
"""The tune as it is written."""


class PerformedNote(NamedTuple):
    """A sounding note: its start and end in ticks, its MIDI note number (a Microtone too) and its velocity."""

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


def column_lengths(tune: Tune) -> list[Fraction]:
    """Return the lengths of the columns in whole notes: a column lasts as long as the longest voice in it."""
    lengths = [bar.duration for bar in columns(tune)]
    if len(tune.voices) > 1 or any(bar.overlays for bar in tune.bars):
        for voice in tune.voices:
            for index, bar in enumerate(voice.bars):
                lengths[index] = max(lengths[index], *(total(layer) for layer in bar.layers))
    return lengths


def performed_bars(tune: Tune, order: Sequence[int]) -> list[PerformedBar]:
    """Return the columns of a tune, as the melody's bars, in the order in which they are played, given as indices."""
    bars, lengths = columns(tune), column_lengths(tune)
    found, onset = [], Fraction(0)
    for index in order:
        found.append(PerformedBar(onset, bars[index], completes_measure(bars, index)))
        onset += lengths[index]
    return found


class Line(NamedTuple):
    """One line of notes of a voice, its own or that of an overlay, as it is played, and how its bars are played.

    ``indices`` are those of its bars in the voice.
    """

    bars: Sequence[PerformedBar]
    states: Sequence[BarPlaying]
    indices: Sequence[int] = ()


def voice_lines(
    voice: Voice, order: Sequence[int], bars: Sequence[PerformedBar], states: Sequence[BarPlaying]
) -> list[Line]:
    """Return the lines of a voice; ``bars`` are the columns in performed order, ``states`` belong to its own bars."""
    lines = []
    for layer in range(max((len(bar.layers) for bar in voice.bars), default=0)):
        own = {
            index: bar if layer == 0 else replace(bar, notes=bar.layers[layer])
            for index, bar in enumerate(voice.bars)
            if layer < len(bar.layers)
        }
        played = [(index, column) for index, column in zip(order, bars, strict=True) if index in own]
        lines.append(
            Line(
                [each._replace(bar=own[index]) for index, each in played],
                [states[index] for index, _ in played],
                [index for index, _ in played],
            )
        )
    return lines


class Microtone(int):
    """A MIDI note number with the pitch bend that goes with it: the semitones above it, from -1/2 to 1/2."""

    bend: Fraction

    def __new__(cls, number: int, bend: Fraction) -> "Microtone":
        """Return the number with its bend."""
        tone = super().__new__(cls, number)
        tone.bend = bend
        return tone


def note_number(pitch: Pitch, up: int = 0) -> int:
    """Return the MIDI number of a pitch that is moved up by semitones; that of a microtone is a Microtone."""
    bend = pitch.bend
    return Microtone(pitch.midi + up, Fraction(bend)) if bend else pitch.midi + up


def sounding(line: Line) -> list[PerformedNote]:
    """Return the notes of a line as they sound, in order: tied notes are one, all is transposed as the tune says."""
    sounds = joined(_chords_of(line))
    return sorted(
        PerformedNote(to_ticks(onset), to_ticks(onset + duration), number) for onset, number, duration in sounds
    )


def _chords_of(line: Line) -> Iterator[TimedChord]:
    now = Fraction(0)
    for (start, bar, _), states in zip(line.bars, line.states, strict=True):
        if start != now:
            yield now, Fraction(0), (), ()  # the line rests: no tie leads over it
        now = start
        for place, note in enumerate(bar.notes):
            up = note_playing(states, place).transpose
            numbers = [note_number(pitch, up) for pitch in note.pitches]
            held = [note_number(pitch, up) for pitch in note.held] if note.tie else ()
            yield now, note.duration, numbers, held
            now += note.duration


class TracedNote(NamedTuple):
    """A sounding note as PerformedNote, and which written note it comes from.

    ``passage`` and ``member`` are those of ``performance.PlayedNote``.
    """

    start: int
    end: int
    pitch: int
    velocity: int
    passage: int
    member: int


def without_overlaps(notes: Iterable[TracedNote]) -> list[TracedNote]:
    """Return notes of one instrument, none of which begins while another of its pitch sounds.

    Of several that begin together the longest stays; one that sounds on is cut where the next begins.
    """
    result: list[TracedNote] = []
    last: dict[int, int] = {}
    for note in sorted(notes):
        place = last.get(note.pitch)
        if place is not None and result[place].end > note.start:
            before = result[place]
            if before.start == note.start:
                louder = max(before.velocity, note.velocity)
                result[place] = before._replace(end=max(before.end, note.end), velocity=louder)
                continue
            note = note._replace(end=max(before.end, note.end))
            result[place] = before._replace(end=note.start)
        last[note.pitch] = len(result)
        result.append(note)
    return result


def to_ticks(position: Fraction) -> int:
    """Return the tick nearest to a position in whole notes; a half is rounded up."""
    numerator, denominator = position.as_integer_ratio()
    return (8 * TICKS_PER_QUARTER * numerator + denominator) // (2 * denominator)  # in whole numbers, for speed


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
    up = pitch - note_number(note.pitches[0])
    if note.graces:
        chords = [0, *(place for place, grace in enumerate(note.graces) if place and not grace.chord)]
        length = min(MAX_GRACE, (end - start) // (2 * len(chords)))
        for first, last in pairwise([*chords, len(note.graces)]):
            for grace in note.graces[first:last]:
                yield PerformedNote(start, start + length, note_number(grace.pitch, up), OFFBEAT)
            start += length
    name = next((name for name in note.decorations if name in _SLOW or name in _QUICK or name == "trill"), "")
    if not name or end - start < 2 * MAX_GRACE:
        yield _articulated(PerformedNote(start, end, pitch, velocity), note)
        return
    near = {0: pitch, **{step: _neighbour(note.pitches[0], key, step, up) for step in (1, -1)}}
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


def _neighbour(pitch: Pitch, key: Key, steps: int, up: int) -> int:
    """Return the MIDI number of the note of the key that is some steps above or below, moved up by semitones."""
    octave, step = divmod(pitch.octave * 7 + pitch.step + steps, 7)
    return note_number(Pitch(step, octave, key.signature.get(step, 0)), up)


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
        self._starts = sorted(self._pairs) if share != Fraction(1, 2) else []

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


class Stroke(NamedTuple):
    """A note of the accompaniment, and whether it belongs to the bass."""

    note: PerformedNote
    is_bass: bool


def accompaniment(bars: Sequence[PerformedBar], style: str = "") -> Iterator[PerformedNote]:
    """Yield a guitar's bass notes on strong beats and chords on weak ones, from the first chord symbol on.

    In the style HELD it plays both at once, where a bar begins or the chord changes, and lets them sound.
    """
    for note, _ in accompanied(Line(bars, [((0, DEFAULT_PLAYING),)] * len(bars)), style):
        yield note


def accompanied(line: Line, style: str = "") -> Iterator[Stroke]:
    """Yield the strokes under a line with chord symbols, as ``accompaniment`` does, as the tune asks for them.

    A chord symbol at a bar line holds from the next bar on.
    """
    chord: Chord | None = None
    for (onset, bar, completes), states in zip(line.bars, line.states, strict=True):
        state = states[0][1]
        found = list(chords(bar))
        changes = dict(found)
        for place, letter, length in () if bar.meter.bar is None or completes else _strokes(bar, changes, style, state):
            if place >= bar.duration:
                break
            chord = next((changes[at] for at in sorted(changes, reverse=True) if at <= place), chord)
            if chord is None or not chord.tones or not state.chords:
                continue
            start, end = to_ticks(onset + place), to_ticks(onset + min(place + length, bar.duration))
            for pitch, is_bass in _struck(letter, chord, state.transpose):
                volume = state.bass_volume if is_bass else state.chord_volume
                velocity = volume if volume is not None else BASS if is_bass else STRUM
                if velocity:
                    yield Stroke(PerformedNote(start, end, pitch, velocity), is_bass)
        behind = _chords_behind(bar)
        if found or behind:
            chord = (behind or [each for _, each in found])[-1]


def _chords_behind(bar: Bar) -> list[Chord]:
    """Return the chords at the bar line after a bar."""
    if not bar.closing.chord_symbols:
        return []
    symbols = Note((), Fraction(1), chord_symbols=bar.closing.chord_symbols)
    return [chord for _, chord in chords(replace(bar, notes=(symbols,)))]


def _strokes(
    bar: Bar, changes: Iterable[Fraction], style: str, state: Playing
) -> Iterator[tuple[Fraction, str, Fraction]]:
    """Yield the strokes of a bar: onset, letter as in ``gchord``, length in whole notes."""
    if state.strokes and bar.meter.bar:
        for letter, place, length in strokes(state.strokes):
            yield place * bar.meter.bar, letter, length * bar.meter.bar
        return
    for place, strong, length in _held(bar, changes) if style == HELD else _pattern(bar):
        yield place, "f" if strong else "c", length


_ARPEGGIO = "ghij"
"""The letters of the chord's tones, from below."""


def _struck(letter: str, chord: Chord, up: int) -> Iterator[tuple[int, bool]]:
    """Yield the pitches of a stroke, each with whether it is the bass: f, the chord: c, both: b, or one tone: ghij."""
    if letter in "fb":
        yield _bass(chord, up), True
    tones = _voicing(chord, up)
    if letter in "cb":
        yield from ((tone, False) for tone in tones)
    elif letter.lower() in _ARPEGGIO:
        number = _ARPEGGIO.index(letter.lower())
        octaves, place = divmod(number, len(tones)) if tones else (0, 0)
        yield from ((tone + 12 * (octaves - letter.isupper()), False) for tone in tones[place : place + 1])


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


def _bass(chord: Chord, up: int = 0) -> int:
    """Return the bass note of a chord that is moved up by semitones, between E2 and D#3."""
    return 40 + (chord.bass + up - 40) % 12


def _voicing(chord: Chord, up: int = 0) -> list[int]:
    """Return the tones of a chord that is moved up by semitones from G3 up, each once, within an octave."""
    return sorted(55 + (tone_class + up - 55) % 12 for tone_class in chord.classes)
