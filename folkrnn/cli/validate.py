"""``folkrnn validate``: what two independent readers have to say about tunes."""

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from folkrnn.cli.console import is_quiet, quiet_option, tell
from folkrnn.cli.inputs import read_files
from folkrnn.cli.outputs import counted, table
from folkrnn.errors import InputError
from folkrnn.notation import LEVELS
from folkrnn.processes import processors

if TYPE_CHECKING:
    from folkrnn.validation import Report


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--summary", is_flag=True, help="Print a table, tunes by finding and argument, instead of each finding.")
@click.option("--second/--no-second", default=True, show_default=True, help="Ask music21 too.")
@quiet_option
def validate_command(files: tuple[str, ...], as_json: bool, summary: bool, second: bool) -> None:
    """Say what is wrong with tunes, by two readers.

    Our reader checks syntax, bars, repeats and ties. Then music21 reads the tune by itself.

    Status 0: every tune is playable; 1: some are not; 2: a file could not be read.
    """
    from folkrnn.validation import validate_all

    if as_json and summary:
        raise InputError("--json and --summary exclude each other")
    unread: list[InputError] = []
    books = read_files(files, unread.append)
    tunes = [tune for _, found in books for tune in found]
    reports = []
    with click.progressbar(
        validate_all(tunes, processors(), second),
        len(tunes),
        "validating",
        file=sys.stderr,
        hidden=len(tunes) < 20 or is_quiet(),
    ) as steps:
        for report in steps:
            reports.append(report)
            if not (as_json or summary or is_quiet()):
                for line in report.lines():
                    click.echo(line)
    playable = sum(report.playable for report in reports)
    if as_json:
        click.echo(json.dumps([report.to_dict() for report in reports], indent=2))
    elif summary:
        _print_summary([name for name, found in books for _ in found], reports)
    if not as_json and reports:
        tell(f"{playable} of {counted(len(reports), 'tune')} {'is' if len(reports) == 1 else 'are'} playable")
    for error in unread:
        click.echo(f"folkrnn: {error}", err=True)
    if unread or playable < len(reports):
        sys.exit(2 if unread else 1)


def _print_summary(names: list[str], reports: list["Report"]) -> None:
    """A table: tunes with each finding, by file or folder."""
    columns = list(dict.fromkeys(names))
    counts: Counter[tuple[str, str, str]] = Counter()
    for name, report in zip(names, reports, strict=True):
        for level, code in {(finding.level, finding.code) for finding in report.findings}:
            counts[level, code, name] += 1
    codes = sorted({(level, code) for level, code, _ in counts}, key=lambda pair: (LEVELS.index(pair[0]), pair[1]))
    rows: list[list[object]] = [["", "tunes", *(names.count(name) for name in columns)]]
    rows.append(
        [
            "",
            "playable",
            *(sum(r.playable for n, r in zip(names, reports, strict=True) if n == name) for name in columns),
        ]
    )
    rows += [[level, code, *(counts[level, code, name] for name in columns)] for level, code in codes]
    click.echo(table(["level", "finding", *columns], rows))
