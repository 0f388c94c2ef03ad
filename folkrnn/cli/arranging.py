"""What ``export`` and ``play`` have in common: the choice of tunes, how they are moved, harmonised and played."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import click

from folkrnn.cli.console import Command, complain
from folkrnn.cli.inputs import AllTunes, picked
from folkrnn.cli.outputs import counted
from folkrnn.cli.parameters import Choice, Number, Numbers, Times
from folkrnn.errors import InputError, NotationError
from folkrnn.export import PlaybackSettings, SetSettings
from folkrnn.export.arranging import CHORDS, WRITTEN, for_instrument, harmonised
from folkrnn.export.soundfonts import usable_soundfont
from folkrnn.notation import ERROR, Tune
from folkrnn.notation.articles import shown_title
from folkrnn.notation.ranges import INSTRUMENTS, TRANSPOSING, fitted, moved, octave_moved
from folkrnn.spool import Spool


def tune_options(command: Command) -> Command:
    """Give a command the files, and the options that choose and arrange tunes."""
    return _with(
        command,
        click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…"),
        click.option("--tune", "numbers", type=Numbers(), help="Only these tunes, such as 1,3-5."),
        click.option("--transpose", metavar="INTERVAL", help="By semitones, +2 or -5, or to a key, G."),
        click.option("--octave", type=click.IntRange(-3, 3), default=0, help="Octaves up (negative: down)."),
        click.option("--fit", type=Choice(list(INSTRUMENTS)), help="Move into the octave that suits it."),
        click.option(
            "--chords",
            type=Choice(CHORDS),
            default=WRITTEN,
            show_default=True,
            help="Chord symbols.",
        ),
    )


def instrument_option(*names: str) -> Callable[[Command], Command]:
    """Return the option that names an instrument: one that reads another key than it sounds, or one of these."""
    return click.option(
        "--instrument",
        type=Choice([*TRANSPOSING, *names]),
        metavar="NAME",
        help=f"Write for it: {', '.join(TRANSPOSING)}" + (", or one with --tab or --fingering." if names else "."),
    )


def playing_options(command: Command) -> Command:
    """Give a command the options of how tunes are played."""
    return _with(
        command,
        click.option("--tempo", type=Number(), metavar="BEATS", help="Beats a minute [default: Q:, or usual]."),
        click.option(
            "--times", type=Times(), default="1", show_default=True, help="Times through; of a set also such as 2,3,3."
        ),
        click.option("--set", "as_set", is_flag=True, help="Make the tunes one set, in this order."),
        click.option(
            "--set-tempo",
            type=Choice(["first", "each"]),
            help="Of a set: that of its first tune, or of each [default: each].",
        ),
        click.option("--once", is_flag=True, help="Play without repeats."),
        click.option("--swing", type=Number(), metavar="SHARE", help="First note of a pair, 0.5 to 0.75."),
        click.option("--plain", is_flag=True, help="Play no grace notes and no ornaments."),
        click.option(
            "--program", type=click.IntRange(0, 127), help="General MIDI program [default: the tune's, or 40]."
        ),
        click.option("--count-in", type=click.IntRange(0, 4), metavar="BARS", help="Bars counted before it."),
        click.option("--soundfont", metavar="FILE", help="Play sound with its instruments; system: one it has."),
    )


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def playing(options: dict[str, Any], one_track: bool = False) -> PlaybackSettings:
    """Return how tunes are to be played. Raises ExportError for what nobody can play."""
    given = {
        "tempo": _exact(options["tempo"]),
        "swing": _exact(options["swing"]),
        "program": options["program"],
        "count_in": options["count_in"],
        "soundfont": str(usable_soundfont(options["soundfont"])) if options["soundfont"] else None,
    }
    return PlaybackSettings(
        **{name: value for name, value in given.items() if value is not None},
        repeats=not options["once"],
        ornaments=not options["plain"],
        one_track=one_track,
    )


def as_set(
    options: dict[str, Any], tunes: Sequence[Tune], playback: PlaybackSettings, name: str = ""
) -> tuple[PlaybackSettings, SetSettings | None]:
    """Return how tunes are played, and how they are made a set of this name if they shall be one.

    Raises InputError for options that do not go together, or with the number of tunes.
    """
    times: tuple[int, ...] = options["times"]
    if not options["as_set"]:
        if options["set_tempo"]:
            raise InputError("--set-tempo is for --set; expected both of them")
        if len(times) > 1:
            raise InputError(f"--times {','.join(map(str, times))} is for --set; expected one number without it")
        return replace(playback, times=times[0]), None
    if len(times) not in (1, len(tunes)):
        raise InputError(f"--times has {len(times)} numbers for a set of {len(tunes)}; expected one, or {len(tunes)}")
    from folkrnn.export.sets import beats_a_minute

    if options["set_tempo"] == "first" and tunes and not playback.tempo:
        playback = replace(playback, tempo=beats_a_minute(tunes[0]))
    return playback, SetSettings(name, times * len(tunes) if len(times) == 1 else times)


def _exact(number: float | None) -> Fraction | None:
    return None if number is None else Fraction(number).limit_denominator(1000)


def chosen(options: dict[str, Any]) -> tuple[Sequence[Tune], bool]:
    """Return the tunes with music, arranged, and whether those are all; print on stderr what is wrong with others.

    Few of the tunes are in memory.

    Raises InputError if no file holds a tune, or no tune can be arranged.
    """
    read = AllTunes(options["files"])
    tunes = picked(read, options["numbers"])
    for tune in tunes:
        errors = [finding for finding in tune.findings if finding.level == ERROR]
        if errors:
            more = f" (and {counted(len(errors) - 1, 'more error')})" if len(errors) > 1 else ""
            click.echo(f"{tune.source}:{errors[0]}{more}", err=True)
    kept = Spool[Tune]()
    refusals: list[InputError] = []
    for tune in tunes:
        try:
            if tune.bars:
                kept.append(_arranged(tune, options))
        except InputError as error:
            refusals.append(error)
    arranged = kept.items()
    if refusals and not arranged:
        raise refusals[0]
    for refusal in refusals:
        complain(f"folkrnn: {refusal}")
    return arranged, read.all_read and len(arranged) == len(tunes)


def _arranged(tune: Tune, options: dict[str, Any]) -> Tune:
    """Return the tune transposed, fitted and harmonised; print on stderr what does not fit."""
    where = f"{tune.source}:{tune.line}: {shown_title(tune.title)}"
    try:
        if options["transpose"]:
            tune = moved(tune, options["transpose"])
        tune = octave_moved(tune, options["octave"])
        if options["fit"]:
            fit = fitted(tune, options["fit"])
            tune = fit.tune
            if fit.outside:
                click.echo(f"{where}: {fit.outside} notes do not fit the {options['fit']}", err=True)
        return for_instrument(harmonised(tune, options["chords"]), options["instrument"])
    except NotationError as error:
        raise InputError(f"{where}: {error}") from None
