"""Are planted copies found? And how much of their corpus do new tunes have?

Tunes of the corpus are transposed, and 10, 30 and 60 % of their notes moved by one to four steps of the scale. Is
the tune that each came from named as the nearest? And do they stand out from held-out tunes, some of which have
relatives in the corpus too? Then tunes that the model writes are judged.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from folkrnn.corpus import CorpusTune, build_corpus, load_corpus, load_recipe
from folkrnn.errors import NotationError
from folkrnn.evaluation.originality import Index, Originality, name_of
from folkrnn.generation import Prompt, generate_texts
from folkrnn.generation.sampling import Choice
from folkrnn.model import bundled_model, load_checkpoint
from folkrnn.notation import Tune, read_tunes, transpose
from folkrnn.notation.pitch import Pitch

INTERVALS = [(1, 2), (-1, -2), (3, 5), (4, 7), (-3, -5), (2, 4)]


def changed(tune: Tune, share: float, rng: random.Random) -> Tune:
    """The tune in another key, with this share of its notes moved."""
    places = [(b, n) for b, bar in enumerate(tune.bars) for n, note in enumerate(bar.notes) if note.pitches]
    chosen = set(rng.sample(places, round(share * len(places))))

    def moved(pitch: Pitch) -> Pitch:
        octave, step = divmod(pitch.octave * 7 + pitch.step + rng.choice([-4, -3, -2, -1, 1, 2, 3, 4]), 7)
        return Pitch(step, octave, tune.key.signature.get(step, 0))

    bars = []
    for b, bar in enumerate(tune.bars):
        notes = [
            note._replace(pitches=tuple(map(moved, note.pitches)), tie=False) if (b, n) in chosen else note
            for n, note in enumerate(bar.notes)
        ]
        bars.append(replace(bar, notes=tuple(notes)))
    tune = replace(tune, bars=tuple(bars))
    try:
        return transpose(tune, *rng.choice(INTERVALS))
    except NotationError:  # the key has no usual signature there
        return tune


def shares(found: Sequence[Originality]) -> str:
    copied = sorted(each.copied for each in found)
    known = sum(each.title_known for each in found)
    return (
        f"copied share: median {statistics.median(copied):.1%}, 95th percentile {copied[int(0.95 * len(copied))]:.1%}; "
        f"over a half copied: {sum(share > 0.5 for share in copied)}; titles in the corpus: {known}; "
        f"likeness: median {statistics.median(each.likeness for each in found):.0%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a built corpus instead of the default recipe")
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--decoys", type=int, default=500)
    parser.add_argument("--count", type=int, default=500, help="so many tunes of the model, at each temperature")
    options = parser.parse_args()
    corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))
    rng = random.Random(1)

    def read(tunes: Sequence[CorpusTune]) -> list[Tune]:
        return [tune for each in tunes for tune in read_tunes(each.text)]

    held_out = [tune for tune in corpus.tunes if tune.split != "train"]
    index = Index.of_corpus(corpus.of("train"))
    decoys = read(rng.sample(held_out, min(options.decoys, len(held_out))))
    begun = time.perf_counter()
    found = [index.judge(tune) for tune in decoys]
    spent = 1000 * (time.perf_counter() - begun) / len(decoys)
    print(f"{len(index)} tunes in the index; {spent:.1f} ms a tune")
    print(f"{len(decoys)} held-out tunes: {shares(found)}")
    limits = {level: sorted(each.surprise for each in found)[int((1 - level) * len(found))] for level in (0.01, 0.1)}
    for share in (0.0, 0.1, 0.3, 0.6):
        sources = rng.sample(corpus.of("train"), options.planted)
        planted = [index.judge(changed(tune, share, rng)) for tune in read(sources)]
        names = [name_of(tune.title, each.collection) for each in sources for tune in read_tunes(each.text)]
        right = sum(each.nearest == name for each, name in zip(planted, names, strict=True))
        apart = [sum(each.surprise > limit for each in planted) / len(planted) for limit in limits.values()]
        print(
            f"{share:.0%} of notes changed: the source is nearest to {right} of {len(planted)}; more surprising than "
            f"99 % of the held-out {apart[0]:.0%}, than 90 % {apart[1]:.0%}"
        )
    checkpoint = load_checkpoint(bundled_model())
    for temperature in (1.0, 0.8):
        prompts = [Prompt()] * options.count
        texts = generate_texts(checkpoint.network, checkpoint.vocabulary, prompts, seed=6, choice=Choice(temperature))
        made = [tune for text in texts for tune in read_tunes(text.text)]
        print(f"{len(made)} tunes at temperature {temperature}: {shares([index.judge(tune) for tune in made])}")


if __name__ == "__main__":
    main()
