"""The command line: parse, call, print. What is heavy is imported inside the commands."""

import sys
from typing import TYPE_CHECKING, Any

from folkrnn.cli.interrupts import signals_raised, status_of

if TYPE_CHECKING:
    from folkrnn.cli.app import cli

__all__ = ["cli", "main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line, and leave with its status; without ``arguments`` it is that of this process.

    A signal counts from here on, while the commands are still loaded: that takes a second on a slow machine.
    """
    with signals_raised(last=arguments is None) as signals:
        try:
            from folkrnn.cli.app import main as run

            run(arguments)
        except (Exception, KeyboardInterrupt):
            # A library may have turned the signal into an error of its own, while it was loaded.
            if not signals.number:
                raise
            print("folkrnn: stopped", file=sys.stderr)
            sys.exit(status_of(signals.number))


def __getattr__(name: str) -> Any:
    """Return the group of all commands, which is loaded when it is asked for."""
    if name != "cli":
        raise AttributeError(name)
    from folkrnn.cli.app import cli

    return cli
