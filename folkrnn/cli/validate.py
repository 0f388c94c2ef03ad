"""``folkrnn validate``: what two independent readers have to say about tunes."""

import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from folkrnn.cli.clusters import cluster_option, on_cluster
from folkrnn.cli.console import is_quiet, quiet_option, tell
from folkrnn.cli.inputs import stream_files
from folkrnn.cli.outputs import JsonArray, counted, table
from folkrnn.errors import InputError
from folkrnn.notation import LEVELS, Tune
from folkrnn.processes import processors

if TYPE_CHECKING:
    from folkrnn.validation import Report

MIN_SHOWN_TUNES = 20
"""Progress is shown from this number of tunes on."""


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--summary", is_flag=True, help="Print a table, tunes by finding and argument, instead of each finding.")
@click.option("--second/--no-second", default=True, show_default=True, help="Ask music21 too.")
@cluster_option
@quiet_option
def validate_command(files: tuple[str, ...], as_json: bool, summary: bool, second: bool, cluster: str | None) -> None:
    """Say what is wrong with tunes, by two readers.

    Our reader checks syntax, bars, repeats and ties. Then music21 reads the tune by itself.

    Status 0: every tune is playable; 1: some are not; 2: a file could not be read.
    """
    from folkrnn.validation import validate_all

    if as_json and summary:
        raise InputError("--json and --summary exclude each other")
    unread: list[InputError] = []
    found = stream_files(files, unread.append)
    first = list(islice(found, MIN_SHOWN_TUNES))
    few = len(first) < MIN_SHOWN_TUNES
    names: deque[str] = deque()  # of the tunes whose reports are still to come

    def tunes() -> Iterator[Tune]:
        for name, tune in chain(first, found):
            names.append(name)
            yield tune

    table_of = _Summary()
    with (
        on_cluster(cluster) as workers,
        JsonArray() if as_json else nullcontext() as rows,
        click.progressbar(
            validate_all([tune for _, tune in first] if few else tunes(), processors(), second, workers),
            len(first) if few else None,
            "validating",
            file=sys.stderr,
            hidden=few or is_quiet(),
        ) as steps,
    ):
        names.extend(name for name, _ in first if few)
        for report in steps:
            table_of.add(names.popleft(), report)
            if rows:
                rows.add(report.to_dict())
            elif not (summary or is_quiet()):
                for line in report.lines():
                    click.echo(line)
    if summary:
        click.echo(table_of.text(files))
    if not as_json and table_of.tunes:
        count = table_of.tunes
        tell(f"{table_of.playable} of {counted(count, 'tune')} {'is' if count == 1 else 'are'} playable")
    for error in unread:
        click.echo(f"folkrnn: {error}", err=True)
    if unread or table_of.playable < table_of.tunes:
        sys.exit(2 if unread else 1)


class _Summary:
    """Counts of tunes by file or folder, and by what is found in them."""

    def __init__(self) -> None:
        self._tunes: Counter[str] = Counter()
        self._playable: Counter[str] = Counter()
        self._found: Counter[tuple[str, str, str]] = Counter()

    def add(self, name: str, report: "Report") -> None:
        """Count the report of a tune that was read for this name."""
        self._tunes[name] += 1
        self._playable[name] += report.playable
        self._found.update({(finding.level, finding.code, name) for finding in report.findings})

    @property
    def tunes(self) -> int:
        return self._tunes.total()

    @property
    def playable(self) -> int:
        return self._playable.total()

    def text(self, names: Iterable[str]) -> str:
        """Return a table: tunes with each finding, by file or folder."""
        columns = [name for name in dict.fromkeys(names) if self._tunes[name]]
        codes = sorted({(level, code) for level, code, _ in self._found}, key=lambda it: (LEVELS.index(it[0]), it[1]))
        rows: list[list[object]] = [["", "tunes", *(self._tunes[name] for name in columns)]]
        rows.append(["", "playable", *(self._playable[name] for name in columns)])
        rows += [[level, code, *(self._found[level, code, name] for name in columns)] for level, code in codes]
        return table(["level", "finding", *columns], rows)
