"""``folkrnn generate``: new tunes."""

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from folkrnn.cli.composing import Composing, composing_options
from folkrnn.errors import ModelError

if TYPE_CHECKING:
    from folkrnn.evaluation.originality import Original


@click.command()
@click.option("--title", help="The title.")
@click.option("--rhythm", help="The rhythm, such as jig.")
@click.option("--origin", help="The origin, such as Ireland.")
@click.option("--meter", help="The meter, such as 6/8.")
@click.option("--key", help="The key, such as Ador: the tune ends on its tonic and keeps to its scale.")
@click.option("--form", help="Bars of each part, : behind it if it is repeated and | if not, such as 8:8:, or AABB.")
@click.option("--alike", type=click.IntRange(0, 10), help="How alike the parts are, in tenths, give or take one.")
@click.option("--start", metavar="ABC", help="How the music begins, such as 'DFA d2f'; a * is filled by the model.")
@click.option(
    "--max-copied",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Write another tune in place of one of whose notes more than this share is copied; 1 lets all pass.",
)
@click.option(
    "--critic/--no-critic",
    default=True,
    show_default=True,
    help="Write another tune in place of one that the model's critic takes for a machine's; of --sampler random.",
)
@click.option(
    "--max-length",
    type=click.IntRange(50, 20_000),
    default=2000,
    show_default=True,
    help="Characters a tune may have; at least 400 unless --unconstrained.",
)
@click.option("--unconstrained", is_flag=True, help="The plain network, without the grammar: for study.")
@composing_options
def generate(
    title: str | None,
    rhythm: str | None,
    origin: str | None,
    meter: str | None,
    key: str | None,
    form: str | None,
    alike: int | None,
    start: str | None,
    max_copied: float,
    critic: bool,
    **options: Any,
) -> None:
    """Write new tunes, as ABC, MIDI and a printed page.

    What is given is given to the model, which writes the rest to suit it. Rhythms and origins are those it has learned.

    Prints a table of what was made: whether two independent readers find it playable, and what it has copied from the
    tunes that the model learned from. (The first time these are read, which takes half a minute.) A tune that is not
    playable, or not what was asked for, is kept aside, in a tunebook of its own. Ctrl-C ends the composing; the tunes
    made so far are written.

    Status 0: all tunes are playable, or --unconstrained; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    from folkrnn.evaluation.critic import heeding
    from folkrnn.generation.requests import drafts_for, read_request, unlearned

    composing = Composing(**options)
    values = composing.checkpoint.corpus.values
    wishes = {"title": title, "rhythm": rhythm, "origin": origin, "meter": meter, "key": key, "form": form}
    request = read_request(wishes, values, alike, start)
    for sentence in unlearned(request, values):
        click.echo(f"folkrnn: {sentence}", err=True)
    if composing.unconstrained and alike is not None:
        raise click.UsageError("--alike is for the grammar to see to; leave out --unconstrained")
    drafts = drafts_for(request, composing.checkpoint, composing.best_of or 1, obey=not composing.unconstrained)
    if critic and composing.sampler == "random" and not composing.unconstrained:
        drafts = heeding(composing.checkpoint, drafts)
    asked = click.get_current_context().get_parameter_source("max_copied") is not ParameterSource.DEFAULT

    def original() -> "Original | None":
        if max_copied == 1 or (composing.unconstrained and not asked):
            return None
        from folkrnn.cli.indexes import index_for
        from folkrnn.evaluation.originality import Original

        try:
            index = index_for(composing.path, composing.checkpoint)
        except ModelError as error:
            if asked:
                raise
            click.echo(f"folkrnn: what tunes have copied is not known: {error}", err=True)
            return None
        # Unless it is asked for, a model that knows a few tunes by heart delivers them, and the table tells.
        return Original(index, max_copied, titled=title is not None, must=asked)

    composing.compose(request.prompt, drafts, request.broken, original=original)
