"""``folkrnn generate`` as a stream: what is there while it works, after Ctrl-C, and when a tune is not playable."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from folkrnn.composition import composer
from folkrnn.generation import generator
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.texts import GeneratedText
from folkrnn.notation import read_tunes

Run = Callable[..., Any]

TUNE = "X:1\nT:Tune {}\nR:jig\nM:6/8\nL:1/8\nI:form 2|\nK:D\n|dfdcec|d6|\n"
LAME = "X:1\nT:Lame\nR:jig\nM:6/8\nL:1/8\nI:form 3|\nK:D\n|dfdcec|d7|d6|\n"
BARE = "X:1\nT:Bare\nR:jig\nM:6/8\nL:1/8\nI:form 1|\nK:D\n\n"


@pytest.fixture
def compose(monkeypatch: pytest.MonkeyPatch, run: Run) -> Callable[..., Any]:
    """Run ``folkrnn generate`` with seed 1 and with these texts in place of a model's."""

    def call(texts: Sequence[str], *arguments: object) -> Any:
        class TextWriter:
            """Writes these texts."""

            def __init__(self, network: object, vocabulary: object, prompt: object, count: int, **options: Any) -> None:
                self.count, self.constrained = count, options["constrained"]

            def check(self, prompt: Prompt) -> None:
                pass

            def title(self, text: GeneratedText, attempt: int) -> str:
                return ""

            def write(self, *_: object) -> Iterator[GeneratedText]:
                for index in range(self.count):
                    yield GeneratedText(index, texts[index], True, steered=2 * self.constrained)

        monkeypatch.setattr(generator, "TextWriter", TextWriter)
        monkeypatch.setattr(composer, "shares_of", lambda count, jobs: 1)
        return run("generate", "-n", len(texts), "--seed", 1, "--max-copied", 1, *arguments)

    return call


def tunes(*numbers: int) -> list[str]:
    return [TUNE.format(number) for number in numbers]


def titles(book: Path) -> list[str]:
    return [tune.title for tune in read_tunes(book.read_text(encoding="utf-8"))]


def test_a_tune_that_is_not_playable_is_kept_aside(compose: Run, tmp_path: Path) -> None:
    result = compose([TUNE.format(1), LAME, TUNE.format(3)], "-o", tmp_path, "--format", "abc,midi")
    assert result.status == 1
    assert titles(tmp_path / "tunes-1.abc") == ["Tune 1", "Tune 3"]
    assert titles(tmp_path / "tunes-1-aside.abc") == ["Lame"]
    assert sorted(path.name for path in tmp_path.glob("*.mid")) == ["tunes-1-tune-1.mid", "tunes-1-tune-3.mid"]
    (line,) = result.err.splitlines()
    assert line.startswith("tune 2, Lame, is not playable: bar-too-long: ")
    assert "2 of 3 tunes are playable" in result.out
    assert str(tmp_path / "tunes-1-aside.abc") in result.out


def test_where_all_are_playable_nothing_is_kept_aside(compose: Run, tmp_path: Path) -> None:
    result = compose(tunes(1, 2), "-o", tmp_path)
    assert (result.status, result.err) == (0, "")
    assert {path.suffix for path in tmp_path.iterdir()} == {".abc", ".mid", ".pdf"}
    assert not (tmp_path / "tunes-1-aside.abc").exists()
    assert sorted(result.out.split()[-4:]) == sorted(map(str, tmp_path.iterdir()))


def test_the_plain_network_delivers_whatever_holds_music(compose: Run, tmp_path: Path) -> None:
    result = compose([TUNE.format(1), LAME, BARE], "-o", tmp_path, "--unconstrained", "--format", "abc")
    assert (result.status, result.err) == (0, "tune 3, Bare, holds no music and is not written\n")
    assert titles(tmp_path / "tunes-1.abc") == ["Tune 1", "Lame"]
    assert [path.name for path in tmp_path.iterdir()] == ["tunes-1.abc"]
    assert "1 of 3 tunes are playable" in result.out
    assert "steered" not in result.out


def test_the_numbers_of_tunes_are_told_in_the_note(compose: Run, tmp_path: Path) -> None:
    compose([LAME, TUNE.format(2)], "-o", tmp_path, "--format", "abc")
    (tune,) = read_tunes((tmp_path / "tunes-1.abc").read_text(encoding="utf-8"))
    assert tune.number == "2"
    assert "seed 1, tune 2, temperature 1" in tune.field("N")


def test_what_the_grammar_steered_is_told(compose: Run, tmp_path: Path) -> None:
    lines = compose(tunes(1, 2), "-o", tmp_path, "--format", "abc").out.splitlines()
    size = len(TUNE.format(1))
    percent = f"{100 * 4 / (2 * size):.1f} %"
    assert lines[-4] == f"the grammar steered 4 of {2 * size:,} characters ({percent}) and had 0 bars written again"
    assert re.fullmatch(r"2 drafts for 2 tunes in \d+\.\d s", lines[-3])
    assert lines[-2] == "2 of 2 tunes are playable"


def test_json_tells_what_was_steered_and_is_one_array(compose: Run, tmp_path: Path) -> None:
    rows = json.loads(compose([TUNE.format(1), LAME], "-o", tmp_path, "--format", "abc", "--json").out)
    assert [row["playable"] for row in rows] == ["yes", "no: bar-too-long"]
    assert [(row["steered"], row["characters"]) for row in rows] == [(2, len(TUNE.format(1))), (2, len(LAME))]
    rows = json.loads(compose(tunes(1), "-o", tmp_path / "plain", "--unconstrained", "--json").out)
    assert "steered" not in rows[0]


def test_many_tunes_make_a_tunebook_alone_and_are_told_in_sums(compose: Run, tmp_path: Path) -> None:
    result = compose(tunes(*range(1, 102)), "-o", tmp_path)
    assert result.status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["tunes-1.abc"]
    assert titles(tmp_path / "tunes-1.abc") == [f"Tune {number}" for number in range(1, 102)]
    steered, drafts, playable, path = result.out.splitlines()
    assert steered.startswith("the grammar steered 202 of ")
    assert drafts.startswith("101 drafts for 101 tunes in ")
    assert playable == "101 of 101 tunes are playable"
    assert path == str(tmp_path / "tunes-1.abc")


def test_many_files_are_told_as_one_line(compose: Run, tmp_path: Path) -> None:
    result = compose(tunes(*range(1, 102)), "-o", tmp_path, "--format", "abc,midi", "--unconstrained")
    assert len(list(tmp_path.glob("*.mid"))) == 101
    assert result.out.splitlines()[2:] == [str(tmp_path / "tunes-1.abc"), str(tmp_path / "tunes-1-*.mid")]


def test_json_of_many_tunes_is_one_array(compose: Run, tmp_path: Path) -> None:
    result = compose(tunes(*range(1, 102)), "-o", tmp_path, "--json")
    assert [row["title"] for row in json.loads(result.out)] == [f"Tune {number}" for number in range(1, 102)]


def test_standard_output_has_the_bytes_of_the_tunebook(compose: Run, tmp_path: Path) -> None:
    texts = [TUNE.format(1), LAME, TUNE.format(3)]
    compose(texts, "-o", tmp_path / "book.abc")
    assert [path.name for path in tmp_path.iterdir()] == ["book.abc"], "beside a single file nothing is kept aside"
    result = compose(texts, "-o", "-")
    assert result.status == 1
    assert result.out.encode() == (tmp_path / "book.abc").read_bytes()
    assert result.err.startswith("tune 2, Lame, is not playable")


def test_no_tune_no_tunebook(compose: Run, tmp_path: Path) -> None:
    result = compose([BARE], "-o", tmp_path, "--unconstrained")
    assert result.status == 0
    assert list(tmp_path.iterdir()) == []
    assert compose([BARE], "-o", "-", "--unconstrained").out == ""


@pytest.mark.parametrize(
    ("there", "arguments"),
    [
        ("tunes-1.abc", []),
        ("tunes-1.pdf", []),
        ("tunes-1-aside.abc", []),
        ("tunes-1-some-title.mid", []),
        ("tunes-1-some-title.svg", ["--format", "svg"]),
    ],
)
def test_what_is_there_is_not_overwritten_and_said_before_composing(
    compose: Run, tmp_path: Path, there: str, arguments: list[str]
) -> None:
    (tmp_path / there).write_text("mine")
    result = compose([], "-n", 1, "-o", tmp_path, *arguments)
    assert result.status == 2
    assert result.err == f"folkrnn: {tmp_path / there} exists already; --force overwrites it\n"
    assert compose(tunes(1), "-o", tmp_path, *arguments, "--force").status == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-n", "2", "-o", "x.mid"], "expected a folder"),
        (["-n", "2", "-o", "-", "--format", "midi"], "expected -n 1, or a folder"),
        (["-n", "2", "-o", "-", "--format", "abc,pdf"], "one format"),
        (["-n", "2", "-o", "x.pdf", "--format", "abc"], "ends in .abc"),
    ],
)
def test_what_does_not_fit_is_said_before_composing(
    compose: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = compose([], *arguments)
    assert result.status == 2
    assert word in result.err
    assert len(result.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_one_file_can_be_overwritten(compose: Run, tmp_path: Path) -> None:
    (tmp_path / "x.mid").write_text("mine")
    assert compose(tunes(1), "-o", tmp_path / "x.mid").status == 2
    assert compose(tunes(1), "-o", tmp_path / "x.mid", "--force").status == 0
    assert (tmp_path / "x.mid").read_bytes().startswith(b"MThd")


# Ctrl-C -----------------------------------------------------------------------------------------------

PROGRAM = """
import time
from folkrnn.cli import main
from folkrnn.composition import composer
from folkrnn.generation import generator
from folkrnn.generation.texts import GeneratedText

last = {stop}

class TextWriter:
    def __init__(self, network, vocabulary, prompt_of, count, **_):
        self.count = count

    def check(self, prompt):
        pass

    def write(self, policy, stop, watch, tunes):
        for index in range(self.count):
            if index == last:
                print("waiting", flush=True)
                while not stop():
                    time.sleep(0.01)
                return
            yield GeneratedText(index, {tune!r}.format(index + 1), True)

if last is not None:
    generator.TextWriter = TextWriter
    composer.shares_of = lambda count, jobs: 1
main()
"""


def interrupted(
    arguments: Sequence[object], at: str, stop: int | None = None, number: int = signal.SIGINT
) -> tuple[int, str, str]:
    """The status and output of ``folkrnn generate`` after a signal, which comes once a line of output holds ``at``.

    Composing prints ``waiting`` at tune ``stop``, counted from 0, and waits to be told to stop; with None the model
    composes. As from a terminal, the signal is for the whole process group.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(stop=stop, tune=TUNE), "generate", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        with process:
            assert process.stdout
            lines = list(iter_to(at, process.stdout))
            os.killpg(process.pid, number)
            out = "".join([*lines, process.stdout.read()])
        errors.seek(0)
        return process.returncode, out, errors.read()


def iter_to(last: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if last in line:
            return
    raise AssertionError(f"{last} was never printed")


needs_groups = pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups like these")


@needs_groups
@pytest.mark.parametrize("stop", [0, 4, 60], ids=["before the first tune", "in this process", "with worker processes"])
def test_ctrl_c_leaves_all_files_of_the_tunes_made(tmp_path: Path, stop: int) -> None:
    arguments = ["-n", 1000, "--seed", 1, "--format", "abc,midi", "-o", tmp_path]
    status, out, err = interrupted(arguments, at="waiting", stop=stop)
    assert status == 130
    assert err == f"folkrnn: stopped; {stop} of 1,000 tunes were written\n"
    assert f"{stop} of {stop} tunes are playable" in out
    numbers = range(1, stop + 1)
    assert {path.name for path in tmp_path.glob("*.mid")} == {f"tunes-1-tune-{number}.mid" for number in numbers}
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".mid"] == ["tunes-1.abc"][:stop]
    for book in tmp_path.glob("*.abc"):
        assert titles(book) == [f"Tune {number}" for number in numbers]


@needs_groups
@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_other_signals_leave_all_files_of_the_tunes_made(tmp_path: Path, name: str, status: int) -> None:
    arguments = ["-n", 1000, "--seed", 1, "--format", "abc,midi", "-o", tmp_path]
    found = interrupted(arguments, at="waiting", stop=4, number=getattr(signal, name))
    assert (found[0], found[2]) == (status, "folkrnn: stopped; 4 of 1,000 tunes were written\n")
    assert titles(tmp_path / "tunes-1.abc") == ["Tune 1", "Tune 2", "Tune 3", "Tune 4"]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".abc", *[".mid"] * 4]


@needs_groups
def test_ctrl_c_leaves_a_whole_tunebook_on_standard_output() -> None:
    status, out, err = interrupted(["-n", 1000, "-o", "-"], at="waiting", stop=3)
    assert (status, err) == (130, "folkrnn: stopped; 3 of 1,000 tunes were written\n")
    assert [tune.title for tune in read_tunes(out.replace("waiting\n", ""))] == ["Tune 1", "Tune 2", "Tune 3"]


@needs_groups
def test_ctrl_c_stops_the_model(tmp_path: Path, untrained: Path) -> None:
    arguments = ["-n", 100_000, "--model", untrained, "--max-length", 200, "--unconstrained", "--seed", 1]
    status, out, err = interrupted([*arguments, "-o", tmp_path, "--json"], at="}")
    assert status == 130
    assert "Traceback" not in err
    written = sum(len(titles(book)) for book in tmp_path.iterdir())
    assert err.splitlines()[-1] == f"folkrnn: stopped; {written} of 100,000 tunes were written"
    assert 0 < len(json.loads(out)) < 100_000
    assert [path.name for path in tmp_path.iterdir()] == ["tunes-1.abc"][:written]
