"""The use case of training: from a corpus to a model file with its index, its figures and its critic."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from folkrnn.analysis.originality import Index, index_path
from folkrnn.composition.critic import real_tunes, with_critic
from folkrnn.corpus import Corpus, CorpusTune, field_values, merged_values
from folkrnn.corpus.augmentation import SPELLINGS, KeyShuffle, beside, header_shuffle, repeat_dances
from folkrnn.errors import ModelError
from folkrnn.evaluation.bits import measure_bits, summarise
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, with_vocabulary
from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.locations import MODEL_FILE, check_run, model_file
from folkrnn.model.network import NetworkSettings, device_for
from folkrnn.model.precision import DTYPES
from folkrnn.model.progress import TrainingProgress
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.repertoire import Repertoire
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.training import saved_settings, train_network
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes
from folkrnn.notation.context import CONTEXT_SIZES, planned_text
from folkrnn.notation.headers import training_text
from folkrnn.notation.plan import CHARACTERS
from folkrnn.processes import processors

_log = logging.getLogger(__name__)

FINE_TUNING_RATE = 1e-3
"""The largest learning rate for a model that has learned before: enough to learn, too little to forget."""


class TrainingOptions(TypedDict, total=False):
    """The fields of ``TrainingSettings`` that a user may set."""

    minutes: float
    max_steps: int
    batch: int
    learning_rate: float
    average: float
    keep_best: bool
    dances: int
    long_share: float
    seed: int


@dataclass(frozen=True)
class TrainedModel:
    """Where a model lies, and its bits per note by split and collection."""

    path: Path
    bits_per_note: Mapping[str, Mapping[str, float]]


def train_model(
    corpus: Corpus,
    run: Path,
    *,
    shape: Mapping[str, Any] | None = None,
    start: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    transpose: bool = True,
    own: Sequence[str] = (),
    critic: int = 0,
    device: str | None = None,
    dtype: str | None = None,
    progress: Callable[[TrainingProgress], None] | None = None,
    **options: Unpack[TrainingOptions],
) -> TrainedModel | None:
    """Train a model on a corpus and leave it in a run folder, with an index of the corpus beside it.

    ``shape`` holds fields of ``NetworkSettings``. ``start`` is a model to fine-tune, a file or ``default`` for
    the one that ships with folkrnn. ``resume`` goes on with the run in the folder, bit for bit, with its
    own settings. ``transpose`` moves tunes to other usual keys in all but the last passes. ``own`` are texts that a
    model has written and its critics took; they are learned beside those of the corpus. A ``critic`` learns
    from that many tunes after the training, 0 for none. A run of ``max_steps`` ends on time only if ``minutes`` are
    given too. Matrix products run in ``dtype``, float32 or bfloat16, by
    default the faster one. Of several processes that ``torchrun`` started, only
    the main one returns a result. Raises ModelError for what cannot be trained.
    """
    check_run(run, resume=resume, overwrite=overwrite)
    device = device_for(device)
    if dtype is not None and (resume or dtype not in DTYPES):
        wanted = "left out: a run goes on in its own" if resume else f"one of: {', '.join(DTYPES)}"
        raise ModelError(f"training dtype={dtype!r} should be {wanted}")
    shape = dict(shape or {})
    given: dict[str, Any] = dict(options)
    if resume:
        start = run / MODEL_FILE
    initial = load_checkpoint(model_file(start)) if start else None
    network = _network(initial, shape, resume, start)
    if initial is not None and not resume:
        given = {"learning_rate": FINE_TUNING_RATE} | given
    if "max_steps" in given and not resume:
        given = {"minutes": None} | given  # else the schedule of equal runs would depend on the clock
    settings: TrainingSettings = replace(saved_settings(run), **given) if resume else TrainingSettings(**given)
    # Other keys bring other accidentals and octave marks, so the alphabet must not be that of one pass.
    vocabulary = Vocabulary.from_texts([*(tune.text for tune in corpus.tunes), SPELLINGS, CHARACTERS])
    values = field_values(corpus.tunes)
    repertoire = repertoire_of(corpus)
    if initial is not None:
        initial = with_vocabulary(initial, vocabulary.characters, network)
        values = merged_values(values, initial.corpus.values)
        earlier = initial.corpus
        repertoire = (earlier.repertoire or repertoire) if resume else repertoire.after(earlier.learned)
    tunes = corpus.of("train") or list(corpus.tunes)
    held_out = corpus.of("validation") or tunes
    real = real_tunes(tunes, critic, settings.seed) if critic else []
    texts = [planned_text(tune.text) for tune in tunes]
    texts_of = KeyShuffle(tunes, settings.seed, texts) if transpose else lambda *_: texts
    group = ProcessGroup.from_environment()
    result = train_network(
        header_shuffle(beside(repeat_dances(texts_of, settings.dances), own), settings.seed),
        [training_text(planned_text(tune.text)) for tune in held_out],
        network=network,
        training=settings,
        run_dir=run,
        vocabulary=vocabulary,
        resume=resume,
        progress=progress,
        initial=initial,
        device=device,
        dtype=DTYPES[dtype] if dtype else None,
        jobs=max(1, processors() // group.size),
        corpus=CorpusProvenance(corpus.recipe, corpus.digest, transpose, values, repertoire),
    )
    if not group.is_main:
        return None
    Index.of_corpus(corpus.tunes).save(index_path(result.model))
    checkpoint, figures = _measured(load_checkpoint(result.model), corpus, held_out)
    save_checkpoint(result.model, checkpoint)
    if critic:
        checkpoint = with_critic(checkpoint, real, seed=settings.seed, jobs=processors(), progress=_log.info)
        save_checkpoint(result.model, checkpoint)
    bits = {split: {name: part["bits_per_note"] for name, part in parts.items()} for split, parts in figures.items()}
    return TrainedModel(result.model, bits)


def repertoire_of(corpus: Corpus) -> Repertoire:
    """Return what the tunes of a corpus have, with the mix of its recipe."""
    return Repertoire.of((read_tunes(tune.text)[0] for tune in corpus.tunes), corpus.mix)


def _network(
    initial: Checkpoint | None, shape: Mapping[str, Any], resume: bool, start: Path | str | None
) -> NetworkSettings:
    """Return the settings of the network to train. Raises ModelError if a model's own shape is overruled."""
    if initial is None:
        return NetworkSettings(**shape, context=len(CONTEXT_SIZES))
    if set(shape) - {"dropout", "recurrent_dropout"} or (resume and shape):
        raise ModelError(f"{start}: the model brings its own cell, layers and units; leave those options out")
    return replace(initial.network.settings, **shape, context=len(CONTEXT_SIZES))


def _measured(
    checkpoint: Checkpoint, corpus: Corpus, held_out: list[CorpusTune]
) -> tuple[Checkpoint, dict[str, dict[str, dict[str, float]]]]:
    """Return a model with its bits on held-out and test tunes, and those figures by split and collection."""
    figures = {"validation": summarise(measure_bits(checkpoint, held_out))}
    if corpus.of("test"):
        figures["test"] = summarise(measure_bits(checkpoint, corpus.of("test")))
    return replace(checkpoint, validation=replace(checkpoint.validation, splits=figures)), figures
