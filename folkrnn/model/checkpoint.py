"""The model file: one ``.safetensors`` with the weights, and everything about them as JSON.

The file stores weights as float16, which halves it and changes no weight by more than 0.05 %, or in eight bits where
that changes nothing. Loading makes them float32 again. No code of a file can run: there is no pickle.
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
from folkrnn.model.metadata import MODEL_FORMAT, MODEL_VERSION, error_in, one_line, read_metadata, unreadable
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance, TrainingProvenance, ValidationFigures
from folkrnn.model.vocabulary import Vocabulary

_CRITIC = "critic."


@dataclass(frozen=True)
class Checkpoint:
    """A network, the characters it knows, and its provenance.

    ``critic`` holds the weights of its critic (``folkrnn.composition.critic``), or nothing.
    """

    network: CharNetwork
    vocabulary: Vocabulary
    corpus: CorpusProvenance = field(default_factory=CorpusProvenance)
    training: TrainingProvenance = field(default_factory=TrainingProvenance)
    validation: ValidationFigures = field(default_factory=ValidationFigures)
    critic: Mapping[str, Tensor] = field(default_factory=dict)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the model file, whole or not at all. Raise ModelError if it cannot be written."""
    about = {
        "version": MODEL_VERSION,
        "network": asdict(checkpoint.network.settings),
        "vocabulary": checkpoint.vocabulary.characters,
        "corpus": checkpoint.corpus.to_json(),
        "training": checkpoint.training.to_json(),
        "validation": checkpoint.validation.to_json(),
    }
    weights = dict(checkpoint.network.state_dict())
    weights |= {_CRITIC + name: tensor for name, tensor in checkpoint.critic.items()}
    write_tensors(
        path,
        {name: _stored(tensor) for name, tensor in weights.items()},
        MODEL_FORMAT,
        about,
    )


def _stored(weights: Tensor) -> Tensor:
    """Return weights as the file stores them."""
    small = weights.to(torch.float8_e4m3fn)
    return small if torch.equal(small.float(), weights.float()) else weights.half()


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a model file. Raise ModelError, one line that names the file, for whatever is wrong with it."""
    weights, about = read_tensors(path, MODEL_FORMAT)
    try:
        vocabulary = Vocabulary(about["vocabulary"])
        settings = NetworkSettings.from_json(about["network"])
        _check_weights(weights, settings, len(vocabulary))
        network = CharNetwork(settings, len(vocabulary), None)
        weights = {name: tensor.float() for name, tensor in weights.items()}
        critic = {name.removeprefix(_CRITIC): weights.pop(name) for name in list(weights) if name.startswith(_CRITIC)}
        network.load_state_dict(weights, assign=True)
        return Checkpoint(
            network,
            vocabulary,
            CorpusProvenance.from_json(about.get("corpus", {})),
            TrainingProvenance.from_json(about.get("training", {})),
            ValidationFigures.from_json(about.get("validation", {})),
            critic,
        )
    except ModelError as error:
        raise error_in(path, error) from None
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, RecursionError, OverflowError) as error:
        raise ModelError(f"{path}: not a complete folkrnn model ({type(error).__name__}: {one_line(error)})") from None


def _check_weights(weights: Mapping[str, Tensor], settings: NetworkSettings, characters: int) -> None:
    """Raise ModelError unless weights are finite, and have the shapes that a network of some settings wants.

    Nothing is allocated before that is known.
    """
    with torch.device("meta"):
        wanted = {name: tensor.shape for name, tensor in CharNetwork(settings, characters, None).state_dict().items()}
    given = {name: tensor.shape for name, tensor in weights.items() if not name.startswith(_CRITIC)}
    if given != wanted:
        name = next((name for name in (*wanted, *given) if given.get(name) != wanted.get(name)), "")
        has, wants = (str(list(each[name])) if name in each else "none" for each in (given, wanted))
        raise ModelError(f"the weights {one_line(name)} have the shape {has} where the network wants {wants}")
    for name, tensor in weights.items():
        if not tensor.is_floating_point() or not bool(tensor.float().isfinite().all()):
            raise ModelError(f"the weights {one_line(name)} are not all finite numbers")


def with_vocabulary(checkpoint: Checkpoint, characters: str, settings: NetworkSettings) -> Checkpoint:
    """Return the same model with more characters; its predictions for those that it knew stay as they were.

    The result has a new network with these settings, of which only ``dropout`` and ``context`` may differ. Its weights
    for new characters are those of an untrained network, and their probability is that of the unlikeliest known
    character. New context features change nothing before they are trained.
    """
    old = checkpoint.vocabulary
    new = Vocabulary("".join(sorted({*old.characters, *characters})))
    network = CharNetwork(settings, len(new), torch.Generator().manual_seed(0))
    places = [new.id(character) for character in old.characters]
    context = range(len(new), len(new) + checkpoint.network.width - len(old))
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
                ours.input[:, [*places, *context]] = theirs.input
        network.output.weight[places] = checkpoint.network.output.weight
        network.output.bias[places] = checkpoint.network.output.bias
        network.output.weight[added] = 0
        network.output.bias[added] = checkpoint.network.output.bias.min()
    return replace(checkpoint, network=network, vocabulary=new)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], kind: str, about: Mapping[str, Any]) -> None:
    """Write tensors and JSON to one file, whole or not at all. Raise ModelError if it cannot be written."""
    data = save(dict(tensors), {"format": kind, "about": json.dumps(about, ensure_ascii=False)})
    try:
        write_whole(path, data)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror or error}") from None


def read_tensors(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what ``write_tensors`` wrote as the same kind. Raise ModelError, which names the file, for anything else."""
    about = read_metadata(path, kind)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError, TypeError) as error:
        raise unreadable(path, kind, error) from None
