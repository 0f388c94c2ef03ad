"""Results: tunes on standard output or in files, tables, and JSON that comes row by row."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

import click

from folkrnn.cli.console import is_quiet
from folkrnn.errors import ExportError, InputError
from folkrnn.export import (
    DEFAULT_SETTINGS,
    FORMATS,
    ExportSettings,
    Output,
    export_tunes,
    format_for,
    format_of,
    pieces_of,
    render_count,
    render_outputs,
)
from folkrnn.notation import Tune
from folkrnn.notation.limits import shortened
from folkrnn.processes import processors

SHOWN_RENDERS = 20
"""Progress is shown if at least this many pieces of files are made."""


def formats_for(formats: tuple[str, ...] | None, output: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats that were given, else that of the output's ending, else the default.

    Raises ExportError for an ending that no format has.
    """
    if formats or output == "-":
        return formats or default
    named = format_of(output)
    return (named,) if named else default


def deliver(
    tunes: Sequence[Tune],
    formats: tuple[str, ...],
    output: str,
    *,
    name: str,
    settings: ExportSettings = DEFAULT_SETTINGS,
    separate: bool = False,
    overwrite: bool = False,
) -> tuple[list[Path], list[ExportError]]:
    """Write tunes to a folder, a file, or standard output for ``-``.

    Return the paths of the files, and an error for each tune that a format cannot show and that is left out. Raises
    the first of these if nothing can be written.
    """
    errors: list[ExportError] = []
    paths: list[Path] = []
    if output == "-":
        _check_stdout(formats, len(tunes), "--tune", settings)
    count = render_count(formats, len(tunes))
    hidden = count < SHOWN_RENDERS or not sys.stderr.isatty() or is_quiet()
    with click.progressbar(length=count, label="exporting", show_pos=True, file=sys.stderr, hidden=hidden) as steps:
        if output != "-":
            options: dict[str, Any] = {"name": name, "settings": settings, "separate": separate, "overwrite": overwrite}
            paths = export_tunes(
                tunes,
                formats,
                output,
                **options,
                jobs=processors(),
                step=lambda: steps.update(1),
                on_error=errors.append,
            )
        else:
            book = Output(Path(output), formats[0], tunes)
            for path, pieces in pieces_of([book], settings, processors(), lambda: steps.update(1), errors.append):
                paths.append(path)
                sys.stdout.buffer.writelines(pieces)
    if errors and not paths:
        raise errors[0]
    return [path for path in paths if output != "-"], errors


def _check_stdout(
    formats: tuple[str, ...], count: int, fewer: str, settings: ExportSettings = DEFAULT_SETTINGS
) -> None:
    """Raise InputError if tunes make no single file; ``fewer`` is the option that asks for fewer."""
    if len(formats) != 1:
        given = f", but {len(formats)} are asked for" if formats else ""
        raise InputError(f"standard output takes one format{given}; expected one of {', '.join(FORMATS)}")
    if count > 1 and not format_for(formats[0], settings).holds_all:
        raise InputError(
            f"a {formats[0]} file holds one tune and there are {count}; expected {fewer}, or a folder for -o"
        )


class Printing:
    """Delivery to standard output: a tunebook comes tune by tune, another format at the end."""

    def __init__(self, formats: tuple[str, ...], *, count: int, settings: ExportSettings = DEFAULT_SETTINGS) -> None:
        """Raise InputError if ``count`` tunes make no single file."""
        _check_stdout(formats, count, "-n 1", settings)
        self._settings = settings
        self._name = formats[0]
        self._format = format_for(self._name, settings)
        self._kept: list[Tune] = []
        self.count = 0
        """The tunes delivered."""

    def __enter__(self) -> "Printing":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to do: what is printed is printed."""

    @property
    def grown(self) -> list[Path]:
        """No books in files."""
        return []

    def add(self, tune: Tune) -> list[Path]:
        """Print a tune, or keep it for the end; no file is written."""
        self.count += 1
        if self._format.appendable:
            sys.stdout.buffer.write(self._format.render(tune, self.count, self._settings))
            sys.stdout.buffer.flush()
        else:
            self._kept.append(tune)
        return []

    def set_aside(self, tune: Tune) -> None:
        """Nothing is kept of a tune that is not delivered."""

    def make_books(self, jobs: int = 1) -> Iterator[Path]:
        """Print what takes all tunes at once."""
        if self._kept:
            sys.stdout.buffer.write(
                *render_outputs([Output(Path(), self._name, tuple(self._kept))], self._settings, jobs)
            )
        yield from ()


class JsonArray:
    """A JSON array on standard output, printed row by row; the end of the ``with`` block closes it."""

    def __init__(self) -> None:
        self._opening = "["

    def __enter__(self) -> "JsonArray":
        return self

    def __exit__(self, *_: object) -> None:
        click.echo("[]" if self._opening == "[" else "\n]")

    def add(self, row: dict[str, Any]) -> None:
        """Print one more row."""
        click.echo(f"{self._opening}\n{indent(json.dumps(row, indent=2), '  ')}", nl=False)
        self._opening = ","


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural if it is not one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]], widest: int = 44) -> str:
    """Return rows of text as aligned columns; a column of numbers is aligned to the right."""
    cells = [[shortened(str(cell), widest) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(header), *cells]) for column in range(len(header))]
    numeric = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in [list(header), *cells]
    ]
    return "\n".join(lines)
