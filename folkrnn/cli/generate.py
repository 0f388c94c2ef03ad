"""``folkrnn generate``: new tunes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from folkrnn.cli.composing import Composing, composing_options
from folkrnn.cli.inputs import plan_wish
from folkrnn.cli.parameters import Choice, Temperature
from folkrnn.errors import InputError
from folkrnn.notation.ranges import DEFAULT_INSTRUMENT, INSTRUMENTS

if TYPE_CHECKING:
    from folkrnn.composition.composer import Composer, Composition, Progress
    from folkrnn.composition.requests import RequestOptions


@click.command("generate")
@click.option("--title", help="The title.")
@click.option("--rhythm", help="The rhythm, such as jig.")
@click.option("--origin", help="The origin, such as Ireland.")
@click.option("--meter", help="The meter, such as 6/8.")
@click.option("--key", help="The key and tonic, such as Ador.")
@click.option("--form", help="Bars of each part, such as 8:8: or AABB.")
@click.option(
    "--plan",
    metavar="LETTERS",
    help="A letter for each bar, such as 'abac abad | efeg efad', or like FILE: as its first tune.",
)
@click.option(
    "--similarity", type=click.IntRange(0, 10), help="0: the parts differ; 10: they are nearly the same (±1)."
)
@click.option("--start", metavar="ABC", help="How the music begins; * is filled by the model.")
@click.option(
    "--fit",
    type=Choice(list(INSTRUMENTS)),
    help=f"The instrument whose range the tunes keep [default: {DEFAULT_INSTRUMENT}].",
)
@click.option("--mix", metavar="WEIGHTS", help="Which rhythms come unasked, such as reel=3,jig=2.")
@click.option("--set", "as_set", metavar="RHYTHMS", help="Tunes that go together, as one set, such as 'jig jig reel'.")
@click.option(
    "--title-temperature",
    type=Temperature(),
    default=0.7,
    show_default=True,
    help="Of titles: 0 for the likeliest, above 1 for rarer words.",
)
@click.option(
    "--max-copied",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Replace a tune if more of its notes are copied from one known tune.",
)
@click.option("--critic/--no-critic", default=True, show_default=True, help="Let the model's critic refuse drafts.")
@click.option(
    "--max-length", type=click.IntRange(50, 20_000), default=2000, show_default=True, help="Characters of a tune."
)
@click.option("--unconstrained", is_flag=True, help="The plain network, for study.")
@composing_options(count=5, best_of=1)
def generate_command(
    title: str | None,
    rhythm: str | None,
    origin: str | None,
    meter: str | None,
    key: str | None,
    form: str | None,
    plan: str | None,
    similarity: int | None,
    start: str | None,
    mix: str | None,
    as_set: str | None,
    max_copied: float,
    critic: bool,
    **options: Any,
) -> None:
    """Write new tunes, as ABC, MIDI and a printed page.

    The tunes keep to what you ask for. The rest is drawn from what players play and the model has learned: mostly
    dances, of different rhythms. folkrnn model lists the rhythms and origins that one may ask for. In a requested key
    a tune ends on the tonic and keeps to the scale. A form has the bars of each part, each followed by : if the part is
    repeated and | if not. In a form such as AABB every part has 8 bars. In a plan a letter that comes again is the
    same bar; a' takes up the bar a and varies it, and a^ is a at another pitch.

    A --set is played one tune after the other, in one MIDI file and on pages with one title. Its keys follow well:
    their signatures are near each other, the tonic often goes up a tone, a fourth or a fifth, and no key comes twice in
    a row.

    Prints a table of the tunes: are they playable for two independent readers, what have they copied from the tunes
    that the model learned from, and why were drafts before them refused? The first time, these tunes are read,
    which takes some seconds. A tune that is not playable, or not what was asked for, goes to a tunebook of its
    own. Ctrl-C ends the composing; the finished tunes are written.

    Without --format come ABC, MIDI and PDF, or ABC alone for more than 100 tunes, or what the name of -o says.

    Status 0: all tunes are playable, or --unconstrained; 1: some are not, or not what was asked for; 2: nothing can
    be made; 130: Ctrl-C.
    """
    from folkrnn.composition.checks import check_generation

    composing = Composing.of(options, count=5) if as_set is None else _composing_set(options, as_set)
    asked = click.get_current_context().get_parameter_source("max_copied") is not ParameterSource.DEFAULT
    arguments: RequestOptions = {
        "title": title,
        "rhythm": rhythm,
        "origin": origin,
        "meter": meter,
        "key": key,
        "form": form,
        "plan": plan_wish(plan),
        "similarity": similarity,
        "start": start,
        "mix": mix,
        "set": as_set,
        "fit": options.pop("fit"),
        "max_copied": max_copied if asked else None,
        "critic": critic,
        **composing.settings.options(),
    }
    check_generation(composing.model, arguments)

    def write(
        composer: "Composer", progress: "Callable[[Progress], None]", stop: Callable[[], bool]
    ) -> "Iterator[Composition]":
        return composer.generate(composing.count, progress=progress, stop=stop, **arguments)

    composing.compose("tunes" if as_set is None else "set", write)


def _composing_set(options: dict[str, Any], text: str) -> Composing:
    """Read the options of a command that writes a set. Raises FolkrnnError for bad ones."""
    from folkrnn.composition.sets import set_rhythms

    count = len(set_rhythms(text))
    if options["count"] not in (None, count):
        raise InputError(f"-n {options['count']} and a --set of {count} are both given; expected --set alone")
    return Composing.of(options, count=count, as_set=True)
