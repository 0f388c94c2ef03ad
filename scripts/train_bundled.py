"""Train a model as the bundled one was trained, in some three hours on two cores; MODEL_CARD.md says more.

It first learns all tunes in many keys, under much dropout. Then it learns them in their own keys, each dance four
times, under less dropout, and critics learn to judge it. Twice it learns tunes of its own that its critics took, beside
the real ones (expert iteration). The real ones alone come last, and critics that judge what it has become.
"""

import argparse
import logging
from itertools import islice
from pathlib import Path
from typing import Any

from folkrnn.composition.composer import Composer
from folkrnn.composition.imitation import distinct, imitate
from folkrnn.corpus import find_corpus
from folkrnn.generation.sampling import DEFAULT_SAMPLING
from folkrnn.model.progress import TrainingProgressLine
from folkrnn.notation import read_tunes
from folkrnn.training import train_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", default="default", help="recipe or corpus [default: default]")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/bundled"), help="folder of the runs")
    steps = (8000, 1600, 2000, 1000, 500)
    parser.add_argument("--steps", type=int, nargs=5, default=steps, help=f"of each run [default: {steps}]")
    parser.add_argument("--own", type=int, default=4000, help="tunes of its own, each time [default: 4000]")
    parser.add_argument("--critic", type=int, default=4000, help="tunes for the critics [default: 4000]")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    corpus = find_corpus((args.data,), logging.getLogger("folkrnn").info)
    line = TrainingProgressLine()
    common: dict[str, Any] = {"minutes": 1e6, "overwrite": True, "progress": line}
    own_keys: dict[str, Any] = {"transpose": False, "long_share": 1.0, "average": 0.2, "critic": args.critic}
    model = train_model(
        corpus,
        args.output / "first",
        shape={"layers": 2, "hidden": 512, "dropout": 0.5, "recurrent_dropout": 0.25},
        average=0.05,
        max_steps=args.steps[0],
        **common,
    )
    assert model is not None
    model = train_model(
        corpus,
        args.output / "then",
        start=model.path,
        shape={"dropout": 0.25, "recurrent_dropout": 0.1},
        dances=4,
        learning_rate=1.5e-3,
        max_steps=args.steps[1],
        **own_keys,
        **common,
    )
    assert model is not None
    asked = [read_tunes(tune.text)[0] for tune in islice(distinct(corpus.of("train")), args.own)]
    own: list[str] = []
    for number, count in enumerate(args.steps[2:4], 1):
        composer = Composer(model.path)
        policy = composer.policy(composer.index())
        own += [
            text.written
            for text in imitate(asked, composer.checkpoint, DEFAULT_SAMPLING, number, policy=policy)
            if text.finished
        ]
        model = train_model(
            corpus,
            args.output / f"own{number}",
            start=model.path,
            shape={"dropout": 0.15, "recurrent_dropout": 0.05},
            own=own,
            keep_best=False,
            max_steps=count,
            **own_keys,
            **common,
        )
        assert model is not None
    model = train_model(
        corpus,
        args.output / "last",
        start=model.path,
        shape={"dropout": 0.2, "recurrent_dropout": 0.08},
        dances=4,
        max_steps=args.steps[4],
        **own_keys,
        **common,
    )
    assert model is not None
    line.close()
    print(model.path)


if __name__ == "__main__":
    main()
