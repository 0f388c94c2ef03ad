"""Print the figures of `folkrnn evaluate` for tunes of a plain LSTM, unconstrained, after the same time of training.

The plain network cannot be asked for a rhythm, so it writes until it has written the rhythms of the real tunes. Texts
without music are left out, and count as not playable.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from plain import Plain, train_plain

from folkrnn.analysis.originality import Index
from folkrnn.corpus import build_corpus, load_corpus, load_recipe
from folkrnn.evaluation.bits import FIDDLE
from folkrnn.evaluation.report import Reference
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.headers import split_header
from folkrnn.processes import processors
from folkrnn.validation import validate_all

ROWS = 500
MAX_ROUNDS = 6


def written(plain: Plain, temperature: float) -> Iterator[Tune | None]:
    """Yield tunes, or None for a text without music."""
    for seed in range(MAX_ROUNDS):
        for text in plain.write(ROWS, temperature, seed):
            tunes = read_tunes(text)
            yield tunes[0] if tunes and tunes[0].bars and any(note.pitches for note in tunes[0].notes()) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a built corpus instead of the default recipe")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("-n", "--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))
    torch.set_flush_denormal(True)
    plain, passes = train_plain(corpus, options.minutes, options.seed)
    weights = sum(weight.numel() for weight in plain.model.parameters())
    print(f"{options.minutes:g} minutes, {passes:.1f} passes, {weights / 1e6:.2f} M weights")
    for name in ("fiddle", "all"):
        test = [tune for tune in corpus.of("test") if name == "all" or tune.collection in FIDDLE]
        texts = [tune.text for tune in test]
        bodies = [len(split_header(text)[1]) for text in texts]
        bits = sum(float(costs[-body:].sum()) for costs, body in zip(plain.spent(texts), bodies, strict=True))
        print(f"{name} ({len(test)}): {bits / sum(tune.notes for tune in test):.3f} bits/note")
    reference = Reference(corpus, options.count, 0, processors())
    index = Index.of_corpus(corpus.tunes)
    for temperature in (0.8, 1.0):
        wanted = Counter(tune.rhythm for tune in reference.real)
        tunes: list[Tune] = []
        asked = missing = 0
        for tune in written(plain, temperature):
            asked += 1
            missing += tune is None
            if tune and wanted[tune.rhythm] > 0:
                wanted[tune.rhythm] -= 1
                tunes.append(tune)
            if not +wanted:
                break
        playable = [report.playable for report in validate_all(tunes, processors())]
        figures = reference.compare_with(tunes, index).figures
        print(
            f"temperature {temperature}: {asked} written, {missing} without music, {len(tunes)} compared with real ones"
        )
        print(f"playable {sum(playable) / len(tunes) * (1 - missing / asked):.1%}")
        print(
            json.dumps({name: figures[name] for name in ("comparison", "originality", "titles", "variety")}, indent=1)
        )
        for row in figures["features"][:8]:
            print(
                f"    {row['feature']}: {row['importance']:.3f}, real {row['real']:.3f}, written {row['written']:.3f}"
            )


if __name__ == "__main__":
    main()
