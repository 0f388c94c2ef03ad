"""Sound: how the voices of the synthesiser are mixed, and the file."""

import io
import tracemalloc
import wave
from fractions import Fraction

import numpy as np
import pytest

from folkrnn.errors import ExportError
from folkrnn.export import sound
from folkrnn.export.performance import perform
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.export.sound import PEAK, SAMPLE_RATE, synthesised, to_wav
from folkrnn.notation import Tune, read_tunes

RATE = 8_000


def tune(body: str, header: str = "Q:1/4=120\n") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/8\n{header}K:C\n{body}\n")[0]


def samples(content: bytes) -> np.ndarray:
    """The samples of a file of two channels, of shape (N, 2)."""
    with wave.open(io.BytesIO(content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32767


def heard(body: str, header: str = "Q:1/4=120\n", rate: int = RATE, **settings) -> np.ndarray:
    """The sound of a tune, of shape (2, N)."""
    return synthesised(perform(tune(body, header), PlaybackSettings(**settings)), rate)


def loudness(part: np.ndarray) -> float:
    return float(np.sqrt((part**2).mean()))


@pytest.mark.parametrize("rate", [8_000, 22_050, SAMPLE_RATE])
def test_a_file_has_two_channels_of_16_bits_at_its_rate(rate: int) -> None:
    with wave.open(io.BytesIO(to_wav(tune("A8|"), rate=rate))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, rate)
        assert file.getnframes() == 3 * rate, "two seconds of music and one in which it dies away"


def test_a_file_may_have_one_channel() -> None:
    with wave.open(io.BytesIO(to_wav(tune("A8|"), rate=RATE, stereo=False))) as file:
        assert (file.getnchannels(), file.getnframes()) == (1, 3 * RATE)


def test_the_usual_rate_is_that_of_a_compact_disc() -> None:
    with wave.open(io.BytesIO(to_wav(tune("A8|")))) as file:
        assert file.getframerate() == SAMPLE_RATE == 44_100


@pytest.mark.parametrize(("body", "hertz"), [("A8|", 440.0), ("a8|", 880.0), ("C8|", 261.63), ("G,8|", 196.0)])
def test_a_note_sounds_at_its_pitch(body: str, hertz: float) -> None:
    one = samples(to_wav(tune(body), PlaybackSettings(program=73), RATE))[:RATE].mean(axis=1)
    spectrum = np.abs(np.fft.rfft(one * np.hanning(RATE)))
    assert np.argmax(spectrum) == pytest.approx(hertz, abs=2)


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (81, 880.0), (57, 220.0), (60, 261.6256), (70, 466.1638)])
def test_pitches_are_in_equal_temperament(pitch: int, hertz: float) -> None:
    assert sound.frequency(pitch) == pytest.approx(hertz, abs=1e-3)


@pytest.mark.parametrize("body", ["A8|", '"G"[GBd]8|', "A,A,A,A,|"])
def test_the_loudest_sample_has_its_bound(body: str) -> None:
    assert np.abs(samples(to_wav(tune(body), rate=RATE))).max() == pytest.approx(PEAK, abs=1e-3)


def test_a_tune_of_rests_is_silence() -> None:
    assert not samples(to_wav(tune("z8|"), rate=RATE)).any()


def test_notes_are_where_they_begin_and_die_away_where_they_end() -> None:
    found = heard("z2 A2 z4|")[0]
    assert np.abs(found[: RATE // 2]).max() < 1e-6
    assert loudness(found[RATE // 2 : RATE]) > 0.1
    assert loudness(found[int(1.06 * RATE) : int(1.1 * RATE)]) > 0, "the room answers"
    assert np.abs(found[int(1.5 * RATE) :]).max() < 1e-4, "half a second later it is silent"


def test_a_loud_note_is_louder_than_a_soft_one() -> None:
    # The first note is on the beat (96), the other one is not (78).
    found = heard("A z6 A|")
    ratio = loudness(found[:, : RATE // 4]) / loudness(found[:, 7 * RATE // 4 : 2 * RATE])
    assert ratio == pytest.approx((96 / 78) ** 1.5, rel=0.02)


def test_the_parts_stand_at_different_places() -> None:
    def balance(found: np.ndarray) -> float:
        left, right = map(loudness, found)
        return (right - left) / (right + left)

    melody, chords = heard("A8|"), heard('"Am"z8|')
    assert -0.25 < balance(melody) < -0.03
    assert balance(chords) > 0.2
    second = heard("V:1\nz8|\nV:2\nA8|\nV:3\nz8|")
    assert abs(balance(second)) > 0.05


def test_a_room_answers_on_both_sides_differently() -> None:
    left, right = heard("A z7|", rate=22_050)
    tail = slice(int(0.32 * 22_050), int(0.5 * 22_050))
    assert loudness(left[tail]) > 0
    assert abs(np.corrcoef(left[tail], right[tail])[0, 1]) < 0.9


def test_long_sounds_are_as_long_and_as_loud_as_short_ones() -> None:
    # The room is computed block by block; nothing may be heard where they meet.
    found = heard("|:A8:|" * 20, rate=RATE)
    assert found.shape[1] == 81 * RATE
    parts = [loudness(found[:, start * RATE : (start + 1) * RATE]) for start in range(2, 78, 2)]
    assert max(parts) < 1.02 * min(parts)


def test_settings_are_heard() -> None:
    plain, counted = heard("A8|"), heard("A8|", count_in=1)
    assert counted.shape[1] - plain.shape[1] == 2 * RATE
    assert heard("A8|", tempo=Fraction(240)).shape[1] == 2 * RATE


def test_a_sound_of_more_than_an_hour_is_refused_before_memory_is_taken() -> None:
    slow = tune("z" + "C16|" * 150, "Q:1/4=4\n")
    tracemalloc.start()
    with pytest.raises(ExportError) as caught:
        to_wav(slow)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(caught.value) == (
        "no sound of tune 1 'Test': it lasts 5 h 0 min; expected an hour at most: a faster --tempo, or --once"
    )
    assert most < 5_000_000


@pytest.mark.parametrize("body", ["|:C16:|" * 60, "|:C16|D16:|" * 30 + "C64-|C64-|C64-|C64|"])
def test_long_repeats_and_long_notes_are_refused(body: str) -> None:
    with pytest.raises(ExportError, match="expected an hour at most"):
        to_wav(tune("z" + body, "Q:1/4=4\n"), PlaybackSettings(times=4))


def test_a_note_dies_away_after_two_minutes() -> None:
    """A note of three minutes, tied from bar to bar, on a fiddle, which could sound on."""
    slow = perform(tune("C8-|C8-|C8|", "Q:1/4=4\n"))
    assert [round(note.length) for note in slow.notes] == [180]
    made = synthesised(slow, 2000)
    assert made.shape[1] >= 180 * 2000
    assert abs(made[:, 118 * 2000 : 119 * 2000]).max() > 0.1
    assert abs(made[:, 122 * 2000 :]).max() < 0.001


def test_the_same_tune_is_the_same_sound() -> None:
    one = tune('"C"CDEF GABc|')
    assert to_wav(one, rate=RATE) == to_wav(one, rate=RATE)
