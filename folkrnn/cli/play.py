"""``folkrnn play``: tunes on a MIDI port."""

import sys
from typing import Any

import click

from folkrnn.cli.arranging import chosen, playing, playing_options, tune_options


@click.command()
@tune_options
@playing_options
@click.option("--port", default="", help="The MIDI port to play on [default: the first].")
def play(port: str, **options: Any) -> None:
    """Play tunes on a MIDI port: a synthesiser, or an instrument. - reads standard input."""
    from folkrnn.export.midi_port import play_tunes

    tunes, all_of_them = chosen(options)
    play_tunes(tunes, port, playing(options), lambda tune: click.echo(f"playing {tune.title or 'Untitled'}", err=True))
    if not all_of_them:
        sys.exit(1)
