"""Measure how much the grammar changes what a model writes.

Tunes written under the grammar are compared with the playable ones of those written without it, and with training
tunes: the bits per note by the model, lengths and meters. For each character written under the grammar, the probability
that the grammar excluded is also measured.
"""

import argparse
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from folkrnn.composition.composer import Composer
from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.model.batches import network_inputs, padded_batch
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.scoring import bits
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import in_canonical_order, split_header
from folkrnn.processes import processors

MAX_LENGTH = 2000
"""The most characters of a tune."""

COMMON_METERS = ("2/4", "4/4", "6/8", "3/4", "2/2", "9/8")


def body_start(text: str) -> int:
    """Return where the body of a tune text begins."""
    return len(text) - len(split_header(text)[1])


def describe(name: str, checkpoint: Checkpoint, texts: Sequence[str], scored: bool = True) -> None:
    """Print bits per note (of all notes, and the mean of tunes), lengths and meters."""
    tunes: list[Tune] = [read_tunes(in_canonical_order(text))[0] for text in texts]
    notes = [sum(1 for _ in tune.notes()) for tune in tunes]
    measured = ""
    if scored:
        spent = bits(checkpoint.network, checkpoint.vocabulary, texts)
        bodies = [float(row[body_start(text) :].sum()) for row, text in zip(spent, texts, strict=True)]
        each = [body / count for body, count in zip(bodies, notes, strict=True)]
        error = statistics.stdev(each) / len(each) ** 0.5
        measured = f"bits/note {sum(bodies) / sum(notes):.3f}, mean of tunes {statistics.mean(each):.3f} ± {error:.3f}"
    meters = Counter(str(tune.meter) for tune in tunes)
    shares = ", ".join(f"{meter} {meters[meter] / len(tunes):.0%}" for meter in COMMON_METERS)
    quarters = "/".join(f"{quarter:.0f}" for quarter in statistics.quantiles(notes, n=4))
    bars = statistics.median(tune.bar_count for tune in tunes)
    print(f"{name} ({len(texts)} tunes)\n    {measured or 'bits/note not measured'}")
    print(f"    notes (quartiles) {quarters}; bars (median) {bars:g}; meters {shares}", flush=True)


@torch.no_grad()
def excluded(checkpoint: Checkpoint, grammar: Grammar, text: str) -> Iterator[tuple[bool, float]]:
    """Yield for each character of a text whether it is in the body, and the probability that the grammar excluded."""
    vocabulary = checkpoint.vocabulary
    (tune,) = network_inputs([text], vocabulary, checkpoint.network.settings)
    inputs, _ = padded_batch([tune], vocabulary.start)
    chances = checkpoint.network(inputs)[0][0].softmax(1).tolist()
    walk = grammar.walk(MAX_LENGTH)
    start = body_start(text)
    for place, character in enumerate(text):
        left = sum(
            chance
            for chance, choice in zip(chances[place], vocabulary.characters, strict=True)
            if choice in walk.choices
        )
        yield place >= start, 1 - left
        walk.advance(character)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "-n", "--count", type=int, default=500, help="tunes under the grammar; twice as many without it"
    )
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--retries", type=int, nargs="*", default=[0, 1, 3, 10])
    options = parser.parse_args()
    composer = Composer(options.model, jobs=processors())
    checkpoint = composer.checkpoint
    corpus = build_corpus(load_recipe("default"))
    describe("training tunes, playable", checkpoint, [t.text for t in corpus.of("train") if t.playable], scored=False)
    free = list(composer.generate(2 * options.count, unconstrained=True, max_length=MAX_LENGTH, seed=options.seed))
    own = [each.text.written for each in free if each.report.playable]
    ended = sum(each.text.finished for each in free)
    print(f"without the grammar {len(own)} of {len(free)} are playable, {ended} end within {MAX_LENGTH} characters")
    describe("without the grammar, playable", checkpoint, own)
    for retries in options.retries:
        made = generate_texts(
            checkpoint.network, checkpoint.vocabulary, [Prompt()] * options.count, seed=options.seed,
            max_characters=MAX_LENGTH, retries=retries,
        )  # fmt: skip
        texts = [text.written for text in made]
        describe(f"under the grammar, bars written again up to {retries} times", checkpoint, texts)
    grammar = Grammar(checkpoint.vocabulary.characters)
    shares_of = [place for text in texts[:200] for place in excluded(checkpoint, grammar, text)]
    for name, shares in (("all", [s for _, s in shares_of]), ("body", [s for body, s in shares_of if body])):
        some, much = (sum(share > least for share in shares) / len(shares) for least in (0.01, 0.5))
        mean = statistics.mean(shares)
        print(f"{name} characters: the grammar excluded more than 1 % of the probability at {some:.1%} of them,")
        print(f"    more than half at {much:.2%}, and {mean:.2%} on average")


if __name__ == "__main__":
    main()
