"""A model file that is damaged, or made to do harm, is one line, before anything is allocated or written."""

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from folkrnn.errors import ModelError
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from folkrnn.model.metadata import MODEL_FORMAT, read_corpus_provenance, read_metadata
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary

About = dict[str, Any]


def sound(path: Path) -> tuple[dict[str, torch.Tensor], About]:
    """The weights and the metadata of a sound model."""
    vocabulary = Vocabulary.from_texts(["abc|"])
    network = CharNetwork(NetworkSettings(hidden=4, layers=1), len(vocabulary), torch.Generator().manual_seed(1))
    save_checkpoint(path, Checkpoint(network, vocabulary))
    return {name: tensor.half() for name, tensor in network.state_dict().items()}, read_metadata(path)


def written(path: Path, weights: dict[str, torch.Tensor], about: str) -> Path:
    path.write_bytes(save(weights, {"format": MODEL_FORMAT, "about": about}))
    return path


def refused(path: Path) -> str:
    with pytest.raises(ModelError, match=r"m\.safetensors") as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 500 + len(str(path))
    return message


CHANGES: dict[str, Callable[[About], object]] = {
    "a corpus that is a number": lambda about: about.update(corpus=5),
    "values that are a number": lambda about: about.update(corpus={"values": 5}),
    "values of numbers": lambda about: about.update(corpus={"values": {"R": [5]}}),
    "a digest that is a path": lambda about: about.update(corpus={"digest": "/../../../tmp/x"}),
    "a digest that is a name with a point": lambda about: about.update(corpus={"digest": ".."}),
    "a digest that is long": lambda about: about.update(corpus={"digest": "0" * 129}),
    "a million layers": lambda about: about["network"].update(layers=10**6),
    "a wide network": lambda about: about["network"].update(hidden=10**9),
    "more layers than weights": lambda about: about["network"].update(layers=64),
    "a wider network than the weights": lambda about: about["network"].update(hidden=16_384),
    "no layers": lambda about: about["network"].update(layers=0),
    "a number too long to be read": lambda about: about["network"].update(layers=10**400),
    "another cell": lambda about: about["network"].update(cell="gru"),
    "a vocabulary that is a number": lambda about: about.update(vocabulary=5),
    "no vocabulary": lambda about: about.pop("vocabulary"),
    "a vocabulary twice as large": lambda about: about.update(vocabulary="\n" + "".join(map(chr, range(32, 9000)))),
    "a network that is a list": lambda about: about.update(network=[]),
    "training that is a list": lambda about: about.update(training=[]),
    "validation that is a text": lambda about: about.update(validation="good"),
    "a version of another kind": lambda about: about.update(version=[[2] * 999]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_metadata_that_no_model_has_is_one_line(tmp_path: Path, name: str) -> None:
    weights, about = sound(tmp_path / "m.safetensors")
    CHANGES[name](about)
    refused(written(tmp_path / "m.safetensors", weights, json.dumps(about)))


def test_json_nested_a_hundred_thousand_deep_is_one_line(tmp_path: Path) -> None:
    weights, _ = sound(tmp_path / "m.safetensors")
    refused(written(tmp_path / "m.safetensors", weights, '{"corpus":' + "[" * 100_000 + "]" * 100_000 + "}"))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_one_line(tmp_path: Path, value: float) -> None:
    weights, about = sound(tmp_path / "m.safetensors")
    weights["output.bias"][0] = value
    assert "finite" in refused(written(tmp_path / "m.safetensors", weights, json.dumps(about)))


def test_weights_of_another_shape_are_named(tmp_path: Path) -> None:
    weights, about = sound(tmp_path / "m.safetensors")
    weights["output.bias"] = torch.zeros(2).half()
    message = refused(written(tmp_path / "m.safetensors", weights, json.dumps(about)))
    assert "output.bias have the shape [2] where the network wants [5]" in message


@pytest.mark.parametrize("size", [10**13, 2**63, -1])
def test_a_declared_size_takes_no_memory(tmp_path: Path, size: int) -> None:
    header = json.dumps({"w": {"dtype": "F16", "shape": [size], "data_offsets": [0, 2 * max(size, 0)]}}).encode()
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    refused(tmp_path / "m.safetensors")
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", 10**15) + header)
    refused(tmp_path / "m.safetensors")


def test_any_damaged_byte_of_the_metadata_is_one_line_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    sound(path)
    content, rng = path.read_bytes(), random.Random(7)
    refusals = []
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.randrange(1500)] = rng.choice(b'0159{}[]",:-.e\x00\xff')
        path.write_bytes(damaged)
        try:
            load_checkpoint(path)
            read_corpus_provenance(path)
        except ModelError as error:
            refusals.append(str(error))
    assert refusals
    assert not any("\n" in message for message in refusals)
