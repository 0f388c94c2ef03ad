"""Asking for a tune, and working on one, from the command line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkrnn.notation import form, read_tunes
from folkrnn.validation import validate_tune

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model that has met a jig and a slip jig from Ireland."""
    from folkrnn.cli import main

    folder = tmp_path_factory.mktemp("wishes")
    book = folder / "book.abc"
    book.write_text(
        "X:1\nT:One\nR:jig\nO:Ireland\nM:6/8\nL:1/8\nK:D\n|:DEF Gdc|dcB AGF|D6|D6:|\n\n"
        "X:2\nT:Two\nR:slip jig\nO:Ireland\nM:9/8\nL:1/8\nK:G\nDEF ABc def|dcB AGF E3|D9|D9|]\n"
        "X:3\nT:Three 0123456789/\nR:jig\nM:6/8\nL:1/8\nK:Am\nA6|B6|c6|A6|]\n"
    )
    run = folder / "run"
    with pytest.raises(SystemExit) as caught:
        main(["train", str(book), "-o", str(run), "--hidden", "16", "--layers", "1", "--max-steps", "0"])
    assert not caught.value.code
    return run / "model.safetensors"


def composed(result: Any) -> list[Any]:
    tunes = read_tunes(result.out)
    assert all(validate_tune(tune).playable for tune in tunes)
    return tunes


def test_what_is_asked_for_comes_out(run: Run, model: Path) -> None:
    wishes = ["--rhythm", "JIG", "--meter", "6/8", "--key", "a minor", "--form", "AAB", "--title", "Mine"]
    result = run("generate", *wishes, "-n", 2, "--seed", 1, "--model", model, "-o", "-")
    assert (result.status, result.err) == (0, "")
    for tune in composed(result):
        assert (tune.title, tune.rhythm, str(tune.meter), str(tune.key)) == ("Mine", "jig", "6/8", "Am")
        assert form(tune) == "8:8|"
        assert [*tune.notes()][-1].pitches[-1].midi % 12 == 9


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (["--rhythm", "slip gig"], "there is no rhythm 'slip gig'; expected one such as slip jig"),
        (["--origin", "Irland"], "the model has learned no origin 'Irland'; expected one such as Ireland"),
        (["--origin", "Xyzzy"], "expected one such as Ireland"),
        (["--meter", "six"], "expected one such as 6/8"),
        (["--key", "D exp ^f"], "expected a tonic and a mode"),
        (["--key", "H"], "expected one such as D, Em"),
        (["--form", "ACB"], "such as 8:8:"),
        (["--form", "8:8"], "such as 8:8:"),
        (["--form", "8|", "--similarity", "3"], "needs several parts"),
        (["--similarity", "3", "--unconstrained"], "leave out unconstrained"),
        (["--start", "A2 [B"], "start"),
        (["--title", " "], "title is empty"),
        (["--top-p", "0"], "top-p"),
    ],
)
def test_wishes_that_cannot_be_met_say_what_would_be_right(run: Run, model: Path, wish: list[str], told: str) -> None:
    result = run("generate", *wish, "--model", model, "-o", "-")
    assert result.status == 2
    assert told in result.err
    assert len(result.err.splitlines()) == 1


def test_an_unlearned_meter_is_written_and_said(run: Run, model: Path) -> None:
    result = run("generate", "--meter", "7/8", "-n", 1, "--seed", 1, "--model", model, "-o", "-")
    assert result.status == 0
    assert result.err == "folkrnn: the model has learned no tune with the meter 7/8; it knows 6/8, 9/8\n"
    assert [str(tune.meter) for tune in composed(result)] == ["7/8"]


def test_what_cannot_be_obeyed_is_kept_aside(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from folkrnn.composition.requests import Request

    monkeypatch.setattr(Request, "violation", lambda self, tune: "too dull")
    wishes = ["--key", "D", "--form", "2|", "--meter", "6/8", "--title", "A", "-n", 1, "--seed", 1]
    arguments = [*wishes, "--model", model, "-o", tmp_path, "--format", "abc"]
    result = run("generate", *arguments)
    assert result.status == 1
    assert result.err.endswith("is not what was asked for: too dull\n")
    assert [path.name for path in tmp_path.iterdir()] == ["tunes-1-aside.abc"]
    assert re.search(r"64 drafts for 1 tune in .* s; refused 64: asked 64\n", result.out)


@pytest.mark.parametrize("sampler", [["--sampler", "greedy"], ["--top-k", 5, "--top-p", 0.9], ["--best-of", 3]])
def test_ways_of_choosing_are_told_in_the_note_and_repeat_themselves(
    run: Run, model: Path, sampler: list[object]
) -> None:
    arguments = ["generate", "-n", 2, "--form", "4|", "--seed", 3, "--model", model, "-o", "-", *sampler]
    first, second = run(*arguments), run(*arguments)
    assert first.out == second.out
    assert len(composed(first)) == 2
    assert str(sampler[1]) in first.out.split("N:")[1].split("\n")[0]


def test_the_music_can_begin_as_given(run: Run, model: Path) -> None:
    wishes = ["--start", "D2F *|*|A3 d3", "--meter", "6/8", "--key", "D", "--form", "8|"]
    for tune in composed(run("generate", *wishes, "-n", 2, "--seed", 1, "--model", model, "-o", "-")):
        assert [note.pitches[0].letters for note in tune.bars[0].notes[:2]] == ["D", "F"]
        assert [note.pitches[0].letters for note in tune.bars[2].notes] == ["A", "d"]


def test_a_tune_is_gone_on_with(run: Run, model: Path, tune: Path) -> None:
    result = run("continue", tune, "--bars", 4, "--seed", 1, "--model", model, "-o", "-")
    assert result.status == 0
    (new,) = composed(result)
    assert (new.title, form(new)) == ("The Test of Time", "4:4:4:")


def test_some_bars_are_written_anew(run: Run, model: Path, tune: Path, tmp_path: Path) -> None:
    arguments = ["--bars", "3-4", "-n", 2, "--seed", 1, "--model", model, "--format", "abc,midi", "-o", tmp_path]
    result = run("rewrite", tune, *arguments)
    assert result.status == 0
    (before,), after = read_tunes(tune.read_text()), read_tunes((tmp_path / "rewritten-1.abc").read_text())
    assert len(after) == len(list(tmp_path.glob("*.mid"))) == 2
    for new in after:
        assert form(new) == form(before)
        same = [
            [n.pitches for n in a.notes] == [n.pitches for n in b.notes]
            for a, b in zip(before.bars, new.bars, strict=True)
        ]
        assert same == [True, True, True, False, False, True, True, True, True, True]


def test_what_is_wrong_with_a_tune_under_work_is_told(run: Run, model: Path, tmp_path: Path) -> None:
    book = tmp_path / "open.abc"
    book.write_text("X:1\nT:Open\nM:4/4\nL:1/8\nK:D\n|:A8|B8|A8|D8|]\n")
    result = run("rewrite", book, "--bars", "2", "--model", model, "--seed", 1, "-o", "-")
    assert result.status == 0
    assert "open.abc:6:3: warning unbalanced-repeat" in result.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--bars", "9-12"], "The Test of Time: bars 9-12 are not in the tune; expected some of 1-8"),
        (["--bars", "9"], "The Test of Time: bar 9 is not in the tune; expected some of 1-8"),
        (["--bars", "x"], "expected such as 9-16"),
        (["--bars", "1-2", "--tune", "3"], "expected --tune from 1 to 1"),
        ([], "--bars"),
    ],
)
def test_bars_that_are_not_there_are_named(run: Run, model: Path, tune: Path, arguments: list[str], told: str) -> None:
    result = run("rewrite", tune, *arguments, "--model", model, "-o", "-")
    assert result.status == 2
    assert told in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["rewrite", "continue"])
def test_other_tunes_of_the_file_are_not_lost(run: Run, model: Path, tmp_path: Path, command: str) -> None:
    book = tmp_path / "book.abc"
    one = "T:One\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DEF Gdc|dcB AGF|D6|D6:|\n\n"
    book.write_text(f"X:1\n{one}X:2\n{one}")
    before = book.read_bytes()
    same = tmp_path / "link.abc"
    same.symlink_to(book)
    for output in (book, same):
        result = run(command, book, "--tune", 2, "--bars", 2, "-o", output, "--force", "--model", model)
        assert result.status == 2
        assert "holds 2 tunes, of which 1 would be left; expected another file for -o" in result.err
    assert book.read_bytes() == before
    book.write_text(f"X:1\n{one}")
    assert run(command, book, "--bars", 2, "-o", book, "--force", "--model", model, "-q").status == 0
    assert len(read_tunes(book.read_text())) == 1


DUET = """X:417
T:Two
M:4/4
L:1/4
V:1 name="Fiddle"
V:2 name="Cello"
K:G
[V:1]"G"G A B G|"C"c2 G2|d c A G|G4|]
[V:2]G,2 D,2|C,2 G,2|D,2 D,2|G,4|]
"""


@pytest.mark.parametrize(
    ("command", "bars", "told"),
    [
        ("continue", "2", "Cello rests in the new bars"),
        ("rewrite", "2", "the new bars are without the chord symbols of the old ones"),
    ],
)
def test_what_becomes_of_all_but_the_melody_is_told(
    run: Run, model: Path, tmp_path: Path, command: str, bars: str, told: str
) -> None:
    book = tmp_path / "two.abc"
    book.write_text(DUET)
    arguments = [command, book, "--bars", bars, "--seed", 1, "--model", model, "-n", 2, "-o", "-"]
    result = run(*arguments)
    assert result.status == 0
    assert result.err.splitlines().count(told) == 1
    assert told not in run(*arguments, "-q").err
