"""``folkrnn import``: tunes from MusicXML and MIDI files."""

import sys
from pathlib import Path

import click

from folkrnn.cli.console import complain, quiet_option, tell
from folkrnn.cli.outputs import deliver, formats_for
from folkrnn.cli.parameters import Choice
from folkrnn.errors import InputError
from folkrnn.importing import ENDINGS, is_importable, read_music
from folkrnn.notation import Tune, faults
from folkrnn.spool import Spool


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILES-or-FOLDERS…")
@click.option("--voices", type=Choice(["melody", "all"]), default="melody", show_default=True)
@click.option("-o", "--output", default="-", show_default=True, help="File, folder, or - for stdout.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@quiet_option
def import_command(files: tuple[str, ...], voices: str, output: str, force: bool) -> None:
    """Read MusicXML and MIDI files as tunes, and write them as ABC.

    The files end in .musicxml, .xml, .mxl, .mid or .midi; of a folder all such files are read. The melody is the
    first line of notes; --voices all keeps the others too. -o may name another format by its ending, such as .pdf.

    A part that stands written out twice becomes a repeat, with first and second endings where only the end differs.
    Notes of a MIDI file that was played are moved to the grid they are meant for.

    Status 0: all files are read; 1: some are not; 2: none is.
    """
    formats = formats_for(None, output, ("abc",))
    kept = Spool[Tune]()
    errors: list[InputError] = []
    for file in _files(files):
        try:
            kept.append(read_music(file, all_voices=voices == "all"))
        except InputError as error:
            errors.append(error)
    tunes = kept.items()
    if not tunes:
        raise errors[0]
    for each in errors:
        complain(f"folkrnn: {each}")
    for tune in tunes:
        remarks = [finding for finding in tune.findings if finding.code == "import"]
        for finding in (*remarks, *faults(tune.findings)):
            click.echo(f"{tune.source}:{finding}", err=True)
    name = Path(files[0]).stem if len(files) == 1 else "tunes"
    paths, refused = deliver(tunes, formats, output, name=name, overwrite=force)
    for path in paths:
        tell(path)
    for refusal in refused:
        complain(f"folkrnn: {refusal}")
    if errors or refused:
        sys.exit(1)


def _files(names: tuple[str, ...]) -> list[str]:
    """Return the files, and those of folders. Raises InputError for a file of another kind, or a folder of none."""
    found: list[str] = []
    for name in names:
        if Path(name).is_dir():
            inside = sorted(str(file) for file in Path(name).rglob("*") if is_importable(file) and file.is_file())
            if not inside:
                raise InputError(f"{name}: the folder holds no file that ends in one of {', '.join(ENDINGS)}")
            found += inside
        elif is_importable(name):
            found.append(name)
        else:
            raise InputError(f"{name}: is no file to import; expected one that ends in one of {', '.join(ENDINGS)}")
    return found
