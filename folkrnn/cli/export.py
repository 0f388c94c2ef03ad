"""``folkrnn export``: tunes as MIDI, MusicXML, SVG, PDF, or ABC set out anew."""

import sys
from pathlib import Path

import click

from folkrnn.cli.common import Formats, Numbers, formats_for, read_files
from folkrnn.errors import InputError


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

    ABC and PDF make one book of all tunes, the other formats one file a tune.
    """
    from folkrnn.export import FORMATS
    from folkrnn.export import export as write_files

    formats = formats_for(formats, output, ())
    if not formats:
        raise InputError(f"--format is missing; expected some of {','.join(FORMATS)}")
    books = read_files(files)
    tunes = [tune for _, found in books for tune in found]
    if numbers is not None:
        missing = [number for number in numbers if not 1 <= number <= len(tunes)]
        if missing:
            raise InputError(f"there is no tune {missing[0]}; expected numbers from 1 to {len(tunes)}")
        tunes = [tunes[number - 1] for number in numbers]
    broken = [tune for tune in tunes if not tune.bars]
    for tune in broken:
        finding = next(finding for finding in tune.findings if finding.level == "error")
        click.echo(f"{tune.source}:{finding}", err=True)
    tunes = [tune for tune in tunes if tune.bars]
    if not tunes:
        sys.exit(1)
    if output == "-":
        if len(formats) != 1 or not (FORMATS[formats[0]].book or len(tunes) == 1):
            raise InputError("standard output takes one format, and one tune where that format holds one")
        sys.stdout.buffer.write(FORMATS[formats[0]].make(tunes))
    else:
        name = "tunes" if len(books) > 1 or files[0] == "-" else Path(files[0]).stem
        for path in write_files(tunes, formats, Path(output), name=name, force=force):
            click.echo(path)
    if broken:
        sys.exit(1)
