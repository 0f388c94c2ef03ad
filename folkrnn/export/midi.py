"""Tunes as MIDI: music21 gives the notes of the unfolded tune, mido makes the file a player expects.

A file has type 1 and 480 ticks a quarter note: one track with the title, tempo, meter and key, and one
with the melody on a fiddle. Every position is rounded by itself, so that tuplets do not drift.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate
from typing import Any, NamedTuple

import mido

from folkrnn.errors import ExportError
from folkrnn.notation import Bar, Key, Meter, Tune
from folkrnn.notation.bars import leads_on
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.score import build

TICKS = 480
"""Ticks to a quarter note."""

PROGRAM = 40
"""The General MIDI program of the melody, counted from 0: violin."""

DOWNBEAT, BEAT, OFFBEAT = 96, 86, 78
"""Velocities: the first beat of a bar, its other beats, and what lies between."""

HALF, QUARTER, DOTTED_QUARTER = Fraction(1, 2), Fraction(1, 4), Fraction(3, 8)

TEMPOS: dict[str, tuple[Fraction, Fraction, int]] = {
    "slip jig": (Fraction(9, 8), DOTTED_QUARTER, 120),
    "hop jig": (Fraction(9, 8), DOTTED_QUARTER, 126),
    "slide": (Fraction(12, 8), DOTTED_QUARTER, 140),
    "jig": (Fraction(6, 8), DOTTED_QUARTER, 120),
    "reel": (Fraction(1), HALF, 100),
    "hornpipe": (Fraction(1), QUARTER, 160),
    "strathspey": (Fraction(1), QUARTER, 128),
    "highland": (Fraction(1), QUARTER, 168),
    "fling": (Fraction(1), QUARTER, 168),
    "schottische": (Fraction(1), QUARTER, 150),
    "barndance": (Fraction(1), QUARTER, 160),
    "polka": (HALF, QUARTER, 130),
    "march": (Fraction(1), QUARTER, 112),
    "waltz": (Fraction(3, 4), QUARTER, 140),
    "mazurka": (Fraction(3, 4), QUARTER, 138),
    "minuet": (Fraction(3, 4), QUARTER, 116),
    "air": (Fraction(1), QUARTER, 76),
    "lament": (Fraction(1), QUARTER, 60),
    "song": (Fraction(1), QUARTER, 100),
}
"""Usual tempos by rhythm: the bar that it is written in, the beat, and beats a minute.

A tune written in bars of half that length, such as a reel in 2/4, has beats of half that length.
"""


class Played(NamedTuple):
    """A sounding note: start and end in ticks, and the MIDI note number."""

    start: int
    end: int
    pitch: int


def to_midi(tune: Tune) -> bytes:
    """Return a tune, its repeats and endings played out, as a standard MIDI file.

    Raises ScoreError where music21 cannot represent the tune and ExportError where mido refuses it.
    """
    performed = build.unfolded(tune)
    source = build.midi(build.to_score(performed))
    with _gate(tune):
        file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
        file.tracks.append(_track(_conductor(performed)))
        file.tracks.append(_track(_melody(_played(source), performed)))
        buffer = io.BytesIO()
        file.save(file=buffer)
        return buffer.getvalue()


def default_tempo(tune: Tune) -> Tempo:
    """Return the usual tempo for a tune's rhythm, or else for its meter."""
    rhythm = tune.rhythm.lower()
    for name, (bar, beat, rate) in TEMPOS.items():
        if name in rhythm:
            halved = tune.meter.bar == bar / 2
            if tune.meter.compound and beat == QUARTER:
                beat = DOTTED_QUARTER
            return Tempo("", beat / 2 if halved else beat, Fraction(rate))
    beat = tune.meter.pulse[0] if tune.meter.pulse else QUARTER
    return Tempo("", beat, {HALF: Fraction(88), QUARTER: Fraction(112)}.get(beat, Fraction(104)))


@contextmanager
def _gate(tune: Tune) -> Iterator[None]:
    """Turn whatever mido raises into an ExportError."""
    try:
        yield
    except Exception as error:
        raise ExportError(f"no MIDI of tune {tune.number} {tune.title!r}: {type(error).__name__}: {error}") from error


# Notes ------------------------------------------------------------------------------------------------


def _played(source: bytes) -> list[Played]:
    """Return the notes of music21's file at TICKS a quarter note; none overlaps another of its pitch."""
    found: list[Played] = []
    for track in mido.MidiFile(file=io.BytesIO(source), charset="utf-8").tracks:
        now, began = 0, dict[int, int]()
        for message in track:
            now += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            if message.note in began:
                found.append(Played(_tick(began.pop(message.note)), _tick(now), message.note))
            if message.type == "note_on" and message.velocity:
                began[message.note] = now
    return sorted(each for each in found if each.end > each.start)


def _tick(position: int) -> int:
    """Return the tick nearest to a position in music21's ticks."""
    return (2 * position * TICKS + build.TICKS) // (2 * build.TICKS)


def _melody(notes: Iterable[Played], tune: Tune) -> Iterator[tuple[int, Any]]:
    """Yield the messages of the melody, each with its tick."""
    yield 0, mido.MetaMessage("track_name", name="Melody")
    yield 0, mido.Message("program_change", program=PROGRAM)
    velocities = _velocities(tune)
    for start, end, pitch in notes:
        yield start, mido.Message("note_on", note=pitch, velocity=velocities.get(start, OFFBEAT))
        yield end, mido.Message("note_off", note=pitch, velocity=0)
    yield _ticks(sum((bar.duration for bar in tune.bars), Fraction(0))), mido.MetaMessage("end_of_track")


def _velocities(tune: Tune) -> dict[int, int]:
    """Return the velocity at the tick of every beat."""
    velocities: dict[int, int] = {}
    for index, (onset, bar) in enumerate(_placed(tune)):
        if leads_on(tune.bars, index) and bar.meter.bar:
            onset -= bar.meter.bar - bar.duration
        for place, beat in enumerate(accumulate(bar.meter.pulse[:-1], initial=Fraction(0))):
            velocities[_ticks(onset + beat)] = BEAT if place else DOWNBEAT
    return velocities


def _placed(tune: Tune) -> Iterator[tuple[Fraction, Bar]]:
    """Yield each bar with its onset in whole notes."""
    onset = Fraction(0)
    for bar in tune.bars:
        yield onset, bar
        onset += bar.duration


def _ticks(position: Fraction) -> int:
    """Return the tick nearest to a position in whole notes."""
    return int(position * 4 * TICKS + Fraction(1, 2))


# Tempo, meter and key ---------------------------------------------------------------------------------


def _conductor(tune: Tune) -> Iterator[tuple[int, Any]]:
    """Yield the messages of the first track, each with its tick."""
    yield 0, mido.MetaMessage("track_name", name=tune.title or "Untitled")
    written = parse_tempo(tune.tempo, tune.unit)
    yield 0, _tempo(written if written.rate else default_tempo(tune))
    meter: Meter | None = None
    key: Key | None = None
    for onset, bar in _placed(tune):
        if bar.meter != meter:
            yield from ((_ticks(onset), message) for message in _time_signature(bar.meter))
        if bar.key != key:
            yield from ((_ticks(onset), message) for message in _key_signature(bar.key))
        meter, key = bar.meter, bar.key
        for change in bar.changes:
            place = _ticks(onset + sum((note.duration for note in bar.notes[: change.index]), Fraction(0)))
            if change.field == "Q" and (tempo := parse_tempo(str(change.value), tune.unit)).rate:
                yield place, _tempo(tempo)
            if isinstance(change.value, Key) and change.value != key:
                yield from ((place, message) for message in _key_signature(change.value))
                key = change.value
    yield _ticks(sum((bar.duration for bar in tune.bars), Fraction(0))), mido.MetaMessage("end_of_track")


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
    """Yield the signature, minor for modes with a minor third; MIDI knows no others, and at most 7 signs."""
    signature = key.signature
    fifths = sum(signature.values())
    if len(signature) == abs(fifths) <= 7 and (key.standard or key.pipes):
        names = _MINOR if key.mode in ("m", "dor", "phr", "loc") else _MAJOR
        yield mido.MetaMessage("key_signature", key=names[fifths + 7])


def _track(messages: Iterable[tuple[int, Any]]) -> Any:
    """Return a track of messages with absolute ticks; at one tick notes end before others begin."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(messages, key=lambda each: (each[0], _RANK.get(each[1].type, 1))):
        track.append(message.copy(time=max(0, tick - now)))
        now = max(now, tick)
    return track


_RANK = {"track_name": -2, "program_change": -1, "note_off": 0, "note_on": 2, "end_of_track": 3}
