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
from typing import Any, BinaryIO, NamedTuple

from folkrnn.errors import ExportError, FolkrnnError
from folkrnn.export.settings import DEFAULT, Settings
from folkrnn.files import whole_file
from folkrnn.notation import Tune
from folkrnn.processes import shared


def _abc(tune: Tune, number: int, _: Settings) -> bytes:
    from folkrnn.notation.writer import TUNEBOOK_HEADER, write_tune

    header = TUNEBOOK_HEADER if number == 1 else ""
    return f"{header}\n{write_tune(tune, number)}".encode()


def _abc_book(pieces: Sequence[bytes], _: Settings) -> bytes:
    return b"".join(pieces)


def _midi(tune: Tune, _: int, settings: Settings) -> bytes:
    from folkrnn.export.midi import to_midi

    return to_midi(tune, settings.playing)


def _wav(tune: Tune, _: int, settings: Settings) -> bytes:
    from folkrnn.export.sound import to_wav

    return to_wav(tune, settings.playing)


def _musicxml(tune: Tune, _: int, __: Settings) -> bytes:
    from folkrnn.export.musicxml import to_musicxml

    return to_musicxml(tune)


def _svg(tune: Tune, _: int, __: Settings) -> bytes:
    from folkrnn.export.engraving import to_svg

    return to_svg(tune).encode()


def _png(tune: Tune, _: int, settings: Settings) -> bytes:
    from folkrnn.export.engraving import to_png

    return to_png(tune, settings.book)


def _pdf(tune: Tune, _: int, settings: Settings) -> dict[str, Any]:
    from folkrnn.export.engraving import entry

    return entry(tune, settings.book)


def _pdf_book(pieces: Sequence[dict[str, Any]], settings: Settings) -> bytes:
    from folkrnn.export.engraving import bound

    return bound(pieces, settings.book)


class Format(NamedTuple):
    """A file format: its ``extension``, and what of a file each tune makes.

    ``piece`` is given a tune and its number in the book, from 1. Without ``bind`` a file holds one tune, and its piece
    is the whole of it. With ``bind``, which makes a book of pieces, one file holds all tunes; a book that ``grows`` is
    its pieces one after the other.
    """

    extension: str
    piece: Callable[[Tune, int, Settings], Any]
    bind: Callable[[Sequence[Any], Settings], bytes] | None = None
    grows: bool = False

    @property
    def book(self) -> bool:
        """Whether one file holds all tunes."""
        return self.bind is not None


FORMATS = {
    "abc": Format(".abc", _abc, _abc_book, grows=True),
    "midi": Format(".mid", _midi),
    "wav": Format(".wav", _wav),
    "musicxml": Format(".musicxml", _musicxml),
    "svg": Format(".svg", _svg),
    "png": Format(".png", _png),
    "pdf": Format(".pdf", _pdf, _pdf_book),
}
"""The formats by name."""

FEW = 16
"""Up to this many pieces are made faster in this process than new ones start."""

Step = Callable[[], None]
"""What is called when a piece is made, to show the progress."""


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
    settings: Settings = DEFAULT,
    apart: bool = False,
    force: bool = False,
    jobs: int = 1,
    step: Step = lambda: None,
) -> list[Path]:
    """Write tunes in some formats and return the paths of the files, in order.

    ``target`` is a folder, made where it is missing, or one file if its name ends like the one file
    that is to be written. ``name`` is what a book is called in a folder, ``prefix`` what
    the names of other files begin with; ``apart`` gives each tune a file of its own in every format.

    ``step`` is called ``piece_count`` times. ``jobs`` processes make what many tunes need; a program that asks for
    several must be guarded by ``if __name__ == "__main__":``. Raises ExportError, before anything is written, for
    an unknown format, a tune that a format cannot show, or an existing file without ``force``.
    """
    outputs = plan(tunes, formats, target, name=name, prefix=prefix, apart=apart)
    if not force:
        for output in outputs:
            _refuse_existing(output.path)
    # Everything is made before anything is written: a tune that cannot be drawn leaves no half of a set behind.
    contents = list(made(outputs, settings, jobs, step))
    for output, content in zip(outputs, contents, strict=True):
        write(output.path, content, force=force)
    return [output.path for output in outputs]


def piece_count(formats: Sequence[str], count: int) -> int:
    """How many pieces ``count`` tunes make in some formats."""
    return len(set(formats)) * count


def made(outputs: Sequence[Output], settings: Settings, jobs: int = 1, step: Step = lambda: None) -> Iterator[bytes]:
    """Yield the content of each file; more than FEW pieces are made by ``jobs`` processes. Raises ExportError."""
    tasks = [
        (output.format, tune, number, settings) for output in outputs for number, tune in enumerate(output.tunes, 1)
    ]
    pieces = shared(_piece, tasks, jobs) if len(tasks) > FEW and jobs > 1 else map(_piece, tasks)
    for output in outputs:
        bind, own = FORMATS[output.format].bind, []
        for _ in output.tunes:
            own.append(next(pieces))
            step()
        yield bind(own, settings) if bind else own[0]


def _piece(task: tuple[str, Tune, int, Settings]) -> Any:
    format, tune, number, settings = task
    try:
        return FORMATS[format].piece(tune, number, settings)
    except FolkrnnError as error:
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
    tunes: Sequence[Tune],
    formats: Sequence[str],
    target: Path,
    *,
    name: str = "tunes",
    prefix: str = "",
    apart: bool = False,
) -> list[Output]:
    """Return the files that tunes make in some formats, without making any of them.

    Raises ExportError for an unknown format or where there is no tune.
    """
    if not tunes:
        raise ExportError("there is no tune to export")
    outputs: list[Output] = []
    names = file_names(tune.title for tune in tunes)
    one_file = _is_one_file(target, formats, len(tunes), apart)
    for each in dict.fromkeys(formats):
        extension = FORMATS[each].extension
        if FORMATS[each].book and not apart:
            outputs.append(Output(target / f"{name}{extension}", each, tuple(tunes)))
        else:
            outputs += [
                Output(target / f"{prefix}{stem}{extension}", each, (tune,))
                for stem, tune in zip(names, tunes, strict=True)
            ]
    return [outputs[0]._replace(path=target)] if one_file else outputs


def _is_one_file(target: Path, formats: Sequence[str], count: int, apart: bool = False) -> bool:
    """Whether a target names the one file that ``count`` tunes make, and no folder.

    Raises ExportError for an unknown format, and where the target is a file's name but not that of the file made.
    """
    for each in formats:
        if each not in FORMATS:
            raise ExportError(f"{each!r} is no format; expected one of {', '.join(FORMATS)}")
    ending = target.suffix.lower()
    if target.is_dir() or ending not in _FILE_ENDINGS:
        return False
    files = sum(1 if FORMATS[each].book and not apart else count for each in dict.fromkeys(formats))
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
        self,
        formats: Sequence[str],
        target: Path,
        *,
        count: int,
        name: str = "tunes",
        force: bool = False,
        settings: Settings = DEFAULT,
    ) -> None:
        """Prepare for ``count`` tunes at most; ``target`` is a folder or a file as in ``export``.

        In a folder a book is called ``name``, and other files ``name-title``. Raises ExportError as ``export`` does,
        and where a folder holds files that begin with ``name-`` already: titles are not known so early.
        """
        self._one_file = _is_one_file(target, formats, count)
        self._target = target
        self._name = name
        self._force = force
        self._settings = settings
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
        return [each for each in self._formats if FORMATS[each].book and not FORMATS[each].grows]

    @property
    def grown(self) -> list[Path]:
        """The books that grew; they are in their places when the block has ended."""
        return list(self._growing)

    def add(self, tune: Tune) -> list[Path]:
        """Deliver a tune and return the paths of its own files. Raises ExportError where that cannot be done."""
        title = self._names.add(tune.title) if self._single else ""
        outputs = [Output(self._path(each, title), each, (tune,)) for each in self._single]
        contents = list(made(outputs, self._settings))
        for output, content in zip(outputs, contents, strict=True):
            write(output.path, content, force=self._force)
        self.count += 1
        for each in self._formats:
            if FORMATS[each].grows:
                self._grow(self._path(each), FORMATS[each].piece(tune, self.count, self._settings))
        if self._late:
            self._kept.append(tune)
        return [output.path for output in outputs]

    def set_aside(self, tune: Tune) -> None:
        """Put a tune that is not to be delivered into a tunebook beside the others, ``name-aside.abc``.

        Where the target is one file there is no such book.
        """
        if not self._one_file:
            self.aside += 1
            self._grow(self._path("abc", "aside"), _abc(tune, self.aside, self._settings))

    def _grow(self, path: Path, part: bytes) -> None:
        """Add to a book, which is begun where it is missing."""
        if path not in self._growing:
            self._growing[path] = self._open.enter_context(_new_file(path, self._force))
        with _told(path):
            self._growing[path].write(part)

    def make_books(self, jobs: int = 1) -> Iterator[Path]:
        """Make the books that take all tunes at once, and yield the path of each when it is written."""
        for each in self._late if self.count else ():
            output = Output(self._path(each), each, tuple(self._kept))
            (content,) = made([output], self._settings, jobs)
            write(output.path, content, force=self._force)
            yield output.path
