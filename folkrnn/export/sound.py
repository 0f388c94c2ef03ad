"""Tunes as sound: a small synthesiser that plays a performance, without any instrument on disk.

``voices`` makes the notes. Here they are mixed: each part has its place between left and right, and a small room
answers. ``sampler`` plays a performance with recorded instruments instead, where a sound font is asked for.
"""

import io
import wave
from functools import lru_cache
from typing import NamedTuple

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

LONGEST_NOTE = 120
"""The most seconds that a note sounds; the memory that it takes while it is made grows with its length."""

TAIL = 1.0
"""The seconds in which the last notes and the room die away."""

MELODY, ACCOMPANIMENT, CLICKS = 1.0, 0.5, 0.5
"""The loudness of the parts, relative to each other."""

_LOUDNESS = {VOICE: MELODY, COUNT_IN: CLICKS}

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


class Recording(NamedTuple):
    """A performance's ``sound``, and the ``tune`` whose title it bears."""

    tune: Tune
    sound: Stereo


def recorded(performance: Performance) -> Recording:
    """Return the recording of a performance. Raises what ``sound_of`` raises."""
    return Recording(performance.tune, sound_of(performance))


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
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(rate)
        for start in range(0, sound.shape[1], rate):  # a second at a time takes less memory
            part = sound[:, start : start + rate]
            whole = np.empty(part.shape[::-1], "<i2")
            for side, samples in enumerate(part):
                whole[:, side] = samples * np.float32(32767)
            file.writeframes(whole.tobytes())
    return buffer.getvalue()


def synthesised(performance: Performance, rate: int = SAMPLE_RATE) -> Stereo:
    """Return a performance as sound, with the loudest sample as loud as PEAK.

    Raises ExportError if it lasts more than LONGEST seconds, before any memory is taken.
    """
    check_length(performance)
    count = int((performance.seconds + TAIL) * rate)
    mixed, dry = np.zeros((2, count), np.float32), np.zeros(count, np.float32)
    shares = [_shares(place) for place in part_places(performance)]
    made: dict[tuple[str, float, int], Samples] = {}
    for note in performance.notes:
        sound = _note_sound(note, made, rate)
        first = round(note.onset * rate)
        heard = sound[: count - first] * np.float32(loudness(performance, note))
        dry[first : first + len(heard)] += heard
        for side, share in zip(mixed, shares[note.part], strict=True):
            side[first : first + len(heard)] += heard * share
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
            "expected an hour at most: a faster --tempo, or --once"
        )


def frequency(pitch: float) -> float:
    """Return the frequency of a MIDI note number in hertz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def loudness(performance: Performance, note: PlayedNote) -> float:
    """Return how loud a note is, by its part and its velocity: 1 for the loudest of a melody."""
    return float(_LOUDNESS.get(performance.parts[note.part].kind, ACCOMPANIMENT) * (note.velocity / 127) ** 1.5)


def _note_sound(note: PlayedNote, made: dict[tuple[str, float, int], Samples], rate: int) -> Samples:
    """Return the sound of a note; ``made`` keeps those that were made, for many notes are alike."""
    name = voice_name(note.program) if note.program >= 0 else "click"
    length = max(1, round(min(note.length, LONGEST_NOTE) * 250))  # in units of 4 ms, which nobody hears
    key = name, note.exact_pitch, length
    if key not in made:
        if name == "click":
            made[key] = click(note.pitch == HIGH_CLICK, rate)
        else:
            made[key] = VOICES[name].note(frequency(note.exact_pitch), length / 250, rate)
    return made[key]


def part_places(performance: Performance) -> list[float]:
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
    responses, length = _room(rate // 2)
    step = _FFT - length + 1
    count = len(dry) // 2
    overlap: Stereo = np.zeros((2, length - 1), np.float32)
    last: Stereo = np.zeros((2, 1), np.float32)
    for start in range(0, count, step):
        end = min(start + step, count)
        half = dry[2 * start : 2 * end : 2] + dry[2 * start + 1 : 2 * end : 2]
        answer: Stereo = np.fft.irfft(np.fft.rfft(half, _FFT) * responses, _FFT).astype(np.float32, copy=False)
        answer[:, : length - 1] += overlap
        overlap, answer = answer[:, step:], answer[:, : end - start]
        mixed[:, 2 * start + 1 : 2 * end : 2] += answer
        # Between two samples of half the rate lies their mean.
        mixed[:, 2 * start : 2 * end : 2] += 0.5 * (answer + np.concatenate([last, answer[:, :-1]], axis=1))
        last = answer[:, -1:]


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
