"""Settings of a tune from the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkrnn.notation import form, read_tunes
from folkrnn.validation import validate_tune

Run = Callable[..., Any]


def test_settings_of_a_tune_are_written(run: Run, planned: Path, tune: Path, tmp_path: Path) -> None:
    arguments = ["--closeness", 7, "-n", 2, "--seed", 1, "--model", planned, "--format", "abc,midi", "-o", tmp_path]
    result = run("vary", tune, *arguments)
    assert result.status == 0
    assert result.out.splitlines()[-4:-3] == ["2 of 2 tunes are playable"]
    (before,), after = read_tunes(tune.read_text()), read_tunes((tmp_path / "varied-1.abc").read_text())
    assert len(after) == len(list(tmp_path.glob("*.mid"))) == 2
    for new in after:
        assert validate_tune(new).playable
        assert (new.title, form(new)) == (before.title, form(before))
        assert "closeness 7" in new.field("N")
        assert [note.pitches for note in new.bars[-1].notes] == [note.pitches for note in before.bars[-1].notes]


def test_one_of_several_tunes_goes_to_standard_output(run: Run, planned: Path, tune: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.abc"
    book.write_text("\n".join(tune.read_text().replace("Time", name) for name in ("One", "Two")))
    arguments = ["vary", book, "--tune", 2, "--seed", 1, "--model", planned, "-o"]
    result = run(*arguments, "-")
    assert (result.status, result.err) == (0, "")
    (new,) = read_tunes(result.out)
    assert new.title == "The Test of Two"
    assert run(*arguments, "-").out == result.out
    refused = run(*arguments, book, "--force")
    assert refused.status == 2
    assert "holds 2 tunes, of which 1 would be left" in refused.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--closeness", "10"], "10 is not in the range 0<=x<=9"),
        (["--tune", "3"], "expected --tune from 1 to 1"),
        (["--sampler", "beam"], "gaps are filled at random"),
    ],
)
def test_what_cannot_be_met_is_one_line(run: Run, planned: Path, tune: Path, arguments: list[str], told: str) -> None:
    result = run("vary", tune, *arguments, "--model", planned, "-o", "-")
    assert result.status == 2
    assert told in result.err
    assert len(result.err.splitlines()) == 1


def test_a_tune_that_cannot_be_varied_is_named(run: Run, planned: Path, tmp_path: Path) -> None:
    book = tmp_path / "free.abc"
    book.write_text("X:1\nT:Free\nM:none\nL:1/8\nK:D\nA4|B4|c4|d4|\n")
    result = run("vary", book, "--model", planned, "-o", "-")
    assert result.status == 2
    assert result.err == (
        f"folkrnn: {book}:1: Free: the tune has no meter, so nobody can say how long its new bars are\n"
    )


def test_a_model_that_has_learned_no_plans_is_refused(run: Run, unplanned: Path, tune: Path) -> None:
    result = run("vary", tune, "--model", unplanned, "-o", "-")
    assert result.status == 2
    assert result.err == (
        f"folkrnn: {unplanned}: the model has learned no plans, so it cannot vary a tune; expected one that has\n"
    )
