"""The character model: vocabulary, network, the checkpoint file, training and scoring."""

from pathlib import Path

from folkrnn.errors import ModelError
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance, TrainingProvenance, ValidationFigures
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.training import TrainingResult, train_network
from folkrnn.model.vocabulary import Vocabulary

__all__ = [
    "CharNetwork",
    "Checkpoint",
    "CorpusProvenance",
    "NetworkSettings",
    "TrainingProvenance",
    "TrainingResult",
    "TrainingSettings",
    "ValidationFigures",
    "Vocabulary",
    "bundled_model",
    "load_checkpoint",
    "save_checkpoint",
    "train_network",
]


def bundled_model() -> Path:
    """Return the path of the model that ships with folkrnn. Raise ModelError if this installation has none."""
    path = Path(__file__).parents[1] / "models" / "default.safetensors"
    if not path.is_file():
        raise ModelError(f"{path}: this installation carries no model; expected --model FILE")
    return path
