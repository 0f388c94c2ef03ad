"""The voices of the synthesiser: fiddle, flute, accordion and others, as sums of harmonics.

A note is a polynomial. Its variable is ``z = r exp(i φ)``, where φ is the phase of the fundamental. The imaginary part
of ``c1 z + c2 z² + …`` is then the sum of the harmonics, with strengths ``c``. Horner's rule needs one multiplication
for each, and no further sine. ``r`` below 1 takes more from a harmonic the higher it is: a bow that only begins to
grip, a plucked string that loses its brightness.

    Sustained   a steady tone with vibrato and breath
    Plucked     a string that dies away, the higher a harmonic the sooner
    Struck      a stiff string under a hammer: partials above the harmonics, in two rates of decay

What tells instruments apart is in the table of voices: how fast the harmonics fall off, the resonances of the body
(*formants*), where the string is plucked, how a note begins and ends. References: Fletcher and Rossing, The Physics of
Musical Instruments (1998); Dünnwald's and Hutchins's resonances of violins for the fiddle's formants.

``voice_of`` gives the voice of a General MIDI program.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Sound, one number a sample; 1 is about the loudest of a note."""

_NOISE_SECONDS = 2.0


@dataclass(frozen=True)
class Formant:
    """A resonance: its frequency in hertz, its width in octaves, and how much stronger it makes what is there."""

    frequency: float
    width: float
    gain: float


def _time(seconds: float, rate: int) -> NDArray[np.float64]:
    times: NDArray[np.float64] = np.arange(max(1, int(seconds * rate))) / rate
    return times


def _strengths(frequencies: NDArray[np.float64], slope: float, formants: tuple[Formant, ...]) -> NDArray[np.float64]:
    """Return the strengths of harmonics at some frequencies, which fall off by a power and rise at formants."""
    numbers = frequencies / frequencies[0]
    strengths = numbers**-slope
    body = np.ones_like(frequencies)
    for each in formants:
        body += each.gain * np.exp(-((np.log2(frequencies / each.frequency) / each.width) ** 2))
    shaped: NDArray[np.float64] = strengths * body
    return shaped


def _audible(frequency: float, count: int, rate: int) -> NDArray[np.float64]:
    """Return the numbers of the harmonics below half the rate; the first one always is among them."""
    return np.arange(1, 1 + max(1, min(count, int(rate / 2.1 / frequency))), dtype=np.float64)


def _level(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return strengths of the same power whatever the pitch: no note of an instrument sticks out."""
    level: NDArray[np.float64] = strengths / np.sqrt((strengths**2).sum())
    return level


def _harmonics(phase: NDArray[np.float64], brightness: Samples | None, strengths: NDArray[np.float64]) -> Samples:
    """Return the sum of the harmonics of a phase in periods; ``brightness`` is the r of the module's text."""
    angle = ((phase % 1.0) * (2 * np.pi)).astype(np.float32)
    z = np.empty(len(angle), np.complex64)
    z.real, z.imag = np.cos(angle), np.sin(angle)
    if brightness is not None:
        z *= brightness
    result = np.full(len(z), strengths[-1], np.complex64)
    for strength in strengths[-2::-1].astype(np.float32):
        result *= z
        result += strength
    result *= z
    return np.ascontiguousarray(result.imag)


@lru_cache(maxsize=32)
def _noise(rate: int, low: float, high: float) -> Samples:
    """Return noise between two frequencies, the same in every run, of about the power of a sine."""
    count = int(_NOISE_SECONDS * rate)
    spectrum = np.fft.rfft(np.random.default_rng(1850).standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / rate)
    spectrum *= np.exp(-((np.maximum(0, low - frequencies) / low) ** 2) * 4)
    spectrum *= np.exp(-((np.maximum(0, frequencies - high) / high) ** 2) * 4)
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(0.7 * noise / noise.std(), np.float32)


def _fade(time: NDArray[np.float64], seconds: float, attack: float, release: float) -> Samples:
    """Return the loudness of a note: up within its attack, and down within its release after its end."""
    up = np.clip(time / attack, 0, 1)
    down = np.clip((seconds + release - time) / release, 0, 1)
    return (up * up * (3 - 2 * up) * down * down).astype(np.float32)


@dataclass(frozen=True)
class Sustained:
    """A voice that sounds as long as a note lasts.

    ``slope`` is the power by which harmonics fall off, ``even`` the share that even ones have. ``attack`` and
    ``release`` are seconds; ``bite`` is the brightness with which a note begins, 1 for full. Vibrato comes after
    ``vibrato_after`` seconds: hertz, and share of the frequency. ``breath`` is the strength of noise and ``chiff`` that
    of the noise of the attack. ``reeds`` sound together: how far each is off, in cents, and its strength.
    """

    slope: float
    formants: tuple[Formant, ...] = ()
    harmonics: int = 18
    even: float = 1.0
    attack: float = 0.02
    release: float = 0.045
    bite: float = 0.8
    vibrato_after: float = 0.2
    vibrato_rate: float = 5.6
    vibrato_depth: float = 0.0
    breath: float = 0.0
    chiff: float = 0.0
    reeds: tuple[tuple[float, float], ...] = ((0.0, 1.0),)

    def note(self, frequency: float, seconds: float, rate: int) -> Samples:
        """Return a note of some hertz and seconds, and its release."""
        time = _time(seconds + self.release, rate)
        numbers = _audible(frequency, self.harmonics, rate)
        strengths = _strengths(numbers * frequency, self.slope, self.formants)
        strengths[1::2] *= self.even
        strengths = _level(strengths)
        phase = frequency * time
        if self.vibrato_depth:
            deep = self.vibrato_depth * np.clip((time - self.vibrato_after) / 0.25, 0, 1)
            phase -= deep * frequency / (2 * np.pi * self.vibrato_rate) * np.cos(2 * np.pi * self.vibrato_rate * time)
        brightness = (1 - (1 - self.bite) * np.exp(-time / (2 * self.attack))).astype(np.float32)
        sound = np.zeros(len(time), np.float32)
        for cents, strength in self.reeds:
            sound += _harmonics(phase * 2 ** (cents / 1200), brightness, strength * strengths)
        fade = _fade(time, seconds, self.attack, self.release)
        sound *= fade
        if self.breath or self.chiff:
            near = 2.0 ** round(np.log2(frequency))  # an octave shares its noise
            air = _noise(rate, min(2 * near, rate / 4), min(6 * near, rate / 3))
            noise = air[: len(time)] if len(time) <= len(air) else np.resize(air, len(time))
            sound += noise * (
                self.breath * fade
                + self.chiff * (np.exp(-time / 0.018) * np.clip(time / 0.004, 0, 1)).astype(np.float32)
            )
        return sound


@dataclass(frozen=True)
class Plucked:
    """A plucked string.

    It is plucked at ``position`` of its length, where harmonics with a node are weak. The whole dies away by ``decay``
    a second at 440 Hz, and each harmonic by ``damping`` more. ``ring`` is how long it sounds on after the end of a
    note, in seconds. ``knock`` is the strength of the finger's or plectrum's noise.
    """

    slope: float
    position: float
    decay: float
    damping: float
    ring: float = 0.06
    knock: float = 0.1
    formants: tuple[Formant, ...] = ()
    harmonics: int = 18

    def note(self, frequency: float, seconds: float, rate: int) -> Samples:
        """Return a note of some hertz and seconds, and its ring."""
        time = _time(seconds + self.ring, rate)
        numbers = _audible(frequency, self.harmonics, rate)
        strengths = _strengths(numbers * frequency, self.slope, self.formants)
        strengths = _level(strengths * np.sin(np.pi * numbers * self.position))
        faster = (frequency / 440) ** 0.5
        brightness = np.exp(-self.damping * faster * time).astype(np.float32)
        sound = _harmonics(frequency * time, brightness, strengths)
        sound *= np.exp(-self.decay * faster * time).astype(np.float32)
        sound *= np.clip(time / 0.0015, 0, 1).astype(np.float32)
        sound *= np.clip((seconds + self.ring - time) / self.ring, 0, 1).astype(np.float32)
        return _with_knock(sound, self.knock, 0.006, rate)


@dataclass(frozen=True)
class Struck:
    """A string under a hammer: the partials of a stiff string, each of which dies away fast and then slowly.

    ``stiffness`` is the B of ``f k √(1 + B k²)``. ``decay`` is a second at 440 Hz, ``damping`` what each partial adds.
    """

    slope: float
    position: float
    stiffness: float
    decay: float
    damping: float
    ring: float = 0.12
    knock: float = 0.15
    harmonics: int = 12

    def note(self, frequency: float, seconds: float, rate: int) -> Samples:
        """Return a note of some hertz and seconds, and its ring."""
        time = _time(seconds + self.ring, rate)
        numbers = _audible(frequency, self.harmonics, rate)
        partials = numbers * frequency * np.sqrt(1 + self.stiffness * numbers**2)
        strengths = _level(numbers**-self.slope * np.sin(np.pi * numbers * self.position))
        faster = (frequency / 440) ** 0.5
        sound = np.zeros(len(time), np.float32)
        for number, partial, strength in zip(numbers, partials, strengths, strict=True):
            if partial < rate / 2:
                rapid = np.exp(-(self.decay + self.damping * number) * faster * time)
                angle = ((partial * time) % 1.0 * (2 * np.pi)).astype(np.float32)
                sound += np.sin(angle) * (strength * (0.75 * rapid + 0.25 * rapid**0.25)).astype(np.float32)
        sound *= np.clip(time / 0.002, 0, 1).astype(np.float32)
        sound *= np.clip((seconds + self.ring - time) / self.ring, 0, 1).astype(np.float32)
        return _with_knock(sound, self.knock, 0.01, rate)


def _with_knock(sound: Samples, strength: float, seconds: float, rate: int) -> Samples:
    """Return a sound with a short noise at its beginning."""
    count = min(len(sound), int(6 * seconds * rate))
    time = np.arange(count) / rate
    noise = _noise(rate, min(400.0, rate / 4), min(2500.0, rate / 3))[:count]
    sound[:count] += strength * noise * (np.exp(-time / seconds) * np.clip(time / 0.001, 0, 1)).astype(np.float32)
    return sound


Voice = Sustained | Plucked | Struck

VOICES: dict[str, Voice] = {
    # Air at 280 Hz, wood at 460 and 550 Hz, and the hill of the bridge around 2.5 kHz.
    "fiddle": Sustained(
        1.1, (Formant(280, 0.3, 1.0), Formant(460, 0.2, 1.2), Formant(550, 0.2, 1.0), Formant(2500, 0.7, 1.8)),
        harmonics=20, attack=0.022, bite=0.72, vibrato_depth=0.0035, breath=0.012, chiff=0.1,
    ),
    "cello": Sustained(
        1.15, (Formant(110, 0.4, 1.0), Formant(220, 0.3, 1.2), Formant(1200, 0.7, 1.2)),
        harmonics=24, attack=0.035, release=0.07, bite=0.7, vibrato_depth=0.004, breath=0.01, chiff=0.08,
    ),
    # A tube that is open at both ends, blown softly: few harmonics, and air.
    "flute": Sustained(
        2.0, harmonics=8, even=0.8, attack=0.03, release=0.05, bite=0.55,
        vibrato_after=0.15, vibrato_rate=5.0, vibrato_depth=0.0022, breath=0.045, chiff=0.16,
    ),
    "whistle": Sustained(
        2.7, harmonics=5, even=0.7, attack=0.012, release=0.03, bite=0.75, breath=0.022, chiff=0.3
    ),
    # Two reeds a bit apart, which beat against each other: the musette of dance bands.
    "accordion": Sustained(
        0.75, (Formant(900, 0.8, 0.8), Formant(2200, 0.6, 0.9)),
        harmonics=16, attack=0.026, release=0.05, bite=0.85, reeds=((-3.0, 0.8), (8.0, 0.4)),
    ),
    # A conical bore and a double reed: the strongest harmonics are not the lowest ones.
    "pipes": Sustained(
        0.35, (Formant(1100, 0.5, 2.2), Formant(2900, 0.4, 1.4)), harmonics=16, attack=0.008, release=0.02, bite=0.95
    ),
    # A cylinder with a reed: odd harmonics.
    "clarinet": Sustained(
        0.9, (Formant(1500, 0.6, 0.5),), harmonics=14, even=0.2, attack=0.03, release=0.05, bite=0.7, breath=0.012
    ),
    "brass": Sustained(
        0.8, (Formant(1200, 0.8, 1.5),), harmonics=16, attack=0.045, release=0.06, bite=0.45, vibrato_depth=0.002
    ),
    "guitar": Plucked(
        0.95, 0.23, decay=1.6, damping=1.1, knock=0.12, formants=(Formant(105, 0.3, 0.8), Formant(210, 0.3, 0.8)),
    ),
    "bass": Plucked(1.3, 0.3, decay=1.4, damping=1.2, knock=0.06, harmonics=12),
    # A skin takes the sound from the string at once.
    "banjo": Plucked(
        0.45, 0.11, decay=5.0, damping=0.9, knock=0.3, formants=(Formant(800, 0.7, 1.2), Formant(3000, 0.6, 0.7)),
    ),
    "mandolin": Plucked(
        0.6, 0.14, decay=3.2, damping=0.7, knock=0.2, formants=(Formant(420, 0.4, 0.8), Formant(2200, 0.7, 0.8)),
    ),
    # Plucked in the middle, where the even harmonics have their node; nobody damps it.
    "harp": Plucked(0.9, 0.46, decay=1.3, damping=0.9, ring=0.7, knock=0.05),
    "piano": Struck(0.85, 0.125, stiffness=0.0004, decay=1.5, damping=1.1),
}  # fmt: skip
"""The voices by name."""

_PROGRAMS = {
    "piano": (*range(6), 8, *range(9, 14)),
    "harp": (7, 14, 46, 107, 108),
    "mandolin": (6, 15, 25, 45, 104, 106),
    "accordion": (*range(16, 24),),
    "guitar": (24, *range(26, 32)),
    "bass": (*range(32, 40), 43),
    "cello": (41, 42),
    "brass": (*range(56, 64),),
    "clarinet": (*range(64, 68), 70, 71),
    "pipes": (68, 69, 109, 111),
    "flute": (73, 75, 76, 77),
    "whistle": (72, 74, 78, 79),
    "banjo": (105,),
}
_NAMES = {program: name for name, programs in _PROGRAMS.items() for program in programs}


def voice_name(program: int) -> str:
    """Return the name in VOICES of the voice that plays a General MIDI program, from 0; a fiddle plays all others."""
    return _NAMES.get(program, "fiddle")


def voice_of(program: int) -> Voice:
    """Return the voice that plays a General MIDI program, from 0."""
    return VOICES[voice_name(program)]


def click(high: bool, rate: int) -> Samples:
    """Return a wood block, high or low."""
    time = np.arange(rate // 16) / rate
    return (np.sin(2 * np.pi * (1900 if high else 1300) * time) * np.exp(-70 * time)).astype(np.float32)
