"""``folkrnn export``: tunes as MIDI, sound, MusicXML, drawings, books, or tidy ABC."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from folkrnn.cli.arranging import as_set, chosen, instrument_option, playing, playing_options, tune_options
from folkrnn.cli.console import complain, quiet_option, tell
from folkrnn.cli.outputs import deliver, formats_for
from folkrnn.cli.parameters import Choice, Formats, Parts
from folkrnn.errors import InputError
from folkrnn.export import FORMATS, BookLayout, ExportSettings, file_names
from folkrnn.export.ordering import SORTS, sorted_tunes
from folkrnn.export.settings import PAPERS, STAFF_SCALES
from folkrnn.export.tablature import Tablature
from folkrnn.notation.fingering import FINGERED
from folkrnn.notation.tunings import STRINGED

_ALL = ",".join(FORMATS)


@click.command()
@tune_options
@instrument_option(*STRINGED, *FINGERED)
@click.option("--tab", is_flag=True, help="Draw tablature for --instrument under the staff.")
@click.option("--tab-only", is_flag=True, help="Draw tablature in place of the staff.")
@click.option("--fingering", is_flag=True, help="Show holes or buttons of --instrument under the notes.")
@click.option("--format", "formats", type=Formats(), help="What to write [default: as -o ends].")
@playing_options
@click.option("--midi-type", type=Choice(["0", "1"]), default="1", help="0: one track [default: 1].")
@click.option("--title", default="", help="Of a PDF, on a title page; of HTML; of a set.")
@click.option("--contents", is_flag=True, help="Begin a PDF with a list of its tunes.")
@click.option("--index", is_flag=True, help="End a PDF with lists by rhythm and key, and by title.")
@click.option("--paper", type=Choice(list(PAPERS)), default="a4", show_default=True)
@click.option("--columns", type=click.IntRange(1, 2), help="Of a PDF's page [default: 1, 2 with --incipits].")
@click.option("--size", type=Choice(list(STAFF_SCALES)), default="normal", show_default=True, help="Of a PDF's music.")
@click.option("--parts", type=Parts(), default=(), help="In HTML, parts for Bb, Eb, F instruments too: Bb,Eb.")
@click.option("--sort", type=Choice(list(SORTS)), help="Put the tunes in order [default: as they come].")
@click.option("--fill", is_flag=True, help="Reorder the tunes of a PDF so that its pages are full.")
@click.option("--incipits", is_flag=True, help="Print only the first two bars of each tune in a PDF.")
@click.option("--notes", is_flag=True, help="Print source, notes and history in a PDF.")
@click.option("--separate", is_flag=True, help="Give each tune a file of its own.")
@click.option("-o", "--output", default="outputs", show_default=True, help="Folder, file, or - for stdout.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@quiet_option
def export(formats: tuple[str, ...] | None, output: str, separate: bool, force: bool, **options: Any) -> None:
    """Write tunes in other formats; - reads standard input.

    The formats are abc, midi, wav, flac, ogg, mp3, musicxml, mxl, svg, png, pdf and html. ABC, PDF and HTML make one
    book of all tunes, the other formats one file a tune. HTML is a page that plays itself, without a network. Tunes
    with errors are named on stderr and written as far as they could be read. A tune that a format cannot show, and a
    file that cannot be read, are named and left out.

    --chords suggested adds chord symbols to tunes that have none. --fit moves tunes into the octave that suits an
    instrument; --instrument writes them for one that sounds in another key. With --tab it is fiddle, mandolin, banjo,
    bouzouki, guitar, guitar-DADGAD or ukulele. With --fingering it is whistle, harmonica or melodeon; whistle-C and
    harmonica-G are in other keys.

    --set makes one file of the tunes in each format but musicxml, mxl, svg and png: one tune after the other, as one
    plays for dancers.
    """
    formats = formats_for(formats, output, ())
    if not formats:
        raise InputError(f"--format is missing; expected some of {_ALL}")
    whole = options["as_set"]
    if whole and separate:
        raise InputError("--set and --separate are both given; expected one of them")
    if whole and options["fill"]:
        raise InputError("--fill changes the order of the tunes, but a set has one; expected no --fill with --set")
    tablature = _tablature(options, formats)
    names = ("contents", "index", "paper", "size", "incipits", "notes", "fill")
    layout = {name: options[name] for name in names}
    columns = options["columns"] or (2 if options["incipits"] else 1)
    title = options["title"]
    book = BookLayout(**layout, columns=columns, title="" if whole else title)
    playback = playing(options, one_track=options["midi_type"] == "0")
    tunes, all_of_them = chosen(options)
    if options["sort"]:
        tunes = sorted_tunes(tunes, options["sort"])
    if tunes:
        files = options["files"]
        name = Path(files[0]).stem if len(files) == 1 and files[0] != "-" else "tunes"
        name = file_names([title])[0] if whole and title else name
        playback, plan = as_set(options, tunes, playback, title)
        settings = ExportSettings(playback, book, options["parts"], tablature, plan)
        paths, errors = deliver(
            tunes, formats, output, name=name, settings=settings, separate=separate, overwrite=force
        )
        for path in paths:
            tell(path)
        for error in errors:
            complain(f"folkrnn: {error}")
        all_of_them = all_of_them and not errors
    if not all_of_them:
        sys.exit(1)


def _tablature(options: dict[str, Any], formats: Sequence[str]) -> Tablature | None:
    """Return the tablature that is asked for. Raises InputError where options or formats do not go together."""
    instrument, tab = options["instrument"], options["tab"] or options["tab_only"]
    drawings = ((tab, "--tab", STRINGED), (options["fingering"], "--fingering", FINGERED))
    for wanted, option, names in drawings:
        if wanted and instrument not in names:
            lack = f"is not for {instrument}" if instrument else "lacks its --instrument"
            raise InputError(f"{option} {lack}; expected one of {', '.join(names)}")
    for wanted, option, names in drawings:
        if instrument in names and not wanted:
            raise InputError(f"--instrument {instrument} changes nothing by itself; expected {option} too")
    drawn = [name for name, each in FORMATS.items() if each.draws]
    if tab and not set(drawn) & set(formats):
        raise InputError(f"--tab is for {', '.join(drawn)}; expected one of these among the formats")
    return Tablature(instrument, alone=options["tab_only"]) if tab else None
