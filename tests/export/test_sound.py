"""Sound: what is synthesised, and at which rate."""

import io
import wave
from fractions import Fraction

import mido
import numpy as np
import pytest

from folkrnn.export import sound
from folkrnn.export.midi import to_midi
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.export.sound import PEAK, SAMPLE_RATE, Sounding, to_wav
from folkrnn.notation import Tune, read_tunes

RATE = 8_000


def tune(body: str, meter: str = "4/4", tempo: str = "1/4=120") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/8\nQ:{tempo}\nK:C\n{body}\n")[0]


def samples(content: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767


def loudness(part: np.ndarray) -> float:
    return float(np.sqrt((part**2).mean()))


@pytest.mark.parametrize("rate", [8_000, 22_050, SAMPLE_RATE])
def test_a_file_has_one_channel_of_16_bits_at_its_rate(rate: int) -> None:
    with wave.open(io.BytesIO(to_wav(tune("A8|"), rate=rate))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert file.getnframes() == 3 * rate, "two seconds of music and one in which it dies away"


def test_the_usual_rate_is_that_of_a_compact_disc() -> None:
    with wave.open(io.BytesIO(to_wav(tune("A8|")))) as file:
        assert file.getframerate() == SAMPLE_RATE == 44_100


@pytest.mark.parametrize(("body", "hertz"), [("A8|", 440.0), ("a8|", 880.0), ("C8|", 261.63), ("G,8|", 196.0)])
def test_a_note_sounds_at_its_pitch(body: str, hertz: float) -> None:
    one = samples(to_wav(tune(body), rate=RATE))[:RATE]
    spectrum = np.abs(np.fft.rfft(one * np.hanning(RATE)))
    assert np.argmax(spectrum) == pytest.approx(hertz, abs=2)


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (81, 880.0), (57, 220.0), (60, 261.6256), (70, 466.1638)])
def test_pitches_are_in_equal_temperament(pitch: int, hertz: float) -> None:
    assert sound._frequency(pitch) == pytest.approx(hertz, abs=1e-3)


def test_notes_have_the_times_of_the_tempos() -> None:
    found = list(sound._sounding(to_midi(tune("A4[Q:1/4=60]B4|A8|"))))
    assert [(round(note.start, 6), round(note.end, 6), note.pitch) for note in found] == [
        (0.0, 1.0, 69), (1.0, 3.0, 71), (3.0, 7.0, 69),
    ]  # fmt: skip
    assert [(note.channel, note.velocity) for note in found] == [(0, 96), (0, 86), (0, 96)]


def test_a_note_that_begins_again_ends_first() -> None:
    track = mido.MidiTrack(
        [
            mido.Message("note_on", note=60, velocity=50),
            mido.Message("note_on", note=60, velocity=70, time=480),
            mido.Message("note_on", note=60, velocity=0, time=480),
            mido.Message("note_off", note=60, time=480),
        ]
    )
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=buffer)
    assert list(sound._sounding(buffer.getvalue())) == [(0.0, 0.5, 0, 60, 50), (0.5, 1.0, 0, 60, 70)]


def test_the_loudest_sample_has_its_bound() -> None:
    for body in ("A8|", '"G"[GBd]8|', "A,A,A,A,|"):
        assert np.abs(samples(to_wav(tune(body), rate=RATE))).max() == pytest.approx(PEAK, abs=1e-3)
    assert sound._mixed([], RATE).tolist() == [0.0] * RATE


def test_notes_are_where_they_begin_and_die_away_where_they_end() -> None:
    mixed = sound._mixed([Sounding(0.5, 1.0, 0, 69, 90)], RATE)
    assert len(mixed) == 2 * RATE
    assert not mixed[: RATE // 2].any()
    assert mixed[RATE // 2 :].any()
    assert loudness(mixed[RATE // 2 : RATE]) > 0.1
    assert not mixed[int(1.046 * RATE) :].any()
    assert mixed[int(1.02 * RATE) : int(1.04 * RATE)].any()


def test_a_bowed_note_is_steady_before_its_vibrato() -> None:
    note = sound._bowed(440.0, 1.0, 44_000)  # 100 samples a period
    steady, trembling = note[4_400:7_900], note[20_000:23_500]
    assert np.abs(steady[100:] - steady[:-100]).max() < 0.01 * np.abs(steady).max()
    assert np.abs(trembling[100:] - trembling[:-100]).max() > 0.03 * np.abs(trembling).max()


def test_a_loud_note_is_louder_than_a_soft_one() -> None:
    loud, soft = (Sounding(start, start + 0.5, 0, 69, velocity) for start, velocity in ((0.0, 127), (1.0, 64)))
    mixed = sound._mixed([loud, soft], RATE)
    ratio = loudness(mixed[: RATE // 2]) / loudness(mixed[RATE : RATE + RATE // 2])
    assert ratio == pytest.approx((127 / 64) ** 1.5, rel=0.01)


def test_a_soft_note_alone_is_as_loud_as_a_loud_one() -> None:
    assert np.abs(sound._mixed([Sounding(0.0, 0.1, 0, 69, 1)], RATE)).max() == pytest.approx(PEAK)


def test_parts_have_their_loudness() -> None:
    def peak(channel: int, pitch: int) -> float:
        """How loud a note is beside a melody note a second earlier."""
        mixed = sound._mixed([Sounding(0.0, 0.5, 0, 69, 100), Sounding(1.0, 1.5, channel, pitch, 100)], RATE)
        return float(np.abs(mixed[RATE:]).max() / np.abs(mixed[:RATE]).max())

    alone = {
        "melody": np.abs(sound._bowed(440.0, 0.5, RATE)).max(),
        "plucked": np.abs(sound._plucked(440.0, 0.5, RATE)).max(),
        "click": np.abs(sound._click(76, RATE)).max(),
    }
    assert peak(0, 69) == pytest.approx(1.0)
    assert peak(1, 69) == pytest.approx(0.55 * alone["plucked"] / alone["melody"])
    assert peak(9, 76) == pytest.approx(0.5 * alone["click"] / alone["melody"])


def test_a_bowed_note_has_an_attack_and_a_release() -> None:
    note = sound._bowed(440.0, 0.5, RATE)
    assert len(note) == int(0.545 * RATE)
    assert note[0] == 0
    parts = [np.abs(note[int(start * RATE) : int(start * RATE) + 40]).max() for start in (0.0, 0.02, 0.3, 0.52)]
    assert parts[0] < parts[1]
    assert parts[1] > parts[2] > parts[3]
    assert abs(note[-1]) < 0.05


def test_a_plucked_note_begins_and_ends_softly() -> None:
    note = sound._plucked(440.0, 0.1, SAMPLE_RATE)
    start, end = int(0.003 * SAMPLE_RATE), int(0.1 * SAMPLE_RATE)
    assert np.abs(note[: start // 3]).max() < 0.5 * np.abs(note[start : 3 * start]).max()
    assert abs(note[-1]) < 0.01 < np.abs(note[end - 200 : end]).max()


def test_a_plucked_note_dies_away() -> None:
    note = sound._plucked(220.0, 1.0, RATE)
    assert len(note) == int(1.045 * RATE)
    parts = [np.abs(note[int(start * RATE) : int(start * RATE) + 80]).max() for start in (0.01, 0.2, 0.5, 0.9)]
    assert parts == sorted(parts, reverse=True)
    # The second harmonic dies away sooner than the first.
    early, late = (np.abs(np.fft.rfft(note[start : start + RATE // 4])) for start in (0, RATE // 2))
    assert early[110] / early[55] > 1.5 * late[110] / late[55]


@pytest.mark.parametrize("make", [sound._bowed, sound._plucked])
def test_harmonics_stay_below_half_the_rate(make) -> None:
    # Of 3,500 hertz only the first harmonic fits into 8,000 samples a second: the others would sound lower.
    spectrum = np.abs(np.fft.rfft(make(3500.0, 1.0, RATE)[:RATE]))
    assert np.argmax(spectrum) == pytest.approx(3500, abs=15)
    assert spectrum[:3000].max() < 0.05 * spectrum.max()


def test_a_bowed_note_has_the_harmonics_of_its_table() -> None:
    note = sound._bowed(100.0, 0.18, SAMPLE_RATE)[int(0.05 * SAMPLE_RATE) : int(0.15 * SAMPLE_RATE)]
    spectrum = np.abs(np.fft.rfft(note))[10:90:10]
    assert spectrum / spectrum[0] == pytest.approx([1.0, 0.62, 0.42, 0.3, 0.24, 0.14, 0.09, 0.06], abs=0.03)


def test_long_notes_get_a_vibrato() -> None:
    note = sound._bowed(440.0, 2.0, SAMPLE_RATE)
    steady, vibrating = note[: int(0.15 * SAMPLE_RATE)], note[int(1.0 * SAMPLE_RATE) : int(1.5 * SAMPLE_RATE)]

    def periods(part: np.ndarray) -> np.ndarray:
        """The lengths of the periods, in samples, found at upward passages through zero."""
        filtered = np.fft.irfft(np.where(np.arange(len(part) // 2 + 1) < 660 * len(part) / SAMPLE_RATE,
                                         np.fft.rfft(part), 0))  # fmt: skip
        ups = np.flatnonzero((filtered[:-1] < 0) & (filtered[1:] >= 0))
        places = ups - filtered[ups] / (filtered[ups + 1] - filtered[ups])
        return np.diff(places)[3:-3]

    even, wide = periods(steady), periods(vibrating)
    assert SAMPLE_RATE / even.mean() == pytest.approx(440, abs=0.7)
    assert SAMPLE_RATE / wide.mean() == pytest.approx(440, abs=1.0)
    assert SAMPLE_RATE / wide.min() == pytest.approx(440 * 1.0035, rel=0.001)
    assert SAMPLE_RATE / wide.max() == pytest.approx(440 / 1.0035, rel=0.001)


@pytest.mark.parametrize(("pitch", "hertz"), [(76, 1900), (77, 1300)])
def test_a_click_is_short_and_high_or_low(pitch: int, hertz: int) -> None:
    click = sound._click(pitch, SAMPLE_RATE)
    assert len(click) == SAMPLE_RATE // 16
    spectrum = np.abs(np.fft.rfft(click, SAMPLE_RATE))
    assert np.argmax(spectrum) == pytest.approx(hertz, abs=8)
    assert np.abs(click[-200:]).max() < 0.02 < 0.9 < np.abs(click[:60]).max()


def test_settings_are_heard() -> None:
    plain, counted = (
        samples(to_wav(tune("A8|"), playback, RATE)) for playback in (PlaybackSettings(), PlaybackSettings(count_in=1))
    )
    assert len(counted) - len(plain) == 2 * RATE
    faster = samples(to_wav(tune("A8|"), PlaybackSettings(tempo=Fraction(240)), RATE))
    assert len(faster) == 2 * RATE
