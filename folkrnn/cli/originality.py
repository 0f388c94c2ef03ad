"""``folkrnn originality``: what tunes have from the tunes that a model learned from."""

import json
import logging
import sys
from contextlib import nullcontext
from itertools import chain, islice, tee
from pathlib import Path

import click

from folkrnn.cli.clusters import cluster_option, on_cluster
from folkrnn.cli.console import is_quiet, quiet_option
from folkrnn.cli.inputs import AllTunes, picked
from folkrnn.cli.outputs import JsonArray, table
from folkrnn.cli.parameters import Numbers
from folkrnn.errors import InputError
from folkrnn.notation import Tune
from folkrnn.processes import processors

_log = logging.getLogger("folkrnn")

MIN_SHOWN_TUNES = 100
"""Progress is shown from this number of tunes on."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--tune", "numbers", type=Numbers(), help="Only these tunes, by their place: 1,3-5.")
@click.option("--model", type=click.Path(path_type=Path), help="Search this model's corpus [default: ours].")
@click.option("--corpus", "sources", multiple=True, help="Search this recipe or ABC instead; repeatable.")
@click.option("--max-copied", type=click.FloatRange(0, 1), help="Status 1 if a tune copies more, or is known.")
@click.option("--within", is_flag=True, help="Compare the tunes with each other: print the pairs that share notes.")
@click.option(
    "--at-least", type=click.FloatRange(0, 1), help="With --within: only pairs that share this [default: 0.5]."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@cluster_option
@quiet_option
def originality(
    files: tuple[str, ...],
    numbers: tuple[int, ...] | None,
    model: Path | None,
    sources: tuple[str, ...],
    max_copied: float | None,
    within: bool,
    at_least: float | None,
    as_json: bool,
    cluster: str | None,
) -> None:
    """Find what tunes have copied, and from where.

    For each tune, find the known tune that is nearest, in any key, and the share of notes that is copied.

    Copied are notes in runs of twelve or more that one tune of the corpus has too, by interval and length. The nearest
    tune has the most notes in common that begin at the same places of the same bars. If that cannot be chance,
    the tune is a copy of it, even with more than half of its notes changed, or a setting of the same tune.

    With --within, the tunes are compared with each other instead, and pairs of them are printed: how many different
    runs they share, and the share of notes in these runs, in the tune where it is larger.
    """
    if within and (model or sources or max_copied is not None or cluster):
        raise InputError(
            "--within compares the tunes with each other; expected no --model, --corpus, --max-copied or --cluster"
        )
    if at_least is not None and not within:
        raise InputError("--at-least is about pairs; expected --within too")
    read = AllTunes(files)
    with_music = (tune for tune in read if tune.bars)
    if within:
        tunes = list(picked(with_music, numbers) if numbers is not None else with_music)
        _print_pairs(tunes, 0.5 if at_least is None else at_least, as_json)
        if not read.all_read:
            sys.exit(1)
        return
    some = iter(picked(with_music, numbers) if numbers is not None else with_music)
    first = list(islice(some, MIN_SHOWN_TUNES))  # what cannot be read is said before anything is searched
    few = len(first) < MIN_SHOWN_TUNES
    header = ["title", "known", "copied", "from", "bars", "nearest", "alike", "copy"]
    lines: list[list[object]] = []
    too_much = False
    with on_cluster(cluster) as workers:
        from folkrnn.corpus import find_corpus

        corpus = find_corpus(sources, _log.info, processors(), workers) if sources else None
        from folkrnn.analysis.originality import Index
        from folkrnn.composition.composer import Composer

        index = Index.of_corpus(corpus.tunes) if corpus else Composer(model).index()
        asked, found = tee(chain(first, some))
        verdicts = workers.map_with(Index.judge, index, asked) if workers else map(index.judge, asked)
        with (
            JsonArray() if as_json else nullcontext() as rows,
            click.progressbar(
                zip(found, verdicts, strict=True),
                len(first) if few else None,
                "searching",
                file=sys.stderr,
                hidden=few or not sys.stderr.isatty() or is_quiet(),
            ) as steps,
        ):
            for tune, each in steps:
                too_much = too_much or (max_copied is not None and each.copies(max_copied))
                if rows:
                    rows.add({"title": tune.title, **each._asdict()})
                    continue
                lines.append(
                    [
                        tune.title,
                        "yes" if each.title_known else "no",
                        f"{each.copied:.0%}",
                        each.source,
                        round(each.bars, 1),
                        each.nearest,
                        f"{each.likeness:.0%}",
                        "yes" if each.known else "no",
                    ]
                )
    if not as_json:
        click.echo(table(header, lines))
    if not read.all_read or too_much:
        sys.exit(1)


def _print_pairs(tunes: list[Tune], at_least: float, as_json: bool) -> None:
    """Print the pairs of tunes that share at least this share of notes, most copied first."""
    from folkrnn.analysis.within import Melodic, pairs_within

    with click.progressbar(
        tunes, label="reading", file=sys.stderr, hidden=len(tunes) < 1000 or not sys.stderr.isatty() or is_quiet()
    ) as steps:
        pairs = pairs_within(map(Melodic.of, steps), at_least)
    names = [f"{tune.title or 'Untitled'} ({tune.source}:{tune.line})" for tune in tunes]
    if as_json:
        rows = [
            {"one": names[one], "other": names[other], "runs": runs, "copied": copied}
            for one, other, runs, copied in pairs
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    lines = [[names[one], names[other], runs, f"{copied:.0%}"] for one, other, runs, copied in pairs]
    click.echo(table(["tune", "tune", "runs", "copied"], lines))
