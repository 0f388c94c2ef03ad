"""Tunes as sound: a small synthesiser that plays a performance, without any instrument on disk.

``voices`` makes the notes. Here they are mixed: each part has its place between left and right, and a small room
answers. ``sampler`` plays a performance with recorded instruments instead, where a sound font is asked for.
"""

import io
import wave
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import ExportError
from folkrnn.export.performance import BASS, COUNT_IN, HIGH_CLICK, VOICE, Performance, PlayedNote, perform
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.export.voices import VOICES, Samples, click, voice_name
from folkrnn.notation import Tune

SAMPLE_RATE = 44_100
"""The usual number of samples a second."""

PEAK = 0.89
"""The loudest sample: one decibel below 1, which is the most that a file can hold."""

LONGEST = 3600
"""The most seconds of a sound."""

TAIL = 1.0
"""The seconds in which the last notes and the room die away."""

MELODY, ACCOMPANIMENT, CLICKS = 1.0, 0.5, 0.5
"""The loudness of the parts, relative to each other."""

ROOM_SECONDS, ROOM_LEVEL = 0.5, 0.16
"""The seconds within which the room is 60 dB softer, and its loudness beside the sound itself."""

_FFT = 16_384
"""The size of the Fourier transforms for the room's answer."""

Stereo = NDArray[np.float32]
"""Sound of shape (2, N): left and right."""


def to_wav(
    tune: Tune, playback: PlaybackSettings = DEFAULT_PLAYBACK, rate: int = SAMPLE_RATE, stereo: bool = True
) -> bytes:
    """Return a tune as a WAV file of 16 bits with ``rate`` samples a second.

    ``playback`` says how the tune is played. Raises what ``sound_of`` raises.
    """
    sound = sound_of(perform(tune, playback), rate)
    return wav_file(sound if stereo else sound.mean(axis=0, keepdims=True), rate)


def sound_of(performance: Performance, rate: int = SAMPLE_RATE) -> Stereo:
    """Return a performance as sound, by the synthesiser or by the sound font that its settings ask for.

    Raises ExportError if it lasts more than LONGEST seconds, and what ``sampler.played_with`` raises.
    """
    if performance.playback.soundfont:
        from folkrnn.export.sampler import played_with  # which needs a package that is not always there

        return played_with(performance, performance.playback.soundfont, rate)
    return synthesised(performance, rate)


def wav_file(sound: Stereo, rate: int = SAMPLE_RATE) -> bytes:
    """Return a sound of one or two channels as a WAV file of 16 bits."""
    whole = np.multiply(sound.T, np.float32(32767), order="C").astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(whole.tobytes())
    return buffer.getvalue()


def synthesised(performance: Performance, rate: int = SAMPLE_RATE) -> Stereo:
    """Return a performance as sound, with the loudest sample as loud as PEAK.

    Raises ExportError if it lasts more than LONGEST seconds, before any memory is taken.
    """
    check_length(performance)
    count = int((performance.seconds + TAIL) * rate)
    mixed = np.zeros((2, count), np.float32)
    dry = np.zeros(count, np.float32)
    places = _places(performance)
    line = np.empty(count, np.float32)
    for number, place in enumerate(places):
        line[:] = 0
        _sum_notes(line, [note for note in performance.notes if note.part == number], performance, rate)
        dry += line
        for side, share in enumerate(_shares(place)):
            mixed[side] += line * share
    _answer(mixed, dry, rate)
    return normalised(mixed)


def normalised(sound: Stereo) -> Stereo:
    """Return a sound with the loudest sample as loud as PEAK; silence stays silence. The array is used again."""
    loudest = max(sound.max(initial=0.0), -sound.min(initial=0.0))
    if loudest:
        sound *= np.float32(PEAK / loudest)
    return sound


def check_length(performance: Performance) -> None:
    """Raise ExportError if a performance lasts more than LONGEST seconds."""
    if performance.seconds > LONGEST:
        hours, minutes = divmod(round(performance.seconds / 60), 60)
        tune = performance.tune
        raise ExportError(
            f"no sound of tune {tune.number} {tune.title!r}: it lasts {hours} h {minutes} min; "
            "expected an hour at most, as a faster --tempo or --once make it"
        )


def frequency(pitch: float) -> float:
    """Return the frequency of a MIDI note number in hertz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def _sum_notes(line: Samples, notes: list[PlayedNote], performance: Performance, rate: int) -> None:
    """Add the notes of one part to a line of samples; notes that are alike are made once."""
    made: dict[tuple[str, float, int], Samples] = {}
    for note in notes:
        kind = performance.parts[note.part].kind
        name = voice_name(note.program) if note.program >= 0 else "click"
        length = max(1, round(note.length * 250))  # in units of 4 ms, which nobody hears
        key = name, note.exact_pitch, length
        if key not in made:
            if name == "click":
                made[key] = click(note.pitch == HIGH_CLICK, rate)
            else:
                made[key] = VOICES[name].note(frequency(note.exact_pitch), length / 250, rate)
        first = round(note.onset * rate)
        sound = made[key][: len(line) - first]
        loudness = {VOICE: MELODY, COUNT_IN: CLICKS}.get(kind, ACCOMPANIMENT) * (note.velocity / 127) ** 1.5
        line[first : first + len(sound)] += sound * np.float32(loudness)


def _places(performance: Performance) -> list[float]:
    """Return where each part is, from -1 (left) to 1 (right): the melody nearly in the middle, the others around it."""
    places, others = [], 0
    for part in performance.parts:
        if part.kind in (BASS, COUNT_IN):
            places.append(0.0)
        elif not places:
            places.append(-0.12)
        else:
            others += 1
            places.append((0.4 if others % 2 else -0.4) * (1 - 0.5 ** ((others + 1) // 2) + 0.5))
    return places


def _shares(place: float) -> tuple[float, float]:
    """Return the shares of left and right of a place, which together have the same power everywhere."""
    angle = (place + 1) * np.pi / 4
    return float(np.cos(angle)), float(np.sin(angle))


def _answer(mixed: Stereo, dry: Samples, rate: int) -> None:
    """Add the answer of a small room to a sound: convolution at half the rate, for walls take the highest tones."""
    count = len(dry) // 2
    half = dry[: 2 * count : 2] + dry[1 : 2 * count : 2]
    responses, length = _room(rate // 2)
    step = _FFT - length + 1
    blocks = -(-count // step)
    padded = np.zeros(blocks * step, np.float32)
    padded[:count] = half
    spectra = np.fft.rfft(padded.reshape(blocks, step), _FFT)
    wet = np.empty(blocks * step + _FFT, np.float32)
    for side, response in enumerate(responses):
        wet[:] = 0
        for number, part in enumerate(np.fft.irfft(spectra * response, _FFT)):
            wet[number * step : number * step + _FFT] += part
        mixed[side, : 2 * count : 2] += wet[:count]
        # Between two samples of half the rate lies their mean.
        mixed[side, 1 : 2 * count : 2] += 0.5 * (wet[:count] + wet[1 : count + 1])


@lru_cache(maxsize=4)
def _room(rate: int) -> tuple[NDArray[np.complex64], int]:
    """Return the spectra of a room's answers to a click, left and right, and their length in samples.

    They are noise that dies away, after the time to the first walls and back.
    """
    random = np.random.default_rng(1903)
    count = min(int(0.7 * ROOM_SECONDS * rate), _FFT // 2)
    time = np.arange(count) / rate
    answers = random.standard_normal((2, count)) * 10 ** (-3 * time / ROOM_SECONDS)
    answers[:, time < 0.008] = 0  # the nearest wall is more than a metre away
    answers[:, 1:] = 0.6 * answers[:, 1:] + 0.4 * answers[:, :-1]
    scale = ROOM_LEVEL / np.sqrt((answers**2).sum(axis=1, keepdims=True))
    return np.fft.rfft(answers * scale, _FFT).astype(np.complex64), count
