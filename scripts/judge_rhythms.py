"""Ask for tunes in many rhythms, at many temperatures, and judge what comes.

For each rhythm and temperature: does the meter fit (3 % of its tunes or the table have it, and all bars are full
in it)? Are key, bars and similarity those asked for, if any are? Are all tunes playable, and do abc2midi and
abcm2ps read them without complaint? Do notes, leaps and range keep to the idiom of the corpus?
"""

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from judge_generated import opinion

from folkrnn.composition.composer import Composer, Composition
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.repertoire import Repertoire
from folkrnn.notation import Tune, form, similarity, write_tune
from folkrnn.notation.rhythms import meters_fit, rhythm_named
from folkrnn.processes import processors

RHYTHMS = (
    "jig", "double jig", "slip jig", "hop jig", "slide", "reel", "hornpipe", "polka", "march", "quickstep",
    "strathspey", "highland fling", "schottische", "barndance", "waltz", "mazurka", "polska", "minuet", "gavotte",
    "two-step", "set dance", "planxty", "slow air", "song",
)  # fmt: skip
TEMPERATURES = (0.3, 0.8, 1.0, 1.5, 3.0)
WISHES: tuple[dict[str, Any], ...] = ({}, {"key": "D"}, {"form": "8:8:"}, {"similarity": 5})
"""Asked for in turn beside the rhythm; a similarity only up to temperature 1, where tunes can keep it."""


def untrained(folder: Path) -> Path:
    """Save a small untrained model with the characters of the bundled one and no repertoire; return its path."""
    known = load_checkpoint(bundled_model())
    settings = NetworkSettings(hidden=128, context=known.network.settings.context)
    network = CharNetwork(settings, len(known.vocabulary), torch.Generator().manual_seed(1))
    path = folder / "untrained.safetensors"
    save_checkpoint(path, Checkpoint(network, known.vocabulary))
    return path


def faults(made: Composition, wishes: dict[str, Any], repertoire: Repertoire, judged: list[str]) -> Iterator[str]:
    """Yield what is wrong with a tune; ``judged`` are the complaints of abc2midi and abcm2ps."""
    tune = made.tune
    named = rhythm_named(wishes["rhythm"])
    if named is None or tune.rhythm != named.name:
        yield "rhythm"
    meter = str(tune.meter)
    if not (meters_fit(tune.rhythm, meter) or repertoire.has_meter(tune.rhythm, meter)) or not _full(tune):
        yield "meter"
    if "key" in wishes and str(tune.key) != wishes["key"]:
        yield "key"
    if "form" in wishes and form(tune) != wishes["form"]:
        yield "bars"
    if "similarity" in wishes and abs((similarity(tune) or 0) - wishes["similarity"]) > 1:
        yield "likeness"
    if not repertoire.idiom.fits(tune):
        yield "idiom"
    if not made.report.playable:
        yield "not playable"
    yield from judged


def _full(tune: Tune) -> bool:
    """Return whether all bars are in the meter of the tune, and no more than half of them shorter."""
    full = tune.meter.bar
    short = sum(bar.duration != full for bar in tune.bars)
    return all(bar.meter == tune.meter for bar in tune.bars) and 2 * short <= len(tune.bars)


def complaints(tune: Tune) -> list[str]:
    """Return what abc2midi and abcm2ps complain about."""
    with tempfile.TemporaryDirectory() as folder:
        found = opinion(write_tune(tune), Path(folder))
    return [re.sub(r"\d+", "N", line) for line in (*found.midi, *found.printing)]


def main() -> int:
    """Print a line for each rhythm and temperature, and sums; return 0 if nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-n", "--count", type=int, default=40, help="tunes for each rhythm and temperature")
    parser.add_argument("-t", "--temperature", type=float, nargs="+", default=TEMPERATURES)
    parser.add_argument("--rhythms", nargs="+", default=RHYTHMS, metavar="RHYTHM", help="other rhythms than the 24")
    parser.add_argument("--untrained", action="store_true", help="judge an untrained model instead of the bundled one")
    parser.add_argument("--wishes", action="store_true", help="ask for key, bars and likeness in turn")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong: Counter[str] = Counter()
    tunes = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(processors()) as pool:
        composer = Composer(untrained(Path(folder)) if options.untrained else None)
        repertoire = composer.checkpoint.corpus.learned
        given: dict[str, Any] = {"max_copied": 1} if options.untrained else {}
        for temperature in options.temperature:
            for number, rhythm in enumerate(options.rhythms):
                wishes = {"rhythm": rhythm, **(WISHES[number % len(WISHES)] if options.wishes else {})}
                if temperature > 1 or options.untrained:
                    wishes.pop("similarity", None)
                begun = time.monotonic()
                made = list(
                    composer.generate(options.count, **wishes, **given, temperature=temperature, seed=options.seed)
                )
                seconds = time.monotonic() - begun
                judged = pool.map(complaints, [each.tune for each in made])
                found = [list(faults(each, wishes, repertoire, said)) for each, said in zip(made, judged, strict=True)]
                counts = Counter(fault for each in found for fault in each)
                wrong.update(counts)
                tunes += len(made)
                shown = ", ".join(f"{name} {value}" for name, value in wishes.items())
                meters = " ".join(dict.fromkeys(str(each.tune.meter) for each in made))
                good = sum(not each for each in found)
                sums = f"{good:3d} of {len(made)}  {seconds / len(made):5.2f} s a tune"
                print(f"-t {temperature:g}  {sums}  {shown} ({meters})  {dict(counts) or ''}", flush=True)
    print(f"{tunes} tunes; wrong: {dict(wrong) or 'nothing'}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
