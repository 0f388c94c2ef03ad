"""Listen to the voices of the synthesiser by numbers: a scale of each, as `folkrnn export --format wav` plays it.

Printed is a table for docs/playing.md. The peak and the power are those of the file, in decibels below the most that
it can hold. The spectral centroid is the mean frequency of the power, in multiples of the fundamental's. The attack is
the time in which a long A4, alone, comes from a tenth to nine tenths of its mean loudness in half a second. A sample
at the most that a file can hold, or a note that is not heard, ends the script with an error.
"""

import io
import sys
import wave
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from folkrnn.export import PlaybackSettings
from folkrnn.export.performance import perform
from folkrnn.export.sound import SAMPLE_RATE, sound_of, wav_file
from folkrnn.export.voices import VOICES, voice_name
from folkrnn.notation import read_tunes

SCALE = "X:1\nT:Scale\nM:4/4\nL:1/4\nQ:1/4=120\nK:D\nDEFG|ABcd|efga|d4|]\n"
FRAME = 256
"""The samples over which loudness is measured for an attack: 6 ms."""

AUDIBLE = 0.01
"""The least loudness of a note, relative to the most that a file can hold: 40 dB less."""


def heard(content: bytes) -> NDArray[np.float64]:
    """Return the samples of a WAV file of 16 bits, left and right together, of which 1 is the most it can hold."""
    with wave.open(io.BytesIO(content)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    return samples / 32768


def decibels(share: float) -> float:
    return float(20 * np.log10(share))


def attack(name: str) -> float:
    """Return the milliseconds in which a note comes from a tenth to nine tenths of its loudness in half a second."""
    note = VOICES[name].note(440.0, 1.0, SAMPLE_RATE).astype(np.float64)
    window = np.hanning(FRAME)
    loudness = np.sqrt(np.convolve(note**2, window / window.sum(), "same"))
    mean = loudness[: SAMPLE_RATE // 2].mean()
    first, last = (int(np.argmax(loudness > share * mean)) for share in (0.1, 0.9))
    return 1000 * (last - first) / SAMPLE_RATE


def shown(milliseconds: float) -> str:
    return f"{milliseconds:.0f}" if milliseconds >= 1 else "under 1"


def main() -> None:
    (scale,) = read_tunes(SCALE)
    programs = {voice_name(program): program for program in reversed(range(128))}
    faults = []
    print("| voice | peak, dB | power, dB | centroid | attack, ms |\n| --- | --- | --- | --- | --- |")
    for name in VOICES:
        settings = PlaybackSettings(program=programs[name], tempo=Fraction(120))
        performance = perform(scale, settings)
        samples = heard(wav_file(sound_of(performance)))
        both = samples.mean(axis=1)
        centroids = []
        for note in performance.notes:
            start, end = round(note.onset * SAMPLE_RATE), round((note.onset + note.length) * SAMPLE_RATE)
            part = both[start:end]
            if np.sqrt((part**2).mean()) < AUDIBLE:
                faults.append(f"{name}: note {note.pitch} is not heard")
            power = np.abs(np.fft.rfft(part)) ** 2
            frequencies = np.fft.rfftfreq(len(part), 1 / SAMPLE_RATE)
            centroids.append((power * frequencies).sum() / power.sum() / (440 * 2 ** ((note.pitch - 69) / 12)))
        peak = np.abs(samples).max()
        if peak >= 32767 / 32768:
            faults.append(f"{name}: clipped")
        power = np.sqrt((samples**2).mean())
        levels = f"{decibels(peak):.1f} | {decibels(power):.1f}"
        print(f"| {name} | {levels} | {np.mean(centroids):.1f} | {shown(attack(name))} |")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
