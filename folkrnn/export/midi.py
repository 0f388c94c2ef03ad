"""Tunes as MIDI: music21 gives the notes of the unfolded tune, mido makes the file a player expects.

A file has 480 ticks a quarter note. Its first track has the title, tempo, meter, key and a marker for each part, its
second the melody on a fiddle. Where chords are written, one more has a guitar. Every position is rounded by itself, so
that tuplets do not drift.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate
from string import ascii_uppercase
from typing import Any

import mido

from folkrnn.errors import ExportError
from folkrnn.export.rendering import (
    BEAT,
    DEFAULT_PLAYBACK,
    DOWNBEAT,
    OFFBEAT,
    TICKS_PER_QUARTER,
    PerformedBar,
    PerformedNote,
    PlaybackSettings,
    Swing,
    accompaniment,
    default_style,
    default_swing,
    manner_of,
    ornamented,
    performed_bars,
    to_ticks,
)
from folkrnn.notation import Bar, Key, Meter, Tune, sections
from folkrnn.notation.articles import shown_title
from folkrnn.notation.microtones import has_microtones, in_semitones
from folkrnn.notation.repeats import order_of
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.score import build

DRUM_CHANNEL, HIGH_CLICK, LOW_CLICK = 9, 76, 77
"""The channel of General MIDI's drums, and two wood blocks on it."""

_HALF, _QUARTER, _DOTTED_QUARTER = Fraction(1, 2), Fraction(1, 4), Fraction(3, 8)


def to_midi(tune: Tune, playback: PlaybackSettings = DEFAULT_PLAYBACK) -> bytes:
    """Return a tune as a standard MIDI file, played as ``playback`` says.

    Raises ScoreError where music21 cannot represent the tune and ExportError where mido refuses it.
    """
    order = order_of(tune.bars, once=not playback.repeats)
    bars = performed_bars(tune, order)
    performed = build.unfolded(tune, order)
    source = build.midi(
        build.to_score(in_semitones(performed) if any(map(has_microtones, performed.bars)) else performed)
    )
    with _gate(tune):
        shift = _count_in(bars, playback)
        swing = Swing(bars, default_swing(tune) if playback.swing is None else playback.swing)

        def heard(notes: Iterable[PerformedNote]) -> Iterator[PerformedNote]:
            for start, end, pitch, velocity in notes:
                yield PerformedNote(shift + swing(start), shift + swing(end), pitch, velocity)

        melody: Iterable[PerformedNote] = _accented(_played(source), bars)
        melody = ornamented(melody, bars) if playback.ornaments else melody
        tracks = [_conductor(tune, order, bars, shift, playback), _part("Melody", 0, playback.program, heard(melody))]
        strummed = list(accompaniment(bars, default_style(tune))) if playback.chords else []
        if strummed:
            tracks.append(_part("Chords", 1, playback.chord_program, heard(strummed)))
        if shift:
            tracks.append(_part("Count-in", DRUM_CHANNEL, None, _clicks(bars[0].bar.meter, playback.count_in)))
        end = shift + to_ticks(sum((bar.duration for _, bar, _ in bars), Fraction(0)))
        file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
        file.tracks += [_track(messages, end) for messages in tracks]
        if playback.one_track:
            file = mido.MidiFile(
                type=0, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8", tracks=[_merged(file.tracks)]
            )
        buffer = io.BytesIO()
        file.save(file=buffer)
        return buffer.getvalue()


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


def _played(source: bytes) -> list[PerformedNote]:
    """Return the notes of music21's file in our ticks; none overlaps another of its pitch."""
    found: list[PerformedNote] = []
    for track in mido.MidiFile(file=io.BytesIO(source), charset="utf-8").tracks:
        now, began = 0, dict[int, int]()
        for message in track:
            now += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            if message.note in began:
                found.append(PerformedNote(_tick(began.pop(message.note)), _tick(now), message.note))
            if message.type == "note_on" and message.velocity:
                began[message.note] = now
    return sorted(each for each in found if each.end > each.start)


def _tick(position: int) -> int:
    """Return the tick nearest to a position in music21's ticks."""
    return (2 * position * TICKS_PER_QUARTER + build.MUSIC21_TICKS) // (2 * build.MUSIC21_TICKS)


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
    for start, end, pitch, velocity in notes:
        if 0 <= pitch <= 127 and end > start:
            yield start, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
            yield end, mido.Message("note_off", channel=channel, note=pitch, velocity=0)


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
    tempo = _given(playback.tempo, tune.meter) or _opening_tempo(tune, bars)
    yield 0, _tempo(tempo)
    meter: Meter | None = None
    key: Key | None = None
    parts = _part_starts(tune.bars)
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
            place = shift + to_ticks(onset + sum((note.duration for note in bar.notes[: change.index]), Fraction(0)))
            new = parse_tempo(str(change.value), tune.unit) if change.field == "Q" and not playback.tempo else tempo
            if new.rate and new != tempo:
                tempo = new
                yield place, _tempo(tempo)
            if isinstance(change.value, Key) and change.value != key:
                yield from ((place, message) for message in _key_signature(change.value))
                key = change.value


def _opening_tempo(tune: Tune, bars: Sequence[PerformedBar]) -> Tempo:
    """Return the tempo of the first note: the last one that is written before it, or else the usual one."""
    changes = bars[0].bar.changes if bars else ()
    written = [tune.tempo, *(str(change.value) for change in changes if change.field == "Q" and not change.index)]
    rates = [tempo for text in written if (tempo := parse_tempo(text, tune.unit)).rate]
    return rates[-1] if rates else default_tempo(tune)


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
