"""``folkrnn play``: tunes on a MIDI port."""

import sys
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.arranging import chosen, playing, playing_options, tune_options
from folkrnn.cli.console import is_quiet, quiet_option
from folkrnn.notation.articles import shown_title

if TYPE_CHECKING:
    from folkrnn.notation import Tune


@click.command()
@tune_options
@playing_options
@click.option("--port", default="", help="The MIDI port [default: the first].")
@quiet_option
def play(port: str, **options: Any) -> None:
    """Play tunes on a MIDI port.

    That is a synthesiser, or an instrument; - reads standard input. It needs python-rtmidi.
    """
    tunes, all_of_them = chosen(options)
    from folkrnn.export.midi_port import play_tunes

    def begin(tune: "Tune") -> None:
        if not is_quiet():
            click.echo(f"playing {shown_title(tune.title) or 'Untitled'}", err=True)

    play_tunes(tunes, port, playing(options), begin)
    if not all_of_them:
        sys.exit(1)
