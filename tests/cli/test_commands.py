"""The commands, as their users type them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido

from folkrnn.notation import canonical, read_tunes

Run = Callable[..., Any]


def test_commands_are_listed_as_they_are_wanted(run: Run) -> None:
    told = run("--help").out
    places = [told.index(f"\n  {name} ") for name in ("studio", "generate", "rewrite", "export", "play", "train")]
    assert places == sorted(places)
    assert "..." not in told.partition("Commands:")[2]


def test_help_names_what_is_usual_for_its_command(run: Run) -> None:
    for command, count, drafts in (("generate", 5, 1), ("rewrite", 1, 16), ("continue", 1, 1), ("vary", 1, 1)):
        told = " ".join(run(command, "--help").out.split())
        assert f"How many tunes [default: {count}]" in told
        assert f"keep the best [default: {drafts}]" in told


def test_validate_says_yes(run: Run, tune: Path) -> None:
    result = run("validate", tune)
    assert result.status == 0
    assert result.out.splitlines()[-1] == "1 of 1 tune is playable"


def test_validate_prints_json(run: Run, tune: Path) -> None:
    (report,) = json.loads(run("validate", tune, "--json").out)
    assert report["playable"] is True
    assert report["title"] == "The Test of Time"


def test_validate_counts_findings_by_file(run: Run, tune: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.abc"
    bad.write_text("X:1\nT:Bad\nM:2/4\nL:1/8\nK:D\nD4|E5|F4|D4|\n")
    result = run("validate", tune, bad, "--summary")
    assert result.status == 1
    assert any(line.split()[:2] == ["error", "bar-too-long"] for line in result.out.splitlines())


def test_export_writes_what_was_asked_for(run: Run, tune: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("export", tune, "--format", "abc,midi,wav,musicxml,svg,pdf", "-o", out)
    assert result.status == 0
    made = sorted(path.suffix for path in out.iterdir())
    assert made == [".abc", ".mid", ".musicxml", ".pdf", ".svg", ".wav"]
    assert set(result.out.split()) == {str(path) for path in out.iterdir()}


def test_exported_abc_is_the_same_music(run: Run, tune: Path) -> None:
    (before,) = read_tunes(tune.read_text())
    (after,) = read_tunes(run("export", tune, "--format", "abc", "-o", "-").out)
    assert canonical(after) == canonical(before)


def test_export_takes_tunes_by_their_place(run: Run, tune: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.abc"
    book.write_text("\n".join(tune.read_text().replace("Time", name) for name in ("One", "Two", "Three", "Four")))
    written = read_tunes(run("export", book, "--tune", "1,3-4", "--format", "abc", "-o", "-").out)
    assert [each.title for each in written] == ["The Test of One", "The Test of Three", "The Test of Four"]
    assert run("export", book, "--tune", "5", "--format", "abc", "-o", "-").status == 2


def test_corpus_build_and_stats(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "book.abc"
    tunes = [
        f"X:{n}\nT:Tune {n}\nM:2/4\nL:1/8\nK:D\nD{'ABcdefga'[n % 8]}FG|A{'ABcdefga'[n // 8]}cd|d2D2|D4|\n"
        for n in range(40)
    ]
    book.write_text("\n".join(tunes))
    assert run("corpus", "build", book, "-o", tmp_path / "built").status == 0
    figures = json.loads(run("corpus", "stats", tmp_path / "built", "--json").out)
    assert sum(split["tunes"] for split in figures["splits"].values()) == 40
    assert run("corpus", "build", book, "-o", tmp_path / "built").status == 2


def test_corpus_list_names_the_default_recipe(run: Run) -> None:
    assert "default" in run("corpus", "list").out


def test_generate_from_an_untrained_model(run: Run, untrained: Path, tmp_path: Path) -> None:
    arguments = ["generate", "-n", 3, "--seed", 5, "--model", untrained, "--max-length", 400]
    result = run(*arguments, "--title", "A reel", "--format", "abc", "-o", tmp_path / "out", "--json")
    assert result.status == 0
    rows = json.loads(result.out)
    assert [row["title"] for row in rows] == ["A reel"] * 3
    assert run(*arguments, "--title", "A reel", "--format", "abc", "-o", tmp_path / "out").status == 2


def test_the_bundled_model_writes_tunes(run: Run, tmp_path: Path) -> None:
    result = run("generate", "-n", 2, "--seed", 1, "--meter", "6/8", "--key", "D", "-o", tmp_path)
    assert result.status == 0
    assert len(list(tmp_path.glob("*.mid"))) == 2
    assert len(list(tmp_path.glob("*.abc"))) == len(list(tmp_path.glob("*.pdf"))) == 1
    (book,) = tmp_path.glob("*.abc")
    for tune in read_tunes(book.read_text(encoding="utf-8")):
        assert str(tune.meter) == "6/8"
        assert str(tune.key).startswith("D")
    for path in tmp_path.glob("*.mid"):
        assert mido.MidiFile(path).length > 1


def test_the_same_seed_gives_the_same_tunes(run: Run) -> None:
    def tunes(count: int) -> list[str]:
        return [canonical(tune) for tune in read_tunes(run("generate", "-n", count, "--seed", 7, "-o", "-").out)]

    assert tunes(2) == tunes(6)[:2]
