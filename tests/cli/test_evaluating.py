"""Asking how good a model is, and being told what keeps it from being measured."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
