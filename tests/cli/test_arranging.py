"""Exporting and playing: tunes are moved, harmonised and laid out."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest
from pypdf import PdfReader

from folkrnn.notation import read_tunes

Run = Callable[..., Any]


def book(folder: Path, tune: Path, count: int) -> Path:
    path = folder / "book.abc"
    path.write_text("\n".join(tune.read_text().replace("Time", f"Time {number}") for number in range(1, count + 1)))
    return path


@pytest.mark.parametrize(
    ("options", "key", "first"),
    [
        (["--transpose", "+5"], "G", "d"),
        (["--transpose", "G"], "G", "d"),
        (["--transpose", "-2"], "C", "G"),
        (["--octave", "-1"], "D", "A,"),
        (["--instrument", "Bb"], "E", "B"),
        (["--transpose", "G", "--instrument", "Eb"], "E", "b"),
        (["--fit", "whistle"], "D", "A"),
    ],
)
def test_tunes_are_moved(run: Run, tune: Path, options: list[str], key: str, first: str) -> None:
    (moved,) = read_tunes(run("export", tune, *options, "--format", "abc", "-o", "-").out)
    assert (str(moved.key), moved.bars[0].notes[0].pitches[0].letters) == (key, first)


def test_what_does_not_fit_an_instrument_is_told(run: Run, tune: Path) -> None:
    tune.write_text(tune.read_text().replace("BdB AFA", "B,,dB f''FA"))
    result = run("export", tune, "--fit", "whistle", "--format", "abc", "-o", "-")
    assert result.status == 0
    assert "The Test of Time: " in result.err
    assert "do not fit the whistle" in result.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--transpose", "wild"], "no interval or key"),
        (["--tempo", "2"], "beats a minute"),
        (["--tempo", "inf"], "'inf' is no number"),
        (["--swing", "0.9"], "should be from 0.5"),
        (["--octave", "3"], ""),
    ],
)
def test_bad_wishes_are_one_line(run: Run, tune: Path, options: list[str], told: str) -> None:
    result = run("export", tune, *options, "--format", "midi", "-o", "-")
    assert (result.status == 2) == bool(told)
    assert told in result.err
    assert result.err.count("\n") == bool(told)


def test_suggested_chords_are_written_and_heard(run: Run, tune: Path, tmp_path: Path) -> None:
    assert '"D"' in run("export", tune, "--chords", "suggested", "--format", "abc", "-o", "-").out
    for chords, tracks in (("suggested", 3), ("written", 2)):
        path = tmp_path / f"{chords}.mid"
        assert run("export", tune, "--chords", chords, "-o", path).status == 0
        assert len(mido.MidiFile(path).tracks) == tracks


def test_chords_that_are_there_are_kept_or_taken_away(run: Run, tune: Path) -> None:
    tune.write_text(tune.read_text().replace("dfd cec", '"Bm"dfd cec'))
    for chords, there in (("suggested", True), ("written", True), ("none", False)):
        text = run("export", tune, "--chords", chords, "--format", "abc", "-o", "-").out
        assert ('"Bm"' in text, '"D"' in text) == (there, False)


def test_a_book_has_what_was_asked_for(run: Run, tune: Path, tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    options = ["--title", "My Own Book", "--contents", "--index", "--paper", "letter"]
    assert run("export", book(tmp_path, tune, 30), *options, "-o", path).status == 0
    reader = PdfReader(path)
    texts = [page.extract_text() for page in reader.pages]
    assert "My Own Book" in texts[0]
    assert "30 tunes" in texts[0]
    assert "Contents" in texts[1]
    assert all(f"The Test of Time {number}" in texts[1] for number in range(1, 31))
    assert "By rhythm and key" in texts[-2]
    assert "Test of Time 29, The" in texts[-1]
    assert "jig" in texts[-2]
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [612, 792]
    # The page that the contents name is the page where the tune stands.
    (line,) = [line for line in texts[1].splitlines() if "Time 30" in line]
    assert "The Test of Time 30" in texts[int(line.split()[-1]) - 1]
    assert [each.title for each in reader.outline][-1] == "30. The Test of Time 30"


def test_columns_and_small_music_save_pages(run: Run, tune: Path, tmp_path: Path) -> None:
    tunes = book(tmp_path, tune, 24)
    counts = []
    for options in ([], ["--columns", "2", "--size", "small"]):
        path = tmp_path / "book.pdf"
        assert run("export", tunes, *options, "-o", path, "--force").status == 0
        counts.append(len(PdfReader(path).pages))
    assert counts[1] < counts[0]


def test_tunes_apart_have_a_file_each(run: Run, tune: Path, tmp_path: Path) -> None:
    run("export", book(tmp_path, tune, 2), "--format", "pdf,abc", "--separate", "-o", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "the-test-of-time-1.abc", "the-test-of-time-1.pdf", "the-test-of-time-2.abc", "the-test-of-time-2.pdf",
    ]  # fmt: skip


def test_a_picture_holds_the_tune(run: Run, tune: Path, tmp_path: Path) -> None:
    assert run("export", tune, "-o", tmp_path / "tune.png").status == 0
    content = (tmp_path / "tune.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000


def test_many_tunes_are_the_same_whoever_makes_them(run: Run, tune: Path, tmp_path: Path) -> None:
    tunes = book(tmp_path, tune, 20)  # more than one process makes alone
    assert run("export", tunes, "--format", "midi,svg", "-o", tmp_path / "many").status == 0
    assert run("export", tunes, "--format", "midi,svg", "--tune", "7", "-o", tmp_path / "one").status == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "many" / path.name).read_bytes()
    assert len(list((tmp_path / "many").iterdir())) == 40


class Port:
    """A MIDI port that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.silenced = False

    def __enter__(self) -> "Port":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def reset(self) -> None:
        self.silenced = True


def test_play_sends_the_tune_to_a_port(run: Run, tune: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = Port()
    monkeypatch.setattr(mido, "get_output_names", lambda: ["Synth"])
    monkeypatch.setattr(mido, "open_output", lambda name: port if name == "Synth" else pytest.fail(name))
    monkeypatch.setattr("mido.midifiles.midifiles.time.sleep", lambda _: None)
    result = run("play", tune, "--tempo", "600", "--once")
    assert (result.status, result.out) == (0, "")
    assert "playing The Test of Time" in result.err
    began = [message.note for message in port.sent if message.type == "note_on"]
    assert began[:3] == [69, 74, 78]
    assert port.silenced
    assert "expected one of Synth" in run("play", tune, "--port", "Piano").err


@pytest.mark.parametrize("names", [[], ModuleNotFoundError("No module named 'rtmidi'")])
def test_without_a_port_play_says_what_is_missing(
    run: Run, tune: Path, monkeypatch: pytest.MonkeyPatch, names: list[str] | Exception
) -> None:
    def found() -> list[str]:
        if isinstance(names, Exception):
            raise names
        return names

    monkeypatch.setattr(mido, "get_output_names", found)
    result = run("play", tune)
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert "expected" in result.err


def test_standard_output_takes_a_book(run: Run, tune: Path) -> None:
    result = run("export", tune, "--format", "musicxml", "-o", "-")
    assert io.StringIO(result.out).readline().startswith("<?xml")


def test_a_book_is_sorted_and_shows_what_is_asked_for(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "book.abc"
    head = "X:{0}\nT:{1}\nS:a fiddler\nM:4/4\nL:1/8\nK:D\n"
    titles = ("The Zephyr", "An Acorn", "Birds")
    book.write_text("\n".join(head.format(*pair) + "A8|B8|c8|d8|]\n" for pair in enumerate(titles, 1)))
    listed = run("export", book, "--sort", "title", "--format", "abc", "-o", "-").out
    assert re.findall("T:(.*)", listed) == ["An Acorn", "Birds", "The Zephyr"]
    pdf = tmp_path / "dots.pdf"
    assert run("export", book, "--sort", "title", "--incipits", "--notes", "--fill", "-o", pdf).status == 0
    (page,) = PdfReader(pdf).pages
    text = page.extract_text()
    assert text.index("An Acorn") < text.index("Birds") < text.index("The Zephyr")
    assert "Source: a fiddler" in " ".join(text.split())
