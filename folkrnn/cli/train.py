"""``folkrnn train``: from a corpus to a model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from folkrnn.cli.corpus import resolve_corpus

SIZES: dict[str, dict[str, Any]] = {
    "small": {"layers": 2, "hidden": 256},
    "medium": {"layers": 2, "hidden": 512},
    "large": {"layers": 3, "hidden": 768},
}
"""Networks by name: a quarter, all, and three times the work of the one that ships with folkrnn."""

SHAPING = ("cell", "layers", "hidden", "dropout")
"""The options that shape the network."""

FINE_TUNING_RATE = 1e-3
"""The largest learning rate for a model that has learned before: enough to learn anew, too little to forget."""


@click.command()
@click.argument("corpus", nargs=-1, metavar="[CORPUS]")
@click.option("-o", "--output", "run", type=click.Path(path_type=Path), help="Run folder [default: runs/CORPUS].")
@click.option("--cell", type=click.Choice(["lstm", "gru", "rnn"]), help="Recurrent cell [default: lstm].")
@click.option("--size", type=click.Choice(list(SIZES)), help="Layers and units by name [default: medium].")
@click.option("--layers", type=click.IntRange(1, 8), help="Recurrent layers.")
@click.option("--hidden", type=click.IntRange(1, 4096), help="Units a layer.")
@click.option("--dropout", type=click.FloatRange(0, 0.9), help="Share of units silenced while learning.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="Train for so long; the schedule ends on time."
)
@click.option("--max-steps", type=click.IntRange(0), help="Train for so many steps; 0 writes an untrained model.")
@click.option("--batch", type=click.IntRange(1), help="Tunes learned from side by side.")
@click.option(
    "--learning-rate", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Largest learning rate."
)
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path),
    metavar="MODEL",
    help="Start from this model, or from `default`, the one that ships with folkrnn.",
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where to compute [default: cuda where it is].")
@click.option(
    "--transpose/--no-transpose",
    default=True,
    show_default=True,
    help="Meet tunes in other usual keys, but for the last passes.",
)
@click.option(
    "--critic",
    type=click.IntRange(0),
    metavar="TUNES",
    default=0,
    help="Then write so many tunes and learn to tell them from real ones, for `folkrnn generate` to heed.",
)
@click.option("--seed", type=click.IntRange(0), help="Seed of all randomness [default: 1].")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@click.option("--force", is_flag=True, help="Overwrite a run that is there.")
def train(
    corpus: tuple[str, ...],
    run: Path | None,
    start: Path | None,
    device: str | None,
    transpose: bool,
    critic: int,
    resume: bool,
    force: bool,
    **options: Any,
) -> None:
    """Train a model on CORPUS: a recipe, a built corpus, or ABC files [default: the default recipe].

    With --from it goes on from a model. --resume goes on with a run as if it had not been stopped, with the settings
    that it was begun with.
    """
    from folkrnn.corpus import field_values, merged_values
    from folkrnn.corpus.augmentation import SPELLINGS, KeyShuffle, header_shuffle
    from folkrnn.errors import ModelError
    from folkrnn.evaluation import measure_bits, summarise
    from folkrnn.evaluation.critic import learn_critic, real_tunes
    from folkrnn.evaluation.originality import Index, index_path
    from folkrnn.model import bundled_model
    from folkrnn.model.checkpoint import load_checkpoint, save_checkpoint, with_vocabulary
    from folkrnn.model.distributed import ProcessGroup
    from folkrnn.model.network import NetworkSettings, device_for
    from folkrnn.model.progress import TrainingProgressLine
    from folkrnn.model.provenance import CorpusProvenance
    from folkrnn.model.schedule import TrainingSettings
    from folkrnn.model.training import MODEL_FILE, saved_settings, train_network
    from folkrnn.model.vocabulary import Vocabulary
    from folkrnn.notation.learned import learned
    from folkrnn.notation.place import SHAPE
    from folkrnn.processes import processors

    device = device_for(device)
    sources = corpus or ("default",)
    folder = run or Path("runs") / Path(sources[0]).stem
    if (folder / MODEL_FILE).exists() and not (resume or force):
        raise ModelError(f"{folder}: holds a run already; --resume goes on with it, --force begins anew")
    built = resolve_corpus(sources)
    given = {name: value for name, value in options.items() if value is not None}
    shape = SIZES.get(given.pop("size", ""), {}) | {name: given.pop(name) for name in SHAPING if name in given}
    if resume:
        start = folder / MODEL_FILE
    initial = load_checkpoint(bundled_model() if str(start) == "default" else start) if start else None
    if initial is None:
        network = NetworkSettings(**shape, context=len(SHAPE))
    else:
        if set(shape) - {"dropout"} or (resume and shape):
            raise ModelError(f"{start}: the model brings its own cell, layers and units; leave those options out")
        network = replace(initial.network.settings, **shape, context=len(SHAPE))
        given = ({} if resume else {"learning_rate": FINE_TUNING_RATE}) | given
    training = replace(saved_settings(folder), **given) if resume else TrainingSettings(**given)
    # Other keys bring other accidentals and octave marks, so the alphabet must not be that of one pass.
    vocabulary = Vocabulary.from_texts([*(tune.text for tune in built.tunes), SPELLINGS])
    values = field_values(built.tunes)
    if initial is not None:
        initial = with_vocabulary(initial, vocabulary.characters, network)
        values = merged_values(values, initial.corpus.values)
    tunes = built.of("train") or list(built.tunes)
    held_out = built.of("validation") or tunes
    real = real_tunes(tunes, critic, training.seed) if critic else []
    texts_of = KeyShuffle(tunes, training.seed) if transpose else lambda *_: [tune.text for tune in tunes]
    line = TrainingProgressLine()
    group = ProcessGroup.from_environment()
    result = train_network(
        header_shuffle(texts_of, training.seed),
        [learned(tune.text) for tune in held_out],
        network=network,
        training=training,
        run_dir=folder,
        vocabulary=vocabulary,
        resume=resume,
        progress=line,
        initial=initial,
        device=device,
        jobs=max(1, processors() // group.size),
        corpus=CorpusProvenance(built.recipe, built.digest, transpose, values),
    )
    line.close()
    if not group.is_main:
        return
    Index.of_corpus(built.tunes).save(index_path(result.model))
    checkpoint = load_checkpoint(result.model)
    figures = {"validation": summarise(measure_bits(checkpoint, held_out))}
    if built.of("test"):
        figures["test"] = summarise(measure_bits(checkpoint, built.of("test")))
    checkpoint = replace(checkpoint, validation=replace(checkpoint.validation, splits=figures))
    save_checkpoint(result.model, checkpoint)
    if critic:
        checkpoint = learn_critic(
            checkpoint,
            real,
            seed=training.seed,
            jobs=processors(),
            progress=lambda line: click.echo(line, err=True),
        )
        save_checkpoint(result.model, checkpoint)
    for split, parts in figures.items():
        told = ", ".join(f"{name} {part['bits_per_note']:.3f}" for name, part in parts.items())
        click.echo(f"bits per note, {split}: {told}")
    click.echo(f"{result.model}")
