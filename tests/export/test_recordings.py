"""Compressed sound, sound fonts, and what is said where a package is missing.

soundfile and tinysoundfont are no part of a plain installation: tests that need them are skipped there.
"""

import io
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from folkrnn.errors import ExportError
from folkrnn.export import FORMATS, PlaybackSettings, export_tunes, format_of, soundfonts
from folkrnn.export.formats import writable
from folkrnn.export.packages import installed, needed
from folkrnn.export.performance import perform
from folkrnn.export.recordings import ENCODINGS, to_recording
from folkrnn.export.sound import PEAK, SAMPLE_RATE, sound_of, to_wav
from folkrnn.export.soundfonts import SYSTEM, find_soundfont
from folkrnn.notation import Tune, read_tunes

needs_soundfile = pytest.mark.skipif(not installed("soundfile"), reason="needs soundfile")
needs_tinysoundfont = pytest.mark.skipif(not installed("tinysoundfont"), reason="needs tinysoundfont")


def tune(body: str = "A8|", header: str = "") -> Tune:
    return read_tunes(f"X:1\nT:Kettle, The\nC:Anon\n{header}M:4/4\nL:1/8\nQ:1/4=120\nK:C\n{body}\n")[0]


@needs_soundfile
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_recording_sounds_as_the_wav_file_does(name: str) -> None:
    import soundfile

    content = to_recording(tune(), name)
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert (file.samplerate, file.channels, file.title, file.artist) == (SAMPLE_RATE, 2, "The Kettle", "Anon")
        assert file.frames / SAMPLE_RATE == pytest.approx(3, abs=0.1)
        read = file.read()[: 2 * SAMPLE_RATE].mean(axis=1)
    assert np.abs(read).max() < 1
    assert np.argmax(np.abs(np.fft.rfft(read[:SAMPLE_RATE]))) == pytest.approx(440, abs=1)
    assert len(content) < (0.9 if name == "flac" else 0.25) * len(to_wav(tune()))


@needs_soundfile
def test_a_long_recording_is_whole(tmp_path: Path) -> None:
    import soundfile

    (path,) = export_tunes([tune("A8|" * 40)], ["ogg"], tmp_path)
    assert soundfile.info(path).duration == pytest.approx(81, abs=0.1)


def hidden(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Let packages be missing."""
    from importlib.machinery import ModuleSpec
    from importlib.util import find_spec

    def found(name: str) -> ModuleSpec | None:
        return None if name in packages else find_spec(name)

    monkeypatch.setattr("folkrnn.export.packages.find_spec", found)
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize("name", ENCODINGS)
def test_without_soundfile_a_recording_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden(monkeypatch, "soundfile")
    line = f"a file in {name} needs soundfile; expected it from `pip install soundfile`"
    for make in (lambda: writable(name), lambda: format_of(f"x.{name}"), lambda: to_recording(tune(), name)):
        with pytest.raises(ExportError) as caught:
            make()
        assert str(caught.value) == line


def test_other_formats_need_nothing() -> None:
    assert {name for name, each in FORMATS.items() if each.needs} == set(ENCODINGS)
    assert [writable(name) for name in ("wav", "midi", "pdf")] == ["wav", "midi", "pdf"]


def test_a_package_whose_library_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr("folkrnn.export.packages.import_module", refuse)
    with pytest.raises(
        ExportError, match=r"the card needs wave \(PortAudio library not found\); expected it from `x y`"
    ):
        needed("wave", "the card", "x y")


# Sound fonts


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def words(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}H", *numbers)


def a_soundfont() -> bytes:
    """A sound font of one instrument, which is a sine of 441 Hz at A4, 100 samples a period and looped."""
    period = np.sin(2 * np.pi * np.arange(1000) / 100)
    data = (20_000 * period).astype("<i2").tobytes() + b"\0" * 92

    def name(text: str) -> bytes:
        return text.encode().ljust(20, b"\0")

    info = chunk(
        b"LIST", b"INFO" + chunk(b"ifil", words(2, 1)) + chunk(b"isng", b"EMU8000\0") + chunk(b"INAM", b"One\0")
    )
    samples = chunk(b"LIST", b"sdta" + chunk(b"smpl", data))
    presets = name("Sine") + words(0, 0, 0) + b"\0" * 12 + name("EOP") + words(0, 0, 1) + b"\0" * 12
    sample = name("sine") + struct.pack("<IIIIIBbHH", 0, 1000, 100, 900, SAMPLE_RATE, 69, 0, 0, 1)
    hydra = [
        (b"phdr", presets), (b"pbag", words(0, 0, 1, 0)), (b"pmod", b"\0" * 10), (b"pgen", words(41, 0, 0, 0)),
        (b"inst", name("sine") + words(0) + name("EOI") + words(1)), (b"ibag", words(0, 0, 2, 0)),
        (b"imod", b"\0" * 10), (b"igen", words(54, 1, 53, 0, 0, 0)), (b"shdr", sample + name("EOS") + b"\0" * 26),
    ]  # fmt: skip
    data = b"".join(chunk(key, content) for key, content in hydra)
    return chunk(b"RIFF", b"sfbk" + info + samples + chunk(b"LIST", b"pdta" + data))


@pytest.fixture
def font(tmp_path: Path) -> Path:
    path = tmp_path / "one.sf2"
    path.write_bytes(a_soundfont())
    return path


@needs_tinysoundfont
def test_a_sound_font_plays_the_notes_at_their_times(font: Path) -> None:
    read = tune('"Am"z4 A4|[Aa]8|')
    settings = PlaybackSettings(soundfont=str(font), chords=False, count_in=1)
    found = sound_of(perform(read, settings))
    assert found.shape == (2, 7 * SAMPLE_RATE)
    assert np.abs(found).max() == pytest.approx(PEAK)
    alone = sound_of(perform(read, PlaybackSettings(soundfont=str(font), chords=False)))[0]
    assert np.abs(alone[: SAMPLE_RATE - 10]).max() == 0
    one = alone[SAMPLE_RATE : 2 * SAMPLE_RATE]
    assert np.argmax(np.abs(np.fft.rfft(one))) == pytest.approx(441, abs=2)
    both = np.abs(np.fft.rfft(alone[2 * SAMPLE_RATE : 4 * SAMPLE_RATE]))
    assert both[878:886].max() > 20 * np.median(both)
    assert both[1760:1768].max() > 20 * np.median(both)


@needs_tinysoundfont
def test_a_program_that_a_font_lacks_is_played_with_what_it_has(font: Path) -> None:
    found = sound_of(perform(tune("%%MIDI program 73\nA8|"), PlaybackSettings(soundfont=str(font))))
    assert np.abs(found).max() == pytest.approx(PEAK)


@needs_tinysoundfont
def test_microtones_are_bent(font: Path) -> None:
    from dataclasses import replace
    from fractions import Fraction

    read = tune("A8|")
    (note,) = read.bars[0].notes
    sharp = note._replace(pitches=(note.pitches[0]._replace(alter=Fraction(1, 2)),))
    read = read.with_bars((replace(read.bars[0], notes=(sharp,)),))
    found = sound_of(perform(read, PlaybackSettings(soundfont=str(font))))[0]
    assert np.argmax(np.abs(np.fft.rfft(found[:SAMPLE_RATE]))) == pytest.approx(441 * 2 ** (0.5 / 12), abs=2)


@needs_tinysoundfont
def test_half_a_sound_font_is_one_clear_line(font: Path) -> None:
    font.write_bytes(font.read_bytes()[:100])
    with pytest.raises(ExportError, match=r"one\.sf2 cannot be loaded as a sound font"):
        to_wav(tune(), PlaybackSettings(soundfont=str(font)))


def test_without_tinysoundfont_a_sound_font_is_one_clear_line(font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden(monkeypatch, "tinysoundfont")
    with pytest.raises(ExportError) as caught:
        to_wav(tune(), PlaybackSettings(soundfont=str(font)))
    line = "a sound font needs tinysoundfont; expected it from `pip install --no-deps tinysoundfont`"
    assert str(caught.value) == line


def test_a_file_that_is_no_sound_font_is_one_clear_line(tmp_path: Path) -> None:
    other = tmp_path / "other.sf2"
    other.write_bytes(b"RIFF____WAVEfmt ")
    with pytest.raises(ExportError) as caught:
        find_soundfont(str(other))
    assert str(caught.value) == f"{other} is no sound font; expected a .sf2 or .sf3 file"
    with pytest.raises(
        ExportError, match=r"none\.sf2 cannot be read: No such file or directory; expected a sound font"
    ):
        find_soundfont(str(tmp_path / "none.sf2"))


def test_the_sound_font_of_the_system_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfonts, "system_folders", lambda: [tmp_path / "none", tmp_path])
    with pytest.raises(ExportError, match="no sound font is on this system"):
        find_soundfont(SYSTEM)
    for name in ("a.sf2", "default-GM.sf3", "readme.txt"):
        (tmp_path / name).write_bytes(a_soundfont())
    assert find_soundfont(SYSTEM) == tmp_path / "default-GM.sf3"


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_system_has_folders_for_sound_fonts(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert any("soundfonts" in folder.parts[-1].lower() for folder in soundfonts.system_folders())


class Synth:
    """What tinysoundfont is asked for, in order; its font has one program, 5."""

    def __init__(self, samplerate: int) -> None:
        self.calls: list[tuple[Any, ...]] = []
        Synth.last = self

    last: "Synth"

    def sfload(self, path: str) -> int:
        return 7

    def program_select(self, channel: int, font: int, bank: int, program: int, drums: bool = False) -> None:
        if program != 5 and not drums:
            raise RuntimeError("no such preset")
        self.calls.append(("program", channel, program, drums))

    def program_unset(self, channel: int) -> None:
        self.calls.append(("unset", channel))

    def sfpreset_name(self, font: int, bank: int, preset: int) -> str | None:
        return "Piano" if (bank, preset) == (0, 5) else None

    def pitchbend(self, channel: int, value: int) -> None:
        self.calls.append(("bend", channel, value))

    def noteon(self, channel: int, pitch: int, velocity: int) -> None:
        self.calls.append(("on", channel, pitch))

    def noteoff(self, channel: int, pitch: int) -> None:
        self.calls.append(("off", channel, pitch))

    def generate(self, count: int, buffer: memoryview) -> None:
        assert len(buffer) == 8 * count
        buffer[:] = np.full(2 * count, 0.25, np.float32).tobytes()
        self.calls.append(("wait", round(count / SAMPLE_RATE, 3)))


def test_a_sound_font_is_asked_for_its_notes_in_order(font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("tinysoundfont")
    module.Synth = Synth  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tinysoundfont", module)
    settings = PlaybackSettings(soundfont=str(font), count_in=1, program=5)
    found = sound_of(perform(tune("A4 A4|"), settings))
    assert found.shape == (2, 5 * SAMPLE_RATE)
    assert (found == np.float32(PEAK)).all()
    notes = [call for call in Synth.last.calls if call[0] != "wait" and call[1] == 0]
    assert notes == [
        ("program", 0, 5, False), ("on", 0, 69), ("off", 0, 69), ("on", 0, 69), ("off", 0, 69),
    ]  # fmt: skip
    assert Synth.last.calls[:2] == [("program", 9, 0, True), ("on", 9, 76)]
    assert sum(call[1] for call in Synth.last.calls if call[0] == "wait") == pytest.approx(5, abs=0.01)
    sound_of(perform(tune(), PlaybackSettings(soundfont=str(font), program=73)))
    assert Synth.last.calls[:3] == [("unset", 0), ("program", 0, 5, False), ("on", 0, 69)]
