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

from folkrnn.evaluation.critic import heeding
from folkrnn.analysis.originality import Index, Original
from folkrnn.generation.requests import Request, drafts_for, read_request

from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.corpus.cleaning import title_key
from folkrnn.generation import generate_texts
from folkrnn.generation.sampling import Choice
from folkrnn.model import bundled_model, load_checkpoint
from folkrnn.notation import Tune, ends_on, parse_key, performance, performed_order, read_tunes
from folkrnn.notation.form import read_form
from folkrnn.processes import processors
from folkrnn.validation import validate_all

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


def requests(count: int, seed: int) -> list[tuple[dict[str, str], int | None]]:
    """Return mixed requests: some fields each, and sometimes the similarity of the parts."""
    rng = random.Random(seed)
    made: list[tuple[dict[str, str], int | None]] = []
    while len(made) < count:
        names = [name for name in CHOICES if rng.random() < {"title": 0.15, "origin": 0.25}.get(name, 0.5)]
        wishes = {name: rng.choice(CHOICES[name]) for name in names}
        if rng.random() < 0.5:
            wishes["meter"] = rng.choice(METERS.get(wishes.get("rhythm", ""), JUST_METERS))
        parts = wishes.get("form") not in ("16|", "12|")
        similarity = rng.choice([3, 4, 5, 6]) if parts and rng.random() < 0.15 else None
        if wishes or similarity is not None:
            made.append((wishes, similarity))
    return made


def violated(tune: Tune, wishes: dict[str, str], wanted: int | None, request: Request) -> str:
    """Return the first wish that the music does not keep; empty if it keeps all."""
    for name, heard in (("title", tune.title), ("rhythm", tune.rhythm), ("origin", tune.origin)):
        if name in wishes and wishes[name] != heard:
            return name
    if "meter" in wishes and (str(tune.meter) != wishes["meter"] or any(bar.meter != tune.meter for bar in tune.bars)):
        return "meter"
    sounds = performance(tune)
    if "form" in wishes and not _lasts(tune, request.fields["I"]):
        return "form"
    if wanted is not None and abs((similarity(tune) or 0) - wanted) > 1:
        return "similarity"
    if "key" in wishes:
        key = parse_key(wishes["key"])
        heard_pitches = [sound.midi % 12 for sound in sounds]
        share = sum(pitch in key.scale for pitch in heard_pitches) / len(heard_pitches)
        if (
            tune.key != key or not ends_on(tune.bars, key.tonic_class) or share < IN_SCALE - 0.05
        ):  # repeats weigh some notes twice
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
    checkpoint = load_checkpoint(options.model)
    values = checkpoint.corpus.values
    corpus = build_corpus(load_recipe("default"))
    index = Index.of_corpus(corpus.tunes)
    known = {title_key(read_tunes(tune.text)[0].title) for tune in corpus.tunes}
    all_tunes = all_good = drafts = titled = found = 0
    faults: Counter[str] = Counter()
    for wishes, similarity in requests(options.requests, options.seed):
        request = read_request(wishes, values, similarity)
        original = Original(index, titled="title" in wishes)
        texts = list(
            generate_texts(
                checkpoint.network, checkpoint.vocabulary, [request.prompt] * options.count, seed=options.seed,
                choice=Choice(options.temperature), max_characters=2000,
                drafts=original.drafts(heeding(checkpoint, drafts_for(request, checkpoint))),
            )
        )  # fmt: skip
        tunes = [read_tunes(text.text)[0] for text in texts]
        wrong = [violated(tune, wishes, similarity, request) for tune in tunes]
        playable = [report.playable for report in validate_all(tunes, processors())]
        good = sum(not fault and fine for fault, fine in zip(wrong, playable, strict=True))
        spent = sum(text.drafts for text in texts)
        wanted = [f"{name} {value}" for name, value in wishes.items()]
        wanted += [] if similarity is None else [f"similarity {similarity}"]
        print(f"{good:3d} of {len(tunes)}  {spent / len(tunes):5.1f} drafts a tune  {', '.join(wanted)}", flush=True)
        faults.update(fault or "not playable" for fault, fine in zip(wrong, playable, strict=True) if fault or not fine)
        all_tunes, all_good, drafts = all_tunes + len(tunes), all_good + good, drafts + spent
        if "title" not in wishes:
            titled += len(tunes)
            found += sum(title_key(tune.title) in known for tune in tunes)
    print(f"{all_good} of {all_tunes} tunes keep their requests and are playable {dict(faults) or ''}")
    print(f"{drafts / all_tunes:.2f} drafts a tune")
    print(f"{found} of {titled} titles that were the model's own are in the corpus ({found / max(1, titled):.1%})")
    return all_good != all_tunes


if __name__ == "__main__":
    sys.exit(main())
