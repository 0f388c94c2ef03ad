"""Bad input: one clear line, the right status, nothing half-written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(64))


def assert_one_line(result: Any, status: int, *words: str) -> None:
    assert result.status == status
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result.err
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", [["validate"], ["export", "--format", "midi"], ["corpus", "build", "-o", "built"]])
def test_a_file_that_is_not_there(
    run: Run, tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_one_line(run(*command, tmp_path / "none.abc"), 2, "none.abc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "empty"), (b"  \n\n", "empty"), (PNG, "not text"), (b"hello\n", "no tune")]
)
def test_a_file_without_tunes(run: Run, tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "odd.abc"
    path.write_bytes(content)
    assert_one_line(run("validate", path), 2, "odd.abc", word)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("X:1\nT:No key\nM:4/4\n", "no-key"),
        ("X:1\nT:No notes\nM:4/4\nK:D\n", "no-notes"),
        ("X:1\nM:4/0\nK:D\nDEFG|\n", "bad-meter"),
        ("X:1\nM:4/4\nL:1/8\nK:D\nG999999|\n", "bad-length"),
        ("X:1\nM:4/4\nL:1/8\nK:H\nG8|\n", "bad-key"),
        ("X:1\nM:4/4\nL:1/8\nK:D\nG8|G9|G8|\n", "bar-too-long"),
    ],
)
def test_a_tune_nobody_can_play(run: Run, tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "odd.abc"
    path.write_text(text)
    result = run("validate", path)
    assert result.status == 1
    assert f" error {code}: " in result.out
    assert result.out.splitlines()[0].startswith(f"{path}:")


@pytest.mark.parametrize("temperature", ["-1", "nan", "hot", "inf"])
def test_a_temperature_that_is_none(run: Run, temperature: str) -> None:
    assert_one_line(run("generate", "-t", temperature), 2, temperature, "0.9")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x04\x95pickle", bytes(64), b"\xff" * 100])
def test_a_file_that_is_no_model(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(content)
    assert_one_line(run("generate", "--model", path, "-o", tmp_path / "out"), 2, "odd.safetensors")
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_there(run: Run, tmp_path: Path) -> None:
    assert_one_line(run("generate", "--model", tmp_path / "none.safetensors"), 2, "none.safetensors")


@pytest.mark.parametrize(("option", "value"), [("--meter", "4/0"), ("--key", "H"), ("--mix", "reel 60%")])
def test_a_wish_that_cannot_be_met(run: Run, option: str, value: str) -> None:
    assert_one_line(run("generate", option, value), 2, value)


def test_nothing_is_overwritten(run: Run, tune: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("export", tune, "--format", "midi,abc", "-o", out).status == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    (out / "tune.abc").write_text("mine")
    result = run("export", tune, "--format", "midi,abc", "-o", out)
    assert_one_line(result, 2, str(out))
    assert (out / "tune.abc").read_text() == "mine"
    assert run("export", tune, "--format", "midi,abc", "-o", out, "--force").status == 0
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_folder_that_cannot_be_written(run: Run, tune: Path) -> None:
    # /proc takes no new files, whoever asks; elsewhere a missing parent serves as well.
    assert_one_line(run("export", tune, "--format", "midi", "-o", "/proc/folkrnn/out"), 2, "/proc/folkrnn/out")


def test_a_full_disk(run: Run, tune: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    import subprocess
    import sys

    with open("/dev/full", "wb") as full:
        code = "from folkrnn.cli import main; import sys; main(sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", code, "export", str(tune), "--format", "abc", "-o", "-"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["validate"], ["export", "x", "--format", "doc"]])
def test_a_wrong_command_line(run: Run, arguments: list[str]) -> None:
    assert_one_line(run(*arguments), 2)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--tune", "2-1", "-o", "x.mid"], "2-1"),
        (["-o", "x.mid"], "expected a folder"),
        (["--format", "abc", "-o", "x.pdf"], "x.pdf"),
        (["--format", "midi", "-o", "-"], "--tune"),
        (["-o", "x.doc"], "no format is written as .doc"),
    ],
)
def test_an_output_that_does_not_fit(
    run: Run, tune: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    tune.write_text(f"{tune.read_text()}\n{tune.read_text()}")
    before = set(tmp_path.iterdir())
    assert_one_line(run("export", tune, *arguments), 2, word)
    assert set(tmp_path.iterdir()) == before


def test_a_place_that_is_no_folder_is_refused_before_composing(run: Run, tune: Path) -> None:
    assert_one_line(run("generate", "-o", tune / "out"), 2, str(tune))


def test_one_unreadable_file_does_not_hide_the_others(run: Run, tune: Path, tmp_path: Path) -> None:
    (tmp_path / "picture.abc").write_bytes(PNG)
    result = run("validate", tmp_path)
    assert_one_line(result, 2, "picture.abc")
    assert result.out.splitlines()[-1] == "1 of 1 tune is playable"


def test_export_names_the_tunes_that_have_errors(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.abc"
    path.write_text("X:1\nT:Odd\nM:2/4\nL:1/8\nK:D\nD4|[CE|D4|\n")
    result = run("export", path, "-o", tmp_path / "odd.mid")
    assert result.status == 0
    assert f"{path}:6:4: error unclosed-bracket" in result.err


@pytest.mark.parametrize("wish", ["--title", "--key", "--meter"])
def test_an_empty_wish(run: Run, wish: str) -> None:
    assert_one_line(run("generate", wish, ""), 2, f"{wish[2:]} is empty")


@pytest.mark.parametrize("number", ["²", "9" * 5000, "1-" + "9" * 5000, "①", "-1", "nan", "\ud800"])
@pytest.mark.parametrize(
    "command",
    [
        ["export", "TUNE", "--format", "abc", "-o", "out", "--tune"], ["rewrite", "TUNE", "--bars"],
        ["continue", "TUNE", "--bars"], ["generate", "-n"], ["generate", "--seed"], ["generate", "-t"],
        ["generate", "--top-p"], ["generate", "--best-of"], ["train", "TUNE", "--minutes"],
        ["train", "TUNE", "--max-steps"], ["evaluate", "--count"],
    ],
)  # fmt: skip
def test_what_is_no_number_is_one_line(
    run: Run, tune: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], number: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    result = run(*(str(tune) if word == "TUNE" else word for word in command), number)
    assert result.status == 2
    assert "Traceback" not in result.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_title_with_half_a_character_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert_one_line(run("generate", "--title", "Half \udcc3", "-o", "out"), 2, "holds half a character")
    assert_one_line(run("validate", "\ud800.abc"), 2)
