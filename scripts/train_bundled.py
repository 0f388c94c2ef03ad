"""Train a model as the bundled one was trained, in some three hours on two cores; MODEL_CARD.md says more.

It first learns all tunes in many keys, under much dropout. Then it learns them in their own keys, each dance four
times, under less dropout, and critics learn to judge it. Then, several times, it learns tunes of its own that its
critics took, beside the real ones (expert iteration). The real ones alone come last, and critics that judge what it has
become.
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
    usual = (8000, 1600, 2000, 1000, 1500, 1500, 300)
    parser.add_argument(
        "--steps",
        type=int,
        nargs="+",
        default=usual,
        help=f"of each run; all but the first two and the last have tunes of its own [default: {usual}]",
    )
    parser.add_argument("--own", type=int, default=4000, help="tunes of its own, each time [default: 4000]")
    parser.add_argument("--critic", type=int, default=4000, help="tunes for the critics [default: 4000]")
    args = parser.parse_args()
    if len(args.steps) < 3:
        parser.error("--steps needs three numbers at least: of the first run, the second and the last")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    corpus = find_corpus((args.data,), logging.getLogger("folkrnn").info)
    line = TrainingProgressLine()

    def train(name: str, steps: int, **options: Any) -> Path:
        """Train for some steps, and return the model."""
        run = args.output / name
        model = train_model(corpus, run, max_steps=steps, minutes=1e6, overwrite=True, progress=line, **options)
        assert model is not None
        return model.path

    first, then, *with_own, last = args.steps
    model = train(
        "first", first, average=0.05, shape={"layers": 2, "hidden": 512, "dropout": 0.5, "recurrent_dropout": 0.25}
    )
    own_keys: dict[str, Any] = {"transpose": False, "long_share": 1.0, "average": 0.2, "critic": args.critic}
    shape = {"dropout": 0.25, "recurrent_dropout": 0.1}
    model = train("then", then, start=model, shape=shape, dances=4, learning_rate=1.5e-3, **own_keys)
    asked = [read_tunes(tune.text)[0] for tune in islice(distinct(corpus.of("train")), args.own)]
    own: list[str] = []
    for number, steps in enumerate(with_own, 1):
        composer = Composer(model)
        policy = composer.policy(composer.index())
        texts = imitate(asked, composer.checkpoint, DEFAULT_SAMPLING, number, policy=policy)
        own += [text.written for text in texts if text.finished]
        shape = {"dropout": 0.15, "recurrent_dropout": 0.05}
        model = train(f"own{number}", steps, start=model, shape=shape, own=own, keep_best=False, **own_keys)
    shape = {"dropout": 0.2, "recurrent_dropout": 0.08}
    model = train("last", last, start=model, shape=shape, dances=4, **own_keys)
    line.close()
    print(model)


if __name__ == "__main__":
    main()
