"""Folders and books of which a part cannot be used: the rest is written, and what is left out is named."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from folkrnn.notation import read_tunes

Run = Callable[..., Any]

GOOD = "X:{0}\nT:Good {0}\nM:4/4\nL:1/4\nK:D\nDEFG|ABcd|\n\n"
TOO_LONG = "X:2\nT:Odd One, The\nM:4/4\nL:1/8\nK:D\n" + "ABcd edcB|" * 9 + "\n\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.abc").write_text(GOOD.format(1))
    (folder / "notes.abc").write_text("Just a few words, and no tune.\n")
    (folder / "empty.abc").write_text("")
    (folder / "z.abc").write_text(GOOD.format(2))
    return folder


@pytest.fixture
def odd_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book whose second tune is longer than any that is drawn."""
    monkeypatch.setattr("folkrnn.export.writing.MOST_WRITTEN", 40)
    path = tmp_path / "book.abc"
    path.write_text(GOOD.format(1) + TOO_LONG + GOOD.format(3))
    return path


def test_a_file_without_tunes_is_named_and_the_others_are_written(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("export", folder, "--format", "abc,midi", "-o", tmp_path / "out")
    assert done.status == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good-1.mid", "good-2.mid", "in.abc"]
    assert sorted(line.partition(".abc: ")[::2] for line in done.err.splitlines()) == [
        (f"folkrnn: {folder}/empty", "is empty; expected tunes in ABC notation"),
        (f"folkrnn: {folder}/notes", "holds no tune; expected one that begins with X: and has a K: field"),
    ]


def test_a_file_without_tunes_alone_is_an_error(run: Run, folder: Path) -> None:
    for command in (["export", "--format", "abc", "-o", "-"], ["originality"], ["play"]):
        done = run(command[0], folder / "notes.abc", *command[1:])
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert "notes.abc: holds no tune" in done.err


def test_a_corpus_is_built_of_the_files_that_hold_tunes(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "z.abc").write_text(GOOD.format(2).replace("DEFG", "GFED") + "".join("ABcd|" for _ in range(8)))
    done = run("corpus", "build", folder, "-o", tmp_path / "corpus")
    assert done.status in (0, 2)  # two tunes may be too few for a corpus
    assert "empty.abc: is empty" in done.err
    assert "notes.abc: holds no tune" in done.err


@pytest.mark.parametrize("format", ["musicxml", "svg"])
def test_a_tune_that_a_format_cannot_show_is_left_out_by_name(
    run: Run, odd_book: Path, tmp_path: Path, format: str
) -> None:
    done = run("export", odd_book, "--format", format, "-o", tmp_path / "out")
    assert done.status == 1
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == ["good-1", "good-3"]
    assert f"book.abc:8: The Odd One: cannot be written as {format}: it has 81 bars and notes" in done.err


def test_a_book_is_written_without_the_tune_that_cannot_be_drawn(run: Run, odd_book: Path, tmp_path: Path) -> None:
    done = run("export", odd_book, "--format", "pdf", "-o", tmp_path / "book.pdf")
    page = PdfReader(io.BytesIO((tmp_path / "book.pdf").read_bytes())).pages[0].extract_text()
    assert (done.status, "Good 1" in page, "Good 3" in page, "Odd" in page) == (1, True, True, False)
    assert "The Odd One: cannot be written as pdf" in done.err


def test_abc_holds_the_odd_tune_too(run: Run, odd_book: Path) -> None:
    done = run("export", odd_book, "--format", "abc", "-o", "-")
    assert (done.status, [tune.title for tune in read_tunes(done.out)]) == (0, ["Good 1", "Odd One, The", "Good 3"])


def test_a_book_of_which_nothing_can_be_drawn_is_an_error(run: Run, odd_book: Path, tmp_path: Path) -> None:
    done = run("export", odd_book, "--tune", "2", "--format", "pdf", "-o", tmp_path / "book.pdf")
    assert (done.status, (tmp_path / "book.pdf").exists(), done.err.count("\n")) == (2, False, 1)


def test_a_tune_that_cannot_be_moved_is_left_out_by_name(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "book.abc"
    path.write_text(GOOD.format(1) + GOOD.format(2).replace("K:D", "K:none") + GOOD.format(3))
    done = run("export", path, "--transpose", "G", "--format", "abc", "-o", "-")
    assert (done.status, [tune.title for tune in read_tunes(done.out)]) == (1, ["Good 1", "Good 3"])
    assert "book.abc:8: Good 2: " in done.err


def test_titles_are_shown_and_filed_as_they_are_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "book.abc"
    path.write_text(GOOD.format(1).replace("Good 1", "Blue K\\'ettle, The"))
    assert run("export", path, "--format", "abc,midi,pdf,musicxml", "-o", tmp_path / "out").status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"the-blue-kettle.mid", "the-blue-kettle.musicxml"}
    assert "<movement-title>The Blue Kéttle</movement-title>" in (tmp_path / "out/the-blue-kettle.musicxml").read_text()
    assert "The Blue Kéttle" in PdfReader(tmp_path / "out/book.pdf").pages[0].extract_text()
    assert "T:Blue K\\'ettle, The\n" in (tmp_path / "out/book.abc").read_text()


def test_an_index_puts_the_spellings_of_a_rhythm_together_by_title(run: Run, tmp_path: Path) -> None:
    rows = [
        ("Zebra", "Reel"),
        ("Kettle, The", "REEL"),
        ("Élan", "reels"),
        ("A Lark", "reel"),
        ("Bim", "Kolo"),
        ("C", "kolo"),
    ]
    path = tmp_path / "book.abc"
    path.write_text(
        "".join(
            f"X:{number}\nT:{title}\nR:{rhythm}\nM:4/4\nL:1/4\nK:D\nDEFG|\n\n"
            for number, (title, rhythm) in enumerate(rows, 1)
        )
    )
    assert run("export", path, "--index", "--format", "pdf", "-o", tmp_path / "book.pdf").status == 0
    lines = [line for page in PdfReader(tmp_path / "book.pdf").pages for line in page.extract_text().splitlines()]
    lines = lines[lines.index("By rhythm and key") + 1 : lines.index("By title")]
    shown = [line.split(" .")[0] for line in lines if not line.strip().isdigit()]
    assert shown == ["Kolo", "D", "5. Bim", "6. C", "reel", "D", "3. Élan", "2. The Kettle", "4. A Lark", "1. Zebra"]
