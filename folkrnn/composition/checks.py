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
from folkrnn.model.locations import model_or_bundled
from folkrnn.model.metadata import read_corpus_provenance, read_metadata
from folkrnn.notation import Tune

Model = str | PathLike[str] | None


def check_generation(model: Model, options: Mapping[str, Any]) -> None:
    """Raise FolkrnnError for keyword arguments of ``Composer.generate`` that the model cannot meet."""
    read_options(options, None)  # without the model file, which takes longer to read
    repertoire = read_corpus_provenance(model_or_bundled(model)).learned
    _, request, mix = read_options(options, repertoire)
    Programme(request, repertoire, mix=mix)


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
