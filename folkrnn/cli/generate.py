"""``folkrnn generate``: new tunes."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import chain, tee
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING, Any

import click

from folkrnn import __version__
from folkrnn.cli.common import Formats, Interrupts, JsonArray, Printing, Temperature, formats_for, table
from folkrnn.errors import InputError

if TYPE_CHECKING:
    from folkrnn.generation import GeneratedText, Prompt
    from folkrnn.notation import Finding, Tune
    from folkrnn.validation import Report

MANY = 100
"""More tunes than this are told of in sums alone, and made into ABC alone where no format is asked for."""


@click.command()
@click.option("-n", "--count", type=click.IntRange(1, 100_000), default=5, show_default=True, help="How many tunes.")
@click.option(
    "-t", "--temperature", type=Temperature(), default=0.8, show_default=True, help="0 is greedy; 1 the model's own."
)
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same tunes [default: a new one].")
@click.option("--title", help="The title.")
@click.option("--rhythm", help="The rhythm, such as jig.")
@click.option("--origin", help="The origin, such as Ireland.")
@click.option("--meter", help="The meter, such as 6/8.")
@click.option("--key", help="The key, such as Ador.")
@click.option(
    "--max-length",
    type=click.IntRange(50, 20_000),
    default=2000,
    show_default=True,
    help="Characters a tune may have; at least 400 unless --unconstrained.",
)
@click.option("--model", type=click.Path(path_type=Path), help="Model file [default: the one that ships with folkrnn].")
@click.option(
    "--format",
    "formats",
    type=Formats(),
    help=f"What to write [default: abc,midi,pdf; abc for more than {MANY} tunes; or as -o ends].",
)
@click.option(
    "-o", "--output", default="outputs", show_default=True, help="Folder, file, or - for ABC on standard output."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--unconstrained", is_flag=True, help="The plain network, without the grammar: for study.")
def generate(
    count: int,
    temperature: float,
    seed: int | None,
    max_length: int,
    model: Path | None,
    formats: tuple[str, ...] | None,
    output: str,
    as_json: bool,
    force: bool,
    unconstrained: bool,
    **wishes: str | None,
) -> None:
    """Write new tunes, as ABC, MIDI and a printed page.

    Prints a table of what was made, and whether two independent readers find it playable. A tune that is not is kept
    aside, in a tunebook of its own. Ctrl-C ends the composing; the tunes made so far are written.

    Status 0: all tunes are playable, or --unconstrained; 1: some are not; 2: nothing can be made; 130: Ctrl-C.
    """
    from folkrnn.export import FORMATS, Delivery
    from folkrnn.generation import generate_texts
    from folkrnn.model import bundled_model, load_checkpoint

    few = count <= MANY
    formats = formats_for(formats, output, ("abc", "midi", "pdf") if few and output != "-" else ("abc",))
    prompt = prompt_from(wishes)
    path = model or bundled_model()
    checkpoint = load_checkpoint(path)
    seed = randbelow(10**6) if seed is None else seed
    name = f"tunes-{seed}"
    if output == "-" and as_json:
        raise InputError("--json and -o - both want standard output; expected one of them")
    # Better to learn that nothing can be written before the work than after it.
    delivery = (
        Printing(formats, count=count)
        if output == "-"
        else Delivery(formats, Path(output), count=count, name=name, force=force)
    )
    composing = Interrupts()
    texts = generate_texts(
        checkpoint.network,
        checkpoint.vocabulary,
        [prompt] * count,
        temperature=temperature,
        seed=seed,
        max_characters=max_length,
        constrained=not unconstrained,
        stop=lambda: composing.pressed,
    )
    model_name = path.parent.name if path.stem == "model" else path.stem
    note = f"folkrnn {__version__}, model {model_name}, seed {seed}, tune ", f", temperature {temperature:g}"
    account = _Account(few, not unconstrained)
    files: list[Path] = []
    with composing, JsonArray() if as_json else nullcontext() as array, delivery:
        made = ((text, _tune(text, name, note)) for text in texts)
        with click.progressbar(
            _judged(made), count, "composing", show_pos=True, file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as steps:
            for text, tune, report in steps:
                if tune.bars if unconstrained else report.playable:
                    own = delivery.add(tune)
                    files += own if few else ()
                elif not unconstrained:
                    _say_unplayable(report)
                    delivery.set_aside(tune)
                row = account.add(text, tune, report)
                if array:
                    array.add(row)
    if not as_json and output != "-":
        for line in account.lines():
            click.echo(line)
    if not few and delivery.count:
        files = [Path(output) / f"{name}-*{FORMATS[each].extension}" for each in formats if not FORMATS[each].book]
    with Interrupts() as binding:
        for file in chain(delivery.grown, files, binding.until(delivery.make_books())):
            click.echo(file, err=as_json)
    if composing.pressed or binding.pressed:
        click.echo(f"folkrnn: stopped; {delivery.count} of {count} tunes were written", err=True)
        click.get_current_context().exit(130)
    if account.unplayable and not unconstrained:
        click.get_current_context().exit(1)


def _tune(text: "GeneratedText", source: str, note: tuple[str, str]) -> "Tune":
    """The tune of a text, with a ``note`` of how it was made, which is given as what stands around its number."""
    from folkrnn.notation import ERROR, Finding, read_tunes

    (tune,) = read_tunes(text.text, source)[:1]
    number = str(text.index + 1)
    fields = tuple(field for field in tune.fields if field[0] not in "IL")
    findings = tune.findings
    if not text.finished:
        message = f"the model had not ended the tune after {len(text.text)} characters"
        findings = (*findings, Finding("unfinished", ERROR, 1, 1, tune.bar_count, message))
    return replace(tune, fields=(*fields, ("N", number.join(note))), number=number, findings=findings)


def _judged(
    made: Iterable[tuple["GeneratedText", "Tune"]],
) -> Iterator[tuple["GeneratedText", "Tune", "Report"]]:
    """Each text and tune with the tune's report."""
    from folkrnn.validation import validate_all

    ahead, behind = tee(made)
    # The reports are asked for first: how many tunes are made ahead of them is for the validation to say.
    for report, (text, tune) in zip(validate_all(tune for _, tune in ahead), behind, strict=False):
        yield text, tune, report


def _fault(report: "Report") -> "Finding":
    """What first keeps a tune from being playable."""
    return next(finding for finding in report.findings if finding.level != "note")


def _say_unplayable(report: "Report") -> None:
    fault = _fault(report)
    # The line takes the place of the progress bar, which is drawn anew below it.
    start = "\r\033[K" if sys.stderr.isatty() else ""
    click.echo(f"{start}tune {report.number}, {report.title}, is not playable: {fault.code}: {fault.message}", err=True)


class _Account:
    """What is told of tunes: a table of each if there are few, and sums."""

    def __init__(self, few: bool, steering: bool) -> None:
        self._few = few
        self._steering = steering
        self._rows: list[list[Any]] = []
        self._tunes = self._steered = self._rewritten = self._characters = 0
        self.unplayable = 0
        """The tunes that are not playable."""

    def add(self, text: "GeneratedText", tune: "Tune", report: "Report") -> dict[str, Any]:
        """Count a tune; give what there is to tell of it."""
        row = {
            "title": tune.title,
            "rhythm": tune.rhythm,
            "key": str(tune.key),
            "meter": str(tune.meter),
            "bars": tune.bar_count,
            "playable": "yes" if report.playable else f"no: {_fault(report).code}",
        }
        self._tunes += 1
        self.unplayable += not report.playable
        self._steered += text.steered
        self._rewritten += text.rewritten
        self._characters += len(text.text)
        if self._few:
            self._rows.append(list(row.values()))
        return row | self._steering_of(text)

    def _steering_of(self, text: "GeneratedText") -> dict[str, int]:
        if not self._steering:
            return {}
        return {"steered": text.steered, "rewritten": text.rewritten, "characters": len(text.text)}

    def lines(self) -> Iterator[str]:
        """The table and the sums."""
        if self._few:
            yield table(["title", "rhythm", "key", "meter", "bars", "playable"], self._rows)
        if self._steering:
            percent = 100 * self._steered / max(1, self._characters)
            steered = f"steered {self._steered:,} of {self._characters:,} characters ({percent:.1f} %)"
            yield f"the grammar {steered} and had {self._rewritten:,} bars written again"
        yield f"{self._tunes - self.unplayable} of {self._tunes} tunes are playable"


def prompt_from(wishes: dict[str, str | None]) -> "Prompt":
    """What the model is given to begin with. Raises NotationError for a meter or key that is none."""
    from folkrnn.generation import Prompt
    from folkrnn.notation import parse_key, parse_meter
    from folkrnn.notation.canonical import plain_key

    fields = {}
    for name, value in wishes.items():
        if value is not None:
            fields[name[0].upper()] = " ".join(value.split())
            if not value.strip():
                raise InputError(f"--{name} is empty; leave it out to let the model choose")
    if "M" in fields:
        fields["M"] = str(parse_meter(fields["M"]))
    if "K" in fields:
        fields["K"] = str(plain_key(parse_key(fields["K"][:1].upper() + fields["K"][1:])))
    return Prompt(fields)
