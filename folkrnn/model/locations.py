"""Where model files lie. Nothing here loads torch."""

from os import PathLike
from pathlib import Path

from folkrnn.errors import ModelError

MODEL_FILE = "model.safetensors"
"""The best model of a run, in its folder."""

STATE_FILE = "state.safetensors"
"""All that a run needs to be resumed, in its folder."""


def bundled_model() -> Path:
    """Return the path of the model that ships with folkrnn. Raise ModelError if this installation has none."""
    path = Path(__file__).parents[1] / "models" / "default.safetensors"
    if not path.is_file():
        raise ModelError(f"{path}: this installation carries no model; expected the file of one")
    return path


def model_or_bundled(model: PathLike[str] | str | None) -> Path:
    """Return the path of a model; None is the one that ships with folkrnn."""
    return Path(model) if model is not None else bundled_model()


def model_file(name: Path | str) -> Path:
    """Return the path of a model: a file, or ``default`` for the one that ships with folkrnn."""
    return bundled_model() if str(name) == "default" else Path(name)


def check_run(run: Path, *, resume: bool = False, overwrite: bool = False) -> None:
    """Raise ModelError if a run folder holds a run that is neither resumed nor overwritten, or none to resume."""
    if resume and not (run / MODEL_FILE).exists():
        raise ModelError(f"{run}: holds no run; expected the folder of one to go on with")
    if (run / MODEL_FILE).exists() and not (resume or overwrite):
        raise ModelError(f"{run}: holds a run already; expected resume to go on with it, or overwrite to begin again")
