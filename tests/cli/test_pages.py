"""``--format html`` on the command line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

TUNE = "X:{0}\nT:Tune {0}\nR:jig\nM:6/8\nL:1/8\nK:D\n|:dfa {1}|D3 D3:|\n\n"
TOO_LONG = "abc def|" * 9


def book(folder: Path, *bars: str) -> Path:
    path = folder / "book.abc"
    path.write_text("".join(TUNE.format(number, bar) for number, bar in enumerate(bars, 1)))
    return path


def titles(page: Path) -> list[str]:
    return re.findall(r'data-title="(.*?)"', page.read_text(encoding="utf-8"))


def test_the_name_of_a_file_asks_for_a_page_of_all_tunes(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "practice.html"
    done = run("export", book(tmp_path, "afd", "agf"), "-o", page, "--title", "Monday <session>", "--count-in", "2")
    assert (done.status, done.out.strip()) == (0, str(page))
    text = page.read_text(encoding="utf-8")
    assert titles(page) == ["Tune 1", "Tune 2"]
    assert "<title>Monday &lt;session&gt;</title>" in text
    assert '"countIn":2' in text


def test_each_tune_has_a_page_of_its_own_if_asked(run: Run, tmp_path: Path) -> None:
    run("export", book(tmp_path, "afd", "agf"), "--format", "html", "--separate", "-o", tmp_path / "out")
    assert {path.name: titles(path) for path in (tmp_path / "out").iterdir()} == {
        "tune-1.html": ["Tune 1"],
        "tune-2.html": ["Tune 2"],
    }


def test_a_long_book_keeps_its_order_and_its_names_apart(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "book.html"
    assert run("export", book(tmp_path, *["afd"] * 20), "-o", page).status == 0
    assert titles(page) == [f"Tune {number}" for number in range(1, 21)]
    names = re.findall(r' id="(t\d+-[^"]*)"', page.read_text(encoding="utf-8"))
    assert len(names) == len(set(names)) == 20 * 8


def test_a_tune_that_cannot_be_drawn_is_left_out_by_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("folkrnn.export.writing.MOST_WRITTEN", 40)
    page = tmp_path / "book.html"
    done = run("export", book(tmp_path, "afd", f"{TOO_LONG} c4", "agf"), "-o", page)
    assert (done.status, titles(page)) == (1, ["Tune 1", "Tune 3"])
    assert "Tune 2: cannot be written as html: it has " in done.err


def test_parts_for_other_instruments(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "book.html"
    assert run("export", book(tmp_path, "afd"), "-o", page, "--parts", "Eb, F").status == 0
    assert re.findall(r'data-part="(.*?)"', page.read_text(encoding="utf-8")) == ["concert pitch", "E♭ part", "F part"]
    done = run("export", book(tmp_path, "afd"), "-o", page, "--force", "--parts", "Eb,X")
    assert (done.status, done.err.strip()) == (
        2, "folkrnn: Invalid value for '--parts': 'X' is no instrument here; expected some of Bb,Eb,F"
    )  # fmt: skip
