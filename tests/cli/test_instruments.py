"""``folkrnn export --instrument NAME --tab`` and ``--fingering``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

Run = Callable[..., Any]

FIRST_BARS = ["2:0", "2:5", "1:2", "2:5", "2:4", "1:0", "2:4", "2:2", "2:5", "2:2", "2:0", "3:4", "2:0"]
"""A | dfd cec | BdB AFA | on a mandolin."""


@pytest.mark.parametrize("option", ["--tab", "--tab-only"])
def test_mandolin_tablature(run: Run, tune: Path, tmp_path: Path, option: str) -> None:
    path = tmp_path / "tab.musicxml"
    assert run("export", tune, "--instrument", "mandolin", option, "-o", path).status == 0
    parts = ElementTree.parse(path).getroot().findall("part")
    assert len(parts) == (2 if option == "--tab" else 1)
    found = [f"{each.findtext('string')}:{each.findtext('fret')}" for each in parts[-1].iter("technical")]
    assert found[: len(FIRST_BARS)] == FIRST_BARS


@pytest.mark.parametrize("options", [["mandolin", "--tab"], ["whistle", "--fingering"], ["melodeon", "--fingering"]])
def test_a_book_for_an_instrument(run: Run, tune: Path, tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "book.pdf"
    result = run("export", tune, "--instrument", *options, "--size", "small", "--columns", "2", "-o", path)
    assert result.status == 0
    assert "The Test of Time" in PdfReader(path).pages[0].extract_text()


def test_fingering_as_abc(run: Run, tune: Path) -> None:
    out = run("export", tune, "--instrument", "whistle", "--fingering", "--format", "abc", "-o", "-").out
    assert "\nw: ●●○○○○ ○●●●●● ●●●●○○+ ○●●●●● " in out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--tab"], "--tab lacks its --instrument; expected one of fiddle, mandolin"),
        (["--instrument", "whistle", "--tab"], "--tab is not for whistle; expected one of fiddle"),
        (["--instrument", "Bb", "--fingering"], "--fingering is not for Bb; expected one of whistle"),
        (["--instrument", "mandolin", "--fingering"], "--fingering is not for mandolin; expected one of whistle"),
        (["--instrument", "mandoline", "--tab"], "'mandoline' is unknown (did you mean mandolin?); expected one of Bb"),
        (["--instrument", "mandolin"], "--instrument mandolin changes nothing by itself; expected --tab too"),
        (["--instrument", "whistle"], "expected --fingering too"),
        (["--instrument", "mandolin", "--tab", "--octave", "-1"], "the mandolin has no F#3 (bar 2)"),
        (["--instrument", "whistle", "--fingering", "--octave", "-1"], "the whistle has no A3 (bar 0)"),
    ],
)
def test_what_does_not_go_together_is_one_line(run: Run, tune: Path, options: list[str], told: str) -> None:
    result = run("export", tune, *options, "--format", "svg", "-o", "-")
    assert result.status == 2
    assert told in result.err
    assert result.err.count("\n") == 1


def test_tablature_needs_a_format_that_draws(run: Run, tune: Path) -> None:
    result = run("export", tune, "--instrument", "mandolin", "--tab", "--format", "abc,midi", "-o", "-")
    assert result.status == 2
    assert "--tab is for musicxml, mxl, svg, png, pdf" in result.err


def test_a_tune_that_cannot_be_played_is_named_and_the_others_are_written(run: Run, tune: Path, tmp_path: Path) -> None:
    low = tune.read_text().replace("dfd cec", "D,fd cec").replace("X:1", "X:2")
    tune.write_text(f"{tune.read_text()}\n{low}")
    path = tmp_path / "book.pdf"
    result = run("export", tune, "--instrument", "mandolin", "--tab", "-o", path)
    assert result.status == 1
    assert (
        f"{tune}:10: The Test of Time: the mandolin has no D3 (bar 1); another octave or key may suit it" in result.err
    )
    assert path.exists()


def test_play_knows_transposing_instruments_only(run: Run, tune: Path) -> None:
    result = run("play", tune, "--instrument", "mandolin")
    assert result.status == 2
    assert "'mandolin' is unknown; expected one of Bb, Eb, F" in result.err
