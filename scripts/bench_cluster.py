"""Measure what a local cluster of two workers costs beside one process: the same corpus, built by each in the same run.

The tunes are invented. The baseline is one process. Of each way the script prints the time that passes, and the
processor time of the main process and of the workers together. Other work on the machine changes that less.
"""

import argparse
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarking import add_json_option, processor_name, write_figures

from folkrnn.cluster import Cluster
from folkrnn.corpus import build_corpus, recipe_of


def invented_book(tunes: int) -> str:
    """Return a tunebook of reels of sixteen bars; no two are the same."""
    rng = random.Random(1)
    texts = []
    for number in range(1, tunes + 1):
        bars = "|".join("".join(rng.choice("DEFGABcdef") for _ in range(8)) for _ in range(16))
        texts.append(f"X:{number}\nT:Tune {number}\nR:reel\nM:4/4\nL:1/8\nK:D\n{bars}|]\n")
    return "\n".join(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tunes", type=int, default=10_000)
    add_json_option(parser)
    options = parser.parse_args()
    print(processor_name(), flush=True)
    with TemporaryDirectory() as folder:
        book = Path(folder) / "book.abc"
        book.write_text(invented_book(options.tunes), encoding="utf-8")
        recipe = recipe_of([str(book)])
        begun, used = time.perf_counter(), time.process_time()
        alone = build_corpus(recipe)
        one = {"passed, s": time.perf_counter() - begun, "processor, s": time.process_time() - used}
        show("one process", one)
        begun = time.perf_counter()
        with Cluster("local", workers=2) as cluster:
            start = time.perf_counter() - begun
            before = cluster.processor_times()
            begun, used = time.perf_counter(), time.process_time()
            shared = build_corpus(recipe, cluster=cluster)
            after = cluster.processor_times()
            two = {
                "start, s": start,
                "passed, s": time.perf_counter() - begun,
                "processor, s": time.process_time() - used,
                "processor of workers, s": sum(after.values()) - sum(before.values()),
            }
        show("local cluster of two workers", two)
        if shared != alone:
            raise SystemExit("the cluster built another corpus")
        print("the same corpus")
    ratio = (two["processor, s"] + two["processor of workers, s"]) / one["processor, s"]
    print(f"processor time, cluster / one process: {ratio:.2f}")
    write_figures(options, {"tunes": options.tunes, "one": one, "cluster": two, "ratio": ratio})


def show(name: str, figures: dict[str, float]) -> None:
    print(name + ": " + ", ".join(f"{key} {value:.1f}" for key, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
