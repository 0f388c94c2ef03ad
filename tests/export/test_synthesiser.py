"""The voices of the synthesiser: what tells each from the others."""

from itertools import combinations

import numpy as np
import pytest

from folkrnn.export.voices import VOICES, Plucked, Struck, click, voice_name

RATE = 44_100
SUSTAINED = sorted(name for name, voice in VOICES.items() if not isinstance(voice, Plucked | Struck))
DYING = sorted(VOICES.keys() - SUSTAINED)


def note(name: str, frequency: float = 440.0, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return VOICES[name].note(frequency, seconds, rate)


def strengths(sound: np.ndarray, frequency: float, count: int = 8) -> np.ndarray:
    """The strengths of the harmonics of a note, from its 100th millisecond on, the strongest 1."""
    part = sound[RATE // 10 : RATE // 10 + RATE // 2]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    found = [spectrum[int(number * frequency / 2 * 0.985) : int(number * frequency / 2 * 1.04) + 2].max()
             for number in range(1, count + 1)]  # fmt: skip
    return np.array(found) / max(found)


def loudness(part: np.ndarray) -> float:
    return float(np.sqrt((part**2).mean()))


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("frequency", [55.0, 440.0, 1760.0, 3951.0])
def test_a_note_is_bounded_and_begins_and_ends_in_silence(name: str, frequency: float) -> None:
    sound = note(name, frequency, 0.3)
    assert np.isfinite(sound).all()
    assert 0.2 < np.abs(sound).max() < 4
    assert abs(sound[0]) < 0.01
    assert np.abs(sound[-20:]).max() < 0.02
    assert len(sound) >= int(0.3 * RATE)


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("frequency", [196.0, 440.0, 987.8])
def test_a_note_has_its_pitch(name: str, frequency: float) -> None:
    sound = note(name, frequency, 1.0)[2000 : 2000 + RATE // 2]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 4 * len(sound)))
    near = slice(int(frequency * 0.97 * 2), int(frequency * 1.03 * 2) + 1)
    peak = (near.start + np.argmax(spectrum[near])) / 2
    assert 1200 * abs(np.log2(peak / frequency)) < 12, "cents"


@pytest.mark.parametrize("name", SUSTAINED)
def test_a_blown_or_bowed_note_lasts(name: str) -> None:
    sound = note(name)
    early, late = loudness(sound[RATE // 4 : RATE // 2]), loudness(sound[3 * RATE // 4 : RATE])
    assert 0.8 < late / early < 1.25


@pytest.mark.parametrize("name", DYING)
def test_a_plucked_or_struck_note_dies_away_and_its_high_harmonics_first(name: str) -> None:
    sound = note(name, 220.0)
    parts = [loudness(sound[int(at * RATE) : int((at + 0.1) * RATE)]) for at in (0.02, 0.3, 0.6, 0.85)]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] > 2 * parts[-1]
    early, late = (np.abs(np.fft.rfft(sound[start : start + RATE // 4])) for start in (0, RATE // 2))
    assert early[150:170].max() / early[55] > 1.5 * late[150:170].max() / late[55]


def test_no_two_voices_have_the_same_spectrum_and_course() -> None:
    def print_of(name: str) -> np.ndarray:
        sound = note(name)
        course = [loudness(sound[int(at * RATE) : int((at + 0.05) * RATE)]) for at in (0.0, 0.1, 0.4, 0.9)]
        return np.concatenate([20 * np.log10(strengths(sound, 440.0) + 1e-3), 20 * np.log10(np.array(course) + 1e-3)])

    prints = {name: print_of(name) for name in VOICES}
    for one, other in combinations(VOICES, 2):
        assert np.abs(prints[one] - prints[other]).max() > 4, f"{one} and {other} differ by less than 4 dB everywhere"


def test_a_fiddle_has_a_body_and_a_late_vibrato() -> None:
    sound = note("fiddle", 440.0, 1.0, 44_000)  # 100 samples a period
    steady, trembling = sound[4_400:7_900], sound[24_000:27_500]
    assert np.abs(steady[100:] - steady[:-100]).max() < 0.15 * np.abs(steady).max()
    assert np.abs(trembling[100:] - trembling[:-100]).max() > 0.15 * np.abs(trembling).max()
    # The hill of the bridge: of two low notes the harmonics near 2,500 Hz are the stronger ones.
    found = strengths(note("fiddle", 220.0), 220.0, 16)
    assert found[10:12].mean() > found[6:8].mean() * (7.5 / 11.5) ** 1.1 * 1.15


def test_a_flute_has_few_harmonics_and_breath() -> None:
    found = strengths(note("flute"), 440.0)
    assert found[0] == 1
    assert found[2] < 0.2
    between = np.abs(np.fft.rfft(note("flute")[8820:30870] * np.hanning(22050)))[320:330]
    clean = np.abs(np.fft.rfft(note("pipes")[8820:30870] * np.hanning(22050)))[320:330]
    assert between.mean() > 20 * clean.mean(), "air between the harmonics"


def test_a_whistle_is_purer_than_a_flute_and_has_no_vibrato() -> None:
    assert strengths(note("whistle"), 440.0)[1] < strengths(note("flute"), 440.0)[1]


def test_reeds_of_an_accordion_beat() -> None:
    sound = note("accordion", 440.0, 2.0)
    parts = [loudness(part) for part in sound[RATE // 4 : 2 * RATE].reshape(-1, 2205)[:, :]]
    assert max(parts) > 1.3 * min(parts)


def test_a_clarinet_has_odd_harmonics_and_pipes_a_weak_first_one() -> None:
    clarinet = strengths(note("clarinet"), 440.0)
    assert clarinet[1] < 0.5 * clarinet[2]
    pipes = strengths(note("pipes"), 440.0)
    assert pipes[0] < 1 == pipes[1:4].max()


def test_a_string_lacks_the_harmonics_with_a_node_where_it_is_plucked() -> None:
    harp = strengths(note("harp", 220.0), 220.0)
    assert harp[1] < 0.3 * harp[2] + 0.1
    banjo, guitar = (note(name) for name in ("banjo", "guitar"))
    assert loudness(banjo[RATE // 2 : RATE]) < 0.5 * loudness(guitar[RATE // 2 : RATE])


def test_partials_of_a_piano_are_above_the_harmonics() -> None:
    sound = note("piano", 440.0, 2.0)[: 2 * RATE]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    eighth = np.argmax(spectrum[7 * 880 - 200 : 7 * 880 + 200]) + 7 * 880 - 200
    assert 1.005 < eighth / (7 * 880) < 1.02


@pytest.mark.parametrize("name", VOICES)
def test_harmonics_stay_below_half_the_rate(name: str) -> None:
    # Of 3,500 hertz only the first harmonic fits into 8,000 samples a second: the others would sound lower.
    spectrum = np.abs(np.fft.rfft(note(name, 3500.0, 1.0, 8_000)[:8_000]))
    assert np.argmax(spectrum) == pytest.approx(3500, abs=20)
    assert spectrum[200:3000].max() < 0.2 * spectrum.max()


def test_notes_of_a_voice_are_equally_loud_at_every_pitch() -> None:
    found = [loudness(note("fiddle", frequency)[RATE // 4 : RATE // 2]) for frequency in (196.0, 440.0, 880.0, 1760.0)]
    assert max(found) < 1.05 * min(found)


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (0, "piano"), (15, "mandolin"), (21, "accordion"), (24, "guitar"), (32, "bass"), (40, "fiddle"),
        (42, "cello"), (46, "harp"), (56, "brass"), (71, "clarinet"), (73, "flute"), (78, "whistle"),
        (105, "banjo"), (109, "pipes"), (110, "fiddle"), (127, "fiddle"),
    ],
)  # fmt: skip
def test_a_program_has_the_voice_of_its_family(program: int, name: str) -> None:
    assert voice_name(program) == name


@pytest.mark.parametrize(("high", "hertz"), [(True, 1900), (False, 1300)])
def test_a_click_is_short_and_high_or_low(high: bool, hertz: int) -> None:
    sound = click(high, RATE)
    assert len(sound) == RATE // 16
    assert np.argmax(np.abs(np.fft.rfft(sound, RATE))) == pytest.approx(hertz, abs=8)
    assert np.abs(sound[-200:]).max() < 0.02 < 0.9 < np.abs(sound[:60]).max()
