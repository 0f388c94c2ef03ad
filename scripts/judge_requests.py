"""Ask for tunes in forty ways, and check whether each keeps the request.

The checks read the music, independently of those of the generator. Bars are counted by the duration of the performed
tune. The key is checked by the last note and by the share of notes in its scale, and similarity is measured again.
Every tune is also validated, music21 included.
"""

import argparse
import random
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

from folkrnn.composition.composer import Composer
from folkrnn.model.locations import bundled_model
from folkrnn.notation import Tune, ends_on, parse_key, performance, performed_order, similarity
from folkrnn.notation.form import parse_form, read_form
from folkrnn.processes import processors

CHOICES = {
    "rhythm": ["jig", "reel", "hornpipe", "slip jig", "march", "strathspey", "air", "quickstep", "song"],
    "origin": ["Ireland", "Scotland", "USA", "Germany", "England"],
    "key": ["D", "G", "A", "C", "F", "Em", "Am", "Ador", "Edor", "Amix", "Dmix", "Gm", "Bm", "Dm"],
    "form": ["8:8:", "8|8|", "AABB", "4:4:", "4:8|", "16|", "8:8:8:", "8|8:", "AAB", "12|"],
    "title": ["The Laptop by the Fire", "Morning at the Mill"],
}
METERS = {
    "jig": ["6/8"], "slip jig": ["9/8"], "reel": ["4/4", "2/2"], "hornpipe": ["4/4", "2/4"],
    "march": ["2/4", "6/8", "4/4"], "strathspey": ["4/4"], "quickstep": ["2/4", "6/8"], "air": ["3/4", "6/8"],
    "song": ["3/4", "4/4", "2/4", "6/8"],
}  # fmt: skip
JUST_METERS = ["2/4", "3/4", "4/4", "6/8", "9/8", "3/2"]
IN_SCALE = 0.85


def requests(count: int, seed: int) -> list[dict[str, Any]]:
    """Return mixed requests as arguments of ``Composer.generate``: fields, sometimes a similarity of the parts."""
    rng = random.Random(seed)
    made: list[dict[str, Any]] = []
    while len(made) < count:
        names = [name for name in CHOICES if rng.random() < {"title": 0.15, "origin": 0.25}.get(name, 0.5)]
        wishes: dict[str, Any] = {name: rng.choice(CHOICES[name]) for name in names}
        if rng.random() < 0.5:
            wishes["meter"] = rng.choice(METERS.get(wishes.get("rhythm", ""), JUST_METERS))
        parts = wishes.get("form") not in ("16|", "12|")
        if parts and rng.random() < 0.15:
            wishes["similarity"] = rng.choice([3, 4, 5, 6])
        if wishes:
            made.append(wishes)
    return made


def violated(tune: Tune, wishes: dict[str, Any]) -> str:
    """Return the first wish that the music does not keep; empty if it keeps all."""
    for name, heard in (("title", tune.title), ("rhythm", tune.rhythm), ("origin", tune.origin)):
        if name in wishes and wishes[name] != heard:
            return name
    if "meter" in wishes and (str(tune.meter) != wishes["meter"] or any(bar.meter != tune.meter for bar in tune.bars)):
        return "meter"
    sounds = performance(tune)
    if "form" in wishes and not _lasts(tune, parse_form(wishes["form"])):
        return "form"
    if "similarity" in wishes and abs((similarity(tune) or 0) - wishes["similarity"]) > 1:
        return "similarity"
    if "key" in wishes:
        key = parse_key(wishes["key"])
        heard_pitches = [sound.midi % 12 for sound in sounds]
        share = sum(pitch in key.scale for pitch in heard_pitches) / len(heard_pitches)
        in_scale = share >= IN_SCALE - 0.05  # repeats weigh some notes twice
        if tune.key != key or not ends_on(tune.bars, key.tonic_class) or not in_scale:
            return "key"
    return ""


def _lasts(tune: Tune, form: str) -> bool:
    """Return whether a performance is as long as a form says; pickups and second endings of other length may differ.

    In free meter bars have no fixed length, so the played bars are counted.
    """
    parts, _ = read_form(form)
    if sum(bar.opens for bar in tune.bars) != sum(part.repeated for part in parts):
        return False
    bars = sum(part.bars * (2 if part.repeated else 1) for part in parts)
    played = [tune.bars[index] for index in performed_order(tune)]
    full = tune.meter.bar
    lasts = sum((bar.duration for bar in played), Fraction(0)) / full if full else Fraction(len(played))
    second_endings = [bar for bar in tune.bars if bar.ending == (2,)]
    return abs(lasts - bars) < 1 + len(parts) / 2 + 2 * len(second_endings)


def main() -> int:
    """Print a line for each request, and sums; return 0 if all tunes keep their requests and are playable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("-n", "--count", type=int, default=50, help="tunes for each request")
    parser.add_argument("-t", "--temperature", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, default=bundled_model())
    options = parser.parse_args()
    composer = Composer(options.model, jobs=processors())
    index = composer.index()
    all_tunes = all_good = drafts = titled = known = 0
    faults: Counter[str] = Counter()
    for wishes in requests(options.requests, options.seed):
        made = list(composer.generate(options.count, **wishes, seed=options.seed, temperature=options.temperature))
        wrong = [violated(each.tune, wishes) or ("" if each.report.playable else "not playable") for each in made]
        good, spent = wrong.count(""), sum(each.drafts for each in made)
        shown = ", ".join(f"{name} {value}" for name, value in wishes.items())
        print(f"{good:3d} of {len(made)}  {spent / len(made):5.1f} drafts a tune  {shown}", flush=True)
        faults.update(filter(None, wrong))
        all_tunes, all_good, drafts = all_tunes + len(made), all_good + good, drafts + spent
        if "title" not in wishes:
            titled += len(made)
            known += sum(index.judge(each.tune).title_known for each in made)
    print(f"{all_good} of {all_tunes} tunes keep their requests and are playable {dict(faults) or ''}")
    print(f"{drafts / all_tunes:.2f} drafts a tune")
    print(f"{known} of {titled} titles that were the model's own are in the corpus ({known / max(1, titled):.1%})")
    return all_good != all_tunes


if __name__ == "__main__":
    sys.exit(main())
