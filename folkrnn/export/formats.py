"""The formats in which tunes are written, by name and by the endings of file names."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from folkrnn.errors import ExportError
from folkrnn.export.packages import installed, missing
from folkrnn.export.settings import ExportSettings, SetSettings
from folkrnn.notation import Tune
from folkrnn.notation.text import escaped_text

if TYPE_CHECKING:
    from folkrnn.export.performance import Performance
    from folkrnn.export.sound import Recording


class Format(NamedTuple):
    """A file format: its ``extension``, and what each tune adds to a file.

    ``render`` takes a tune, its number in the file, from 1, and the settings. Without ``combine`` a file holds one
    tune. With ``combine``, which takes what ``render`` returned for each tune, one file holds all tunes. ``encode``
    makes the file's content of what the last of the two returned. What formats share, as sound, is made once for all
    of them. The file of an ``appendable`` format is its renders one after the other. ``needs`` is a package that
    writes it and that is not always there. ``draws`` says that it shows staves, and so tablature.
    """

    extension: str
    render: Callable[[Tune, int, ExportSettings], Any]
    combine: Callable[[Sequence[Any], ExportSettings], Any] | None = None
    encode: Callable[[Any], bytes] = lambda content: content
    appendable: bool = False
    prepare: Callable[[Sequence[Tune]], Iterable[Tune]] = lambda tunes: tunes
    needs: str = ""
    draws: bool = False

    @property
    def holds_all(self) -> bool:
        """Whether one file holds all tunes."""
        return self.combine is not None


# What each format needs is imported when a file of it is made: music21, verovio and typst load slowly.


def _abc(tune: Tune, number: int, _: ExportSettings) -> bytes:
    from folkrnn.notation.writer import write_tunebook_part

    return write_tunebook_part(tune, number).encode()


def _as_one_book(tunes: Sequence[Tune]) -> Iterable[Tune]:
    from folkrnn.notation.writer import as_one_book

    return as_one_book(tunes)


def _abc_book(renders: Sequence[bytes], _: ExportSettings) -> bytes:
    return b"".join(renders)


def _midi(tune: Tune, _: int, settings: ExportSettings) -> bytes:
    from folkrnn.export.midi import to_midi

    return to_midi(tune, settings.playback)


def _played(tune: Tune, number: int, settings: ExportSettings) -> "Performance":
    from folkrnn.export.performance import perform

    return perform(tune, _set_of(settings).played(number, settings.playback))


def _set_of(settings: ExportSettings) -> SetSettings:
    return settings.set or SetSettings()


def _set_abc(tune: Tune, number: int, settings: ExportSettings) -> bytes:
    name = _set_of(settings).name
    group = [("G", escaped_text(name))] if name and not tune.field("G") else []
    return _abc(replace(tune, fields=(*tune.fields, *group)), number, settings)


def _one_performance(played: Sequence["Performance"], settings: ExportSettings) -> "Performance":
    from folkrnn.export.sets import perform_set

    return perform_set(played, _set_of(settings).name)


def _midi_file(performance: "Performance") -> bytes:
    from folkrnn.export.midi import midi_file

    return midi_file(performance)


def _heard(tune: Tune, _: int, settings: ExportSettings) -> "Recording":
    from folkrnn.export.performance import perform
    from folkrnn.export.sound import recorded

    return recorded(perform(tune, settings.playback))


def _set_heard(played: Sequence["Performance"], settings: ExportSettings) -> "Recording":
    from folkrnn.export.sound import recorded

    return recorded(_one_performance(played, settings))


def _wav(heard: "Recording") -> bytes:
    from folkrnn.export.sound import wav_file

    return wav_file(heard.sound)


def _compressed(name: str, heard: "Recording") -> bytes:
    from folkrnn.export.recordings import compressed

    return compressed(heard, name)


def _musicxml(tune: Tune, _: int, settings: ExportSettings) -> bytes:
    from folkrnn.export.musicxml import to_musicxml

    return to_musicxml(tune, settings.tablature)


def _mxl(tune: Tune, _: int, settings: ExportSettings) -> bytes:
    from folkrnn.export.musicxml import to_mxl

    return to_mxl(tune, settings.tablature)


def _svg(tune: Tune, _: int, settings: ExportSettings) -> bytes:
    from folkrnn.export.engraving import to_svg

    return to_svg(tune, settings.tablature).encode()


def _png(tune: Tune, _: int, settings: ExportSettings) -> bytes:
    from folkrnn.export.engraving import to_png

    return to_png(tune, settings.book, settings.tablature)


def _pdf(tune: Tune, _: int, settings: ExportSettings) -> dict[str, Any]:
    from folkrnn.export.engraving import book_entry

    return book_entry(tune, settings.book, settings.tablature)


def _pdf_book(renders: Sequence[dict[str, Any]], settings: ExportSettings) -> bytes:
    from folkrnn.export.engraving import typeset_book

    return typeset_book(renders, settings.book)


def _html(tune: Tune, number: int, settings: ExportSettings) -> dict[str, Any]:
    from folkrnn.export.page import page_entry

    return page_entry(tune, number, settings)


def _html_book(renders: Sequence[dict[str, Any]], settings: ExportSettings) -> bytes:
    from folkrnn.export.page import player_page

    return player_page(renders, settings)


def _set_html_part(tune: Tune, number: int, settings: ExportSettings) -> dict[str, Any]:
    from folkrnn.export.page import set_part

    return set_part(tune, number, settings)


def _set_html(renders: Sequence[dict[str, Any]], settings: ExportSettings) -> bytes:
    from folkrnn.export.page import set_page

    return set_page(renders, settings)


def _set_pdf(renders: Sequence[dict[str, Any]], settings: ExportSettings) -> bytes:
    from folkrnn.export.sets import set_heading

    titles = [render["titles"][0] for render in renders]
    book = replace(settings.book, heading=set_heading(_set_of(settings), titles, settings.playback))
    return _pdf_book(renders, replace(settings, book=book))


RECORDINGS = "flac", "ogg", "mp3"
"""The formats of compressed sound."""

FORMATS = {
    "abc": Format(".abc", _abc, _abc_book, appendable=True, prepare=_as_one_book),
    "midi": Format(".mid", _midi),
    "wav": Format(".wav", _heard, encode=_wav),
    **{name: Format(f".{name}", _heard, encode=partial(_compressed, name), needs="soundfile") for name in RECORDINGS},
    "musicxml": Format(".musicxml", _musicxml, draws=True),
    "mxl": Format(".mxl", _mxl, draws=True),
    "svg": Format(".svg", _svg, draws=True),
    "png": Format(".png", _png, draws=True),
    "pdf": Format(".pdf", _pdf, _pdf_book, draws=True),
    "html": Format(".html", _html, _html_book),
}
"""The formats by name."""

SET_FORMATS = {
    "abc": FORMATS["abc"]._replace(render=_set_abc),
    "midi": FORMATS["midi"]._replace(render=_played, combine=_one_performance, encode=_midi_file),
    **{name: FORMATS[name]._replace(render=_played, combine=_set_heard) for name in ("wav", *RECORDINGS)},
    "pdf": FORMATS["pdf"]._replace(combine=_set_pdf),
    "html": FORMATS["html"]._replace(render=_set_html_part, combine=_set_html),
}
"""The formats in which all tunes of a set are in one file, by name."""

FILE_ENDINGS = {
    **{each.extension: name for name, each in FORMATS.items()},
    ".midi": "midi",
    ".xml": "musicxml",
    ".htm": "html",
}
"""The format of each ending that a file name may have."""

_ANY_ENDING = re.compile(r"\.(?=[0-9]*[a-z])[a-z0-9]{1,5}", re.IGNORECASE | re.ASCII)


def format_named(text: str) -> str:
    """Return the name in FORMATS of a format that is called by its name or by an ending of its files.

    Case does not count: ``midi``, ``mid`` and ``.MID`` are ``midi``. Raises ExportError for any other text.
    """
    name = text.strip().lower()
    found = name if name in FORMATS else FILE_ENDINGS.get(f".{name.removeprefix('.')}")
    if found is None:
        raise ExportError(f"{text!r} is no format; expected one of {', '.join(FORMATS)}")
    return found


def format_for(name: str, settings: ExportSettings) -> Format:
    """Return the format of a name in FORMATS, for tunes or for a set. Raises ExportError where it holds no set."""
    if settings.set is None:
        return FORMATS[name]
    if name not in SET_FORMATS:
        raise ExportError(f"{name} holds one tune and no set; expected one of {', '.join(SET_FORMATS)}")
    return SET_FORMATS[name]


def writable(name: str) -> str:
    """Return the name of a format. Raises ExportError where the package is missing that writes it."""
    package = FORMATS[name].needs
    if package and not installed(package):
        raise missing(package, f"a file in {name}")
    return name


def format_of(target: str | PathLike[str]) -> str:
    """Return the format that the ending of a file's name says, or "" where the target is a folder.

    A folder is what exists as one, ends in a slash, or has no file ending. A file ending is a dot with one to five
    ASCII letters or digits, among them a letter: ``x.doc`` is a file, ``tunes-1.5`` and ``my.tunebooks`` are folders.
    Raises ExportError for a file ending that no format has, or whose format cannot be written here.
    """
    path = Path(target)
    if os.fspath(target).endswith(("/", os.sep)) or path.is_dir():
        return ""
    ending = path.suffix.lower()
    if ending in FILE_ENDINGS:
        return writable(FILE_ENDINGS[ending])
    if _ANY_ENDING.fullmatch(ending):
        known = ", ".join(each.extension for each in FORMATS.values())
        raise ExportError(f"{path}: no format is written as {ending}; expected one of {known}, or a folder")
    return ""
