"""Commands on more tunes than are held in memory give the same results."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkrnn import spool
from folkrnn.export import writing
from folkrnn.notation import encoding, read_tunes

Run = Callable[..., Any]
TUNE = "X:{number}\nT:{title}\nR:reel\nM:4/4\nL:1/8\nK:{key}\nD2FA dAFA|B2GB dBGB|c2ec gcec|d2fd A2FA|]\n\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return a book with numbers and titles that repeat, and an empty tune."""
    titles = ["The Well", "Anna", "The Well", "Borders", "Cuckoo"]
    parts = [TUNE.format(number=number % 4, title=title, key="DGA"[number % 3]) for number, title in enumerate(titles)]
    path = tmp_path / "book.abc"
    path.write_text("C:Trad.\n\n" + parts[0] + parts[1] + "X:9\nT:Empty\nK:C\n\n" + "".join(parts[2:]))
    return path


def few_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_HELD", 1)
    monkeypatch.setattr(writing, "MOST_HELD_BYTES", 10)
    monkeypatch.setattr(writing, "_BLOCK", 7)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "options",
    [
        ["--format", "abc,midi"],
        ["--format", "abc", "--separate", "--sort", "title", "--transpose", "+2"],
        ["--format", "midi,abc", "--tune", "6,2,1,2"],
        ["--format", "wav,flac", "--tune", "4"],
        ["--format", "abc", "--sort", "key"],
        ["--format", "midi,abc", "--set"],
    ],
)
def test_an_export_is_the_same_with_few_tunes_held(
    run: Run, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    whole = run("export", book, *options, "-o", tmp_path / "out")
    expected = contents(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "whole")
    few_held(monkeypatch)
    result = run("export", book, *options, "-o", tmp_path / "out")
    assert (result.status, result.out, result.err) == (whole.status, whole.out, whole.err)
    assert expected
    assert contents(tmp_path / "out") == expected


def test_one_file_in_the_way_stops_an_export_of_many(
    run: Run, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_held(monkeypatch)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cuckoo.mid").write_text("mine")
    result = run("export", book, "--format", "midi", "-o", tmp_path / "out")
    assert result.status == 2
    assert result.err.endswith("cuckoo.mid exists already; --force overwrites it\n")
    assert contents(tmp_path / "out") == {"cuckoo.mid": b"mine"}


def test_a_tune_that_cannot_be_written_is_left_out_of_many(
    run: Run, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_held(monkeypatch)
    monkeypatch.setattr(writing, "MOST_WRITTEN", 40)
    book.write_text(book.read_text() + TUNE.format(number=8, title="Long", key="D")[:-3] + "|D2FA dAFA" * 9 + "|]\n")
    result = run("export", book, "--format", "midi", "-o", tmp_path / "out")
    assert result.status == 1
    assert "Long: cannot be written as midi" in result.err
    assert sorted(contents(tmp_path / "out")) == [
        "anna.mid",
        "borders.mid",
        "cuckoo.mid",
        "the-well-2.mid",
        "the-well.mid",
    ]


def test_a_book_is_printed_with_few_tunes_held(run: Run, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("export", book, "--format", "abc", "-o", "-")
    few_held(monkeypatch)
    assert run("export", book, "--format", "abc", "-o", "-").out == whole.out
    assert len(read_tunes(whole.out)) == 5


def test_a_number_without_a_tune_is_refused(run: Run, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_held(monkeypatch)
    result = run("export", book, "--tune", "2,8,9", "--format", "abc", "-o", "-")
    assert (result.status, result.out) == (2, "")
    assert "there is no tune 8; expected numbers from 1 to 6" in result.err


@pytest.mark.parametrize("numbers", [[], ["--tune", "5,1"]])
def test_originality_is_the_same_with_few_tunes_held(
    run: Run, book: Path, monkeypatch: pytest.MonkeyPatch, numbers: list[str]
) -> None:
    whole = run("originality", book, "--corpus", book, "--json", *numbers)
    few_held(monkeypatch)
    result = run("originality", book, "--corpus", book, "--json", *numbers)
    assert result.out == whole.out
    titles = [row["title"] for row in json.loads(result.out)]
    assert titles == (["Cuckoo", "The Well"] if numbers else ["The Well", "Anna", "The Well", "Borders", "Cuckoo"])
    assert result.out == json.dumps(json.loads(result.out), indent=2) + "\n"


def test_a_file_without_tunes_is_named_before_what_is_found(run: Run, book: Path, tmp_path: Path) -> None:
    (tmp_path / "none.abc").write_text("words")
    none = run("originality", tmp_path / "none.abc", "--corpus", book, "--json")
    assert (none.status, none.out) == (2, "")
    some = run("originality", tmp_path / "none.abc", book, "--corpus", book, "--json")
    assert some.status == 1
    assert "none.abc: holds no tune" in some.err
    assert len(json.loads(some.out)) == 5


def test_an_import_is_the_same_with_few_tunes_held(
    run: Run, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("export", book, "--format", "midi", "-o", tmp_path / "midi")
    whole = run("import", tmp_path / "midi")
    few_held(monkeypatch)
    assert run("import", tmp_path / "midi").out == whole.out
    assert len(read_tunes(whole.out)) == 5


def test_a_long_file_of_several_encodings_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b"T:Caf\xe9\r\n", "T:Café\n".encode(), b"\r", b"K:C\r\n"] * 5
    for block in (1, 9, 2**16):
        monkeypatch.setattr(encoding, "_BLOCK", block)
        assert encoding.decode(b"".join(lines)) == "T:Café\r\nT:Café\n\rK:C\r\n" * 5
