"""How tunes are written, whatever is wanted of them. Nothing here loads torch."""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from numbers import Integral, Real
from secrets import randbelow
from typing import Any, Literal, TypedDict, cast, get_args

from folkrnn import __version__
from folkrnn.errors import GenerationError
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters

Sampler = Literal["random", "greedy", "beam"]

SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
"""How the music is written; header fields are always sampled at random."""


class GenerationOptions(TypedDict, total=False):
    """The fields of ``GenerationSettings`` as keyword arguments."""

    temperature: float
    title_temperature: float
    sampler: Sampler
    beam_width: int
    top_k: int | None
    top_p: float | None
    best_of: int | None
    seed: int | None
    max_length: int
    unconstrained: bool


CALL_OPTIONS = ("count", "model")
"""Options of the functions that compose, beside wishes and settings."""


def check_names(options: Iterable[str], known: Sequence[str]) -> None:
    """Raise GenerationError for the name of an option that is not known."""
    for name in options:
        if name not in known:
            every = [*known, *CALL_OPTIONS]
            near = difflib.get_close_matches(name, every, n=1)
            raise GenerationError(f"there is no option {name!r}; expected {', '.join(near or every)}")


_KINDS: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (Integral, "whole number", ("beam_width", "top_k", "best_of", "seed", "max_length")),
    (Real, "number", ("temperature", "title_temperature", "top_p")),
)


@dataclass(frozen=True)
class GenerationSettings:
    """How tunes are written.

    ``temperature``, ``top_k`` and ``top_p`` are those of ``SamplingParameters`` for the music, with None for no limit,
    and ``title_temperature`` is that of titles. The rest of the header is drawn as it was learned.
    ``sampler`` writes the music at random, greedily, or by a beam search of ``beam_width``. Of ``best_of`` drafts
    of a tune the best is taken. ``seed`` None means a new one. A tune has at most ``max_length`` characters.
    ``unconstrained`` is the plain network without the grammar, for study. Raises GenerationError for
    what cannot be.
    """

    temperature: float = 1.0
    title_temperature: float = 0.7
    sampler: Sampler = "random"
    beam_width: int = 8
    top_k: int | None = None
    top_p: float | None = None
    best_of: int | None = None
    seed: int | None = None
    max_length: int = 2000
    unconstrained: bool = False

    def __post_init__(self) -> None:
        for kind, noun, names in _KINDS:
            for name in names:
                value = getattr(self, name)
                optional = getattr(GenerationSettings, name) is None
                if not isinstance(value, kind) and not (optional and value is None):
                    raise GenerationError(f"{name}={value!r} should be a {noun}")
        if self.sampler not in SAMPLERS:
            raise GenerationError(f"sampler={self.sampler!r} should be one of {', '.join(SAMPLERS)}")
        if self.seed is not None and self.seed < 0:
            raise GenerationError(f"seed={self.seed!r} should be at least 0")
        for name in ("beam_width", "best_of", "max_length"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise GenerationError(f"{name}={value!r} should be at least 1")
        if not (math.isfinite(self.title_temperature) and self.title_temperature >= 0):
            raise GenerationError(f"title_temperature={self.title_temperature!r} should be 0 or more")
        _ = self.sampling  # which checks its own values

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "GenerationSettings":
        """Return the settings that keyword arguments say. Raises GenerationError for a name that is none of them."""
        check_names(options, [field.name for field in fields(cls)])
        return cls(**options)

    @property
    def header_sampling(self) -> SamplingParameters:
        """The sampling of form and similarity: as learned, whatever the temperature of the music.

        Without the grammar nothing of the header is drawn beforehand, and all is sampled as the music is.
        """
        return DEFAULT_SAMPLING if not self.unconstrained else self.sampling

    @property
    def title_sampling(self) -> SamplingParameters:
        """The sampling of characters of a title."""
        return SamplingParameters(self.title_temperature)

    @property
    def sampling(self) -> SamplingParameters:
        """Temperature, top-k and top-p as they are given, before the sampler has its say."""
        return SamplingParameters(self.temperature, self.top_k or 0, 1.0 if self.top_p is None else self.top_p)

    @property
    def music_sampling(self) -> SamplingParameters:
        """The sampling of the characters of the music."""
        return replace(self.sampling, temperature=0.0) if self.sampler == "greedy" else self.sampling

    @property
    def opening_sampling(self) -> SamplingParameters:
        """The sampling of the characters of the first bar, which is never certain."""
        return replace(self.sampling, temperature=self.temperature or 1.0)

    @property
    def beam(self) -> int:
        """The width of the beam search; 0 without one."""
        return self.beam_width if self.sampler == "beam" else 0

    def options(self) -> GenerationOptions:
        """Return the settings as keyword arguments."""
        return cast(GenerationOptions, asdict(self))

    def seeded(self) -> "GenerationSettings":
        """Return settings with a seed, drawn if there is none."""
        return self if self.seed is not None else replace(self, seed=randbelow(10**6))

    def note(self, model: str, number: int) -> str:
        """Return how tune ``number`` (from 1) of a model was made, so that it can be made again."""
        text = f"folkrnn {__version__}, model {model}, seed {self.seed}, tune {number}"
        text += f", temperature {self.temperature:g}"
        usual = self.title_temperature == GenerationSettings.title_temperature
        text += "" if usual else f", titles {self.title_temperature:g}"
        for option, value in (("top-k", self.top_k), ("top-p", self.top_p), ("best of", self.best_of)):
            text += f", {option} {value:g}" if value else ""
        return text + {"greedy": ", greedy", "beam": f", beam of {self.beam_width}"}.get(self.sampler, "")
