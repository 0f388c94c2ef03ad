"""Files that cannot be imported: each is refused in one line that says why."""

import io
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import mido
import pytest

from folkrnn.errors import InputError
from folkrnn.export.midi import to_midi
from folkrnn.export.musicxml import to_mxl
from folkrnn.importing import import_tune, read_music
from folkrnn.importing.files import MAX_XML_BYTES
from folkrnn.notation import read_tunes

(TUNE,) = read_tunes("X:1\nT:One\nM:2/4\nL:1/8\nK:D\nDEFG|A4|]\n")
HEAD = '<?xml version="1.0"?>\n'


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(InputError) as caught:
        import_tune(data, name)
    message = str(caught.value)
    assert message.startswith(name)
    assert "\n" not in message
    return message


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize("keep", [3, 40, 200, -30])
def test_a_damaged_archive_is_refused(keep: int) -> None:
    assert "damaged .mxl file" in refusal(to_mxl(TUNE)[:keep], "x.mxl")


def test_an_archive_whose_bytes_were_changed_is_refused() -> None:
    data = bytearray(to_mxl(TUNE))
    data[-600] ^= 0xFF
    with pytest.raises(InputError, match=r"^x\.mxl: is a damaged"):
        import_tune(bytes(data), "x.mxl")


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    bomb = archive(score_xml=b" " * (MAX_XML_BYTES + 10))
    assert len(bomb) < 100_000
    assert "more than 64 MiB" in refusal(bomb, "x.mxl")


def test_an_archive_without_a_score_is_refused() -> None:
    assert "holds no score" in refusal(archive(readme_txt=b"hello"), "x.mxl")


def test_a_container_that_names_no_file_of_the_archive_leaves_the_first_score() -> None:
    buffer = io.BytesIO(to_mxl(TUNE))
    with zipfile.ZipFile(buffer) as file:
        score = file.read("score.musicxml")
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as file:
        file.writestr("META-INF/container.xml", "<container><rootfile full-path='gone.xml'/></container>")
        file.writestr("music.xml", score)
    assert import_tune(buffer.getvalue(), "x.mxl").title == "One"


def test_entities_are_refused_with_their_line() -> None:
    laughs = "<!DOCTYPE s [\n<!ENTITY a 'ha'>\n<!ENTITY b '&a;&a;&a;'>\n]>\n<score-partwise>&b;</score-partwise>"
    assert refusal((HEAD + laughs).encode(), "x.musicxml").startswith("x.musicxml:3: declares an entity")


def test_a_file_of_the_system_is_never_read() -> None:
    text = "<!DOCTYPE s [\n<!ENTITY a SYSTEM 'file:///etc/passwd'>\n]>\n<score-partwise>&a;</score-partwise>"
    assert "entity" in refusal((HEAD + text).encode(), "x.xml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<score-partwise><part>", "no element found"),
        ("X:1\nT:a tune\nK:D\nabc|\n", "is no MusicXML"),
        ("<score-timewise/>", "'score-timewise'"),
        ("<html><body/></html>", "'html'"),
        ("<score-partwise/>", "has no notes"),
        ("<score-partwise>" + "<a>" * 100, "nested too deeply"),
        ("<score-partwise><part id='P1'><measure><note><pitch/></note></measure></part></score-partwise>", "music21"),
    ],
)
def test_what_is_no_score_is_refused(text: str, reason: str) -> None:
    assert reason in refusal((HEAD + text).encode(), "x.musicxml")


def midi(tracks: int = 1, notes: int = 1, length: int = 480, channel: int = 0, **about: int) -> bytes:
    file = mido.MidiFile(ticks_per_beat=480, **about)
    for _ in range(tracks):
        track = mido.MidiTrack()
        for place in range(notes):
            track.append(mido.Message("note_on", note=60 + place % 12, channel=channel, time=0))
            track.append(mido.Message("note_off", note=60 + place % 12, channel=channel, time=length))
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (midi(notes=0), "has no notes"),
        (midi(notes=4, channel=9), "drums do not count"),
        (midi(notes=10, length=480 * 7200), "lasts 600 minutes; expected a tune of at most 60"),
        (midi(notes=4, type=2), "several pieces"),
        (midi(notes=40)[:60], "is a damaged MIDI file"),
        (b"RIFF" + midi(), "is no MIDI file"),
        (midi()[:12] + b"\xe7\x28" + midi()[14:], "frames of film"),
    ],
)
def test_midi_without_a_tune_is_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data, "x.mid")


def test_of_64_tracks_one_is_the_melody_and_a_line_says_so() -> None:
    tune = import_tune(midi(tracks=64, notes=8), "x.mid")
    assert len(tune.voices) == 1
    assert tune.findings[0].message == "63 other voices of the file are left out"
    assert len(import_tune(midi(tracks=64, notes=8), "x.mid", all_voices=True).voices) == 64


def test_a_file_that_is_missing_or_empty_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.mid").write_bytes(b"")
    for name, reason in (("gone.mxl", "there is no such file"), ("empty.mid", "is empty"), (".", "is a folder")):
        with pytest.raises(InputError, match=reason):
            read_music(tmp_path / name)


def test_bytes_that_are_changed_at_random_never_break_the_reader() -> None:
    data, rng = to_midi(TUNE), random.Random(3)
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(3):
            changed[rng.randrange(14, len(data))] = rng.randrange(256)
        with suppress(InputError):
            import_tune(bytes(changed), "x.mid")
