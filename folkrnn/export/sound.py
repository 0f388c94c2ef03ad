"""Tunes as sound: a small synthesiser that plays the notes of the MIDI file, without any instrument on disk.

It is additive synthesis. Voices are bowed: their harmonics fall off, their attack is soft, and long notes get a vibrato
late. Chords are plucked: the higher a harmonic, the sooner it dies away. The count-in is two wood blocks.
"""

import io
import wave
from collections.abc import Collection, Iterator
from typing import NamedTuple

import mido
import numpy as np
from numpy.typing import NDArray

from folkrnn.export.midi import BEND_RANGE
from folkrnn.export.performance import CHORD_CHANNEL, DRUM_CHANNEL, HIGH_CLICK, VOICE, perform
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.notation import Tune

SAMPLE_RATE = 44_100
"""The usual number of samples a second."""

PEAK = 0.89
"""The loudest sample: one decibel below 1, which is the most that a file can hold."""

MELODY, PLUCKED, CLICKS = 1.0, 0.55, 0.5
"""The loudness of the parts, relative to each other."""

_BOWED = [1.0, 0.62, 0.42, 0.3, 0.24, 0.14, 0.09, 0.06]
_ATTACK, _RELEASE = 0.018, 0.045  # seconds
_VIBRATO_AFTER, _VIBRATO_RATE, _VIBRATO_DEPTH = 0.18, 5.6, 0.0035  # seconds, hertz, share of the frequency

Samples = NDArray[np.float64]


class Sounding(NamedTuple):
    """A note of a file: start and end in seconds, its channel, MIDI number with the part of a microtone, velocity."""

    start: float
    end: float
    channel: int
    pitch: float
    velocity: int


def to_wav(tune: Tune, playback: PlaybackSettings = DEFAULT_PLAYBACK, rate: int = SAMPLE_RATE) -> bytes:
    """Return a tune as a mono WAV file of 16 bits with ``rate`` samples a second.

    ``playback`` says how the tune is played. Raises what ``to_midi`` raises.
    """
    performance = perform(tune, playback)
    notes = [
        Sounding(
            note.onset, note.onset + note.length, performance.parts[note.part].channel, note.exact_pitch, note.velocity
        )
        for note in performance.notes
    ]
    samples = _mixed(notes, rate, {part.channel for part in performance.parts if part.kind != VOICE})
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def _sounding(midi: bytes) -> Iterator[Sounding]:
    """Yield the notes of a MIDI file, at the times that follow from its tempos."""
    now = 0.0
    began: dict[tuple[int, int], tuple[float, float, int]] = {}
    bends: dict[int, float] = {}
    for message in mido.MidiFile(file=io.BytesIO(midi), charset="utf-8"):
        now += message.time
        if message.type == "pitchwheel":
            bends[message.channel] = message.pitch * BEND_RANGE / 8192
        if message.type not in ("note_on", "note_off"):
            continue
        place = message.channel, message.note
        if place in began:
            start, pitch, velocity = began.pop(place)
            yield Sounding(start, now, message.channel, pitch, velocity)
        if message.type == "note_on" and message.velocity:
            began[place] = now, message.note + bends.get(message.channel, 0), message.velocity


def _mixed(notes: list[Sounding], rate: int, plucked: Collection[int] = (CHORD_CHANNEL,)) -> Samples:
    """Return the sum of all notes, with the loudest sample as loud as PEAK; ``plucked`` are the channels of chords."""
    end = max((note.end for note in notes), default=0.0)
    mixed = np.zeros(int((end + 1) * rate))
    for note in notes:
        if note.channel == DRUM_CHANNEL:
            sound = CLICKS * _click(note.pitch, rate)
        elif note.channel in plucked:
            sound = PLUCKED * _plucked(_frequency(note.pitch), note.end - note.start, rate)
        else:
            sound = MELODY * _bowed(_frequency(note.pitch), note.end - note.start, rate)
        first = int(note.start * rate)
        sound = sound[: len(mixed) - first]
        mixed[first : first + len(sound)] += sound * (note.velocity / 127) ** 1.5
    loudest = np.abs(mixed).max(initial=0.0)
    return mixed * (PEAK / loudest) if loudest else mixed


def _frequency(pitch: float) -> float:
    """Return the frequency of a MIDI note number in hertz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def _bowed(frequency: float, seconds: float, rate: int) -> Samples:
    """Return a note of something like a fiddle, which dies away within _RELEASE after its end."""
    time = np.arange(int((seconds + _RELEASE) * rate)) / rate
    depth = _VIBRATO_DEPTH * np.clip((time - _VIBRATO_AFTER) / 0.2, 0, 1)
    wobble = np.cos(2 * np.pi * _VIBRATO_RATE * time)
    phase = 2 * np.pi * frequency * time - depth * frequency / _VIBRATO_RATE * wobble  # the frequency's integral
    sound = np.zeros_like(time)
    for number, strength in enumerate(_BOWED, 1):
        if number * frequency < rate / 2:
            sound += strength * np.sin(number * phase)
    rising = np.clip(time / _ATTACK, 0, 1)
    falling = np.clip((seconds + _RELEASE - time) / _RELEASE, 0, 1)
    return sound * rising * falling * (0.82 + 0.18 * np.exp(-6 * time))


def _plucked(frequency: float, seconds: float, rate: int) -> Samples:
    """Return a note of something like a guitar, damped when it ends."""
    time = np.arange(int((seconds + _RELEASE) * rate)) / rate
    sound = np.zeros_like(time)
    for number in range(1, 9):
        if number * frequency < rate / 2:
            sound += np.sin(2 * np.pi * number * frequency * time) * np.exp(-(1.6 + 1.3 * number) * time) / number
    return sound * np.clip(time / 0.003, 0, 1) * np.clip((seconds + _RELEASE - time) / _RELEASE, 0, 1)


def _click(pitch: float, rate: int) -> Samples:
    """Return a wood block."""
    time = np.arange(rate // 16) / rate
    return np.sin(2 * np.pi * (1900 if pitch == HIGH_CLICK else 1300) * time) * np.exp(-70 * time)
