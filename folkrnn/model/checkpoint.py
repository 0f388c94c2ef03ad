"""The model file: one `.safetensors` with the weights, and everything about them as JSON.

Weights rest as float16, which halves the file and moves no weight by more than 0.05 %; they
are float32 again once loaded. Nothing here can run code from a file: no pickle anywhere.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from folkrnn.errors import ModelError
from folkrnn.files import write_whole
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary

FORMAT = "folkrnn model"
VERSION = 2

_CRITIC = "critic."


@dataclass(frozen=True)
class Checkpoint:
    """A network, the characters it knows, and where it comes from.

    ``critic`` holds the weights of its critic (``folkrnn.evaluation.critic``) if it has one.
    """

    network: CharNetwork
    vocabulary: Vocabulary
    corpus: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    validation: Mapping[str, Any] = field(default_factory=dict)
    critic: Mapping[str, Tensor] = field(default_factory=dict)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the model file whole or not at all."""
    about = {
        "version": VERSION,
        "network": asdict(checkpoint.network.settings),
        "vocabulary": checkpoint.vocabulary.characters,
        "corpus": dict(checkpoint.corpus),
        "training": dict(checkpoint.training),
        "validation": dict(checkpoint.validation),
    }
    weights = dict(checkpoint.network.state_dict())
    weights |= {_CRITIC + name: tensor for name, tensor in checkpoint.critic.items()}
    write_tensors(path, {name: tensor.half() for name, tensor in weights.items()}, FORMAT, about)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a model file; whatever is wrong with it is a ModelError that names it."""
    weights, about = read_tensors(path, FORMAT)
    try:
        if about["version"] != VERSION:
            raise ModelError(f"{path}: model format {about['version']} where this folkrnn reads format {VERSION}")
        vocabulary = Vocabulary(about["vocabulary"])
        network = CharNetwork(NetworkSettings(**about["network"]), len(vocabulary), torch.Generator())
        weights = {name: tensor.float() for name, tensor in weights.items()}
        critic = {name.removeprefix(_CRITIC): weights.pop(name) for name in list(weights) if name.startswith(_CRITIC)}
        network.load_state_dict(weights)
        return Checkpoint(network, vocabulary, about["corpus"], about["training"], about["validation"], critic)
    except ModelError as error:
        raise error if str(error).startswith(str(path)) else ModelError(f"{path}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ModelError(f"{path}: not a complete folkrnn model ({type(error).__name__}: {_line(error)})") from None


def with_vocabulary(checkpoint: Checkpoint, characters: str, settings: NetworkSettings) -> Checkpoint:
    """The same model, knowing these characters too; what it says of those that it knew stays as it was.

    The network of the result is a new one, with these settings, of which only the dropout and ``told`` may differ.
    New characters are read as by a network that has learned nothing, and are as unlikely at first as the unlikeliest
    one was; what it is newly told changes nothing at first.
    """
    old = checkpoint.vocabulary
    new = Vocabulary("".join(sorted({*old.characters, *characters})))
    network = CharNetwork(settings, len(new), torch.Generator().manual_seed(0))
    places = [new.id(character) for character in old.characters]
    told = range(len(new), len(new) + checkpoint.network.width - len(old))
    added = [place for place in range(len(new)) if new.characters[place] not in old]
    with torch.no_grad():
        layers = zip(network.recurrent_layers(), checkpoint.network.recurrent_layers(), strict=True)
        for number, (ours, theirs) in enumerate(layers):
            ours.recurrent.copy_(theirs.recurrent)
            ours.bias.copy_(theirs.bias)
            if number:
                ours.input[:, places] = theirs.input[:, : len(old)]
                ours.input[:, len(new) :] = theirs.input[:, len(old) :]
            else:
                ours.input[:, len(new) :] = 0
                ours.input[:, [*places, *told]] = theirs.input
        network.output.weight[places] = checkpoint.network.output.weight
        network.output.bias[places] = checkpoint.network.output.bias
        network.output.weight[added] = 0
        network.output.bias[added] = checkpoint.network.output.bias.min()
    return replace(checkpoint, network=network, vocabulary=new)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], kind: str, about: Mapping[str, Any]) -> None:
    """Write tensors and JSON to one file beside its place, then move it there in one step."""
    data = save(dict(tensors), {"format": kind, "about": json.dumps(about, ensure_ascii=False)})
    try:
        write_whole(path, data)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror or error}") from None


def read_tensors(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read back what write_tensors wrote as the same kind."""
    if not path.exists():
        raise ModelError(f"{path}: no such file")
    if path.is_dir():
        raise ModelError(f"{path}: a folder where a model file should be")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != kind:
                raise ModelError(f"{path}: a safetensors file, but not a {kind}")
            about = json.loads(metadata["about"])
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path}: not a readable {kind}, or cut short ({_line(error)})") from None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
