"""The character model: vocabulary, network, the checkpoint file, training and scoring."""

from pathlib import Path

from folkrnn.errors import ModelError
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.training import TrainingResult, TrainingSettings, train
from folkrnn.model.vocabulary import Vocabulary

__all__ = [
    "CharNetwork",
    "Checkpoint",
    "NetworkSettings",
    "TrainingResult",
    "TrainingSettings",
    "Vocabulary",
    "bundled_model",
    "load_checkpoint",
    "save_checkpoint",
    "train",
]


def bundled_model() -> Path:
    """Where the model that ships with folkrnn lies. Raises ModelError if this installation has none."""
    path = Path(__file__).parents[1] / "models" / "default.safetensors"
    if not path.is_file():
        raise ModelError(f"{path}: this installation carries no model; expected --model FILE")
    return path
