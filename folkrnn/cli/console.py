"""What the commands say beside their results: messages, progress, and the wish for silence.

Results go to stdout, all else to stderr. What the library logs is printed here: a warning as ``folkrnn: …``, other
messages as they are. ``--quiet`` leaves warnings and errors only.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_QUIET = "folkrnn.quiet"


def quiet_option(command: Command) -> Command:
    """Give a command ``-q``, after which ``is_quiet`` is true."""

    def note(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[_QUIET] = value
        logging.getLogger("folkrnn").setLevel(logging.WARNING if value else logging.INFO)

    return click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=note, help="No progress, no summary."
    )(command)


def is_quiet() -> bool:
    """Return whether the command under way shall be silent."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_QUIET))


def tell(line: object) -> None:
    """Print a line about what was done, unless the command is quiet."""
    if not is_quiet():
        click.echo(line)


def complain(sentence: str) -> None:
    """Print a sentence on stderr; it takes the place of a progress line, which is drawn again below it."""
    start = "\r\033[K" if sys.stderr.isatty() else ""
    click.echo(f"{start}{sentence}", err=True)


class _Printer(logging.Handler):
    """Prints what the library logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record in one line."""
        message = " ".join(record.getMessage().split())
        complain(f"folkrnn: {message}" if record.levelno >= logging.WARNING else message)


@contextmanager
def logging_printed() -> Iterator[None]:
    """Print what the library logs while the block lasts; of several processes of ``torchrun`` one does."""
    log, printer = logging.getLogger("folkrnn"), _Printer()
    level, propagate = log.level, log.propagate
    if os.environ.get("RANK", "0") == "0":
        log.addHandler(printer)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(printer)
        log.setLevel(level)
        log.propagate = propagate


class StatusLine:
    """One line on a terminal's stderr that is drawn again and again; elsewhere, and in silence, nothing."""

    def __init__(self, interval: float = 0.1) -> None:
        self._shown = sys.stderr.isatty() and not is_quiet()
        self._interval = interval
        self._next = 0.0

    def show(self, text: str) -> None:
        """Draw a text, if the last one has been there long enough to be read."""
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._interval
            click.echo(f"\r\033[K{text}", err=True, nl=False)

    def clear(self) -> None:
        """Leave an empty line."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)
