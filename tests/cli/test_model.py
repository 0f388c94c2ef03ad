"""``folkrnn model``: what a model has learned."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary

Run = Callable[..., Any]


def test_the_bundled_model_tells_its_rhythms_with_meters_keys_and_tunes(run: Run) -> None:
    result = run("model")
    assert (result.status, result.err) == (0, "")
    title, header, *rows = result.out.splitlines()
    assert title == "default.safetensors: 11,358 tunes of the corpus default"
    assert header.split() == ["rhythm", "tunes", "meters", "keys", "unasked", "composed", "as"]
    (jig,) = [row.split() for row in rows if row.startswith("jig ")]
    assert jig == ["jig", "648", "6/8", "G", "D", "A", "Am", "Em", "20%"]
    (waltz,) = [row.split() for row in rows if row.startswith("waltz ")]
    assert waltz[:3] == ["waltz", "5", "3/4"]
    assert waltz[-2:] == ["6%", "air"]
    (polka,) = [row for row in rows if row.startswith("polka ")]
    assert polka.endswith("quickstep")
    assert rows[-2].startswith("origins: Germany 4,817, Ireland 1,790, ")
    assert rows[-1].startswith("keys: G 4,155, D 1,894, ")


def test_json_tells_the_same(run: Run) -> None:
    told = json.loads(run("model", "--json").out)
    rhythms = {each["rhythm"]: each for each in told["rhythms"]}
    assert rhythms["jig"]["meters"] == {"6/8": 612}
    assert rhythms["jig"]["composed_as"] == ""
    assert rhythms["mazurka"] == rhythms["mazurka"] | {"tunes": 0, "meters": {"3/4": 0}, "composed_as": "tunes in 3/4"}
    assert sum(each["share"] for each in told["rhythms"]) == pytest.approx(1)
    assert told["origins"]["Ireland"] == 1790
    assert told["counted"]


def test_a_model_that_tells_nothing_still_has_rhythms(run: Run, tmp_path: Path) -> None:
    vocabulary = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))
    path = tmp_path / "plain.safetensors"
    save_checkpoint(
        path, Checkpoint(CharNetwork(NetworkSettings(hidden=8), len(vocabulary), torch.Generator()), vocabulary)
    )
    result = run("model", path)
    assert result.status == 0
    assert result.out.startswith("plain.safetensors: it does not tell how many tunes\n")
    assert any(line.startswith("reel ") for line in result.out.splitlines())


def test_a_file_that_is_no_model_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("X:1\n")
    for path in (tmp_path / "text.txt", tmp_path / "missing", tmp_path):
        result = run("model", path)
        assert result.status == 2
        assert result.out == ""
        assert len(result.err.splitlines()) == 1
        assert str(path) in result.err
