"""Judge tunes by rhythm: how well are they told from real ones, and what gives them away?

The tunes are those of a model (``--model``), compared with real tunes of a corpus, or those of two ABC files, REAL and
WRITTEN. A line has the AUC by n-grams, by habits and by both, with the interval of 95 % of the resampled ones. The
next one has the same for two sets of real tunes. Then come the rows of the table, real beside written.
"""

import argparse
import json
import sys
from pathlib import Path

from folkrnn.analysis.originality import Index
from folkrnn.composition.composer import Composer
from folkrnn.corpus import find_corpus
from folkrnn.evaluation.by_rhythm import (
    JUDGED_RHYTHMS,
    JUDGED_TUNES,
    MIN_JUDGED_TUNES,
    UNASKED,
    Group,
    judge_model,
)
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.notation import Tune, decode, read_tunes


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def tunes_of(path: Path) -> list[Tune]:
    """Return the tunes of a file that have bars."""
    return [tune for tune in read_tunes(decode(path.read_bytes()), path.name) if tune.bars]


def show(name: str, group: Group) -> None:
    """Print the areas, the table and the strongest n-grams of a group."""
    print(f"{name}: {len(group.real)} real, {len(group.written)} written")
    for label, verdict in (("written", group.verdict), ("real", group.floor)):
        areas = "  ".join(
            f"{kind} {area.auc:.3f} ({area.low:.3f}–{area.high:.3f})" for kind, area in verdict.areas().items()
        )
        print(f"  {label:8} {areas}")
    for row, means in group.table.items():
        shown = ["–" if mean is None else f"{mean:.1%}" if means.is_share else f"{mean:.1f} " for mean in means[:2]]
        print(f"  {row:34} {shown[0]:>7} | {shown[1]:>7}")
    for gram in group.verdict.strongest[:10]:
        print(f"    {gram.name:40} {100 * gram.real:5.1f} % | {100 * gram.written:5.1f} %")
    for habit in group.verdict.by_habit[:10]:
        print(f"    {habit.name:40} {habit.real:7.2f} | {habit.written:7.2f}  AUC {habit.auc:.3f}")
    print(flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="two ABC files: real tunes, written tunes")
    parser.add_argument("--model", type=Path, help="model file [default: the one that ships with folkrnn]")
    parser.add_argument("--data", default="default", help="recipe or corpus of the real tunes")
    parser.add_argument("--rhythms", default=",".join((*JUDGED_RHYTHMS, UNASKED)), help="separated by commas")
    parser.add_argument("-n", "--count", type=int, default=JUDGED_TUNES, help="tunes of each rhythm")
    parser.add_argument("-t", "--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--no-critic", action="store_true", help="take drafts that the model's critic would refuse")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write all figures to this file too")
    options = parser.parse_args()
    if len(options.files) == 2:
        real, written = map(tunes_of, options.files)
        if min(len(real), len(written)) < MIN_JUDGED_TUNES:
            parser.error(f"the files have {len(real)} and {len(written)} tunes; expected {MIN_JUDGED_TUNES} in each")
        groups = {options.files[1].stem: Group.of(real, written, seed=options.seed)}
    elif options.files:
        parser.error("expected two files, real tunes and written ones, or none")
    else:
        composer = Composer(options.model)
        corpus = find_corpus((options.data,), say)
        index = composer.index_at_hand() or Index.of_corpus(corpus.tunes)
        groups = judge_model(
            composer.checkpoint, corpus,
            rhythms=options.rhythms.split(","), count=options.count,
            sampling=SamplingParameters(options.temperature, top_p=options.top_p),
            policy=composer.policy(index, critic=not options.no_critic), seed=options.seed, progress=say,
        )  # fmt: skip
    for name, group in groups.items():
        show(name, group)
    if options.json:
        figures = {name: group.figures() for name, group in groups.items()}
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
