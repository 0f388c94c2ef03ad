"""``folkrnn originality``: what tunes have from the tunes that a model learned from."""

import logging
import sys
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path

import click

from folkrnn.cli.console import is_quiet, quiet_option
from folkrnn.cli.inputs import AllTunes, picked
from folkrnn.cli.outputs import JsonArray, table
from folkrnn.cli.parameters import Numbers
from folkrnn.processes import processors

_log = logging.getLogger("folkrnn")

MIN_SHOWN_TUNES = 100
"""Progress is shown from so many tunes on."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--tune", "numbers", type=Numbers(), help="Only these tunes, by their place: 1,3-5.")
@click.option("--model", type=click.Path(path_type=Path), help="Search this model's corpus [default: ours].")
@click.option("--corpus", "sources", multiple=True, help="Search this recipe or ABC instead; repeatable.")
@click.option("--max-copied", type=click.FloatRange(0, 1), help="Status 1 if a tune copies more, or is known.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@quiet_option
def originality(
    files: tuple[str, ...],
    numbers: tuple[int, ...] | None,
    model: Path | None,
    sources: tuple[str, ...],
    max_copied: float | None,
    as_json: bool,
) -> None:
    """Find what tunes have copied, and from where.

    For each tune, find the known tune that is nearest, in any key, and the share of notes that is copied.

    Copied are notes in runs of twelve or more that one tune of the corpus has too, by interval and length. The nearest
    tune has the most notes in common that begin at the same places of the same bars. If that cannot be chance,
    the tune is a copy of it, even with more than half of its notes changed, or a setting of the same tune.
    """
    read = AllTunes(files)
    with_music = (tune for tune in read if tune.bars)
    some = iter(picked(with_music, numbers) if numbers is not None else with_music)
    first = list(islice(some, MIN_SHOWN_TUNES))  # what cannot be read is said before anything is searched
    few = len(first) < MIN_SHOWN_TUNES
    from folkrnn.corpus import find_corpus

    corpus = find_corpus(sources, _log.info, processors()) if sources else None
    from folkrnn.analysis.originality import Index
    from folkrnn.composition.composer import Composer

    index = Index.of_corpus(corpus.tunes) if corpus else Composer(model).index()
    header = ["title", "known", "copied", "from", "bars", "nearest", "alike", "copy"]
    lines: list[list[object]] = []
    too_much = False
    with (
        JsonArray() if as_json else nullcontext() as rows,
        click.progressbar(
            chain(first, some),
            len(first) if few else None,
            "searching",
            file=sys.stderr,
            hidden=few or not sys.stderr.isatty() or is_quiet(),
        ) as steps,
    ):
        for tune in steps:
            each = index.judge(tune)
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
