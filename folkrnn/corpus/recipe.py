"""Recipes: what to read and how to clean it, as TOML."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

from folkrnn.corpus.mending import MENDABLE
from folkrnn.errors import CorpusError
from folkrnn.notation.canonical import REMOVABLE, UNLEARNED_FEATURES

_KINDS = {
    (str, False): "a text",
    (int, False): "a whole number",
    (float, False): "a number",
    (tuple, False): "a list of texts",
    (str, True): "a table of texts",
    (float, True): "a table of numbers",
}
"""Types in words, alone and as the values of a table."""

CLOSE, WIDE = "close", "wide"
"""The ways to find the settings of a tune: by long runs of the same notes, or also where one note in four differs."""

_NUMBER = re.compile(r"[0-9]{1,9}")
_NUMBERS = re.compile(rf"({_NUMBER.pattern})(?:-({_NUMBER.pattern}))?")


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A source of tunes: a collection in music21, or a file or folder at ``path``.

    Tunes that do not name their own get ``rhythm`` and ``origin``. ``numbers`` are the sections of a book: rhythms by
    the numbers (``X:``) of tunes, such as ``701-1115``.
    """

    collection: str = ""
    path: str = ""
    title: str = ""
    rhythm: str = ""
    origin: str = ""
    numbers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_types(self, "a [[source]]")
        if bool(self.collection) == bool(self.path):
            raise CorpusError('a [[source]] needs either collection = "…" or path = "…"')
        sections = sorted(self._sections, key=lambda section: section[0].start)
        for (one, _), (other, _) in pairwise(sections):
            if other.start < one.stop:
                raise CorpusError(f"[source.numbers] of {self.name}: {other.start} is in two ranges; expected one")

    @property
    def name(self) -> str:
        """The name of the source in counts and statistics."""
        return self.collection or ("stdin" if self.path == "-" else Path(self.path).stem)

    @property
    def _sections(self) -> list[tuple[range, str]]:
        """The sections of ``numbers`` with their rhythms. Raise CorpusError for a bad range."""
        return [(_range(text, f"[source.numbers] of {self.name}"), rhythm) for text, rhythm in self.numbers.items()]

    def rhythm_of(self, number: str) -> str:
        """Return the rhythm of the section in which a tune's number stands; empty if there is none."""
        if not _NUMBER.fullmatch(number):
            return ""
        return next((rhythm for section, rhythm in self._sections if int(number) in section), "")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe for a corpus: what to read (``sources``), and how to clean, name and split it.

    ``mix`` says which rhythms a model of it writes unasked. ``corpora/default.toml`` explains each setting.
    """

    name: str
    sources: tuple[SourceSettings, ...]
    description: str = ""
    drop: tuple[str, ...] = UNLEARNED_FEATURES
    allow: tuple[str, ...] = ()
    mend: tuple[str, ...] = ()
    shortest_bars: int = 1
    longest_characters: int = 4000
    validation: float = 0.05
    test: float = 0.05
    families: str = WIDE
    rhythms: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    mix: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_types(self, f"recipe {self.name!r}")
        if not self.sources:
            raise CorpusError(f"recipe {self.name!r} has no [[source]]; expected at least one")
        for feature in self.drop:
            if feature not in REMOVABLE:
                expected = ", ".join(REMOVABLE)
                raise CorpusError(f"recipe {self.name!r}: clean.drop has {feature!r}; expected some of {expected}")
        for fault in self.mend:
            if fault not in MENDABLE:
                expected = ", ".join(MENDABLE)
                raise CorpusError(f"recipe {self.name!r}: clean.mend has {fault!r}; expected some of {expected}")
        if self.families not in (CLOSE, WIDE):
            raise CorpusError(
                f"recipe {self.name!r}: split.families is {self.families!r}; expected {CLOSE!r} or {WIDE!r}"
            )
        if self.validation < 0 or self.test < 0 or self.validation + self.test >= 1:
            raise CorpusError(f"recipe {self.name!r}: split.validation and split.test must leave some to train on")
        if self.mix and not (min(self.mix.values()) >= 0 and sum(self.mix.values()) > 0):
            raise CorpusError(f"recipe {self.name!r}: mix should hold weights from 0 up, and one above 0")
        for pattern in (*self.rhythms, *self.origins):
            try:
                re.compile(pattern)
            except re.error as error:
                raise CorpusError(f"recipe {self.name!r}: {pattern!r} is no regular expression: {error}") from None

    def settings(self) -> dict[str, Any]:
        """Return the recipe as plain data, for a model file or a corpus folder."""
        later: dict[str, Any] = {"mend": list(self.mend)} if self.mend else {}  # older files lack these
        later |= {"families": self.families} if self.families != CLOSE else {}
        return {
            "name": self.name,
            "sources": [source.name for source in self.sources],
            "drop": list(self.drop),
            "allow": list(self.allow),
            "shortest_bars": self.shortest_bars,
            "longest_characters": self.longest_characters,
            "validation": self.validation,
            "test": self.test,
            **later,
        }

    @property
    def digest(self) -> str:
        """A short hash of all that decides the tunes of the recipe."""
        content = [self.settings(), self.rhythms, self.origins, [str(source) for source in self.sources]]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _check_types(settings: "SourceSettings | Recipe", where: str) -> None:
    """Raise CorpusError for a value that is not of its field's type; TOML may hold any."""
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        kind: Any = get_origin(setting.type) or setting.type
        inner = get_args(setting.type)[1] if kind is dict else None
        right = _is_a(value, kind) and (inner is None or all(_is_a(each, inner) for each in value.values()))
        if not right:
            raise CorpusError(
                f"{where}: {setting.name} is {value!r}; expected {_KINDS[inner or kind, inner is not None]}"
            )


def _range(text: str, where: str) -> range:
    """Return the numbers of ``701`` or ``701-1115``, both ends included. Raise CorpusError."""
    match = _NUMBERS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last:
        raise CorpusError(f'{where}: {text!r} is no range of numbers; expected one like "701-1115" or "701"')
    return range(first, last + 1)


def _is_a(value: object, kind: type) -> bool:
    """Whether a value from TOML is of a type; whole numbers are also numbers."""
    return isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)


def recipe_folder() -> Traversable:
    """Return the folder of the recipes that ship with folkrnn: ``corpora/``, or its copy in the package."""
    checkout = Path(__file__).parents[2] / "corpora"
    return checkout if (checkout / "default.toml").is_file() else files("folkrnn") / "recipes"


def list_recipes() -> list[Recipe]:
    """Return the recipes that ship with folkrnn, by name."""
    found = [entry for entry in recipe_folder().iterdir() if entry.name.endswith(".toml")]
    return [
        parse_recipe(entry.read_text(encoding="utf-8"), entry.name) for entry in sorted(found, key=lambda e: e.name)
    ]


def load_recipe(name: str) -> Recipe:
    """Return the recipe of a name that ships with folkrnn, or of a TOML file. Raise CorpusError."""
    path = Path(name)
    if path.suffix == ".toml":
        try:
            return parse_recipe(path.read_text(encoding="utf-8"), name, path.parent)
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(f"{name}: cannot be read as a recipe: {_reason(error)}") from None
    recipes = {recipe.name: recipe for recipe in list_recipes()}
    if name not in recipes:
        raise CorpusError(
            f"{name!r} is no recipe, file or folder; expected {', '.join(recipes)}, a .toml file, or ABC files"
        )
    return recipes[name]


def recipe_of(paths: Iterable[str]) -> Recipe:
    """Return a recipe that reads files, folders or ``-`` (standard input) and cleans like the default one."""
    default = load_recipe("default")
    sources = tuple(SourceSettings(path=path) for path in paths)
    return Recipe("files", sources, "", default.drop, default.allow, rhythms=default.rhythms, origins=default.origins)


def parse_recipe(text: str, source: str, folder: Path | None = None) -> Recipe:
    """Return the recipe of a TOML text; relative paths in it start from ``folder``. Raise CorpusError."""
    try:
        data = tomllib.loads(text)
        sources = tuple(SourceSettings(**entry) for entry in data.pop("source", []))
        clean, split = data.pop("clean", {}), data.pop("split", {})
        for key in ("drop", "allow", "mend"):
            if key in clean:
                clean[key] = tuple(clean[key])
        if folder is not None:
            sources = tuple(_beside(entry, folder) for entry in sources)
        return Recipe(sources=sources, **data, **clean, **split)
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{source}: is no TOML: {error}") from None
    except TypeError as error:
        problem = str(error).split(")", 1)[-1].strip() or str(error)
        raise CorpusError(f"{source}: {problem}; corpora/default.toml shows what a recipe may hold") from None


def _beside(source: SourceSettings, folder: Path) -> SourceSettings:
    if not source.path or source.path == "-":
        return source
    return replace(source, path=str(folder / source.path))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
