"""What is said beside the results: nothing in silence, one line at a time on a terminal."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkrnn.cli.console import StatusLine, logging_printed

Run = Callable[..., Any]


def test_in_silence_only_results_and_errors_are_printed(run: Run, tune: Path, untrained: Path, tmp_path: Path) -> None:
    model = ["--model", untrained, "--max-length", 400, "--seed", 1, "--max-copied", 1]
    result = run("generate", "-n", 2, *model, "--format", "abc", "-o", tmp_path / "out", "-q")
    assert (result.status, result.out, result.err) == (0, "", "")
    assert (tmp_path / "out" / "tunes-1.abc").is_file()
    assert run("export", tune, "-o", tmp_path / "tune.mid", "--quiet").out == ""
    assert run("validate", tune, "-q").out == ""
    assert run("generate", "-n", 1, *model, "-o", "-", "-q").out.startswith("%abc-2.1")
    refused = run("generate", "-n", 1, *model, "-o", tmp_path / "tune.mid", "-q")
    assert (refused.status, refused.out) == (2, "")
    assert "--force overwrites it" in refused.err


def test_without_silence_the_files_are_named(run: Run, tune: Path, tmp_path: Path) -> None:
    assert run("export", tune, "-o", tmp_path / "tune.mid").out == f"{tmp_path / 'tune.mid'}\n"


def test_what_the_library_logs_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("folkrnn.some.module")
    with logging_printed():
        log.debug("too much")
        log.info("reading %s", "the corpus")
        log.warning("two\nlines")
    log.warning("not here")
    assert capsys.readouterr().err == "reading the corpus\nfolkrnn: two lines\n"


def test_of_several_processes_one_prints(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with logging_printed():
        logging.getLogger("folkrnn").info("reading the corpus")
    assert capsys.readouterr().err == ""


def test_a_status_line_is_drawn_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = StatusLine()
    quiet.show("one")
    quiet.clear()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    status = StatusLine(interval=60)
    status.show("one")
    status.show("two")
    status.clear()
    assert capsys.readouterr().err == "\r\033[Kone\r\033[K"


def test_the_version_has_a_short_option(run: Run) -> None:
    assert run("-V").out == run("--version").out


def test_the_list_of_commands_is_not_cut(run: Run) -> None:
    for group in ([], ["corpus"]):
        assert "..." not in run(*group, "--help").out.split("Commands:")[1]


@pytest.mark.parametrize(("asked", "ending"), [("mid", ".mid"), ("MIDI", ".mid"), ("xml", ".musicxml")])
def test_formats_are_understood_as_people_type_them(
    run: Run, tune: Path, tmp_path: Path, asked: str, ending: str
) -> None:
    assert run("export", tune, "--format", asked, "-o", tmp_path / "out").status == 0
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [ending]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_console_of_another_encoding_shows_what_it_can(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "tune.abc").write_text("X:1\nT:Ψ é\nM:4/4\nL:1/8\nK:C\nCDEΨ|\n", encoding="utf-8")
    for options in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "folkrnn", "validate", str(tmp_path / "tune.abc"), *options],
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
            check=False,
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
        assert encoding == "ascii" or "\\u03a8" in done.stdout.decode(encoding)
    assert json.loads(done.stdout)[0]["title"] == "Ψ é"
