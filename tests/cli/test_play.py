"""``folkrnn play``: the sound card, MIDI ports, and what is said where there is neither."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mido
import numpy as np
import pytest

from folkrnn.export.sound import SAMPLE_RATE

Run = Callable[..., Any]


class Card:
    """A sound card that keeps what it is given, as sounddevice."""

    class PortAudioError(Exception):
        """What sounddevice raises."""

    def __init__(self, problem: str = "", breaks: bool = False) -> None:
        self.problem, self.breaks = problem, breaks
        self.heard: list[np.ndarray] = []

    def query_devices(self, kind: str) -> dict[str, str]:
        if self.problem:
            raise ValueError(self.problem)
        return {"name": kind}

    def OutputStream(self, samplerate: int, channels: int, dtype: str) -> "Card":
        assert (samplerate, channels, dtype) == (SAMPLE_RATE, 2, "float32")
        return self

    def __enter__(self) -> "Card":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, part: np.ndarray) -> None:
        if self.breaks:
            raise self.PortAudioError("unplugged")
        assert part.flags.c_contiguous
        self.heard.append(part)


class Port:
    """A MIDI port that keeps its messages."""

    def __init__(self) -> None:
        self.messages: list[mido.Message] = []
        self.resets = 0

    def __enter__(self) -> "Port":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, message: mido.Message) -> None:
        self.messages.append(message)

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    card = Card()
    monkeypatch.setitem(sys.modules, "sounddevice", card)
    return card


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr("folkrnn.export.packages.find_spec", lambda name: None)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Port:
    port = Port()
    monkeypatch.setattr(mido, "get_output_names", lambda: ["Synth", "Other"])
    monkeypatch.setattr(mido, "open_output", lambda name: port)
    monkeypatch.setattr("mido.midifiles.midifiles.time", SimpleNamespace(time=lambda: 1e9, sleep=lambda _: None))
    return port


def test_tunes_are_played_on_the_sound_card(run: Run, tune: Path, card: Card) -> None:
    result = run("play", tune, "--tempo", "600")
    assert (result.status, result.err) == (0, "playing The Test of Time\n")
    sound = np.concatenate(card.heard)
    assert sound.shape[1] == 2
    assert np.abs(sound).max() == pytest.approx(0.89, abs=0.001)


def test_a_sound_card_that_stops_is_one_clear_line(run: Run, tune: Path, card: Card) -> None:
    card.breaks = True
    result = run("play", tune, "--quiet")
    assert (result.status, result.err) == (2, "folkrnn: the sound card cannot be played on: unplugged\n")


def test_a_port_is_played_on_if_it_is_named(run: Run, tune: Path, card: Card, port: Port) -> None:
    assert run("play", tune, "--port", "Other", "--quiet").status == 0
    assert card.heard == []
    assert any(message.type == "note_on" for message in port.messages)
    assert port.resets == 1
    result = run("play", tune, "--port", "Third")
    assert (result.status, result.err) == (2, "folkrnn: there is no MIDI port 'Third'; expected one of Synth, Other\n")


@pytest.mark.usefixtures("no_card")
def test_without_a_sound_card_the_first_port_is_played_on(run: Run, tune: Path, port: Port) -> None:
    result = run("play", tune)
    assert (result.status, result.err) == (0, "playing The Test of Time\n")
    assert port.messages


@pytest.mark.usefixtures("no_card")
def test_what_is_missing_is_said_in_one_line(run: Run, tune: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ModuleNotFoundError("No module named 'rtmidi'")

    monkeypatch.setattr(mido, "get_output_names", refuse)
    result = run("play", tune)
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert line.startswith("folkrnn: there is nothing to play on: the sound card needs sounddevice; expected it from ")
    assert "pip install sounddevice" in line
    assert "pip install python-rtmidi" in line


def test_no_card_and_no_port_are_both_named(run: Run, tune: Path, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    card.problem = "No output device\n matching ''"
    monkeypatch.setattr(mido, "get_output_names", list)
    result = run("play", tune)
    assert result.err == (
        "folkrnn: there is nothing to play on: there is no sound card to play on (No output device matching ''); "
        "there is no MIDI port; expected a synthesiser or a sequencer that is running\n"
    )


def test_a_sound_font_is_for_the_sound_card(run: Run, tune: Path, tmp_path: Path) -> None:
    result = run("play", tune, "--soundfont", "x.sf2", "--port", "Synth")
    assert (result.status, result.err) == (
        2,
        "folkrnn: --soundfont is for the sound card; expected it without --port\n",
    )
    bad = tmp_path / "bad.sf2"
    bad.write_bytes(b"no font")
    for command in ("play", "export"):
        more = ("--format", "wav", "-o", tmp_path / "out") if command == "export" else ()
        result = run(command, tune, "--soundfont", bad, *more)
        assert (result.status, result.err) == (
            2,
            f"folkrnn: {bad} is no sound font; expected a .sf2 or .sf3 file\n",
        )


@pytest.mark.usefixtures("no_card")
def test_a_sound_font_that_nothing_can_play_is_refused_at_once(run: Run, tune: Path, tmp_path: Path) -> None:
    font = tmp_path / "some.sf2"
    font.write_bytes(b"RIFF\0\0\0\0sfbk")
    result = run("export", tune, "--soundfont", font, "--format", "midi,wav", "-o", tmp_path / "out")
    assert (result.status, result.err) == (
        2,
        "folkrnn: a sound font needs tinysoundfont; expected it from `pip install --no-deps tinysoundfont`\n",
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_card")
def test_a_format_whose_package_is_missing_is_refused_at_once(run: Run, tune: Path, tmp_path: Path) -> None:
    for more in (("--format", "wav,mp3", "-o", tmp_path / "out"), ("-o", tmp_path / "x.mp3")):
        result = run("export", tune, *more)
        assert result.status == 2
        assert "a file in mp3 needs soundfile; expected it from `pip install soundfile`" in result.err
    assert not (tmp_path / "out").exists()
