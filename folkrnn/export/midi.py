"""Tunes as standard MIDI files, made by mido.

A file has 480 ticks a quarter note. Its first track has the title, tempo, meter, key and a marker for each part, its
second the melody. Each further voice has a track of its own. Where chords are written, one more has a guitar. Every
position is rounded by itself, so that tuplets do not drift.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate, groupby
from string import ascii_uppercase
from typing import Any, NamedTuple

import mido

from folkrnn.errors import ExportError
from folkrnn.export.rendering import (
    BEAT,
    DEFAULT_PLAYBACK,
    DOWNBEAT,
    FIDDLE,
    GUITAR,
    OFFBEAT,
    TICKS_PER_QUARTER,
    Microtone,
    PerformedBar,
    PerformedNote,
    PlaybackSettings,
    Swing,
    accompanied,
    column_lengths,
    default_style,
    default_swing,
    manner_of,
    ornamented,
    performed_bars,
    sounding,
    to_ticks,
    voice_lines,
    without_overlaps,
)
from folkrnn.notation import Bar, Key, Meter, Tune, performed_order, sections
from folkrnn.notation.articles import shown_title
from folkrnn.notation.directives import BarPlaying, Playing, offset, playing
from folkrnn.notation.harmony import has_chords
from folkrnn.notation.order import columns, part_labels
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.notation.tune import Voice, total

DRUM_CHANNEL, HIGH_CLICK, LOW_CLICK = 9, 76, 77
"""The channel of General MIDI's drums, and two wood blocks on it."""

CHORD_CHANNEL = 1
"""The channel of the chords, unless a voice asks for it."""

BEND_RANGE = 2
"""The semitones of the widest pitch bend, as synthesisers have it unless a message says otherwise."""

_HALF, _QUARTER, _DOTTED_QUARTER = Fraction(1, 2), Fraction(1, 4), Fraction(3, 8)


def to_midi(tune: Tune, playback: PlaybackSettings = DEFAULT_PLAYBACK) -> bytes:
    """Return a tune as a standard MIDI file, played as ``playback`` says.

    Raises ExportError where mido refuses it.
    """
    with _gate(tune):
        file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
        file.tracks += _Performance(tune, playback).tracks()
        if playback.one_track:
            file = mido.MidiFile(
                type=0, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8", tracks=[_merged(file.tracks)]
            )
        buffer = io.BytesIO()
        file.save(file=buffer)
        return buffer.getvalue()


class _Performance:
    """A tune as it is played: the columns in order, and what turns their notes into tracks."""

    def __init__(self, tune: Tune, playback: PlaybackSettings):
        self.tune, self.playback = tune, playback
        self.order = performed_order(tune, once=not playback.repeats)
        self.bars = performed_bars(tune, self.order)
        self.states = playing(tune)
        self.channels = channels(tune)
        self.shift = _count_in(self.bars, playback)
        self.swing = Swing(self.bars, default_swing(tune) if playback.swing is None else playback.swing)

    def tracks(self) -> list[Any]:
        """Return the tracks: the conductor's, the melody, the other voices, the accompaniment, the count-in."""
        parts = [_conductor(self.tune, self.order, self.bars, self.shift, self.playback)]
        parts += [self._voice(voice) for voice in _in_order(self.tune)]
        if self.playback.chords:
            parts += self._chords()
        if self.shift:
            clicks = _clicks(self.bars[0].bar.meter, self.playback.count_in)
            parts.append(_part("Count-in", DRUM_CHANNEL, None, clicks))
        last = self.bars[-1].onset + column_lengths(self.tune)[self.order[-1]] if self.bars else Fraction(0)
        return [_track(messages, self.shift + to_ticks(last)) for messages in parts]

    def _heard(self, notes: Iterable[PerformedNote]) -> Iterator[PerformedNote]:
        """Yield notes at the ticks at which they are heard."""
        for start, end, pitch, velocity in notes:
            yield PerformedNote(self.shift + self.swing(start), self.shift + self.swing(end), pitch, velocity)

    def _voice(self, voice: Voice) -> Iterator[tuple[int, Any]]:
        """Yield the messages of a voice's track."""
        lines = voice_lines(voice, self.order, self.bars, self.states[voice.id])
        notes: list[PerformedNote] = []
        for line in lines:
            played: Iterable[PerformedNote] = _accented(sounding(line), self.bars)
            notes += ornamented(played, line.bars) if self.playback.ornaments else played
        channel = self.channels.voices[voice.id]
        is_melody = voice is self.tune.melody
        name = voice.name or ("Melody" if is_melody else f"Voice {voice.id}")
        programs = self._programs(voice, is_melody)
        yield from _part(name, channel, next(programs)[1], self._heard(without_overlaps(notes)))
        yield from ((tick, mido.Message("program_change", channel=channel, program=each)) for tick, each in programs)

    def _programs(self, voice: Voice, is_melody: bool) -> Iterator[tuple[int, int]]:
        """Yield the program at the beginning and each further one, with its tick."""
        asked = self.playback.program
        usual = FIDDLE if asked is None else asked
        places = _places(self.tune, voice, self.order, self.bars, self.states[voice.id])
        program: int | None = None
        for place, state in places:
            wanted = usual if state.program is None or (is_melody and asked is not None) else state.program
            if wanted != program:
                yield 0 if program is None else self.shift + self.swing(to_ticks(place)), wanted
                program = wanted
        if program is None:
            yield 0, usual

    def _chords(self) -> Iterator[Iterator[tuple[int, Any]]]:
        """Yield the messages of the track of chords, and those of the bass where it has a program of its own."""
        voice = next((each for each in self.tune.voices if has_chords(self.tune.alone(each))), None)
        if voice is None:
            return
        states = self.states[voice.id]
        line = voice_lines(voice, self.order, self.bars, states)[0]
        struck = list(accompanied(line, default_style(self.tune)))
        first = states[0][0][1] if states else None
        asked = self.playback.chord_program
        program = asked if asked is not None else (first.chord_program if first else None)
        bass = first.bass_program if first and asked is None else None
        apart = bass is not None and bass != (GUITAR if program is None else program)
        strummed = [note for note, is_bass in struck if not (apart and is_bass)]
        if strummed:
            yield _part("Chords", self.channels.chords, GUITAR if program is None else program, self._heard(strummed))
        if apart and len(strummed) < len(struck):
            plucked = [note for note, is_bass in struck if is_bass]
            yield _part("Bass", self.channels.bass, bass, self._heard(plucked))


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
    voices = _in_order(tune)
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


def _in_order(tune: Tune) -> list[Voice]:
    """Return the voices that sound, the melody first; of a tune without notes the melody."""
    melody = tune.melody
    return [melody, *(voice for voice in tune.voices if voice is not melody and voice.sounds)]


def _places(
    tune: Tune, voice: Voice, order: Sequence[int], bars: Sequence[PerformedBar], states: Sequence[BarPlaying]
) -> Iterator[tuple[Fraction, Playing]]:
    """Yield how a voice is played, with the onset in the performance from which on it is, in whole notes."""
    for index, (onset, _, _) in zip(order, bars, strict=True):
        if index < len(states):
            for note, state in states[index]:
                yield onset + total(voice.bars[index].notes[:note]), state


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


@contextmanager
def _gate(tune: Tune) -> Iterator[None]:
    """Turn whatever mido raises into an ExportError."""
    try:
        yield
    except Exception as error:
        raise ExportError(f"no MIDI of tune {tune.number} {tune.title!r}: {type(error).__name__}: {error}") from error


# Notes ------------------------------------------------------------------------------------------------


def _accented(notes: Iterable[PerformedNote], bars: Sequence[PerformedBar]) -> list[PerformedNote]:
    """Return the notes with the velocities of the beats that they fall on."""
    velocities: dict[int, int] = {}
    for each in bars:
        for place, beat in enumerate(accumulate(each.bar.meter.pulse[:-1], initial=Fraction(0))):
            velocities[to_ticks(each.measure_onset + beat)] = BEAT if place else DOWNBEAT
    return [each._replace(velocity=velocities.get(each.start, OFFBEAT)) for each in notes]


def _part(name: str, channel: int, program: int | None, notes: Iterable[PerformedNote]) -> Iterator[tuple[int, Any]]:
    """Yield the messages of a track of notes, each with its tick."""
    yield 0, mido.MetaMessage("track_name", name=name)
    if program is not None:
        yield 0, mido.Message("program_change", channel=channel, program=program)
    bend = 0
    for start, together in groupby(notes, key=lambda each: each.start):
        chord = list(together)
        bent = _bend(chord)
        if bent != bend:
            yield start, mido.Message("pitchwheel", channel=channel, pitch=bent)
            bend = bent
        for _, end, pitch, velocity in chord:
            if 0 <= pitch <= 127 and end > start:
                yield start, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
                yield end, mido.Message("note_off", channel=channel, note=pitch, velocity=0)


def _bend(chord: Sequence[PerformedNote]) -> int:
    """Return the pitch bend of notes that begin together; 0 where they would need several."""
    bends = {pitch.bend if isinstance(pitch, Microtone) else Fraction(0) for _, _, pitch, _ in chord}
    return round(bends.pop() * 8192 / BEND_RANGE) if len(bends) == 1 else 0


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


# Tempo, meter and key ---------------------------------------------------------------------------------


def _conductor(
    tune: Tune, order: Sequence[int], bars: Sequence[PerformedBar], shift: int, playback: PlaybackSettings
) -> Iterator[tuple[int, Any]]:
    """Yield the messages of the first track, each with its tick."""
    yield 0, mido.MetaMessage("track_name", name=shown_title(tune.title) or "Untitled")
    tempos = [] if playback.tempo else _tempos(tune)
    tempo = _given(playback.tempo, tune.meter) or (tempos[0][0][1] if tempos else _first_tempo(tune))
    yield 0, _tempo(tempo)
    meter: Meter | None = None
    key: Key | None = None
    parts = part_labels(tune) or _part_starts(columns(tune))
    for index, (onset, bar, completes) in zip(order, bars, strict=True):
        start = shift + to_ticks(onset)
        if index in parts:
            yield start, mido.MetaMessage("marker", text=parts[index])
        if bar.meter != meter:
            at = 0 if meter is None else start
            if meter is None and completes and not shift:
                # As a bar of its own, the pickup leaves the bars of a sequencer those of the tune.
                yield from ((0, message) for message in _short_bar(bar.duration))
                at = to_ticks(bar.duration)
            yield from ((at, message) for message in _time_signature(bar.meter))
        if bar.key != key:
            yield from ((0 if key is None else start, message) for message in _key_signature(bar.key))
        meter, key = bar.meter, bar.key
        for change in bar.changes:
            if isinstance(change.value, Key) and change.value != key:
                place = shift + to_ticks(onset + offset(bar, change))
                yield from ((place, message) for message in _key_signature(change.value))
                key = change.value
        for within, wanted in tempos[index] if tempos else ():
            if wanted.quarters != tempo.quarters:
                yield shift + to_ticks(onset + within), _tempo(wanted)
                tempo = wanted


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


def _first_tempo(tune: Tune) -> Tempo:
    """Return the tempo of the header, or else the usual one."""
    written = parse_tempo(tune.tempo, tune.unit)
    return written if written.rate else default_tempo(tune)


def _given(rate: Fraction | None, meter: Meter) -> Tempo | None:
    """Return the tempo of a rate in beats of the meter a minute, or None without a rate."""
    return Tempo("", meter.pulse[0] if meter.pulse else _QUARTER, rate) if rate else None


def _part_starts(bars: Sequence[Bar]) -> dict[int, str]:
    """Return the letters of the parts by the bars (indices) that begin them."""
    starts = [section.first for section in sections(bars)]
    return {first: ascii_uppercase[place % 26] for place, first in enumerate(starts)}


def _short_bar(length: Fraction) -> Iterator[Any]:
    """Yield the meter of a bar that holds only a pickup, where there is such a meter."""
    if length.denominator <= 64 and length.denominator & (length.denominator - 1) == 0:
        unit = max(4, length.denominator)
        beats = length * unit
        yield mido.MetaMessage("time_signature", numerator=int(beats), denominator=unit)


def _tempo(tempo: Tempo) -> Any:
    return mido.MetaMessage("set_tempo", tempo=round(60_000_000 / tempo.quarters))


def _time_signature(meter: Meter) -> Iterator[Any]:
    """Yield the meter with a metronome click a beat; a free meter has none."""
    if not meter.free:
        click = min(255, int(meter.pulse[0] * 96))
        yield mido.MetaMessage(
            "time_signature", numerator=meter.beats, denominator=meter.unit, clocks_per_click=max(1, click)
        )


_MAJOR = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_MINOR = ("Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m")


def _key_signature(key: Key) -> Iterator[Any]:
    """Yield the signature, minor for modes with a minor third; MIDI has only these two and at most 7 signs."""
    signature = key.semitones
    fifths = sum(signature.values())
    if len(signature) == abs(fifths) <= 7 and (key.standard or key.pipes):
        names = _MINOR if key.mode in ("m", "dor", "phr", "loc") else _MAJOR
        yield mido.MetaMessage("key_signature", key=names[fifths + 7])


def _track(messages: Iterable[tuple[int, Any]], end: int) -> Any:
    """Return a track of messages with absolute ticks; at one tick notes end before others begin."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(messages, key=lambda each: (each[0], _RANK.get(each[1].type, 1))):
        track.append(message.copy(time=max(0, tick - now)))
        now = max(now, tick)
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


def _merged(tracks: Sequence[Any]) -> Any:
    """Return one track with the messages of all, and the name of the first."""
    names = [track.name for track in tracks]
    track = mido.merge_tracks(tracks)
    kept = mido.MidiTrack()
    waiting = 0
    for message in track:
        if message.type == "track_name" and message.name in names[1:]:
            waiting += message.time
            continue
        kept.append(message.copy(time=message.time + waiting))
        waiting = 0
    return kept


_RANK = {"track_name": -2, "program_change": -1, "note_off": 0, "note_on": 2}
