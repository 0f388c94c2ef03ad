"""Measure reading speed: our reader with its bar check, and music21's ABC reader, in turns within one run.

Both read the same tunes of the music21 collections, on one core.
"""

import argparse
import random
import re
import statistics
import sys
import time

from benchmarking import add_json_option, write_figures

from folkrnn.corpus import music21_collection
from folkrnn.notation import decode, read_tunes

COLLECTIONS = ("oneills1850", "ryansMammoth", "airdsAirs", "essenFolksong", "miscFolk")


def tune_texts() -> list[str]:
    """Return the text of every tune of the collections, one by one."""
    texts = []
    for collection in COLLECTIONS:
        for path in music21_collection(collection):
            text = decode(path.read_bytes())
            lines = re.split(r"\r\n|\r|\n", text)
            starts = [tune.line - 1 for tune in read_tunes(text)]
            for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
                texts.append("\n".join(lines[start:stop]) + "\n")
    return texts


def ours(texts: list[str]) -> float:
    """Return the seconds a tune that our reader takes, bar check included."""
    started = time.perf_counter()
    for text in texts:
        read_tunes(text)
    return (time.perf_counter() - started) / len(texts)


def theirs(texts: list[str]) -> float:
    """Return the seconds a tune that music21's ABC reader takes; tunes that it cannot read count too."""
    from music21 import converter

    started = time.perf_counter()
    for text in texts:
        try:
            converter.parseData("%abc-2.1\n" + text, format="abc")
        except Exception:  # music21 raises many kinds; only its time matters here
            continue
    return (time.perf_counter() - started) / len(texts)


def main() -> None:
    """Print milliseconds a tune for both readers and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=40, help="tunes a round for music21 to read")
    parser.add_argument("--rounds", type=int, default=5)
    add_json_option(parser)
    arguments = parser.parse_args()
    texts = tune_texts()
    print(f"{len(texts)} tunes", file=sys.stderr)
    rng = random.Random(1)
    theirs(texts[:2])  # the import is not part of the reading
    mine, others = [], []
    for _ in range(arguments.rounds):
        sample = rng.sample(texts, arguments.sample)
        mine.append(ours(sample * 10))
        others.append(theirs(sample))
    whole = ours(texts)
    print(f"our reader, all {len(texts)} tunes: {1000 * whole:.2f} ms a tune")
    print(f"our reader, samples: {1000 * statistics.median(mine):.2f} ms a tune")
    print(f"music21's, samples: {1000 * statistics.median(others):.2f} ms a tune")
    ratios = [other / own for own, other in zip(mine, others, strict=True)]
    print(f"ratio: {statistics.median(ratios):.1f} (from {min(ratios):.1f} to {max(ratios):.1f})")
    figures = {
        "tunes": len(texts),
        "ms_a_tune": {
            "ours, all": 1000 * whole,
            "ours, samples": 1000 * statistics.median(mine),
            "music21, samples": 1000 * statistics.median(others),
        },
        "music21_over_ours": {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)},
    }
    write_figures(arguments, figures)


if __name__ == "__main__":
    main()
