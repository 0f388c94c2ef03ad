"""Files: which formats there are, what the files are called, and how they are written.

A file appears whole or not at all, and never takes the place of another unless that is asked for.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from glob import escape
from pathlib import Path
from typing import BinaryIO, NamedTuple

from folkrnn.errors import ExportError, FolkrnnError
from folkrnn.files import whole_file
from folkrnn.notation import Tune


def _abc(tunes: Sequence[Tune]) -> bytes:
    from folkrnn.notation import write_tunebook

    return write_tunebook(tunes).encode()


def _abc_part(tune: Tune, number: int) -> bytes:
    from folkrnn.notation.writer import TUNEBOOK_HEADER, write_tune

    header = TUNEBOOK_HEADER if number == 1 else ""
    return f"{header}\n{write_tune(tune, number)}".encode()


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

    ``make`` is given one tune where a file holds one. A book that can grow has a ``part``: what is added to it for
    a tune, given the tune's number in the book, from 1.
    """

    extension: str
    book: bool
    make: Callable[[Sequence[Tune]], bytes]
    part: Callable[[Tune, int], bytes] | None = None


FORMATS = {
    "abc": Format(".abc", True, _abc, _abc_part),
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
    one_file = _is_one_file(target, formats, len(tunes))
    for each in dict.fromkeys(formats):
        extension, book, *_ = FORMATS[each]
        if book:
            outputs.append(Output(target / f"{name}{extension}", each, tuple(tunes)))
        else:
            outputs += [
                Output(target / f"{prefix}{stem}{extension}", each, (tune,))
                for stem, tune in zip(names, tunes, strict=True)
            ]
    return [outputs[0]._replace(path=target)] if one_file else outputs


def _is_one_file(target: Path, formats: Sequence[str], count: int) -> bool:
    """Whether a target names the one file that ``count`` tunes make, and no folder.

    Raises ExportError for an unknown format, and where the target is a file's name but not that of the file made.
    """
    for each in formats:
        if each not in FORMATS:
            raise ExportError(f"{each!r} is no format; expected one of {', '.join(FORMATS)}")
    ending = target.suffix.lower()
    if target.is_dir() or ending not in _FILE_ENDINGS:
        return False
    files = sum(1 if FORMATS[each].book else count for each in dict.fromkeys(formats))
    if files > 1:
        raise ExportError(f"{target} names one file, but {files} are to be written; expected a folder")
    if _FILE_ENDINGS[ending] != formats[0]:
        raise ExportError(
            f"{target} is no name for {formats[0]}; expected one that ends in {FORMATS[formats[0]].extension}"
        )
    return True


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
    names = _Names()
    return [names.add(title) for title in titles]


class _Names:
    """File names made one after the other."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}  # each name, with the last number that was put after it

    def add(self, title: str) -> str:
        """Return a name that no title had before."""
        stem = name = _slug(title)
        number = self._taken.get(stem, 1)
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken |= {name: 1, stem: number}
        return name


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
    with _new_file(path, force) as file:
        file.write(content)


@contextmanager
def _new_file(path: Path, force: bool) -> Iterator[BinaryIO]:
    """What ``write`` does for a file that is written piece by piece, in the block."""
    if not force:
        _refuse_existing(path)
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            yield file
            if not force:
                _refuse_existing(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the system raises about a file into an ExportError."""
    try:
        yield
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise ExportError(f"{path} exists already; --force overwrites it")


# One tune after the other -----------------------------------------------------------------------------


class Delivery:
    """Tunes exported as they come, however many: ``with Delivery(…) as delivery: delivery.add(tune)``.

    The files of a single tune are written at once. A tunebook grows beside its place; when the block ends, however
    it ends, it is moved there with the tunes that it was given. The books that are made of all tunes at once follow
    with ``make_books``. Where no tune came there are no files.
    """

    def __init__(
        self, formats: Sequence[str], target: Path, *, count: int, name: str = "tunes", force: bool = False
    ) -> None:
        """Prepare for ``count`` tunes at most; ``target`` is a folder or a file as in ``export``.

        In a folder a book is called ``name``, and other files ``name-title``. Raises ExportError as ``export`` does,
        and where a folder holds files that begin with ``name-`` already: titles are not known so early.
        """
        self._one_file = _is_one_file(target, formats, count)
        self._target = target
        self._name = name
        self._force = force
        self._names = _Names()
        self._formats = tuple(dict.fromkeys(formats))
        self._open = ExitStack()
        self._growing: dict[Path, BinaryIO] = {}
        self._kept: list[Tune] = []
        self.count = 0
        """The tunes delivered."""
        self.aside = 0
        """The tunes set aside."""
        check_target(target, force=force)
        if not self._one_file:
            self._check_folder()

    def _check_folder(self) -> None:
        for each in self._formats:
            check_target(self._path(each), force=self._force)
        if not self._force:
            _refuse_existing(self._path("abc", "aside"))
            for each in self._single:
                for path in self._target.glob(f"{escape(self._name)}-*{FORMATS[each].extension}"):
                    _refuse_existing(path)

    def _path(self, format: str, title: str = "") -> Path:
        """The place of a book, or of the file of one tune, given its title as a file name."""
        if self._one_file:
            return self._target
        return self._target / f"{'-'.join(filter(None, (self._name, title)))}{FORMATS[format].extension}"

    def __enter__(self) -> "Delivery":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def _single(self) -> list[str]:
        """The formats of which a file holds one tune."""
        return [each for each in self._formats if not FORMATS[each].book]

    @property
    def _late(self) -> list[str]:
        """The formats whose books are made of all tunes at once."""
        return [each for each in self._formats if FORMATS[each].book and not FORMATS[each].part]

    @property
    def grown(self) -> list[Path]:
        """The books that grew; they are in their places when the block has ended."""
        return list(self._growing)

    def add(self, tune: Tune) -> list[Path]:
        """Deliver a tune and return the paths of its own files. Raises ExportError where that cannot be done."""
        title = self._names.add(tune.title) if self._single else ""
        outputs = [Output(self._path(each, title), each, (tune,)) for each in self._single]
        contents = [_make(output) for output in outputs]
        for output, content in zip(outputs, contents, strict=True):
            write(output.path, content, force=self._force)
        self.count += 1
        for each in self._formats:
            if part := FORMATS[each].part:
                self._grow(self._path(each), part(tune, self.count))
        if self._late:
            self._kept.append(tune)
        return [output.path for output in outputs]

    def set_aside(self, tune: Tune) -> None:
        """Put a tune that is not to be delivered into a tunebook beside the others, ``name-aside.abc``.

        Where the target is one file there is no such book.
        """
        if not self._one_file:
            self.aside += 1
            self._grow(self._path("abc", "aside"), _abc_part(tune, self.aside))

    def _grow(self, path: Path, part: bytes) -> None:
        """Add to a book, which is begun where it is missing."""
        if path not in self._growing:
            self._growing[path] = self._open.enter_context(_new_file(path, self._force))
        with _told(path):
            self._growing[path].write(part)

    def make_books(self) -> Iterator[Path]:
        """Make the books that take all tunes at once, and yield the path of each when it is written."""
        for each in self._late if self.count else ():
            output = Output(self._path(each), each, tuple(self._kept))
            write(output.path, _make(output), force=self._force)
            yield output.path
