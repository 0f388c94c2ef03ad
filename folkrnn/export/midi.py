"""Tunes as standard MIDI files, made by mido.

A file has 480 ticks a quarter note. Its first track has the title, tempo, meter, key and a marker for each part, its
second the melody. Each further voice has a track of its own. Where chords are written, one more has a guitar. Every
position is rounded by itself, so that tuplets do not drift.
"""

import io
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import groupby
from string import ascii_uppercase
from typing import Any

import mido

from folkrnn.errors import ExportError
from folkrnn.export.performance import Part, Performance, Piece, PlayedNote, perform
from folkrnn.export.rendering import (
    DEFAULT_PLAYBACK,
    TICKS_PER_QUARTER,
    Microtone,
    PerformedNote,
    PlaybackSettings,
    to_ticks,
)
from folkrnn.notation import Bar, Key, Meter, Tune, sections
from folkrnn.notation.articles import shown_title
from folkrnn.notation.directives import offset
from folkrnn.notation.order import columns, part_labels

_Signs = tuple[Meter | None, Key | None]

BEND_RANGE = 2
"""The semitones of the widest pitch bend, as synthesisers have it unless a message says otherwise."""


def to_midi(tune: Tune, playback: PlaybackSettings = DEFAULT_PLAYBACK) -> bytes:
    """Return a tune as a standard MIDI file, played as ``playback`` says.

    Raises ExportError where mido refuses it.
    """
    return midi_file(perform(tune, playback))


def midi_file(performance: Performance) -> bytes:
    """Return a performance as a standard MIDI file. Raises ExportError where mido refuses it."""
    with _gate(performance.tune):
        tracks = _tracks(performance)
        kind = 1
        if performance.playback.one_track:
            kind, tracks = 0, [_merged(tracks)]
        file = mido.MidiFile(type=kind, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8", tracks=tracks)
        buffer = io.BytesIO()
        file.save(file=buffer)
        return buffer.getvalue()


def _tracks(performance: Performance) -> list[Any]:
    """Return the tracks: the conductor's, and one of each part."""
    notes: list[list[PlayedNote]] = [[] for _ in performance.parts]
    for note in performance.notes:
        notes[note.part].append(note)
    tracks = [_track(_conductor(performance), performance.end)]
    for part, own in zip(performance.parts, notes, strict=True):
        tracks.append(_track([*_part(part, own), *_programs(part)], performance.end))
    return tracks


@contextmanager
def _gate(tune: Tune) -> Iterator[None]:
    """Turn whatever mido raises into an ExportError."""
    try:
        yield
    except Exception as error:
        raise ExportError(f"no MIDI of tune {tune.number} {tune.title!r}: {type(error).__name__}: {error}") from error


# Notes ------------------------------------------------------------------------------------------------


def _programs(part: Part) -> Iterator[tuple[int, Any]]:
    """Yield the programs of a part."""
    for tick, program in part.programs:
        yield tick, mido.Message("program_change", channel=part.channel, program=program)


def _part(part: Part, notes: Iterable[PerformedNote | PlayedNote]) -> Iterator[tuple[int, Any]]:
    """Yield the name and the notes of a part, each with its tick."""
    channel = part.channel
    yield 0, mido.MetaMessage("track_name", name=part.name)
    bend = 0
    for start, together in groupby(notes, key=lambda each: each.start):
        chord = list(together)
        bent = pitch_bend(chord)
        if bent != bend:
            yield start, mido.Message("pitchwheel", channel=channel, pitch=bent)
            bend = bent
        for _, end, pitch, velocity, *_ in chord:
            if 0 <= pitch <= 127 and end > start:
                yield start, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
                yield end, mido.Message("note_off", channel=channel, note=pitch, velocity=0)


def pitch_bend(chord: Sequence[PerformedNote | PlayedNote]) -> int:
    """Return the pitch bend of notes that begin together; 0 where they would need several."""
    bends = {each.pitch.bend if isinstance(each.pitch, Microtone) else Fraction(0) for each in chord}
    return round(bends.pop() * 8192 / BEND_RANGE) if len(bends) == 1 else 0


# Tempo, meter and key ---------------------------------------------------------------------------------


def _conductor(performance: Performance) -> Iterator[tuple[int, Any]]:
    """Yield the messages of the first track, each with its tick."""
    yield 0, mido.MetaMessage("track_name", name=_name(performance.tune))
    yield from ((tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in performance.tempos[:1])
    signs: _Signs = (None, None)
    for piece in performance.pieces or (Piece(0, performance),):
        if performance.pieces:
            yield piece.offset + piece.performance.shift, mido.MetaMessage("marker", text=_name(piece.performance.tune))
        signs = yield from _signatures(piece, signs)
    yield from ((tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in performance.tempos[1:])


def _name(tune: Tune) -> str:
    return shown_title(tune.title) or "Untitled"


def _signatures(piece: Piece, signs: _Signs) -> Generator[tuple[int, Any], None, _Signs]:
    """Yield the parts, meters and keys of a piece; ``signs`` hold before it, and those that hold after it come back."""
    performance, (meter, key) = piece.performance, signs
    tune, shift, later = performance.tune, piece.offset + performance.shift, meter is not None
    parts = part_labels(tune) or _part_starts(columns(tune))
    for index, (onset, bar, completes) in zip(performance.order, performance.columns, strict=True):
        start = shift + to_ticks(onset)
        if index in parts:
            yield start, mido.MetaMessage("marker", text=parts[index])
        if bar.meter != meter:
            at = 0 if meter is None else start
            if later and completes and start == shift:
                at = start + to_ticks(bar.duration)  # the pickup ends the last bar of the tune before
            elif meter is None and completes and not shift:
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
    return meter, key


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
        message.time = max(0, tick - now)
        track.append(message)
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
