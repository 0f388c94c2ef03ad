"""Asking what tunes have from others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
REEL = (
    "X:1\nT:{}\nR:reel\nM:4/4\nL:1/8\nK:D\n"
    "D2FA dAFA|B2GB dBGB|c2ec gcec|d2fd A2FA|D2FA dAFA|B2GB dBGB|cdef gece|d2A2 D4|]\n"
)


def test_a_copy_among_ones_own_tunes_is_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.abc").write_text(REEL.format("The Old One"))
    (tmp_path / "new.abc").write_text(REEL.format("The New One").replace("K:D", "K:D\n%"))
    result = run("originality", tmp_path / "new.abc", "--corpus", tmp_path / "mine.abc", "--json")
    (found,) = json.loads(result.out)
    assert (result.status, found["title"], found["copied"], found["title_known"]) == (0, "The New One", 1.0, False)
    assert found["source"].startswith("The Old One (")
    asked = run("originality", tmp_path / "new.abc", "--corpus", tmp_path / "mine.abc", "--max-copied", "0.5")
    assert asked.status == 1
    assert "100%" in asked.out
    assert asked.out.split()[-1] == "yes"


def test_a_model_keeps_the_index_of_its_tunes_beside_it(run: Run, untrained: Path, tune: Path) -> None:
    assert untrained.with_name("corpus.index").is_file()
    result = run("originality", tune, "--model", untrained)
    assert result.status == 0
    assert "The Test of Time" in result.out


def test_a_model_without_its_tunes_says_what_to_give(run: Run, untrained: Path, tune: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(untrained.read_bytes())
    result = run("originality", tune, "--model", tmp_path / "model.safetensors")
    assert result.status == 2
    assert "expected a corpus" in result.err
    assert result.err.count("\n") == 1


def test_without_its_tunes_a_model_writes_but_cannot_keep_from_copying(
    run: Run, untrained: Path, tmp_path: Path
) -> None:
    (tmp_path / "model.safetensors").write_bytes(untrained.read_bytes())
    arguments = ["-n", 1, "--seed", 1, "--model", tmp_path / "model.safetensors", "-o", "-"]
    result = run("generate", *arguments)
    assert result.status == 0
    assert result.out.startswith("%abc")
    assert result.err.startswith("folkrnn: what tunes have copied is not known: ")
    asked = run("generate", *arguments, "--max-copied", "0.5")
    assert (asked.status, asked.out) == (2, "")
    assert run("generate", *arguments, "--max-copied", "1").err == ""


def test_generated_tunes_are_told_with_what_they_copied(run: Run, untrained: Path, tmp_path: Path) -> None:
    arguments = ["-n", 2, "--seed", 1, "--model", untrained, "--format", "abc", "-o", tmp_path, "--max-copied", "0.2"]
    result = run("generate", *arguments)
    assert result.status == 0
    assert result.out.splitlines()[0].split()[-5:] == ["known", "copied", "run", "nearest", "refused"]
    rows = json.loads(run("generate", *arguments, "--force", "--json").out)
    assert [(row["copied"], row["title_known"]) for row in rows] == [(0, False)] * 2
