"""``folkrnn play``: tunes on the sound card, or on a MIDI port."""

import sys
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.arranging import as_set, chosen, instrument_option, playing, playing_options, tune_options
from folkrnn.cli.console import is_quiet, quiet_option
from folkrnn.errors import ExportError, InputError
from folkrnn.notation.articles import shown_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from folkrnn.export import PlaybackSettings
    from folkrnn.export.performance import Performance

    Play = Callable[[Iterable[Performance], Callable[[Performance], None]], None]


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

    settings, plan = as_set(options, tunes, settings)

    def begin(performance: "Performance") -> None:
        if not is_quiet():
            click.echo(f"playing {shown_title(performance.tune.title) or 'Untitled'}", err=True)

    play_on = _on_card_or_port(settings) if port is None else _on_port(port)
    from folkrnn.export.performance import perform
    from folkrnn.export.sets import perform_tunes

    if plan and tunes:
        play_on([perform_tunes(tunes, plan, settings)], begin)
    else:
        play_on((perform(tune, settings) for tune in tunes), begin)
    if not all_of_them:
        sys.exit(1)


def _on_port(port: str) -> "Play":
    """Return what plays on a MIDI port of this name, or on the first."""
    from folkrnn.export.midi_port import find_port, play_on_port

    name = find_port(port)
    return lambda performances, begin: play_on_port(performances, name, begin)


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
    return lambda performances, begin: play_on_card(performances, library, begin)
