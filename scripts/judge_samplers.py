"""Compare the samplers: how likely, how repetitive and how playable are their tunes?

Each writes the same number of tunes, whose headers are drawn in the same way. The test tunes of the corpus are the
reference.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from folkrnn.analysis.features import on_tonic, repeated
from folkrnn.composition.settings import GenerationOptions, GenerationSettings
from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.scoring import bits
from folkrnn.notation import Tune, canonical, read_tunes
from folkrnn.notation.canonical import bar_texts
from folkrnn.notation.headers import split_header, training_text
from folkrnn.processes import processors
from folkrnn.validation import validate_all

SAMPLERS: dict[str, GenerationOptions] = {
    "random, temperature 1": {"temperature": 1.0},
    "random, temperature 0.8": {"temperature": 0.8},
    "nucleus 0.9": {"top_p": 0.9},
    "top 5": {"top_k": 5},
    "greedy": {"sampler": "greedy", "temperature": 0.8},
    "beam of 4": {"sampler": "beam", "temperature": 0.8, "beam_width": 4},
    "beam of 8": {"sampler": "beam", "temperature": 0.8, "beam_width": 8},
}


def repeating(tune: Tune) -> float:
    """Return the share of a tune's bars that are equal to an earlier one."""
    return repeated([text for _, text in bar_texts(tune)][:-1])


def describe(name: str, checkpoint: Checkpoint, written: Sequence[str], tunes: Sequence[Tune], seconds: float) -> None:
    """Print a row of the table."""
    spent = bits(checkpoint.network, checkpoint.vocabulary, written)
    bodies = [float(row[-len(split_header(text)[1]) :].sum()) for row, text in zip(spent, written, strict=True)]
    notes = sum(sum(1 for _ in tune.notes()) for tune in tunes)
    playable = statistics.mean(report.playable for report in validate_all(tunes, processors()))
    keyed = [tune for tune in tunes if tune.key.tonic]
    speed = f"{len(tunes) / seconds:.1f}" if seconds else ""
    print(
        f"| {name} | {sum(bodies) / notes:.2f} | {statistics.mean(map(repeating, tunes)):.0%} | "
        f"{statistics.mean(map(on_tonic, keyed)):.0%} | {playable:.1%} | {speed} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-n", "--count", type=int, default=200)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    checkpoint = load_checkpoint(options.model)
    print("| | bits/note | repeated bars | end on the tonic | playable | tunes/s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    test = [tune for tune in build_corpus(load_recipe("default")).of("test") if tune.playable]
    real = [read_tunes(tune.text)[0] for tune in test]
    describe("test tunes", checkpoint, [training_text(canonical(tune)) for tune in real], real, 0)
    for name, how in SAMPLERS.items():
        settings = GenerationSettings(**how)
        begun = time.perf_counter()
        made = list(  # not by a Composer, which would validate the tunes in the measured time
            generate_texts(
                checkpoint.network, checkpoint.vocabulary, [Prompt()] * options.count, seed=options.seed,
                sampling=settings.sampling, music_sampling=settings.music_sampling, beam=settings.beam,
                max_characters=settings.max_length,
            )
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        describe(name, checkpoint, [text.written for text in made], [text.tune for text in made], seconds)


if __name__ == "__main__":
    main()
