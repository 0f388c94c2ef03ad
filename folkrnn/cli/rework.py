"""``folkrnn continue`` and ``folkrnn rewrite``: working on a tune that is there."""

from typing import TYPE_CHECKING, Any

import click

from folkrnn.cli.common import read_files, stop
from folkrnn.cli.composing import Composing, composing_options
from folkrnn.errors import FolkrnnError, GenerationError, InputError
from folkrnn.notation import faults

if TYPE_CHECKING:
    from folkrnn.generation.reworking import Reworking
    from folkrnn.notation import Tune

DRAFTS = 16
"""So many drafts of bars that lead into others are written where nothing else is asked for."""

_NUMBER = click.option("--tune", "number", type=click.IntRange(1), default=1, help="Which tune of the file, from 1.")


class BarRange(click.ParamType):  # type: ignore[type-arg]
    """A bar, or two with a hyphen between them, such as 9-16."""

    name = "bars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read the range, or fail with a line that says what would be right."""
        first, dash, last = str(value).partition("-")
        if not (first.isdigit() and (last.isdigit() if dash else not last)):
            self.fail(f"{value!r} names no bars; expected such as 9-16", param, ctx)
        return int(first), int(last or first)


@click.command("continue")
@click.argument("file")
@click.option("--bars", type=click.IntRange(1, 100), required=True, help="How many bars more.")
@_NUMBER
@composing_options
def continue_(file: str, bars: int, number: int, **options: Any) -> None:
    """Go on with the tune of FILE, or of - for standard input.

    Where its last part is closed, by a repeat, a double bar or the end, a new part comes; else the part under way
    becomes longer. What is there stays as it is.

    Status 0: all tunes are playable; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    from folkrnn.generation.reworking import continuation

    composing = Composing(**{**options, "count": options["count"] or 1})
    tune = _the_tune(file, number)
    try:
        reworking = continuation(tune, bars, composing.checkpoint)
    except FolkrnnError as error:
        raise _about(tune, error) from None
    _compose(composing, reworking, "continued", composing.best_of or 1)


@click.command()
@click.argument("file")
@click.option("--bars", type=BarRange(), required=True, help="The bars to write anew, such as 9-16.")
@_NUMBER
@composing_options
def rewrite(file: str, bars: tuple[int, int], number: int, **options: Any) -> None:
    """Write some bars of the tune of FILE, or of - for standard input, anew.

    Their lengths, repeats and endings stay. Of some drafts that one is taken after which the model finds
    what follows likeliest.

    Status 0: all tunes are playable; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    from folkrnn.generation.reworking import rewriting

    composing = Composing(**{**options, "count": options["count"] or 1, "best_of": options["best_of"] or DRAFTS})
    tune = _the_tune(file, number)
    try:
        reworking = rewriting(tune, *bars, composing.checkpoint)
    except FolkrnnError as error:
        raise _about(tune, error) from None
    _compose(composing, reworking, "rewritten", composing.best_of or DRAFTS)


def _compose(composing: Composing, reworking: "Reworking", name: str, best_of: int) -> None:
    from folkrnn.generation.generator import ONE_DRAFT, Drafts
    from folkrnn.generation.requests import most_typical

    score = (reworking.score or most_typical(composing.checkpoint)) if best_of > 1 else ONE_DRAFT.score
    drafts = Drafts(best_of=best_of, score=score)
    composing.max_length += len(reworking.prompt.body) + sum(len(gap.then) for gap in reworking.prompt.gaps)
    composing.compose(reworking.prompt, drafts, finished=reworking.finished, name=name, cautious=reworking.cautious)


def _the_tune(file: str, number: int) -> "Tune":
    ((_, tunes),) = read_files([file], stop)
    if number > len(tunes):
        raise InputError(f"{file}: has {len(tunes)} tunes; expected --tune from 1 to {len(tunes)}")
    tune = tunes[number - 1]
    for finding in faults(tune.findings):  # what is wrong with it may come out otherwise than it was written
        click.echo(f"{tune.source}:{finding}", err=True)
    return tune


def _about(tune: "Tune", error: FolkrnnError) -> GenerationError:
    return GenerationError(f"{tune.source}:{tune.line}: {tune.title}: {error}")
