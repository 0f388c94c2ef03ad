"""What a model file says of itself, read without its weights. Nothing here loads torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from folkrnn.errors import ModelError
from folkrnn.model.entries import read_object
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.notation.context import PLANNED_CONTEXT

MODEL_FORMAT = "folkrnn model"
MODEL_VERSION = 2
"""Of the model format. It stays the same while reading accepts both the old and the new names of entries."""


def read_metadata(path: Path, kind: str = MODEL_FORMAT) -> dict[str, Any]:
    """Return the JSON object in a safetensors file of a kind. Raise ModelError, which names the file, for another."""
    if not path.exists():
        raise ModelError(f"{path}: there is no such file")
    if path.is_dir():
        raise ModelError(f"{path}: a folder where a model file should be")
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
        if metadata.get("format") != kind:
            raise ModelError(f"{path}: a safetensors file, but not a {kind}")
        about = dict(read_object(json.loads(metadata["about"]), "about"))
    except ModelError as error:
        raise error_in(path, error) from None
    except RecursionError:
        raise ModelError(f"{path}: not a readable {kind}: what it says of itself is nested too deep") from None
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise unreadable(path, kind, error) from None
    if kind == MODEL_FORMAT and about.get("version") != MODEL_VERSION:
        version = about.get("version")
        raise ModelError(f"{path}: model format {one_line(version)} where this folkrnn reads format {MODEL_VERSION}")
    return about


def read_corpus_provenance(path: Path) -> CorpusProvenance:
    """Return what a model file says of its corpus. Raise ModelError for a file that is no model."""
    return corpus_provenance(path, read_metadata(path))


def corpus_provenance(path: Path, about: Mapping[str, Any]) -> CorpusProvenance:
    """Return what the metadata of a model file says of its corpus. Raise ModelError, which names the file."""
    try:
        return CorpusProvenance.from_json(about.get("corpus", {}))
    except ModelError as error:
        raise error_in(path, error) from None


def learns_plans(path: Path, about: Mapping[str, Any]) -> bool:
    """Return whether the model of a file writes plans. Raise ModelError, which names the file, for wrong metadata."""
    try:
        context = read_object(about["network"], "network").get("context", 0)
    except (KeyError, ModelError) as error:
        raise error_in(path, ModelError(str(error))) from None
    return isinstance(context, int) and context >= PLANNED_CONTEXT


def error_in(path: Path, error: ModelError) -> ModelError:
    """Return an error in a file as one that names the file."""
    return error if str(error).startswith(str(path)) else ModelError(f"{path}: {error}")


def unreadable(path: Path, kind: str, error: Exception) -> ModelError:
    """Return the error for a file that cannot be read."""
    return ModelError(f"{path}: not a readable {kind}, or cut short ({one_line(error)})")


def one_line(error: object) -> str:
    """Return what an error, or a value, says on one line that is not long."""
    return " ".join(str(error).split())[:200]
