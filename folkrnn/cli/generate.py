"""``folkrnn generate``: new tunes."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING, Any

import click

from folkrnn import __version__
from folkrnn.cli.common import Formats, Temperature, deliver, formats_for, table
from folkrnn.errors import InputError

if TYPE_CHECKING:
    from folkrnn.generation import Prompt
    from folkrnn.notation import Tune
    from folkrnn.validation import Report


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
    "--max-length", type=click.IntRange(50, 20_000), default=2000, show_default=True, help="Characters a tune may have."
)
@click.option("--model", type=click.Path(path_type=Path), help="Model file [default: the one that ships with folkrnn].")
@click.option("--format", "formats", type=Formats(), help="What to write [default: abc,midi,pdf, or as -o ends].")
@click.option(
    "-o", "--output", default="outputs", show_default=True, help="Folder, file, or - for ABC on standard output."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
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
    **wishes: str | None,
) -> None:
    """Write new tunes, as ABC, MIDI and a printed page.

    Prints a table of what was made, and whether two independent readers find it playable.
    """
    from folkrnn.export import FORMATS, check_target
    from folkrnn.generation import generate_texts
    from folkrnn.model import bundled_model, load_checkpoint
    from folkrnn.notation import ERROR, Finding, read_tunes
    from folkrnn.validation import validate_all

    formats = formats_for(formats, output, ("abc",) if output == "-" else ("abc", "midi", "pdf"))
    prompt = prompt_from(wishes)
    path = model or bundled_model()
    checkpoint = load_checkpoint(path)
    seed = randbelow(10**6) if seed is None else seed
    name = f"tunes-{seed}"
    model_name = path.parent.name if path.stem == "model" else path.stem
    if output == "-" and as_json:
        raise InputError("--json and -o - both want standard output; expected one of them")
    if output != "-":
        # Better to learn that nothing can be written before the work than after it.
        check_target(Path(output), force=force)
        for each in formats:
            check_target(Path(output) / f"{name}{FORMATS[each].extension}", force=force)
    written = generate_texts(
        checkpoint.network,
        checkpoint.vocabulary,
        [prompt] * count,
        temperature=temperature,
        seed=seed,
        max_characters=max_length,
    )
    with click.progressbar(written, count, "composing", file=sys.stderr, hidden=not sys.stderr.isatty()) as steps:
        texts = list(steps)
    tunes = []
    for text in texts:
        (tune,) = read_tunes(text.text, name)[:1]
        place = f"seed {seed}, tune {text.index + 1}, temperature {temperature:g}"
        note = f"folkrnn {__version__}, model {model_name}, {place}"
        fields = tuple(field for field in tune.fields if field[0] not in "IL")
        findings = tune.findings
        if not text.finished:
            message = f"the model had not ended the tune after {len(text.text)} characters"
            findings = (*findings, Finding("unfinished", ERROR, 1, 1, tune.bar_count, message))
        tunes.append(replace(tune, fields=(*fields, ("N", note)), number=str(text.index + 1), findings=findings))
    reports = list(validate_all(tunes))
    shown = [tune for tune in tunes if tune.bars]
    if output == "-":
        if shown:
            deliver(shown, formats, output, name=name)
        return
    if as_json:
        click.echo(json.dumps([_row(tune, report) for tune, report in zip(tunes, reports, strict=True)], indent=2))
    else:
        rows = [list(_row(tune, report).values()) for tune, report in zip(tunes, reports, strict=True)]
        click.echo(table(["title", "rhythm", "key", "meter", "bars", "playable"], rows))
        click.echo(f"{sum(report.playable for report in reports)} of {len(reports)} tunes are playable")
    for file in deliver(shown, formats, output, name=name, prefix=f"{name}-", force=force) if shown else []:
        click.echo(file, err=as_json)


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


def _row(tune: "Tune", report: "Report") -> dict[str, Any]:
    return {
        "title": tune.title,
        "rhythm": tune.rhythm,
        "key": str(tune.key),
        "meter": str(tune.meter),
        "bars": tune.bar_count,
        "playable": "yes" if report.playable else "no: " + next(f.code for f in report.findings if f.level != "note"),
    }
