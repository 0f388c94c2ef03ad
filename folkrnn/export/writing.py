"""Files: which formats there are, what the files are called, and how they are written.

A file appears whole or not at all, and never takes the place of another unless that is asked for.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from folkrnn.errors import ExportError, FolkrnnError
from folkrnn.files import write_whole
from folkrnn.notation import Tune


def _abc(tunes: Sequence[Tune]) -> bytes:
    from folkrnn.notation import write_tunebook

    return write_tunebook(tunes).encode()


def _midi(tunes: Sequence[Tune]) -> bytes:
    from folkrnn.export.midi import to_midi

    return to_midi(tunes[0])


def _musicxml(tunes: Sequence[Tune]) -> bytes:
    from folkrnn.export.musicxml import to_musicxml

    return to_musicxml(tunes[0])


def _svg(tunes: Sequence[Tune]) -> bytes:
    from folkrnn.export.engraving import to_svg

    return to_svg(tunes[0]).encode()


def _pdf(tunes: Sequence[Tune]) -> bytes:
    from folkrnn.export.engraving import to_pdf

    return to_pdf(tunes)


class Format(NamedTuple):
    """A file format: its ``extension``, whether one file holds a whole ``book``, and what makes the file.

    ``make`` is given one tune where a file holds one.
    """

    extension: str
    book: bool
    make: Callable[[Sequence[Tune]], bytes]


FORMATS = {
    "abc": Format(".abc", True, _abc),
    "midi": Format(".mid", False, _midi),
    "musicxml": Format(".musicxml", False, _musicxml),
    "svg": Format(".svg", False, _svg),
    "pdf": Format(".pdf", True, _pdf),
}
"""The formats by name."""


_FILE_ENDINGS = {each.extension: name for name, each in FORMATS.items()} | {".midi": "midi", ".xml": "musicxml"}


class Output(NamedTuple):
    """A file to be made: where, in which format, of which tunes."""

    path: Path
    format: str
    tunes: tuple[Tune, ...]


def export(
    tunes: Sequence[Tune],
    formats: Sequence[str],
    target: Path,
    *,
    name: str = "tunes",
    prefix: str = "",
    force: bool = False,
) -> list[Path]:
    """Write tunes in some formats and return the paths of the files, in order.

    ``target`` is a folder, made where it is missing, or one file if its name ends like the one file
    that is to be written. ``name`` is what a book is called in a folder, ``prefix`` what
    the names of other files begin with. Raises ExportError, before anything is written, for an unknown format,
    a tune that a format cannot show, or an existing file without ``force``.
    """
    outputs = plan(tunes, formats, target, name=name, prefix=prefix)
    if not force:
        for output in outputs:
            _refuse_existing(output.path)
    # Everything is made before anything is written: a tune that cannot be drawn leaves no half of a set behind.
    contents = [_make(output) for output in outputs]
    for output, content in zip(outputs, contents, strict=True):
        write(output.path, content, force=force)
    return [output.path for output in outputs]


def _make(output: Output) -> bytes:
    try:
        return FORMATS[output.format].make(output.tunes)
    except FolkrnnError as error:
        if len(output.tunes) > 1:
            raise
        (tune,) = output.tunes
        raise ExportError(f"{tune.source or 'tune'}:{tune.line}: {tune.title}: {error}") from error


def check_target(target: Path, *, force: bool = False) -> None:
    """Raise ExportError, before any work is done, if nothing can be written at a folder's or a file's place."""
    if target.is_file() and not force:
        _refuse_existing(target)
    place = next((each for each in (target, *target.parents) if os.path.lexists(each)), Path())
    if place != target and not place.is_dir():
        raise ExportError(f"{target} cannot be written: {place} is not a folder")
    if place.is_dir() and not os.access(place, os.W_OK | os.X_OK):
        raise ExportError(f"{target} cannot be written: {place} may not be written to")


def plan(
    tunes: Sequence[Tune], formats: Sequence[str], target: Path, *, name: str = "tunes", prefix: str = ""
) -> list[Output]:
    """Return the files that tunes make in some formats, without making any of them.

    Raises ExportError for an unknown format or where there is no tune.
    """
    if not tunes:
        raise ExportError("there is no tune to export")
    outputs: list[Output] = []
    names = file_names(tune.title for tune in tunes)
    for each in dict.fromkeys(formats):
        if each not in FORMATS:
            raise ExportError(f"{each!r} is no format; expected one of {', '.join(FORMATS)}")
        extension, book, _ = FORMATS[each]
        if book:
            outputs.append(Output(target / f"{name}{extension}", each, tuple(tunes)))
        else:
            outputs += [
                Output(target / f"{prefix}{stem}{extension}", each, (tune,))
                for stem, tune in zip(names, tunes, strict=True)
            ]
    ending = target.suffix.lower()
    if target.is_dir() or ending not in _FILE_ENDINGS:
        return outputs
    if len(outputs) > 1:
        raise ExportError(f"{target} names one file, but {len(outputs)} are to be written; expected a folder")
    if _FILE_ENDINGS[ending] != outputs[0].format:
        raise ExportError(
            f"{target} is no name for {outputs[0].format}; expected one that ends in {outputs[0].path.suffix}"
        )
    return [outputs[0]._replace(path=target)]


def format_of(name: str) -> str:
    """The format that a file's name tells by its ending; empty where it tells none."""
    return _FILE_ENDINGS.get(Path(name).suffix.lower(), "")


# Names ------------------------------------------------------------------------------------------------

LONGEST_NAME = 60
"""The longest file name made from a title, in characters, without number and extension."""

_ARTICLE_LAST = re.compile(r"(.*), *(The|An?)", re.IGNORECASE | re.DOTALL)
# Windows keeps these names for devices, whatever the extension.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}


def file_names(titles: Iterable[str]) -> list[str]:
    """Return a file name without extension for each title: ``the-rakes-of-mallow``.

    Names differ from each other whatever the system makes of case, and hold only letters, digits and hyphens.
    """
    names: list[str] = []
    taken: set[str] = set()
    for title in titles:
        stem = name = _slug(title)
        count = 1
        while name in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name)
        names.append(name)
    return names


def _slug(title: str) -> str:
    """Return a title as a file name; accents go, for systems disagree on how to store them."""
    if match := _ARTICLE_LAST.fullmatch(title.strip()):
        title = f"{match[2]} {match[1]}"
    plain = "".join(c for c in unicodedata.normalize("NFKD", title) if not unicodedata.combining(c))
    plain = plain.casefold().replace("'", "").replace("’", "")
    slug = re.sub(r"[\W_]+", "-", plain).strip("-")[:LONGEST_NAME].strip("-")
    return f"tune-{slug}" if slug in _RESERVED else slug or "tune"


# Writing ----------------------------------------------------------------------------------------------


def write(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file whole or not at all, and its folder where it is missing.

    Raises ExportError, naming the path, where it exists and ``force`` is not given, or cannot be written.
    """
    if not force:
        _refuse_existing(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise ExportError(f"{path} exists already; --force overwrites it")
