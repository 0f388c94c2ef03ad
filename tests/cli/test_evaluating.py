"""Asking how good a model is, and being told what keeps it from being measured."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from folkrnn.notation import read_tunes

Run = Callable[..., Any]


def test_a_report_is_not_overwritten(run: Run, untrained: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("mine")
    result = run("evaluate", "--model", untrained, "-o", tmp_path)
    assert result.status == 2
    assert result.err == f"folkrnn: {report}: exists; expected --force to overwrite it, or another folder for -o\n"
    assert report.read_text() == "mine"


def test_a_file_is_no_folder_for_a_report(run: Run, untrained: Path, tune: Path) -> None:
    result = run("evaluate", "--model", untrained, "-o", tune)
    assert (result.status, result.err) == (2, f"folkrnn: {tune}: is a file; expected a folder for -o\n")


def test_too_few_tunes_are_told(run: Run, untrained: Path, tune: Path, tmp_path: Path) -> None:
    result = run("evaluate", "--model", untrained, "--data", tune, "-o", tmp_path / "report")
    assert result.status == 2
    assert "playable tunes; expected 20 to compare with" in result.err
    assert "learned from another corpus" in result.err
    assert not (tmp_path / "report").exists()


def test_too_few_tunes_to_judge_by_are_told(run: Run, untrained: Path, tune: Path, tmp_path: Path) -> None:
    result = run("evaluate", "--judge-only", "--model", untrained, "--data", tune, "-o", tmp_path / "report")
    assert result.status == 2
    assert "has too few playable tunes to judge by; expected 20 of reel, jig, hornpipe or song" in result.err
    assert not (tmp_path / "report").exists()


def test_the_judge_alone_makes_a_report(
    run: Run, untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writing of tunes, which takes minutes, is left out."""
    monkeypatch.setattr("folkrnn.evaluation.judge.TREES", 5)
    rng = random.Random(1)
    bodies = ["|".join("".join(rng.choices("DEFGABcd", k=8)) for _ in range(4)) for _ in range(50)]
    heads = [f"X:{number}\nT:Tune {number}\nR:reel\nM:4/4\nL:1/8\nK:D\n" for number in range(50)]
    book = tmp_path / "book.abc"
    book.write_text("\n".join(f"{head}{body}|]\n" for head, body in zip(heads, bodies, strict=True)))
    written = [SimpleNamespace(tune=each) for each in read_tunes(book.read_text())[:25]]
    monkeypatch.setattr("folkrnn.evaluation.by_rhythm.imitate", lambda real, *rest, **options: written[: len(real)])
    monkeypatch.setattr("folkrnn.evaluation.by_rhythm.write_unasked", lambda *rest, **options: [])
    result = run(
        "evaluate", "--judge-only", "--judged", 25, "--model", untrained, "--data", book, "-o", tmp_path / "report"
    )
    assert result.status == 0
    assert "judged by rhythm" in result.out
    assert "bar 5 = bar 1" in result.out
    assert "judging 25 tunes, reel" in result.err
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    assert set(figures) == {"about", "judged"}
    assert figures["judged"]["reel"]["tunes"] == {"real": 25, "written": 25}
    assert "Judged by rhythm" in (tmp_path / "report" / "report.html").read_text()
