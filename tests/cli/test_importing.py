"""``folkrnn import``, and MusicXML and MIDI files where other commands take ABC."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import folkrnn

Run = Callable[..., Any]

MUSIC = "|: A | dfd cec | BdB AFA | GBG FAF | E2 F E2 :|\n|: A | dfd cec | BdB AFA | GBG Ace | d3 d2 :|"


@pytest.fixture
def scores(run: Run, tune: Path, tmp_path: Path) -> Path:
    """A folder with one tune as MusicXML, plain and compressed, and as MIDI."""
    folder = tmp_path / "scores"
    assert run("export", tune, "--format", "musicxml,mxl,midi", "--plain", "-o", folder, "-q").status == 0
    return folder


def one(folder: Path, ending: str) -> Path:
    (path,) = folder.glob(f"*{ending}")
    return path


@pytest.mark.parametrize("ending", [".musicxml", ".mxl", ".mid"])
def test_a_file_becomes_abc_on_standard_output(run: Run, scores: Path, ending: str) -> None:
    result = run("import", one(scores, ending))
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("%abc-2.1\n")
    assert "T:The Test of Time\n" in result.out
    assert MUSIC in result.out


def test_a_folder_becomes_a_book(run: Run, scores: Path, tmp_path: Path) -> None:
    result = run("import", scores, "-o", tmp_path / "book.abc")
    assert (result.status, result.out.strip()) == (0, str(tmp_path / "book.abc"))
    assert [tune.title for tune in folkrnn.read(tmp_path / "book.abc")] == ["The Test of Time"] * 3


def test_nothing_is_overwritten_without_force(run: Run, scores: Path, tune: Path) -> None:
    result = run("import", one(scores, ".mid"), "-o", tune)
    assert (result.status, result.err) == (2, f"folkrnn: {tune} exists already; --force overwrites it\n")


def test_a_file_that_cannot_be_read_is_named_and_left_out(run: Run, scores: Path) -> None:
    bad = scores / "bad.mxl"
    bad.write_bytes(b"PK\x03\x04 and no more")
    result = run("import", one(scores, ".mid"), bad)
    assert result.status == 1
    assert result.err.startswith(f"folkrnn: {bad}: is a damaged .mxl file")
    assert MUSIC in result.out
    assert run("import", bad).status == 2


def test_a_file_of_another_kind_is_refused(run: Run, tune: Path) -> None:
    result = run("import", tune)
    assert result.status == 2
    assert result.err == (
        f"folkrnn: {tune}: is no file to import; expected one that ends in one of .musicxml, .xml, .mxl, .mid, .midi\n"
    )


def test_other_voices_are_kept_if_asked(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "duet.abc"
    book.write_text("X:1\nT:Duet\nM:2/4\nL:1/8\nK:D\nV:1\nV:2\n[V:1] d2f2|d4|]\n[V:2] D4|D4|]\n")
    run("export", book, "--format", "musicxml,midi", "-o", tmp_path, "-q")
    for file in (tmp_path / "duet.musicxml", tmp_path / "duet.mid"):
        alone = run("import", file)
        assert "[V:2]" not in alone.out
        assert alone.err.endswith("note import: 1 other voice of the file is left out\n")
        assert "[V:2] D4 | D4" in run("import", file, "--voices", "all").out


@pytest.mark.parametrize("ending", [".musicxml", ".mxl", ".mid"])
def test_other_commands_take_the_files_too(run: Run, scores: Path, ending: str, planned: Path) -> None:
    file = one(scores, ending)
    assert run("validate", file, "--no-second").out.endswith("1 of 1 tune is playable\n")
    assert MUSIC in run("export", file, "--format", "abc", "-o", "-").out
    continued = run("continue", file, "--bars", 2, "--model", planned, "-n", 1, "--best-of", 1, "-o", "-")
    assert MUSIC.splitlines()[0] in continued.out


def test_python_reads_them(scores: Path) -> None:
    for ending in (".musicxml", ".mxl", ".mid"):
        (tune,) = folkrnn.read(one(scores, ending))
        assert (tune.title, str(tune.key)) == ("The Test of Time", "D")


def test_python_writes_mxl(scores: Path, tmp_path: Path) -> None:
    (path,) = folkrnn.write(folkrnn.read(one(scores, ".mxl")), tmp_path / "again.mxl")
    assert path.read_bytes() == one(scores, ".mxl").read_bytes()
