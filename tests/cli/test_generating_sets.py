"""``folkrnn generate --set``: tunes that go together, delivered as one set."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest
from pypdf import PdfReader

from folkrnn import generate
from folkrnn.cli import main
from folkrnn.notation import read_tunes
from folkrnn.notation.articles import shown_title

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model that has met jigs, a slip jig and a reel."""
    folder = tmp_path_factory.mktemp("sets")
    book = folder / "book.abc"
    book.write_text(
        "X:1\nT:One\nR:jig\nO:Ireland\nM:6/8\nL:1/8\nK:D\n|:DEF Gdc|dcB AGF|D6|D6:|\n\n"
        "X:2\nT:Two\nR:slip jig\nO:Ireland\nM:9/8\nL:1/8\nK:G\nDEF ABc def|dcB AGF E3|D9|D9|]\n\n"
        "X:3\nT:Three 0123456789/\nR:jig\nM:6/8\nL:1/8\nK:G\nA6|B6|c6|G6|]\n\n"
        "X:4\nT:Four\nR:reel\nM:4/4\nL:1/8\nK:A\nA8|B8|c8|A8|]\n"
    )
    arguments = ["train", str(book), "-o", str(folder / "run"), "--hidden", "16", "--layers", "1", "--max-steps", "0"]
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert not caught.value.code
    return folder / "run" / "model.safetensors"


def test_a_set_is_composed_and_delivered_in_order(run: Run, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--seed", 3, "--model", model, "--form", "4:4:")
    result = run("generate", "--set", "jig slip jig reel", *options, "-o", out)
    assert result.status == 0, result.err
    assert sorted(path.name for path in out.iterdir()) == ["set-3.abc", "set-3.mid", "set-3.pdf"]
    tunes = read_tunes((out / "set-3.abc").read_text())
    assert [each.rhythm for each in tunes] == ["jig", "slip jig", "reel"]
    assert len({each.title for each in tunes}) == 3
    name = " / ".join(shown_title(each.title) for each in tunes)
    file = mido.MidiFile(file=io.BytesIO((out / "set-3.mid").read_bytes()), charset="utf-8")
    assert file.tracks[0].name == name
    marks = [each.text for each in file.tracks[0] if each.type == "marker"]
    assert [text for text in marks if len(text) > 1] == [shown_title(each.title) for each in tunes]
    document = PdfReader(out / "set-3.pdf").metadata
    assert document
    assert document.title == name


def test_a_set_is_the_same_in_python(model: Path) -> None:
    found = generate(model=model, set="jig reel", seed=3, form="4:4:")
    assert [each.rhythm for each in found] == ["jig", "reel"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--set", "jig slop"), "there is no rhythm 'slop'; expected one such as"),
        (("--set", ""), "set='' names 0 rhythms; expected 1 to 20, such as 'jig jig reel'"),
        (("--set", "jig jig", "-n", "3"), "-n 3 and a --set of 2 are both given; expected --set alone"),
        (("--set", "jig", "--rhythm", "reel"), "set and rhythm are both given; expected one of them"),
        (("--set", "jig", "--format", "svg"), "svg holds one tune and no set; expected one of abc, midi,"),
    ],
)
def test_what_is_no_set_is_one_clear_line(
    run: Run, model: Path, tmp_path: Path, options: tuple[str, ...], line: str
) -> None:
    result = run("generate", *options, "--model", model, "-o", tmp_path / "out")
    assert result.status == 2
    assert result.err.startswith(f"folkrnn: {line}")
    assert result.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
