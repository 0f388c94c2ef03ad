"""``folkrnn export --set`` and ``play --set``: several tunes as one."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest
from pypdf import PdfReader

from folkrnn.notation import read_tunes

Run = Callable[..., Any]

BOOK = """X:1
T:Kettle, The
R:jig
M:6/8
L:1/8
Q:3/8=100
K:D
|:dfd cec|d3 d3:|

X:2
T:The Pot
R:jig
M:6/8
L:1/8
Q:3/8=125
K:G
|:gdg ece|g3 g3:|
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.abc"
    path.write_text(BOOK)
    return path


def midi(content: bytes) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(content), charset="utf-8")


def tempos(path: Path) -> list[int]:
    return [each.tempo for each in midi(path.read_bytes()).tracks[0] if each.type == "set_tempo"]


def test_a_set_is_one_file_of_each_format(run: Run, book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("export", book, "--set", "--title", "Kitchen Set", "--format", "abc,midi,wav,pdf", "-o", out)
    assert (result.status, result.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == [
        "kitchen-set.abc", "kitchen-set.mid", "kitchen-set.pdf", "kitchen-set.wav",
    ]  # fmt: skip
    assert [each.field("G") for each in read_tunes((out / "kitchen-set.abc").read_text())] == ["Kitchen Set"] * 2
    assert midi((out / "kitchen-set.mid").read_bytes()).tracks[0].name == "Kitchen Set"
    pdf = PdfReader(out / "kitchen-set.pdf")
    (page,) = pdf.pages
    text = page.extract_text()
    assert text.index("Kitchen Set") < text.index("The Kettle") < text.index("The Pot")
    assert pdf.metadata
    assert pdf.metadata.title == "Kitchen Set"


def test_a_set_is_named_after_its_tunes(run: Run, book: Path, tmp_path: Path) -> None:
    assert run("export", book, "--set", "--times", "2,3", "--format", "midi,pdf", "-o", tmp_path / "out").status == 0
    assert midi((tmp_path / "out" / "book.mid").read_bytes()).tracks[0].name == "The Kettle / The Pot"
    text = PdfReader(tmp_path / "out" / "book.pdf").pages[0].extract_text()
    assert "The Kettle / The Pot" in text
    assert "2 and 3 times" in text


def test_the_tunes_of_a_set_are_numbered_as_they_come(run: Run, book: Path, tmp_path: Path) -> None:
    path = tmp_path / "set.pdf"
    assert run("export", book, "--tune", "2,1", "--set", "-o", path).status == 0
    text = PdfReader(path).pages[0].extract_text()
    assert "1. The Pot" in text
    assert "2. The Kettle" in text


def test_the_tunes_are_played_as_often_as_asked(run: Run, book: Path, tmp_path: Path) -> None:
    lengths = {}
    for times in ("1", "3", "2,3"):
        path = tmp_path / f"{times}.mid"
        assert run("export", book, "--set", "--times", times, "--tempo", "100", "-o", path).status == 0
        lengths[times] = midi(path.read_bytes()).length
    # Each time through is 8 beats at 100 a minute.
    assert [round(lengths[times], 2) for times in ("1", "3", "2,3")] == [9.6, 28.8, 24]


def test_one_tune_is_played_several_times_too(run: Run, book: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.mid"
    assert run("export", book, "--tune", "1", "--times", "3", "-o", path).status == 0
    assert round(midi(path.read_bytes()).length, 2) == 14.4


def test_a_set_has_the_tempo_of_each_tune_or_of_the_first(run: Run, book: Path, tmp_path: Path) -> None:
    assert run("export", book, "--set", "-o", tmp_path / "each.mid").status == 0
    assert run("export", book, "--set", "--set-tempo", "first", "-o", tmp_path / "first.mid").status == 0
    assert tempos(tmp_path / "each.mid") == [400_000, 320_000]
    assert tempos(tmp_path / "first.mid") == [400_000]


def test_a_set_goes_to_standard_output(run: Run, book: Path) -> None:
    result = run("export", book, "--set", "--format", "midi", "-o", "-")
    assert result.status == 0
    assert result.out.startswith("MThd")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--set", "--times", "2,3,3"), "--times has 3 numbers for a set of 2; expected one, or 2"),
        (("--times", "2,3"), "--times 2,3 is for --set; expected one number without it"),
        (("--set-tempo", "first"), "--set-tempo is for --set; expected both of them"),
        (("--set", "--separate"), "--set and --separate are both given; expected one of them"),
        (
            ("--set", "--fill"),
            "--fill changes the order of the tunes, but a set has one; expected no --fill with --set",
        ),
        (
            ("--set", "--format", "musicxml"),
            "musicxml holds one tune and no set; expected one of abc, midi, wav, flac, ogg, mp3, pdf, html",
        ),
    ],
)
def test_what_makes_no_set_is_one_clear_line(
    run: Run, book: Path, tmp_path: Path, options: tuple[str, ...], line: str
) -> None:
    result = run("export", book, "--format", "midi", *options, "-o", tmp_path / "out")
    assert (result.status, result.err) == (2, f"folkrnn: {line}\n")
    assert not (tmp_path / "out").exists()


def test_a_set_that_lasts_too_long_is_one_clear_line(run: Run, book: Path, tmp_path: Path) -> None:
    book.write_text(BOOK.replace("d3 d3", "d192"))
    result = run("export", book, "--set", "--times", "20", "--tempo", "10", "-o", tmp_path / "x.wav")
    assert result.status == 2
    assert "no sound of tune 1 'The Kettle / The Pot': it lasts" in result.err
    assert result.err.splitlines()[-1].startswith("folkrnn: ")


@pytest.mark.parametrize("times", ["0", "21", "a", "2,", "-1", ""])
def test_times_that_are_none_are_refused(run: Run, book: Path, tmp_path: Path, times: str) -> None:
    result = run("export", book, "--set", "--times", times, "-o", tmp_path / "x.mid")
    assert result.status == 2
    assert f"{times!r} says not how often; expected 3, or 2,3,3, from 1 to 20 times" in result.err


def test_a_set_is_played_as_one(run: Run, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    monkeypatch.setattr("folkrnn.export.sound_card.sound_card", lambda: None)
    monkeypatch.setattr(
        "folkrnn.export.sound_card.play_on_card",
        lambda performances, library, begin: heard.extend((begin(each), each)[1] for each in performances),
    )
    result = run("play", book, "--set", "--times", "2")
    assert (result.status, result.err) == (0, "playing The Kettle / The Pot\n")
    assert [len(each.passages) for each in heard] == [2 * 2 * (8 + 8)]
