"""Where a model comes from: its corpus, its training, and its figures on tunes that it has not learned.

A model file holds these as JSON. Entries that are missing have defaults, and unknown ones are ignored, so that files of
earlier and later versions load. An entry of a wrong type is a ModelError that names it.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from folkrnn.errors import ModelError
from folkrnn.model.entries import check_type, read_entries, read_object
from folkrnn.model.repertoire import Repertoire
from folkrnn.model.schedule import TrainingSettings

BitsFigures = Mapping[str, Mapping[str, float]]
"""Bits of one split, by group of tunes (``all``, ``fiddle``, a collection), then by name, as ``bits_per_note``."""

_DIGEST = re.compile("[0-9A-Za-z]{0,128}")
"""A digest becomes a part of a file's name."""

SCORED_SPLITS = ("validation", "test")


@dataclass(frozen=True)
class CorpusProvenance:
    """The corpus that a model has learned from.

    ``recipe`` holds the settings of its recipe as plain data, and ``digest`` identifies its tunes. ``transposed`` says
    whether the tunes were transposed during training. ``values`` holds the values of header fields by the field's
    letter, commonest first, and ``repertoire`` counts them. A file without a repertoire has learned each of its values
    equally well.
    """

    recipe: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    transposed: bool = False
    values: Mapping[str, list[str]] = field(default_factory=dict)
    repertoire: Repertoire = field(default_factory=Repertoire)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(replace(self, repertoire=Repertoire())) | {"repertoire": self.repertoire.to_json()}

    @classmethod
    def from_json(cls, data: object) -> "CorpusProvenance":
        """Read what ``to_json`` gave. Raise ModelError for an entry of a wrong type."""
        read = cls(**read_entries(cls, data, "corpus", leave=("repertoire",)))
        check_type(read.recipe.get("drop", []), list[str], "corpus recipe drop")
        if not _DIGEST.fullmatch(read.digest):
            raise ModelError(f"corpus digest={read.digest!r:.60} should be at most 128 letters and digits")
        repertoire = Repertoire.from_json(read_object(data, "corpus").get("repertoire", {}))
        return replace(read, repertoire=repertoire)

    @property
    def learned(self) -> Repertoire:
        """The repertoire, or for a file without one what its values tell."""
        return self.repertoire or Repertoire.of_values(self.values)


@dataclass(frozen=True)
class TrainingProvenance:
    """The training of a model: its settings, and how far it had come when the model was the best.

    ``settings`` is None for a model that was not trained, such as one of a test. ``dtype`` is that of the matrix
    products, empty in files of earlier versions.
    """

    settings: TrainingSettings | None = None
    steps: int = 0
    passes: float = 0.0
    seconds: float = 0.0
    dtype: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON: the settings and the rest side by side."""
        settings = {} if self.settings is None else asdict(self.settings)
        extent = {"steps": self.steps, "passes": self.passes, "seconds": self.seconds, "dtype": self.dtype}
        return settings | extent

    @classmethod
    def from_json(cls, data: object) -> "TrainingProvenance":
        """Read what ``to_json`` gave. Raise ModelError for an entry of a wrong type."""
        extent = read_entries(cls, data, "training", leave=("settings",))
        settings = TrainingSettings.entries(data)
        return cls(settings=TrainingSettings(**settings) if settings else None, **extent)


@dataclass(frozen=True)
class ValidationFigures:
    """The figures of a model on tunes that it has not learned, in bits.

    ``bits_per_character`` is that of the validation sample during training, and ``splits`` the bits that were
    measured afterwards, by split.
    """

    bits_per_character: float | None = None
    splits: Mapping[str, BitsFigures] = field(default_factory=dict)

    def bits_per_note(self, split: str = "validation", group: str = "all") -> float | None:
        """Return the bits per note of a group of tunes, or None if they were not measured."""
        return self.splits.get(split, {}).get(group, {}).get("bits_per_note")

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON: the splits beside the bits per character."""
        bits = {} if self.bits_per_character is None else {"bits_per_character": self.bits_per_character}
        return {**bits, **self.splits}

    @classmethod
    def from_json(cls, data: object) -> "ValidationFigures":
        """Read what ``to_json`` gave. Raise ModelError for an entry of a wrong type."""
        bits = read_entries(cls, data, "validation", leave=("splits",))
        splits = {name: part for name, part in read_object(data, "validation").items() if name in SCORED_SPLITS}
        for name, part in splits.items():
            check_type(part, BitsFigures, f"validation {name}")
        return cls(splits=splits, **bits)
