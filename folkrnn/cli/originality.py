"""``folkrnn originality``: what tunes have from the tunes that a model learned from."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from folkrnn.cli.common import Numbers, picked, read_files, stop, table

if TYPE_CHECKING:
    from folkrnn.evaluation.originality import Index


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--tune", "numbers", type=Numbers(), help="Only these tunes, by their place: 1,3-5.")
@click.option("--model", type=click.Path(path_type=Path), help="Whose corpus to search [default: the bundled one's].")
@click.option("--corpus", "sources", multiple=True, help="Search this recipe, built corpus or ABC instead; repeatable.")
@click.option(
    "--max-copied", type=click.FloatRange(0, 1), help="Status 1 if of any tune more is copied, or it is a known one."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def originality(
    files: tuple[str, ...],
    numbers: tuple[int, ...] | None,
    model: Path | None,
    sources: tuple[str, ...],
    max_copied: float | None,
    as_json: bool,
) -> None:
    """Say of each tune which known tune is nearest, in whatever key, and how much of it is copied.

    Copied are notes in runs of twelve or more that one tune of the corpus has too, by interval and length. The nearest
    tune is found by the notes that begin at the same places of the same bars, of which so many are alike; where that
    cannot be chance, the tune is a copy of it, even with more than half of its notes changed, or a setting of the same.
    """
    tunes = [tune for _, found in read_files(files, stop) for tune in found if tune.bars]
    tunes = picked(tunes, numbers)
    index = _index_of(sources) if sources else _index_for(model)
    with click.progressbar(
        tunes, label="searching", file=sys.stderr, hidden=len(tunes) < 100 or not sys.stderr.isatty()
    ) as steps:
        found = [index.judge(tune) for tune in steps]
    if as_json:
        rows = [{"title": tune.title, **each._asdict()} for tune, each in zip(tunes, found, strict=True)]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        header = ["title", "known", "copied", "from", "bars", "nearest", "alike", "copy"]
        lines = [
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
            for tune, each in zip(tunes, found, strict=True)
        ]
        click.echo(table(header, lines))
    if max_copied is not None and any(each.copies(max_copied) for each in found):
        sys.exit(1)


def _index_of(sources: tuple[str, ...]) -> "Index":
    """The index of a corpus that was named."""
    from folkrnn.cli.corpus import resolve_corpus
    from folkrnn.evaluation.originality import Index

    return Index.of_corpus(resolve_corpus(sources).tunes)


def _index_for(model: Path | None) -> "Index":
    """The index of the corpus of a model, or of the bundled one."""
    from folkrnn.cli.indexes import index_for
    from folkrnn.model import bundled_model, load_checkpoint

    path = model or bundled_model()
    return index_for(path, load_checkpoint(path))
