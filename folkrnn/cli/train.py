"""``folkrnn train``: from a corpus to a model."""

import logging
from pathlib import Path
from typing import Any

import click

from folkrnn.cli.console import quiet_option, tell
from folkrnn.errors import InputError

SIZES: dict[str, dict[str, Any]] = {
    "small": {"layers": 2, "hidden": 256},
    "medium": {"layers": 2, "hidden": 512},
    "large": {"layers": 3, "hidden": 768},
}
"""Networks by name: a quarter, all, and three times the work of the one that ships with folkrnn."""

SHAPING = ("cell", "layers", "hidden", "dropout", "recurrent_dropout")
"""The options that shape the network."""


@click.command("train")
@click.argument("corpus", nargs=-1, metavar="[CORPUS]")
@click.option("-o", "--output", "run", type=click.Path(path_type=Path), help="Run folder [default: runs/CORPUS].")
@click.option("--cell", type=click.Choice(["lstm", "gru", "rnn"]), help="Recurrent cell [default: lstm].")
@click.option("--size", type=click.Choice(list(SIZES)), help="Layers and units by name [default: medium].")
@click.option("--layers", type=click.IntRange(1, 8), help="Recurrent layers.")
@click.option("--hidden", type=click.IntRange(1, 4096), help="Units in each layer.")
@click.option("--dropout", type=click.FloatRange(0, 0.9), help="Share of units that are dropped.")
@click.option("--recurrent-dropout", type=click.FloatRange(0, 0.9), help="Share of recurrent weights dropped.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="End on time [default: 90, without --max-steps]."
)
@click.option("--max-steps", type=click.IntRange(0), help="End after this many; 0: an untrained model.")
@click.option("--batch", type=click.IntRange(1), help="Tunes learned from side by side.")
@click.option("--learning-rate", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="The largest one.")
@click.option(
    "--from", "start", type=click.Path(path_type=Path), metavar="MODEL", help="Fine-tune a model; `default`: ours."
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where to compute [default: cuda if there].")
@click.option("--dtype", type=click.Choice(["float32", "bfloat16"]), help="Of products [default: the faster].")
@click.option("--transpose/--no-transpose", default=True, show_default=True, help="Learn in other usual keys too.")
@click.option("--critic", type=click.IntRange(0), metavar="TUNES", default=0, help="Then train a critic on them.")
@click.option("--seed", type=click.IntRange(0), help="Seed of all randomness [default: 1].")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@click.option("--force", is_flag=True, help="Overwrite a run that is there.")
@quiet_option
def train_command(
    corpus: tuple[str, ...],
    run: Path | None,
    start: Path | None,
    device: str | None,
    dtype: str | None,
    transpose: bool,
    critic: int,
    resume: bool,
    force: bool,
    **options: Any,
) -> None:
    """Train a model on a corpus.

    CORPUS is a recipe, a built corpus, or files with tunes; without it, the default recipe.

    With --from, a model that exists is fine-tuned. --resume goes on with a run as if it had not been stopped, with the
    settings that it was begun with. Tunes are learned in other usual keys in all but the last passes.

    A critic learns to tell the model's tunes from real ones; `folkrnn generate` then lets it refuse drafts.
    """
    from folkrnn.corpus import find_corpus
    from folkrnn.model.locations import MODEL_FILE, check_run, model_file
    from folkrnn.model.metadata import read_metadata
    from folkrnn.model.progress import TrainingProgressLine

    sources = corpus or ("default",)
    folder = run or Path("runs") / Path(sources[0]).stem
    if (folder / MODEL_FILE).exists() and not (resume or force):
        raise InputError(f"{folder}: holds a run already; --resume goes on with it, --force begins again")
    check_run(folder, resume=resume, overwrite=force)
    if start:
        read_metadata(model_file(start))  # refuses a file that is no model before the corpus is read
    built = find_corpus(sources, logging.getLogger("folkrnn").info)
    given = {name: value for name, value in options.items() if value is not None}
    shape = SIZES.get(given.pop("size", ""), {}) | {name: given.pop(name) for name in SHAPING if name in given}

    from folkrnn.training import train_model  # only now, for it loads torch

    line = TrainingProgressLine()
    model = train_model(
        built,
        folder,
        shape=shape,
        start=start,
        resume=resume,
        overwrite=force,
        transpose=transpose,
        critic=critic,
        device=device,
        dtype=dtype,
        progress=line,
        **given,
    )
    line.close()
    if model:
        for split, parts in model.bits_per_note.items():
            figures = ", ".join(f"{name} {bits:.3f}" for name, bits in parts.items())
            tell(f"bits per note, {split}: {figures}")
        tell(model.path)
