"""``folkrnn play``: tunes on the sound card, or on a MIDI port."""

import sys
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.arranging import chosen, instrument_option, playing, playing_options, tune_options
from folkrnn.cli.console import is_quiet, quiet_option
from folkrnn.errors import ExportError, InputError
from folkrnn.notation.articles import shown_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from folkrnn.export import PlaybackSettings
    from folkrnn.notation import Tune

    Play = Callable[[Sequence[Tune], PlaybackSettings, Callable[[Tune], None]], None]


@click.command()
@tune_options
@instrument_option()
@playing_options
@click.option("--port", help="A MIDI port [default: the sound card, or else the first port].")
@quiet_option
def play(port: str | None, **options: Any) -> None:
    """Play tunes on the sound card, or on a MIDI port.

    A port is a synthesiser, or an instrument; - reads standard input. The sound card needs sounddevice, ports need
    python-rtmidi.
    """
    if port is not None and options["soundfont"]:
        raise InputError("--soundfont is for the sound card; expected it without --port")
    settings = playing(options)
    tunes, all_of_them = chosen(options)

    def begin(tune: "Tune") -> None:
        if not is_quiet():
            click.echo(f"playing {shown_title(tune.title) or 'Untitled'}", err=True)

    (_on_card_or_port(settings) if port is None else _on_port(port))(tunes, settings, begin)
    if not all_of_them:
        sys.exit(1)


def _on_port(port: str) -> "Play":
    """Return what plays on a MIDI port of this name, or on the first."""
    from folkrnn.export.midi_port import find_port, play_tunes

    name = find_port(port)
    return lambda tunes, settings, begin: play_tunes(tunes, name, settings, begin)


def _on_card_or_port(settings: "PlaybackSettings") -> "Play":
    """Return what plays on the sound card, or else on the first MIDI port; what is missing is said if neither can."""
    from folkrnn.export.sound_card import play_on_card, sound_card

    try:
        library = sound_card()
    except ExportError as no_card:
        if settings.soundfont:
            raise
        try:
            return _on_port("")
        except ExportError as no_port:
            raise ExportError(f"there is nothing to play on: {no_card}; {no_port}") from None
    return lambda tunes, settings, begin: play_on_card(tunes, library, settings, begin)
