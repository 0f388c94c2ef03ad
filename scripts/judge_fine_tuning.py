"""Measure what fine-tuning on one's own tunes gives: bits per note before and after.

A first model is trained without one collection of the default recipe. Then it is trained further on --tunes of that
collection for --tuning-minutes, as `folkrnn train --from` does. It is scored before and after on other families of the
collection, which shows the gain. The test tunes of all other collections show what it has forgotten. With one thread
the minutes count processor time.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from folkrnn.corpus import CorpusTune, build_corpus, load_corpus, load_recipe
from folkrnn.corpus.augmentation import SPELLINGS, KeyShuffle, header_shuffle
from folkrnn.evaluation import measure_bits, summarise
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, with_vocabulary
from folkrnn.model.network import NetworkSettings
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.training import train_network
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import CONTEXT_SIZES
from folkrnn.notation.headers import training_text
from folkrnn.training import FINE_TUNING_RATE

SCORED = 200
"""The largest number of tunes of the collection to score."""


def trained(
    tunes: Sequence[CorpusTune],
    held_out: Sequence[CorpusTune],
    settings: TrainingSettings,
    start: Checkpoint | None,
    clock: Callable[[], float],
) -> Checkpoint:
    """Return a model of some tunes, the best on others that it does not learn."""
    network = NetworkSettings(context=len(CONTEXT_SIZES)) if start is None else start.network.settings
    vocabulary = Vocabulary.from_texts([*(tune.text for tune in (*tunes, *held_out)), SPELLINGS])
    if start is not None:
        start = with_vocabulary(start, vocabulary.characters, network)
    with tempfile.TemporaryDirectory() as folder:
        result = train_network(
            header_shuffle(KeyShuffle(tunes, settings.seed), settings.seed),
            [training_text(tune.text) for tune in held_out],
            network=network,
            training=settings,
            run_dir=Path(folder),
            vocabulary=vocabulary,
            initial=start,
            clock=clock,
        )
        return load_checkpoint(result.model)


def per_note(checkpoint: Checkpoint, tunes: Sequence[CorpusTune]) -> float:
    """Return the bits per note; unknown characters get the weights of an untrained model."""
    vocabulary = Vocabulary.from_texts(tune.text for tune in tunes)
    checkpoint = with_vocabulary(checkpoint, vocabulary.characters, checkpoint.network.settings)
    return summarise(measure_bits(checkpoint, tunes))["all"]["bits_per_note"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("collection", nargs="?", default="airdsAirs")
    parser.add_argument("--corpus", type=Path, help="a built corpus instead of the default recipe")
    parser.add_argument("--minutes", type=float, default=30, help="for the first model")
    parser.add_argument("--tuning-minutes", type=float, default=5)
    parser.add_argument("--tunes", type=int, default=150)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.threads == 1 else time.monotonic
    corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))

    own = [tune for tune in corpus.tunes if tune.collection == options.collection]
    rest = [tune for tune in corpus.tunes if tune.collection != options.collection]
    if len(own) < 2 * options.tunes:
        parser.error(f"{options.collection}: {len(own)} tunes are too few; expected a collection of the recipe")
    # Families stay together, and those that the rest also has are left out, because the first model knows them.
    known = {tune.family for tune in rest}
    families = sorted({tune.family for tune in own} - known)
    random.Random(1).shuffle(families)
    order = {family: place for place, family in enumerate(families)}
    own = sorted((tune for tune in own if tune.family in order), key=lambda tune: order[tune.family])
    learning = own[: options.tunes]
    last = order[learning[-1].family]
    scored = [tune for tune in own if order[tune.family] > last][:SCORED]
    # A tenth of the tunes selects the best model, as for any tunebook.
    chosen, learning = learning[::10], [tune for place, tune in enumerate(learning) if place % 10]
    of = {split: [tune for tune in rest if tune.split == split] for split in ("train", "validation", "test")}

    first = trained(of["train"], of["validation"], TrainingSettings(minutes=options.minutes), None, clock)
    before = per_note(first, scored), per_note(first, of["test"])
    settings = TrainingSettings(minutes=options.tuning_minutes, learning_rate=FINE_TUNING_RATE)
    second = trained(learning, chosen, settings, first, clock)
    after = per_note(second, scored), per_note(second, of["test"])
    print(f"{len(learning)} + {len(chosen)} tunes of {options.collection}, {options.tuning_minutes:g} minutes")
    for name, tunes, was, now in zip(
        (f"other tunes of {options.collection}", "test tunes of the rest"),
        (scored, of["test"]),
        before,
        after,
        strict=True,
    ):
        print(f"{name} ({len(tunes)}): {was:.3f} bits per note before, {now:.3f} after")


if __name__ == "__main__":
    main()
