"""Measure how well rewritten bars lead into the bars that follow them.

Bars of unseen tunes are rewritten. Then the model scores the following bars, in bits per note: after the original bars,
after a first draft, and after the best of several drafts.
"""

import argparse
import statistics
from pathlib import Path

from folkrnn.composition.reworking import BARS_AHEAD, replacement
from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.errors import GenerationError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.checkpoint import load_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.scoring import bits
from folkrnn.notation import read_tunes
from folkrnn.notation.canonical import body

FIRST, LAST = 5, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-n", "--count", type=int, default=60, help="tunes of the test set")
    parser.add_argument("--drafts", type=int, nargs="*", default=[1, 4, 16, 64])
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    checkpoint = load_checkpoint(options.model)
    tunes = [read_tunes(t.text)[0] for t in build_corpus(load_recipe("default")).of("test") if t.playable]
    spent: dict[str, list[float]] = {}
    asked = 0
    for tune in tunes:
        if tune.bar_count < LAST + BARS_AHEAD or asked == options.count:
            continue
        try:
            reworking = replacement(tune, FIRST, LAST, checkpoint)
        except GenerationError:
            continue
        if reworking.score is None:
            continue
        asked += 1
        notes = sum(len(bar.notes) for bar in tune.bars if LAST < bar.number <= LAST + BARS_AHEAD)
        header = "".join(f"{letter}:{value}\n" for letter, value in reworking.prompt.fields.items())
        original = f"X:1\n{header}L:1/8\n{body(tune)}\n"
        (row,) = bits(checkpoint.network, checkpoint.vocabulary, [original])
        whole = GeneratedText(0, original, True, bits=row.numpy())
        spent.setdefault("original bars", []).append(-reworking.score(whole) / notes)
        for count in options.drafts:
            (best,) = generate_texts(
                checkpoint.network, checkpoint.vocabulary, [reworking.prompt], seed=options.seed,
                sampling=SamplingParameters(0.8), policy=DraftPolicy(best_of=count, score=reworking.score),
                cautious=reworking.cautious,
            )  # fmt: skip
            spent.setdefault(f"best of {count}", []).append(-reworking.score(best) / notes)
    print(f"bits per note of the {BARS_AHEAD} bars after bars {FIRST}-{LAST}, {asked} test tunes")
    for name, each in spent.items():
        error = statistics.stdev(each) / len(each) ** 0.5
        print(f"    {name:14s} {statistics.mean(each):.3f} ± {error:.3f}")


if __name__ == "__main__":
    main()
