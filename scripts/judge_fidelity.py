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

from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.generation import Prompt, generate_texts
from folkrnn.model import Checkpoint, bundled_model, load_checkpoint
from folkrnn.model.batches import network_inputs, padded_batch
from folkrnn.model.scoring import bits
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import in_canonical_order, split_header
from folkrnn.processes import processors
from folkrnn.validation import validate_all

COMMON_METERS = ("2/4", "4/4", "6/8", "3/4", "2/2", "9/8")


def generated(checkpoint: Checkpoint, count: int, **options: float) -> list[str]:
    """Return tune texts as the model wrote them, at temperature 1."""
    made = generate_texts(checkpoint.network, checkpoint.vocabulary, [Prompt()] * count, **options)  # type: ignore[arg-type]
    return [text.written for text in made if text.finished]


def playable(texts: Sequence[str]) -> list[str]:
    """Return the texts that are playable."""
    tunes = [read_tunes(in_canonical_order(text))[0] for text in texts]
    return [text for text, report in zip(texts, validate_all(tunes, processors()), strict=True) if report.playable]


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
def excluded(checkpoint: Checkpoint, grammar: Grammar, text: str, longest: int) -> Iterator[tuple[bool, float]]:
    """Yield for each character of a text whether it is in the body, and the probability that the grammar excluded."""
    vocabulary = checkpoint.vocabulary
    (tune,) = network_inputs([text], vocabulary, checkpoint.network.settings)
    inputs, _ = padded_batch([tune], vocabulary.start)
    chances = checkpoint.network(inputs)[0][0].softmax(1).tolist()
    walk = grammar.walk(longest)
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
    checkpoint = load_checkpoint(options.model)
    corpus = build_corpus(load_recipe("default"))
    describe("training tunes, playable", checkpoint, [t.text for t in corpus.of("train") if t.playable], scored=False)
    free = generated(checkpoint, 2 * options.count, seed=options.seed, max_characters=2000, constrained=False)
    own = playable(free)
    print(f"without the grammar {len(own)} of {2 * options.count} are playable, {len(free)} end within 2000 characters")
    describe("without the grammar, playable", checkpoint, own)
    for retries in options.retries:
        texts = generated(checkpoint, options.count, seed=options.seed, max_characters=2000, retries=retries)
        describe(f"under the grammar, bars written again up to {retries} times", checkpoint, texts)
    grammar = Grammar(checkpoint.vocabulary.characters)
    shares_of = [place for text in texts[:200] for place in excluded(checkpoint, grammar, text, 2000)]
    for name, shares in (("all", [s for _, s in shares_of]), ("body", [s for body, s in shares_of if body])):
        some, much = (sum(share > least for share in shares) / len(shares) for least in (0.01, 0.5))
        mean = statistics.mean(shares)
        print(f"{name} characters: the grammar excluded more than 1 % of the probability at {some:.1%} of them,")
        print(f"    more than half at {much:.2%}, and {mean:.2%} on average")


if __name__ == "__main__":
    main()
