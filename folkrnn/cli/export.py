"""``folkrnn export``: tunes as MIDI, MusicXML, SVG, PDF, or ABC set out anew."""

import sys
from pathlib import Path

import click

from folkrnn.cli.common import Formats, Numbers, deliver, formats_for, read_files, stop
from folkrnn.errors import InputError
from folkrnn.notation import ERROR


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--format", "formats", type=Formats(), help="Some of abc,midi,musicxml,svg,pdf [default: as -o ends].")
@click.option("--tune", "numbers", type=Numbers(), help="Only these tunes, by their place: 1,3-5.")
@click.option("-o", "--output", default="outputs", show_default=True, help="Folder, file, or - for standard output.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def export(
    files: tuple[str, ...], formats: tuple[str, ...] | None, numbers: tuple[int, ...] | None, output: str, force: bool
) -> None:
    """Write tunes in other formats; - reads standard input.

    ABC and PDF make one book of all tunes, the other formats one file a tune. Tunes with errors are named on
    stderr and written as far as they could be read.
    """
    formats = formats_for(formats, output, ())
    if not formats:
        raise InputError("--format is missing; expected some of abc,midi,musicxml,svg,pdf")
    books = read_files(files, stop)
    tunes = [tune for _, found in books for tune in found]
    if numbers is not None:
        missing = [number for number in numbers if not 1 <= number <= len(tunes)]
        if missing:
            raise InputError(f"there is no tune {missing[0]}; expected numbers from 1 to {len(tunes)}")
        tunes = [tunes[number - 1] for number in numbers]
    for tune in tunes:
        errors = [finding for finding in tune.findings if finding.level == ERROR]
        if errors:
            more = f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
            click.echo(f"{tune.source}:{errors[0]}{more}", err=True)
    whole = [tune for tune in tunes if tune.bars]
    if whole:
        name = Path(files[0]).stem if len(files) == 1 and files[0] != "-" else "tunes"
        for path in deliver(whole, formats, output, name=name, force=force):
            click.echo(path)
    if len(whole) < len(tunes):
        sys.exit(1)
