"""What can be refused before a model is loaded. Nothing here loads torch, or the weights of a model.

The composer checks the same with the same functions; who calls it can learn sooner that the answer is no.
"""

from collections.abc import Mapping
from os import PathLike
from typing import Any

from folkrnn.composition.programme import Programme
from folkrnn.composition.requests import read_options
from folkrnn.composition.reworking import bar_range, check_count, check_range, check_tune, naming
from folkrnn.composition.settings import GenerationSettings
from folkrnn.composition.starts import check_start
from folkrnn.composition.variation import check_closeness, check_learned_plans
from folkrnn.model.locations import model_or_bundled
from folkrnn.model.metadata import corpus_provenance, learns_plans, read_metadata
from folkrnn.notation import Tune
from folkrnn.notation.grammar import Grammar

STARTS_TRIED = 512
"""The drafts of a tune of which one must be able to begin as it was given: as many as are written at most."""

Model = str | PathLike[str] | None


def check_generation(model: Model, options: Mapping[str, Any]) -> None:
    """Raise FolkrnnError for keyword arguments of ``Composer.generate`` that the model cannot meet."""
    read_options(options, None)  # without the model file, which takes longer to read
    path = model_or_bundled(model)
    about = read_metadata(path)
    repertoire, alphabet = corpus_provenance(path, about).learned, about["vocabulary"]
    settings, request, mix = read_options(options, repertoire)
    plans = learns_plans(path, about)
    programme = Programme(request, repertoire, seed=settings.seed or 0, mix=mix, alphabet=alphabet, plans=plans)
    if not settings.unconstrained:
        programme.prompt(0).check_room(settings.max_length)
        if options.get("start") is not None:
            idiom = request.idiom(repertoire, options.get("fit"))
            check_given(options["start"], programme, Grammar(alphabet, idiom=idiom))


def check_given(start: str, programme: Programme, grammar: Grammar) -> None:
    """Raise GenerationError for a given start with which no draft of a programme can begin under a grammar."""
    check_start(start, (programme.prompt(0, draft) for draft in range(STARTS_TRIED)), grammar)


def check_extension(model: Model, tune: Tune, bars: int, options: Mapping[str, Any]) -> None:
    """Raise FolkrnnError for arguments of ``Composer.extend`` that cannot be met."""
    GenerationSettings.of(options)
    with naming(tune):
        check_count("bars", bars)
        check_tune(tune)
    read_metadata(model_or_bundled(model))


def check_rewriting(model: Model, tune: Tune, bars: int | tuple[int, int], options: Mapping[str, Any]) -> None:
    """Raise FolkrnnError for arguments of ``Composer.rewrite`` that cannot be met."""
    GenerationSettings.of(options)
    with naming(tune):
        check_tune(tune)
        check_range(tune, *bar_range(bars))
    read_metadata(model_or_bundled(model))


def check_variation(model: Model, tune: Tune, closeness: int, options: Mapping[str, Any]) -> None:
    """Raise FolkrnnError for arguments of ``Composer.vary`` that cannot be met."""
    GenerationSettings.of(options)
    with naming(tune):
        check_closeness(closeness)
        check_tune(tune)
    path = model_or_bundled(model)
    check_learned_plans(path, learns_plans(path, read_metadata(path)))
