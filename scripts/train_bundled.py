"""Train a model as the bundled one was trained, in some three hours on two cores; MODEL_CARD.md says more.

It first learns all tunes in many keys, under much dropout. Then it learns them in their own keys, each dance four
times, under less dropout, and the critics come last.
"""

import argparse
import logging
from pathlib import Path

from folkrnn.corpus import find_corpus
from folkrnn.model.progress import TrainingProgressLine
from folkrnn.training import train_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", default="default", help="recipe or corpus [default: default]")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/bundled"), help="folder of both runs")
    parser.add_argument("--steps", type=int, nargs=2, default=(8000, 1600), help="of each run [default: 8000 1600]")
    parser.add_argument("--critic", type=int, default=4000, help="tunes for the critics [default: 4000]")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    corpus = find_corpus((args.data,), logging.getLogger("folkrnn").info)
    first, then = args.output / "first", args.output / "then"
    line = TrainingProgressLine()
    shape = {"layers": 2, "hidden": 512, "dropout": 0.5, "recurrent_dropout": 0.25}
    model = train_model(
        corpus, first, shape=shape, average=0.05, max_steps=args.steps[0], minutes=1e6, overwrite=True, progress=line
    )
    assert model is not None
    model = train_model(
        corpus,
        then,
        start=model.path,
        shape={"dropout": 0.25, "recurrent_dropout": 0.1},
        transpose=False,
        long_share=1.0,
        dances=4,
        average=0.2,
        learning_rate=1.5e-3,
        max_steps=args.steps[1],
        minutes=1e6,
        critic=args.critic,
        overwrite=True,
        progress=line,
    )
    line.close()
    if model:
        print(model.path)


if __name__ == "__main__":
    main()
