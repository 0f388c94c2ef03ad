"""A tune as it is performed: one list of notes, with exact ticks and seconds, that every player of it shares.

MIDI files, sound and pages that play all come from ``perform(tune, playback)``. It unrolls repeats, parts and jumps,
and adds what a player does: ornaments, swing, an accompaniment, a count-in.

    Performance   all of it
    Part          a voice, the chords, their bass, or the count-in: what gets a track and an instrument
    PlayedNote    a note that sounds: when, for how long, how high, how loud; and the note it is written as
    Passage       a written note, each time the music passes it; and its place in the text
    PlayedBar     a bar, each time it is played; the times of its beats
    Piece         a tune of a set, which ``sets.perform_set`` makes one performance of

Times are given twice: in ticks, of which a quarter note has 480, and in seconds from the beginning. ``seconds_at``
turns ticks into seconds at the tempos of the performance.

To light what sounds, follow the passages, not the notes: the five notes of a roll are one passage, and two tied notes
are one sound but two passages. ``Passage.place.id`` names the written note for a drawing.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from folkrnn.export.rendering import (
    BEAT,
    DEFAULT_PLAYBACK,
    DOWNBEAT,
    FIDDLE,
    GUITAR,
    OFFBEAT,
    TICKS_PER_QUARTER,
    Line,
    Microtone,
    PerformedBar,
    PerformedNote,
    PlaybackSettings,
    Swing,
    TracedNote,
    accompanied,
    column_lengths,
    default_style,
    default_swing,
    manner_of,
    note_number,
    ornamented,
    performed_bars,
    sounding,
    to_ticks,
    voice_lines,
    without_overlaps,
)
from folkrnn.notation import Meter, Tune, performed_order
from folkrnn.notation.directives import BarPlaying, Playing, note_playing, offset, playing
from folkrnn.notation.harmony import has_chords
from folkrnn.notation.order import columns
from folkrnn.notation.places import Place
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.notation.tune import Note, Voice, total

DRUM_CHANNEL, HIGH_CLICK, LOW_CLICK = 9, 76, 77
"""The channel of General MIDI's drums, and two wood blocks on it."""

CHORD_CHANNEL = 1
"""The channel of the chords, unless a voice asks for it."""

_HALF, _QUARTER, _DOTTED_QUARTER = Fraction(1, 2), Fraction(1, 4), Fraction(3, 8)

VOICE, CHORDS, BASS, COUNT_IN = "voice", "chords", "bass", "count-in"
"""The kinds of parts."""


class Part(NamedTuple):
    """What gets a track and an instrument of its own.

    ``kind`` is one of VOICE, CHORDS, BASS and COUNT_IN. ``voice`` is an index into ``tune.voices``, -1 for others.
    ``channel`` is a MIDI channel from 0. ``programs`` holds General MIDI programs from 0 with the ticks at which they
    begin, the first at 0; the count-in, which is played on drums, has none.
    """

    kind: str
    name: str
    channel: int
    programs: tuple[tuple[int, int], ...]
    voice: int = -1


class PlayedNote(NamedTuple):
    """A note that sounds.

    ``start`` and ``end`` are ticks, ``onset`` and ``length`` seconds. ``pitch`` is a MIDI note number from 0 to 127; a
    ``rendering.Microtone`` has the bend that goes with it. ``velocity`` is from 1 to 127. ``part`` is an index into
    ``Performance.parts``, ``program`` the General MIDI program that the part has then (-1: drums).

    ``passage`` is the index of the passage in which it begins, -1 for accompaniment and count-in. ``member`` is the
    index in ``Note.pitches`` of the pitch that it sounds or adorns, -1 for none.
    """

    start: int
    end: int
    pitch: int
    velocity: int
    onset: float
    length: float
    part: int
    program: int
    passage: int = -1
    member: int = -1

    @property
    def exact_pitch(self) -> float:
        """The MIDI note number with its bend, in semitones."""
        return self.pitch + float(self.pitch.bend) if isinstance(self.pitch, Microtone) else float(self.pitch)


class Passage(NamedTuple):
    """A written note or chord when the music passes it, for the ``number``-th time, counted from 1.

    ``onset`` and ``length`` are seconds. ``line`` and ``column`` say where the note begins in the text that was read,
    counted from 1; 0 where it comes from no text. Rests have no passages.
    """

    place: Place
    number: int
    onset: float
    length: float
    line: int
    column: int


class PlayedBar(NamedTuple):
    """A bar (column) when it is played, for the ``number``-th time: seconds at its begin, its length, its beats.

    ``index`` is that of the column: the bars of all voices that have this index. ``printed`` is the bar's number for
    people. ``beats`` are the onsets of the meter's beats in seconds, each with whether it is the first of a measure.
    """

    index: int  # type: ignore[assignment]  # a tuple's own index() is of no use here
    number: int
    printed: int
    onset: float
    length: float
    beats: tuple[tuple[float, bool], ...]


class Piece(NamedTuple):
    """A tune of a set: its own performance, and the ticks by which that comes later in the set."""

    offset: int
    performance: "Performance"


@dataclass(frozen=True)
class Performance:
    """A tune, or a set of tunes, as it is performed.

    ``notes`` come in the order of their onsets. ``passages`` come voice by voice, and in time within each of its lines.
    ``tempos`` are microseconds a quarter note from a tick on, the first at 0. ``shift`` is the length of the count-in
    and ``end`` that of all, both in ticks.

    A set has ``pieces``. Its ``tune`` has the name of the set and no music, its ``order`` and ``columns`` are empty,
    and its passages are those of the pieces, one after the other.
    """

    tune: Tune
    playback: PlaybackSettings
    parts: tuple[Part, ...]
    notes: tuple[PlayedNote, ...]
    passages: tuple[Passage, ...]
    tempos: tuple[tuple[int, int], ...]
    order: tuple[int, ...]
    columns: tuple[PerformedBar, ...]
    shift: int
    end: int
    pieces: tuple[Piece, ...] = ()

    @cached_property
    def _clock(self) -> "_Clock":
        return _Clock(self.tempos)

    def seconds_at(self, tick: int) -> float:
        """Return the time of a tick in seconds from the beginning."""
        return self._clock(tick)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.seconds_at(self.end)

    @property
    def count_in(self) -> float:
        """The seconds before the first bar."""
        return self.seconds_at(self.shift)

    @cached_property
    def bars(self) -> tuple[PlayedBar, ...]:
        """The bars as they are played."""
        if self.pieces:
            return tuple(bar for piece in self.pieces for bar in self._moved_bars(piece))
        lengths = column_lengths(self.tune)
        found, numbers = [], dict[int, int]()
        for index, column in zip(self.order, self.columns, strict=True):
            numbers[index] = numbers.get(index, 0) + 1
            onset, length, bar = column.onset, lengths[index], column.bar
            places = accumulate(bar.meter.pulse[:-1], initial=Fraction(0)) if bar.meter.pulse else ()
            beats = tuple(
                (self._at(at), place == 0)
                for place, at in enumerate(column.measure_onset + each for each in places)
                if onset <= at < onset + length
            )
            start, end = self._at(onset), self._at(onset + length)
            found.append(PlayedBar(index, numbers[index], bar.number, start, end - start, beats))
        return tuple(found)

    def delay(self, piece: Piece) -> float:
        """Return the seconds by which a piece comes later here than in its own performance."""
        own = piece.performance
        return self.seconds_at(piece.offset + own.shift) - own.count_in

    def _moved_bars(self, piece: Piece) -> Iterator[PlayedBar]:
        delay = self.delay(piece)
        for bar in piece.performance.bars:
            yield bar._replace(onset=bar.onset + delay, beats=tuple((at + delay, first) for at, first in bar.beats))

    def _at(self, position: Fraction) -> float:
        """Return the time of a position in whole notes from the first bar on."""
        return self.seconds_at(self.shift + to_ticks(position))


class _Clock:
    """A map from ticks to seconds at given tempos (tick, microseconds a quarter note)."""

    def __init__(self, tempos: Sequence[tuple[int, int]]) -> None:
        self._ticks = [tick for tick, _ in tempos]
        self._rates = [rate / 1_000_000 / TICKS_PER_QUARTER for _, rate in tempos]
        self._times = [0.0]
        for place in range(1, len(tempos)):
            passed = (self._ticks[place] - self._ticks[place - 1]) * self._rates[place - 1]
            self._times.append(self._times[-1] + passed)

    def __call__(self, tick: int) -> float:
        place = bisect_right(self._ticks, tick) - 1
        return self._times[place] + (tick - self._ticks[place]) * self._rates[place]


def perform(tune: Tune, playback: PlaybackSettings = DEFAULT_PLAYBACK) -> Performance:
    """Return a tune as it is performed, as ``playback`` says."""
    return _Player(tune, playback).performance()


class _Player:
    """Plays a tune part by part; ``_notes`` and ``_passages`` grow."""

    def __init__(self, tune: Tune, playback: PlaybackSettings) -> None:
        self.tune, self.playback = tune, playback
        self.order = performed_order(tune, once=not playback.repeats) * playback.times
        self.columns = performed_bars(tune, self.order)
        self.states = playing(tune)
        self.channels = channels(tune)
        self.shift = _count_in(self.columns, playback)
        self.swing = Swing(self.columns, default_swing(tune) if playback.swing is None else playback.swing)
        self.tempos = _tempo_map(tune, self.order, self.columns, self.shift, playback)
        self.clock = _Clock(self.tempos)
        self._parts: list[Part] = []
        self._notes: list[PlayedNote] = []
        self._passages: list[Passage] = []

    def performance(self) -> Performance:
        """Return the melody, the other voices, the accompaniment and the count-in."""
        for voice in in_order(self.tune):
            self._voice(voice)
        if self.playback.chords:
            self._chords()
        if self.shift:
            self._add(
                Part(COUNT_IN, "Count-in", DRUM_CHANNEL, ()),
                _clicks(self.columns[0].bar.meter, self.playback.count_in),
            )
        last = self.columns[-1].onset + column_lengths(self.tune)[self.order[-1]] if self.columns else Fraction(0)
        self._notes.sort(key=lambda note: (note.start, note.part))
        return Performance(
            self.tune, self.playback, tuple(self._parts), tuple(self._notes), tuple(self._passages), self.tempos,
            self.order, tuple(self.columns), self.shift, self.shift + to_ticks(last),
        )  # fmt: skip

    def _heard(self, tick: int) -> int:
        """Return the tick at which what is written at a tick is heard."""
        return self.shift + self.swing(tick)

    def _add(self, part: Part, notes: Iterable[PerformedNote | TracedNote]) -> None:
        """Add a part with its notes, whose ticks are those at which they are heard."""
        number = len(self._parts)
        self._parts.append(part)
        ticks, programs = [tick for tick, _ in part.programs], [program for _, program in part.programs]
        for note in notes:
            if not (0 <= note.pitch <= 127 and note.end > note.start):
                continue  # no instrument has it
            onset = self.clock(note.start)
            program = programs[bisect_right(ticks, note.start) - 1] if programs else -1
            source = note[4:] if isinstance(note, TracedNote) else ()
            self._notes.append(PlayedNote(*note[:4], onset, self.clock(note.end) - onset, number, program, *source))

    def _voice(self, voice: Voice) -> None:
        """Add a voice with all its lines."""
        number = next(place for place, each in enumerate(self.tune.voices) if each is voice)
        states = self.states[voice.id]
        notes: list[TracedNote] = []
        for layer, line in enumerate(voice_lines(voice, self.order, self.columns, states)):
            played: Iterable[PerformedNote] = _accented(sounding(line), self.columns)
            played = ornamented(played, line.bars) if self.playback.ornaments else played
            notes += self._traced(played, self._passed(line, number, layer))
        is_melody = voice is self.tune.melody
        name = voice.name or ("Melody" if is_melody else f"Voice {voice.id}")
        programs = tuple(self._programs(voice, is_melody))
        self._add(
            Part(VOICE, name, self.channels.voices[voice.id], programs, number),
            (
                note._replace(start=self._heard(note.start), end=self._heard(note.end))
                for note in without_overlaps(notes)
            ),
        )

    def _passed(self, line: Line, voice: int, layer: int) -> list[tuple[int, int, Note, int]]:
        """Add the passages of a line; return the tick, the index of the passage, the note and its transposition."""
        found = []
        times = dict[int, int]()
        for index, (onset, bar, _), states in zip(line.indices, line.bars, line.states, strict=True):
            times[index] = times.get(index, 0) + 1
            for place, (within, note) in enumerate(bar.timed_notes()):
                if note.pitches:
                    start, end = to_ticks(onset + within), to_ticks(onset + within + note.duration)
                    begins, ends = self.clock(self._heard(start)), self.clock(self._heard(end))
                    found.append((start, len(self._passages), note, note_playing(states, place).transpose))
                    self._passages.append(
                        Passage(
                            Place(voice, index, layer, place), times[index], begins, ends - begins,
                            note.line, note.column,
                        )
                    )  # fmt: skip
        return found

    @staticmethod
    def _traced(notes: Iterable[PerformedNote], passed: Sequence[tuple[int, int, Note, int]]) -> Iterator[TracedNote]:
        """Yield the notes of a line with the passages in which they begin."""
        starts = [start for start, *_ in passed]
        for each in notes:
            _, passage, note, up = passed[bisect_right(starts, each.start) - 1]
            member = 0
            if len(note.pitches) > 1:
                sounds = [note_number(pitch, up) for pitch in note.pitches]
                member = sounds.index(each.pitch) if each.pitch in sounds else -1
            yield TracedNote(*each, passage, member)

    def _programs(self, voice: Voice, is_melody: bool) -> Iterator[tuple[int, int]]:
        """Yield the program at the beginning and each further one, with its tick."""
        asked = self.playback.program
        usual = FIDDLE if asked is None else asked
        program: int | None = None
        for place, state in _states(voice, self.order, self.columns, self.states[voice.id]):
            wanted = usual if state.program is None or (is_melody and asked is not None) else state.program
            if wanted != program:
                yield 0 if program is None else self._heard(to_ticks(place)), wanted
                program = wanted
        if program is None:
            yield 0, usual

    def _chords(self) -> None:
        """Add the chords, and the bass where it has a program of its own."""
        voice = next((each for each in self.tune.voices if has_chords(self.tune.alone(each))), None)
        if voice is None:
            return
        states = self.states[voice.id]
        line = voice_lines(voice, self.order, self.columns, states)[0]
        struck = [
            (note._replace(start=self._heard(note.start), end=self._heard(note.end)), is_bass)
            for note, is_bass in accompanied(line, default_style(self.tune))
        ]
        first = states[0][0][1] if states else None
        asked = self.playback.chord_program
        program = asked if asked is not None else (first.chord_program if first else None)
        program = GUITAR if program is None else program
        bass = first.bass_program if first and asked is None else None
        apart = bass is not None and bass != program
        strummed = [note for note, is_bass in struck if not (apart and is_bass)]
        if strummed:
            self._add(Part(CHORDS, "Chords", self.channels.chords, ((0, program),)), strummed)
        if bass is not None and apart and len(strummed) < len(struck):
            self._add(
                Part(BASS, "Bass", self.channels.bass, ((0, bass),)), [note for note, is_bass in struck if is_bass]
            )


def _states(
    voice: Voice, order: Sequence[int], bars: Sequence[PerformedBar], states: Sequence[BarPlaying]
) -> Iterator[tuple[Fraction, Playing]]:
    """Yield how a voice is played, with the onset in the performance from which on it is, in whole notes."""
    for index, (onset, _, _) in zip(order, bars, strict=True):
        if index < len(states):
            for note, state in states[index]:
                yield onset + total(voice.bars[index].notes[:note]), state


def _accented(notes: Iterable[PerformedNote], bars: Sequence[PerformedBar]) -> list[PerformedNote]:
    """Return the notes with the velocities of the beats that they fall on."""
    velocities: dict[int, int] = {}
    for each in bars:
        for place, beat in enumerate(accumulate(each.bar.meter.pulse[:-1], initial=Fraction(0))):
            velocities[to_ticks(each.measure_onset + beat)] = BEAT if place else DOWNBEAT
    return [each._replace(velocity=velocities.get(each.start, OFFBEAT)) for each in notes]


def _count_in(bars: Sequence[PerformedBar], playback: PlaybackSettings) -> int:
    """Return the ticks before the first note: the bars of the count-in, less the pickup that ends the last one."""
    if not playback.count_in or not bars or not bars[0].bar.meter.bar:
        return 0
    _, bar, completes = bars[0]
    return to_ticks(playback.count_in * bars[0].bar.meter.bar - (bar.duration if completes else 0))


def _clicks(meter: Meter, count: int) -> Iterator[PerformedNote]:
    """Yield the clicks of some bars: a high wood block on the first beat of each, a low one on the others."""
    onset = Fraction(0)
    for _ in range(count):
        for place, beat in enumerate(meter.pulse):
            yield PerformedNote(
                to_ticks(onset), to_ticks(onset) + TICKS_PER_QUARTER // 8, LOW_CLICK if place else HIGH_CLICK, BEAT
            )
            onset += beat


# Voices and their channels ----------------------------------------------------------------------------


class Channels(NamedTuple):
    """The channels of a tune, from 0: those of its voices by id, that of the chords and that of a bass of its own."""

    voices: dict[str, int]
    chords: int
    bass: int


def channels(tune: Tune) -> Channels:
    """Return the channels of a tune: the melody has 0 and the chords 1, unless the tune asks for others.

    No other voice shares the channel of one with microtones. Where there are more voices than channels, they share the
    last one.
    """
    states = playing(tune)
    voices = in_order(tune)
    asked = {voice.id: states[voice.id][0][0][1].channel for voice in voices if states[voice.id]}
    own = {voice.id for voice in voices if _has_microtones(voice)}
    found: dict[str, int] = {}
    for voice in voices:
        channel = asked.get(voice.id)
        shared = [id for id, other in found.items() if other + 1 == channel]
        if channel and not (shared and own & {voice.id, *shared}):
            found[voice.id] = channel - 1
    free = [channel for channel in range(16) if channel not in {*found.values(), DRUM_CHANNEL}] or [0]

    def next_free(usual: int) -> int:
        """Take the usual channel, or else the first one that is free."""
        channel = usual if usual in free else free[0]
        if len(free) > 1:
            free.remove(channel)
        return channel

    if voices[0].id not in found:
        found[voices[0].id] = next_free(0)
    chords = next_free(CHORD_CHANNEL)
    for voice in voices[1:]:
        if voice.id not in found:
            found[voice.id] = next_free(CHORD_CHANNEL + 1)
    return Channels(found, chords, next_free(CHORD_CHANNEL + 1))


def _has_microtones(voice: Voice) -> bool:
    return any(
        isinstance(pitch.alter, Fraction)
        for bar in voice.bars
        for layer in bar.layers
        for note in layer
        for pitch in note.pitches
    )


def in_order(tune: Tune) -> list[Voice]:
    """Return the voices that sound, the melody first; of a tune without notes the melody."""
    melody = tune.melody
    return [melody, *(voice for voice in tune.voices if voice is not melody and voice.sounds)]


# Tempos -----------------------------------------------------------------------------------------------


def default_tempo(tune: Tune) -> Tempo:
    """Return the usual tempo for a tune's rhythm, or else for its meter.

    A dance written in bars of half the usual length, such as a reel in 2/4, has beats of half that length.
    """
    manner = manner_of(tune)
    if manner and manner.tempo:
        bar, beat, rate = manner.tempo
        halved = bar is not None and tune.meter.bar == bar / 2
        if tune.meter.compound and beat == _QUARTER:
            beat = _DOTTED_QUARTER
        return Tempo("", beat / 2 if halved else beat, Fraction(rate))
    beat = tune.meter.pulse[0] if tune.meter.pulse else _QUARTER
    return Tempo("", beat, {_HALF: Fraction(88), _QUARTER: Fraction(112)}.get(beat, Fraction(104)))


def _tempo_map(
    tune: Tune, order: Sequence[int], bars: Sequence[PerformedBar], shift: int, playback: PlaybackSettings
) -> tuple[tuple[int, int], ...]:
    """Return the tempos as microseconds a quarter note, with the ticks from which on they hold."""
    given = _given(playback.tempo, tune.meter)
    if given:
        return ((0, _microseconds(given)),)
    tempos = _tempos(tune)
    tempo = opening_tempo(tune)
    found = {0: _microseconds(tempo)}
    for index, (onset, _, _) in zip(order, bars, strict=True):
        for within, wanted in tempos[index]:
            if wanted.quarters != tempo.quarters:
                found[shift + to_ticks(onset + within)] = _microseconds(wanted)
                tempo = wanted
    return tuple(sorted(found.items()))


def _microseconds(tempo: Tempo) -> int:
    return round(60_000_000 / tempo.quarters)


def _tempos(tune: Tune) -> list[list[tuple[Fraction, Tempo]]]:
    """Return the tempos of each column, with their onsets in it: that at its beginning, and every change.

    A change counts in whatever voice it stands; the voices may repeat it. The tempo of a column is that which goes
    before it as the tune is written, not as it is played.
    """
    changes: list[dict[Fraction, Tempo]] = [{} for _ in columns(tune)]
    for voice in sorted(tune.voices, key=lambda voice: voice is not tune.melody):
        for index, bar in enumerate(voice.bars):
            for change in bar.changes:
                if change.field == "Q" and (tempo := parse_tempo(str(change.value), tune.unit)).rate:
                    changes[index].setdefault(offset(bar, change), tempo)
    tempo = _first_tempo(tune)
    result = []
    for inside in changes:
        result.append(sorted({Fraction(0): tempo, **inside}.items()))
        tempo = result[-1][-1][1]
    return result


def opening_tempo(tune: Tune) -> Tempo:
    """Return the tempo with which a tune begins."""
    tempos = _tempos(tune)
    return tempos[0][0][1] if tempos else _first_tempo(tune)


def _first_tempo(tune: Tune) -> Tempo:
    """Return the tempo of the header, or else the usual one."""
    written = parse_tempo(tune.tempo, tune.unit)
    return written if written.rate else default_tempo(tune)


def _given(rate: Fraction | None, meter: Meter) -> Tempo | None:
    """Return the tempo of a rate in beats of the meter a minute, or None without a rate."""
    return Tempo("", meter.pulse[0] if meter.pulse else _QUARTER, rate) if rate else None
