"""The ``folkrnn`` command: its groups, and the one place where errors become a line and a status."""

import errno
import os
import signal
import sys
from concurrent.futures import BrokenExecutor
from io import TextIOWrapper

import click

from folkrnn import __version__
from folkrnn.cli.console import logging_printed
from folkrnn.cli.corpus import corpus
from folkrnn.cli.evaluate import evaluate
from folkrnn.cli.export import export
from folkrnn.cli.generate import generate_command
from folkrnn.cli.importing import import_command
from folkrnn.cli.interrupts import Stopped, signals_raised, status_of
from folkrnn.cli.model import model_command
from folkrnn.cli.originality import originality
from folkrnn.cli.play import play
from folkrnn.cli.rework import continue_, rewrite_command, vary_command
from folkrnn.cli.studio import studio_command
from folkrnn.cli.train import train_command
from folkrnn.cli.validate import validate_command
from folkrnn.errors import FolkrnnError, TargetExistsError
from folkrnn.processes import collect_seldom

DONE, NO, CANNOT = 0, 1, 2
"""Exit statuses: done; the answer is no; cannot run."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="folkrnn")
def cli() -> None:
    """Compose, validate, hear and print folk tunes in ABC notation."""


COMMANDS = (
    corpus, train_command, generate_command, continue_, rewrite_command, vary_command, validate_command, export, play,
    import_command, originality, evaluate, model_command, studio_command,
)  # fmt: skip

for command in COMMANDS:
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every foreseeable failure is one line on stderr and status 2."""
    collect_seldom()
    _print_anything()
    try:
        with logging_printed(), signals_raised():
            status = cli.main(arguments, prog_name="folkrnn", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        status = CANNOT
    except click.ClickException as error:
        status = _complain(error.format_message())
    except TargetExistsError as error:
        status = _complain(f"{error.path} exists already; --force overwrites it")
    except FolkrnnError as error:
        status = _complain(str(error))
    except (click.Abort, KeyboardInterrupt) as stop:
        status = _stopped(stop)
    except BrokenExecutor:
        status = _complain("a process that shared the work was ended from outside; memory may be short")
    except UnicodeError as error:
        status = _complain(f"a text holds what no file or file name can have ({error})")
    except MemoryError:
        status = _complain("the memory does not suffice for this")
    except OSError as error:
        if error.errno == errno.EPIPE:
            # Whoever read our output has gone; say nothing more, not even on the way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = DONE
        else:
            status = _complain(f"{error.filename or 'the output'}: {error.strerror or error}")
    sys.exit(status if isinstance(status, int) else DONE)


def _stopped(stop: BaseException) -> int:
    """Say that a signal stopped the command, and return its status. click hides it in an Abort of its own."""
    signalled = next((each for each in (stop, stop.__cause__, stop.__context__) if isinstance(each, Stopped)), None)
    click.echo("folkrnn: stopped", err=True)
    return status_of(signalled.number if signalled else signal.SIGINT)


def _print_anything() -> None:
    """Let a console or a file of another encoding take any text: what it lacks comes as an escape, such as \\u2026."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _complain(message: str) -> int:
    click.echo(f"folkrnn: {' '.join(message.split())}", err=True)
    return CANNOT
