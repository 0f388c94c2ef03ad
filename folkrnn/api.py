"""The functions of ``import folkrnn``: each calls one thing and loads what that needs."""

import logging
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Unpack

from folkrnn.errors import ExportError, InputError
from folkrnn.notation import Tune, read_tunes

if TYPE_CHECKING:
    from folkrnn.composition.composer import Composition
    from folkrnn.composition.requests import RequestOptions
    from folkrnn.composition.settings import GenerationOptions
    from folkrnn.training import TrainingOptions
    from folkrnn.validation import Report

_log = logging.getLogger(__name__)

Place = str | PathLike[str]


def read(source: Place | IO[str]) -> list[Tune]:
    """Read the tunes of an ABC file, given as a path or as an open text file; or the melody of a MusicXML or MIDI file.

    The ending of the name says which it is: .musicxml, .xml, .mxl, .mid and .midi are not ABC. Whatever cannot be
    read becomes a finding of its tune. Raises InputError for a file that is not there, is no text or holds no tune.
    """
    from folkrnn.corpus.sources import read_text, tunes_in
    from folkrnn.importing import ENDINGS, read_music

    if isinstance(source, str | PathLike):
        name = str(source)
        if name.lower().endswith(ENDINGS):
            return [read_music(name)]
        return tunes_in(read_text(name), name)
    return tunes_in(source.read(), str(getattr(source, "name", "")))


def parse(text: str) -> list[Tune]:
    """Read the tunes of a text in ABC notation; a text without any is an empty list."""
    if not isinstance(text, str):
        raise InputError(f"parse was given {_kind(text)}; expected a string")
    return read_tunes(text)


def validate(tune: Tune, *, second: bool = True) -> "Report":
    """Report whether a tune is playable, by our reader and, if ``second``, by music21 too."""
    from folkrnn.validation import validate_tune

    return validate_tune(_tune(tune), second)


def write(tunes: Tune | Iterable[Tune], path: Place, *, overwrite: bool = False) -> list[Path]:
    """Write tunes to a file in the format of its ending.

    The endings are .abc, .mid (or .midi), .wav, .flac, .ogg, .mp3, .musicxml (or .xml), .mxl, .svg, .png, .pdf and
    .html. Returns the path in a list. A format that holds one tune takes one; ``folkrnn.export.export_tunes`` writes
    many files into a folder. Raises ExportError for another ending, and TargetExistsError for a file that exists
    unless ``overwrite`` is given.
    """
    from folkrnn.export import export_tunes, format_of

    name = format_of(path)
    if not name:
        raise ExportError(
            f"{path}: has no ending that names a format; expected one such as .abc, .mid or .pdf, "
            "or folkrnn.export.export_tunes, which writes into a folder"
        )
    several = [tunes] if isinstance(tunes, Tune | str) else list(tunes)
    return export_tunes([_tune(tune) for tune in several], [name], path, overwrite=overwrite)


def generate(count: int = 5, *, model: Place | None = None, **options: "Unpack[RequestOptions]") -> list[Tune]:
    """Return new tunes, the same that ``folkrnn generate`` writes with the same options and seed.

    ``options`` are those of ``Composer.generate``: title, rhythm, origin, meter, key, form, similarity, start, mix,
    set, fit, max_copied and critic; and temperature, title_temperature, sampler, beam_width, top_k, top_p, best_of,
    seed, max_length and unconstrained. With ``set`` there are as many tunes as it names. A tune that is not as wanted
    is left out, with a warning in the log; so one may get fewer tunes. Raises FolkrnnError for what cannot be met.
    """
    from folkrnn.composition.checks import check_generation

    check_generation(model, options)
    from folkrnn.composition.composer import Composer

    found = []
    for composition in Composer(model).generate(count, **options):
        if not composition.fault or (options.get("unconstrained") and composition.tune.bars):
            found.append(composition.tune)
        else:
            _log.warning("tune %s, %s, is %s", composition.number, composition.tune.title, composition.fault)
    return found


def extend(tune: Tune, bars: int, *, model: Place | None = None, **options: "Unpack[GenerationOptions]") -> Tune:
    """Return a tune with some bars more; see ``Composer.extend``. Raises GenerationError for one without."""
    from folkrnn.composition.checks import check_extension

    check_extension(model, _tune(tune), bars, options)
    from folkrnn.composition.composer import Composer

    (composition,) = Composer(model).extend(tune, bars, **options)
    return _told(composition)


def rewrite(
    tune: Tune, bars: int | tuple[int, int], *, model: Place | None = None, **options: "Unpack[GenerationOptions]"
) -> Tune:
    """Return a tune with one bar, or those from the first to the last, written again; see ``Composer.rewrite``."""
    from folkrnn.composition.checks import check_rewriting

    check_rewriting(model, _tune(tune), bars, options)
    from folkrnn.composition.composer import Composer

    (composition,) = Composer(model).rewrite(tune, bars, **options)
    return _told(composition)


def vary(tune: Tune, *, closeness: int = 5, model: Place | None = None, **options: "Unpack[GenerationOptions]") -> Tune:
    """Return a setting of a tune: the same plan and cadences, other notes elsewhere; see ``Composer.vary``."""
    from folkrnn.composition.checks import check_variation

    check_variation(model, _tune(tune), closeness, options)
    from folkrnn.composition.composer import Composer

    (composition,) = Composer(model).vary(tune, closeness=closeness, **options)
    return _told(composition)


def _told(composition: "Composition") -> Tune:
    """Return the tune of a composition; what became of the given one beside its melody is a warning in the log."""
    for remark in composition.remarks:
        _log.warning("%s", remark)
    return composition.tune


def train(
    corpus: Place | Sequence[Place] = "default",
    run: Place = "",
    *,
    start: Place | None = None,
    overwrite: bool = False,
    resume: bool = False,
    critic: int = 0,
    **options: "Unpack[TrainingOptions]",
) -> Path:
    """Train a model on a recipe, a built corpus, or ABC files and folders, and return its path.

    ``run`` is the run's folder, ``runs/CORPUS`` if it is empty. ``start`` is a model to fine-tune, ``default`` for
    the one that ships with folkrnn. ``options`` are fields of ``TrainingSettings``: minutes, max_steps and
    so on. Raises ModelError or CorpusError for what cannot be trained.
    """
    from folkrnn.corpus import find_corpus
    from folkrnn.training import train_model

    names = [str(corpus)] if isinstance(corpus, str | PathLike) else [str(name) for name in corpus]
    folder = Path(run) if str(run) else Path("runs") / Path(names[0]).stem
    found = find_corpus(names, _log.info)
    model = train_model(
        found, folder, start=str(start) if start is not None else None,
        overwrite=overwrite, resume=resume, critic=critic, **options,
    )  # fmt: skip
    return model.path if model else folder


def _tune(given: Any) -> Tune:
    """Return what should be a tune. Raises InputError for anything else."""
    if not isinstance(given, Tune):
        raise InputError(f"expected a tune, as read and parse return them in a list, not {_kind(given)}")
    return given


def _kind(given: Any) -> str:
    return f"a value of the type {type(given).__name__}"
