"""Measure whether planted copies are found, and how much new tunes copy from their corpus.

Tunes are transposed, and 10, 30 and 60 % of their notes are moved by one to four steps of the scale. Each should be
found to be a copy of the tune that it came from. The copies are searched among unrelated real tunes: copies of fiddle
tunes among German, Dutch, Chinese and other songs, and copies of those songs among fiddle tunes.

Then held-out tunes are compared with their own corpus, where many have settings under other titles; --alarms lists what
is found. Last, tunes that the model writes are judged.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from folkrnn.analysis.originality import DEFAULT_MAX_COPIED, Index, Originality, name_of
from folkrnn.composition.composer import Composer
from folkrnn.corpus import Corpus, CorpusTune, build_corpus, load_corpus, load_recipe
from folkrnn.errors import NotationError
from folkrnn.evaluation.bits import FIDDLE
from folkrnn.model.locations import bundled_model
from folkrnn.notation import Tune, read_tunes, transpose
from folkrnn.notation.pitch import Pitch
from folkrnn.processes import processors

INTERVALS = [(1, 2), (-1, -2), (3, 5), (4, 7), (-3, -5), (2, 4)]


def changed(tune: Tune, share: float, rng: random.Random) -> Tune:
    """Return the tune in another key, with this share of its notes moved."""
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
    tune = tune.with_bars(tuple(bars))
    try:
        return transpose(tune, *rng.choice(INTERVALS))
    except NotationError:  # the key has no usual signature there
        return tune


LEVELS = (0.0, 0.1, 0.3, 0.6)
SONGS = "essenFolksong"


def shares(found: Sequence[Originality]) -> str:
    copied = sorted(each.copied for each in found)
    known = sum(each.title_known for each in found)
    return (
        f"copied share: median {statistics.median(copied):.1%}, 95th percentile {copied[int(0.95 * len(copied))]:.1%}; "
        f"over a half copied: {sum(share > DEFAULT_MAX_COPIED for share in copied)}; "
        f"found to be a copy: {sum(each.copies(DEFAULT_MAX_COPIED) for each in found)}; "
        f"titles in the corpus: {known}"
    )


def read(tunes: Sequence[CorpusTune]) -> list[Tune]:
    return [tune for each in tunes for tune in read_tunes(each.text)]


def plant(corpus: Corpus, planted: int, decoys: int, rng: random.Random) -> None:
    """Plant copies of songs among fiddle tunes, and of fiddle tunes among songs, and search for them."""
    songs = [tune for tune in corpus.tunes if tune.collection == SONGS]
    fiddle = [tune for tune in corpus.tunes if tune.collection in FIDDLE]
    found: dict[float, list[tuple[bool, bool]]] = {level: [] for level in LEVELS}
    alarms = 0
    for searched, others in ((songs, fiddle), (fiddle, songs)):
        index = Index.of_corpus(searched)
        alarms += sum(index.judge(tune).copies(DEFAULT_MAX_COPIED) for tune in read(rng.sample(others, decoys // 2)))
        held_out = [tune for tune in searched if tune.split != "train"]
        for level in LEVELS:
            for source in rng.sample(held_out, planted // 2):
                (tune,) = read([source])
                judged = index.judge(changed(tune, level, rng))
                named = judged.nearest == name_of(tune.title, source.collection)
                found[level].append((judged.copies(DEFAULT_MAX_COPIED), named))
    print(f"among {decoys} unrelated tunes {alarms} false alarms")
    for level, each in found.items():
        copies, named = (sum(flags) for flags in zip(*each, strict=True))
        print(f"{level:.0%} of notes changed: {copies} of {len(each)} are found, the source is named of {named}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a built corpus instead of the default recipe")
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--decoys", type=int, default=500)
    parser.add_argument("--count", type=int, default=500, help="tunes of the model at each temperature")
    parser.add_argument("--alarms", action="store_true", help="list the held-out tunes that are found to be copies")
    parser.add_argument("--model", type=Path, default=bundled_model())
    options = parser.parse_args()
    corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))
    rng = random.Random(1)
    plant(corpus, options.planted, options.decoys, rng)
    held_out = read(rng.sample([tune for tune in corpus.tunes if tune.split != "train"], options.decoys))
    index = Index.of_corpus(corpus.of("train"))
    begun = time.perf_counter()
    found = [index.judge(tune) for tune in held_out]
    spent = 1000 * (time.perf_counter() - begun) / len(held_out)
    print(f"{len(index)} tunes in the index; {spent:.1f} ms a tune")
    print(f"{len(held_out)} held-out tunes: {shares(found)}")
    if options.alarms:
        alarms = [pair for pair in zip(held_out, found, strict=True) if pair[1].copies(DEFAULT_MAX_COPIED)]
        for tune, each in sorted(alarms, key=lambda pair: -pair[1].evidence):
            print(f"    {each.evidence:5.2f} {each.likeness:4.0%} {tune.title} | {each.nearest}")
    composer = Composer(options.model, jobs=processors())
    for temperature in (1.0, 0.8):
        made = composer.generate(
            options.count, max_copied=1, critic=False, seed=6, temperature=temperature, max_length=3000
        )  # whatever comes first, copies too
        found = [index.judge(each.tune) for each in made]
        print(f"{len(found)} tunes at temperature {temperature}: {shares(found)}", flush=True)


if __name__ == "__main__":
    main()
