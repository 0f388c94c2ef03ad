"""Ask for tunes with plans, and judge whether their bars are what the plans say.

Half of the plans are those of real tunes of the rhythm, half are drawn among all that may be written. Are bars with one
label the same, and do those with different labels differ? How many drafts did that take?
"""

import argparse
import random
from collections import Counter
from pathlib import Path

from folkrnn.composition.composer import Composer
from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.notation import canonical, form, read_tunes
from folkrnn.notation.context import plan_of
from folkrnn.notation.plan import broken_plan, next_characters, shown_plan

RHYTHMS = ("reel", "jig", "hornpipe", "polka", "slip jig", "waltz", "march", "strathspey")
FORMS = ("8:8:", "8|8|", "4:4:", "8:8:8:", "4:8:", "16|")


def drawn_plan(shape: str, rng: random.Random) -> str:
    """Return a plan for a form, each of its characters drawn among those that may come, new letters more often."""
    bars, plan = [int(part) for part in shape.replace("|", ":").split(":")[:-1]], ""
    while True:
        choices = sorted(next_characters(plan, bars))
        fresh = [each for each in choices if each not in plan]
        character = rng.choice(fresh if fresh and rng.random() < 0.4 else choices)
        if character == "\n":
            return plan
        plan += character


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("-n", "--tunes", type=int, default=25, help="of each request")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    real: dict[str, list[tuple[str, str]]] = {}
    for tune in build_corpus(load_recipe("default")).tunes:
        read = read_tunes(tune.text)[0]
        real.setdefault(read.rhythm, []).append((form(read), plan_of(tune.text)))
    composer = Composer(options.model)
    kept = asked = drafts = 0
    broken: Counter[str] = Counter()
    for number in range(options.requests):
        rhythm = RHYTHMS[number % len(RHYTHMS)]
        known = [pair for pair in real.get(rhythm, ()) if pair[1]]
        if number % 2 and known:
            shape, plan = rng.choice(known)
        else:
            shape = rng.choice(FORMS)
            plan = drawn_plan(shape, rng)
        made = list(composer.generate(options.tunes, rhythm=rhythm, form=shape, plan=plan, seed=options.seed))
        wrong = [broken_plan(plan, plan_of(canonical(each.tune))) for each in made]
        asked += len(made)
        kept += wrong.count("")
        drafts += sum(each.drafts for each in made)
        broken.update(filter(None, wrong))
        print(
            f"{rhythm:12s} {shape:8s} {shown_plan(plan):44s} {wrong.count('')} of {len(made)} "
            f"in {sum(each.drafts for each in made)} drafts",
            flush=True,
        )
    print(f"{kept} of {asked} tunes keep their plan, in {drafts / asked:.1f} drafts a tune")
    for reason, count in broken.most_common(5):
        print(f"  {count} times: {reason}")


if __name__ == "__main__":
    main()
