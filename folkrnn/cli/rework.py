"""``folkrnn continue``, ``folkrnn rewrite`` and ``folkrnn vary``: working on a given tune."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.composing import Composing, composing_options
from folkrnn.cli.inputs import read_files, refuse
from folkrnn.cli.outputs import counted
from folkrnn.cli.parameters import BarRange
from folkrnn.errors import InputError
from folkrnn.notation import faults

if TYPE_CHECKING:
    from folkrnn.notation import Tune

_NUMBER = click.option("--tune", "number", type=click.IntRange(1), default=1, help="Which tune of the file, from 1.")


@click.command("continue")
@click.argument("file")
@click.option("--bars", type=click.IntRange(1, 100), required=True, help="How many bars more.")
@_NUMBER
@composing_options(count=1, best_of=1)
def continue_(file: str, bars: int, number: int, **options: Any) -> None:
    """Extend the melody of a tune by some bars.

    FILE is an ABC, MusicXML or MIDI file, or - for ABC on standard input.

    If its last part is closed, by a repeat, a double bar or the end, a new part comes; else the part under way
    becomes longer. What is there stays; other voices rest in the new bars.

    Status 0: all tunes are playable; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    composing = Composing.of(options, count=1)
    tune = _the_tune(file, number, composing.output)
    from folkrnn.composition.checks import check_extension

    check_extension(composing.model, tune, bars, {})
    composing.compose(
        "continued",
        lambda composer, progress, stop: composer.extend(
            tune, bars, count=composing.count, progress=progress, stop=stop, **composing.settings.options()
        ),
    )


@click.command("rewrite")
@click.argument("file")
@click.option("--bars", type=BarRange(), required=True, help="The bars to write again, such as 9-16.")
@_NUMBER
@composing_options(count=1, best_of=16)
def rewrite_command(file: str, bars: tuple[int, int], number: int, **options: Any) -> None:
    """Write some bars of the melody of a tune again.

    FILE is an ABC, MusicXML or MIDI file, or - for ABC on standard input. Bars have the numbers that are
    printed; a pickup is bar 0.

    Their lengths, repeats and endings stay, and so does all else; words and chord symbols of the old notes go with
    them. Of several drafts the one is chosen after which the model finds the following bars likeliest.

    Status 0: all tunes are playable; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    composing = Composing.of(options, count=1)
    tune = _the_tune(file, number, composing.output)
    from folkrnn.composition.checks import check_rewriting

    check_rewriting(composing.model, tune, bars, {})
    composing.compose(
        "rewritten",
        lambda composer, progress, stop: composer.rewrite(
            tune, bars, count=composing.count, progress=progress, stop=stop, **composing.settings.options()
        ),
    )


@click.command("vary")
@click.argument("file")
@click.option(
    "--closeness",
    type=click.IntRange(0, 9),
    default=5,
    show_default=True,
    help="How many tenths of the bars that are no cadences stay.",
)
@_NUMBER
@composing_options(count=1, best_of=1)
def vary_command(file: str, closeness: int, number: int, **options: Any) -> None:
    """Write settings of a tune, the way players vary it.

    FILE is an ABC, MusicXML or MIDI file, or - for ABC on standard input.

    Cadences stay: the last bar of each part, and the bar before the middle of a part of 8 bars or more. So do
    pickups and second endings. A varied bar has mostly the pitches of the given one, with other passing notes, and bars
    that are equal stay equal. Each setting of -n varies other bars. The model must have learned plans.

    Status 0: all tunes are playable; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    composing = Composing.of(options, count=1)
    tune = _the_tune(file, number, composing.output)
    from folkrnn.composition.checks import check_variation

    check_variation(composing.model, tune, closeness, {})
    composing.compose(
        "varied",
        lambda composer, progress, stop: composer.vary(
            tune,
            closeness=closeness,
            count=composing.count,
            progress=progress,
            stop=stop,
            **composing.settings.options(),
        ),
    )


def _the_tune(file: str, number: int, output: str) -> "Tune":
    """Return one tune of a file; the output may be that file only if no other tune is lost."""
    ((_, tunes),) = read_files([file], refuse)
    if number > len(tunes):
        raise InputError(f"{file}: has {counted(len(tunes), 'tune')}; expected --tune from 1 to {len(tunes)}")
    if len(tunes) > 1 and _is_same(file, output):
        raise InputError(f"{output}: holds {len(tunes)} tunes, of which 1 would be left; expected another file for -o")
    tune = tunes[number - 1]
    for finding in faults(tune.findings):  # what is wrong with it may come out otherwise than it was written
        click.echo(f"{tune.source}:{finding}", err=True)
    return tune


def _is_same(file: str, output: str) -> bool:
    """Whether two names are of the same file, which is there."""
    paths = [Path(name) for name in (file, output) if name != "-"]
    return len(paths) == 2 and all(path.is_file() for path in paths) and paths[0].samefile(paths[1])
