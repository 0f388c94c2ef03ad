"""What commands are made of: parameter types, reading tunes, tables, and output that comes bit by bit."""

import json
import math
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import indent
from typing import Any, TypeVar

import click

from folkrnn.corpus import SourceSettings, read_text, source_files
from folkrnn.errors import InputError
from folkrnn.export import (
    DEFAULT_SETTINGS,
    FORMATS,
    ExportSettings,
    Output,
    export_tunes,
    format_of,
    render_count,
    render_outputs,
)
from folkrnn.notation import Tune, read_tunes
from folkrnn.processes import processors

Item = TypeVar("Item")

SHOWN = 20
"""From so many pieces of files on, progress is shown while they are made."""


class Temperature(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """A finite number from 0 up."""

    name = "temperature"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the number, or fail with a line that says what would be right."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number >= 0):
            self.fail(f"{value!r} is no temperature; expected a number from 0 (greedy) up, such as 0.9", param, ctx)
        return number


class Formats(click.ParamType):  # type: ignore[type-arg]
    """Names of formats with commas between them."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the list, or fail with a line that names the formats there are."""
        if isinstance(value, tuple):
            return value
        names = tuple(part.strip().lower() for part in value.split(",") if part.strip())
        for name in names or ("",):
            if name not in FORMATS:
                self.fail(f"{name!r} is no format; expected some of {','.join(FORMATS)}", param, ctx)
        return names


def formats_for(formats: tuple[str, ...] | None, output: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """The formats asked for; without any, the one that the output's name ends like, else the default."""
    by_name = (format_of(output),) if format_of(output) else ()
    return formats or by_name or default


def deliver(
    tunes: Sequence[Tune],
    formats: tuple[str, ...],
    output: str,
    *,
    name: str,
    settings: ExportSettings = DEFAULT_SETTINGS,
    apart: bool = False,
    force: bool = False,
) -> list[Path]:
    """Write tunes to a folder, a file, or standard output for ``-``; give the paths written."""
    if output == "-":
        _check_stdout(formats, len(tunes), "--tune")
    count = render_count(formats, len(tunes))
    with click.progressbar(
        length=count, label="exporting", show_pos=True, file=sys.stderr, hidden=count < SHOWN or not sys.stderr.isatty()
    ) as steps:
        if output != "-":
            options: dict[str, Any] = {"name": name, "settings": settings, "separate": apart, "overwrite": force}
            return export_tunes(tunes, formats, output, **options, jobs=processors(), step=lambda: steps.update(1))
        (content,) = render_outputs(
            [Output(Path(), formats[0], tuple(tunes))], settings, processors(), lambda: steps.update(1)
        )
    sys.stdout.buffer.write(content)
    return []


def _check_stdout(formats: tuple[str, ...], count: int, fewer: str) -> None:
    """Raise InputError where tunes make no single file; ``fewer`` is the option to ask for fewer with."""
    if len(formats) != 1:
        raise InputError(f"standard output takes one format; expected one of {', '.join(FORMATS)}")
    if count > 1 and not FORMATS[formats[0]].holds_all:
        raise InputError(
            f"a {formats[0]} file holds one tune and there are {count}; expected {fewer}, or a folder for -o"
        )


class Printing:
    """What ``Delivery`` is for files, for standard output: a tunebook comes tune by tune, another format at the end."""

    def __init__(self, formats: tuple[str, ...], *, count: int) -> None:
        """Raise InputError where ``count`` tunes make no single file."""
        _check_stdout(formats, count, "-n 1")
        self._name = formats[0]
        self._grows = FORMATS[formats[0]].appendable
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
        if self._grows:
            sys.stdout.buffer.write(FORMATS[self._name].render(tune, self.count, DEFAULT_SETTINGS))
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
                *render_outputs([Output(Path(), self._name, tuple(self._kept))], DEFAULT_SETTINGS, jobs)
            )
        yield from ()


class JsonArray:
    """A JSON array on standard output, printed row by row; it is closed where the ``with`` block ends, in any way."""

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


class Interrupts:
    """Hold Ctrl-C back in a ``with`` block, and tell of it.

    Whoever can stop by himself asks ``pressed``; ``until`` lets Ctrl-C break the wait for the next of some items. So
    what is done with an item is never left half done.
    """

    pressed = False
    """Whether Ctrl-C was pressed in the block."""

    _waiting = False

    def __enter__(self) -> "Interrupts":
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def until(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items up to Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self._wait()
            for item in items:
                self._waiting = False
                yield item
                self._wait()
            self._waiting = False

    def _wait(self) -> None:
        self._waiting = True
        if self.pressed:
            self._press()

    def _press(self, *_: object) -> None:
        self.pressed = True
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """Numbers and ranges with commas between them, such as 1,3-5."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read the list, or fail with a line that says what would be right."""
        if isinstance(value, tuple):
            return value
        numbers: list[int] = []
        for part in value.split(","):
            first, dash, last = part.strip().partition("-")
            numeric = first.isdigit() and (last.isdigit() if dash else not last)
            if not numeric or not 0 <= int(last or first) - int(first) <= 10**6:
                self.fail(f"{value!r} is no list of tunes; expected one such as 1,3-5", param, ctx)
            numbers.extend(range(int(first), int(last or first) + 1))
        return tuple(numbers)


def picked(tunes: list[Tune], numbers: tuple[int, ...] | None) -> list[Tune]:
    """The tunes of these places, from 1, or all of them. Raises InputError for a place where there is none."""
    if numbers is None:
        return tunes
    missing = [number for number in numbers if not 1 <= number <= len(tunes)]
    if missing:
        raise InputError(f"there is no tune {missing[0]}; expected numbers from 1 to {len(tunes)}")
    return [tunes[number - 1] for number in numbers]


def read_files(names: Sequence[str], on_error: Callable[[InputError], None]) -> list[tuple[str, list[Tune]]]:
    """The tunes of each file, of each folder's files, or of standard input for ``-``.

    ``on_error`` is told of each file that cannot be read or holds no tune; it may raise what it is given.
    """
    result = []
    for name in names:
        tunes: list[Tune] = []
        for file in source_files(SourceSettings(path=name)):
            try:
                shown = "<stdin>" if file == "-" else file
                found = read_tunes(read_text(file), shown)
                if not found:
                    raise InputError(f"{shown}: holds no tune; expected one that begins with X: and has a K: field")
                tunes += found
            except InputError as error:
                on_error(error)
        result.append((name, tunes))
    return result


def stop(error: InputError) -> None:
    """What most commands do about a file that cannot be read."""
    raise error


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural if it is not one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]], widest: int = 44) -> str:
    """Rows of text as aligned columns; a column of numbers is aligned to the right."""
    cells = [[str(cell) if len(str(cell)) <= widest else f"{str(cell)[: widest - 1]}…" for cell in row] for row in rows]
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
