"""Plans from the command line: tunes whose bars come back as they are asked to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkrnn.notation import canonical, form, read_tunes
from folkrnn.notation.context import plan_of
from folkrnn.notation.plan import broken_plan, read_plan

Run = Callable[..., Any]


def asked(run: Run, model: Path, *options: object) -> Any:
    """Ask for two tunes in 2/4 and return the result; their ABC is on stdout."""
    return run("generate", "-n", 2, "--seed", 1, "--meter", "2/4", "--model", model, "-o", "-", *options)


def test_a_plan_is_kept(run: Run, planned: Path) -> None:
    result = asked(run, planned, "--plan", "xyxz | wwzz")
    assert result.status == 0
    tunes = read_tunes(result.out)
    assert len(tunes) == 2
    for tune in tunes:
        assert form(tune) == "4:4:"
        assert broken_plan("abac|ddcc", plan_of(canonical(tune))) == ""
        assert tune.field("N").endswith("plan abac | ddcc")


def test_the_plan_and_the_form_of_a_tune_can_be_asked_for(run: Run, planned: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.abc"
    model.write_text("X:1\nT:A\nM:2/4\nL:1/8\nK:D\n|:DFAd|efge|DFAd|A4:|gfed|A4|gfed|A4|]\n")
    result = asked(run, planned, "--plan", f"like {model}")
    assert result.status == 0
    for tune in read_tunes(result.out):
        assert form(tune) == "4:4|"
        assert broken_plan("abac|dcdc", plan_of(canonical(tune))) == ""


def test_a_part_of_a_form_comes_back(run: Run, planned: Path) -> None:
    result = asked(run, planned, "--form", "ABA", "--max-length", 3000)
    assert result.status == 0
    for tune in read_tunes(result.out):
        first, second, third = read_plan(plan_of(canonical(tune)))
        assert first == third != second


def test_the_plan_is_among_what_a_machine_is_told(run: Run, planned: Path, tmp_path: Path) -> None:
    result = run("generate", "-n", 1, "--seed", 1, "--meter", "2/4", "--form", "4:4:", "--model", planned, "--json",
                 "--format", "abc", "-o", tmp_path)  # fmt: skip
    (row,) = json.loads(result.out)
    assert [len(part) for part in read_plan(row["plan"])] == [4, 4]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--plan", "ab?"], "'ab?' is no plan; expected a letter for each bar"),
        (["--plan", "abac", "--form", "8:"], "the plan abac has other parts than the form 8:"),
        (["--plan", "a'b"], "a' stands before a, which it takes up"),
        (["--plan", "ab" * 300], "folkrnn: the form 600: does not fit into 2000 characters; expected a max_length of"),
        (["--plan", "like nowhere.abc"], "nowhere.abc: there is no such file"),
    ],
)
def test_what_cannot_be_a_plan_is_said_in_one_line(run: Run, planned: Path, options: list[str], told: str) -> None:
    result = asked(run, planned, *options)
    assert (result.status, result.out) == (2, "")
    assert told in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("wish", [["--plan", "abac"], ["--form", "ABAC"]])
def test_a_model_without_plans_says_so(run: Run, unplanned: Path, wish: list[str]) -> None:
    result = run("generate", "-n", 1, "--model", unplanned, *wish)
    assert result.status == 2
    assert "the model has learned no plans" in result.err
