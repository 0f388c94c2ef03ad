"""Tunes exported one after the other, as they come."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from glob import escape
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from folkrnn.export.filenames import FileNames
from folkrnn.export.formats import FORMATS, format_for, format_named
from folkrnn.export.settings import DEFAULT_SETTINGS, ExportSettings
from folkrnn.export.writing import (
    Output,
    check_target,
    is_one_file,
    new_file,
    refuse_existing,
    render_outputs,
    system_errors,
    write_file,
)
from folkrnn.files import append_whole
from folkrnn.notation import Tune


class Delivery:
    """Tunes exported as they come: ``with Delivery(…) as delivery: delivery.add(tune)``.

    The files of a single tune are written at once. A tunebook grows beside its place. It is moved there, with the
    tunes added so far, when the block ends or fails. ``make_books`` then makes the books of all tunes at once. Without
    a tune there are no files.
    """

    def __init__(
        self,
        formats: Sequence[str],
        target: str | PathLike[str],
        *,
        count: int,
        name: str = "tunes",
        overwrite: bool = False,
        settings: ExportSettings = DEFAULT_SETTINGS,
    ) -> None:
        """Prepare for ``count`` tunes at most; ``target`` is a folder or a file as in ``export_tunes``.

        In a folder, a file of all tunes is called ``name``, and other files ``name-title``. Raises what
        ``export_tunes`` raises. Titles are not known yet, so a file in the folder that begins with ``name-`` and has
        the ending of a format is refused too.
        """
        self._one_file = is_one_file(target, formats, count, settings=settings)
        self._target = Path(target)
        self._name = name
        self._overwrite = overwrite
        self._settings = settings
        self._names = FileNames()
        self._formats = tuple(dict.fromkeys(map(format_named, formats)))
        self._open = ExitStack()
        self._growing: dict[Path, BinaryIO] = {}
        self._kept: list[Tune] = []
        self.count = 0
        """The tunes delivered."""
        self.aside = 0
        """The tunes set aside."""
        check_target(self._target, overwrite=overwrite)
        if not self._one_file:
            self._check_folder()

    def _check_folder(self) -> None:
        for each in self._formats:
            check_target(self._path(each), overwrite=self._overwrite)
        if not self._overwrite:
            refuse_existing(self._path("abc", "aside"))
            for each in self._single:
                for path in self._target.glob(f"{escape(self._name)}-*{FORMATS[each].extension}"):
                    refuse_existing(path)

    def _path(self, format: str, title: str = "") -> Path:
        """Return the path of a book, or of the file of one tune, given its title as a file name."""
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
        return [each for each in self._formats if not format_for(each, self._settings).holds_all]

    @property
    def _late(self) -> list[str]:
        """The formats whose books are made of all tunes at once."""
        kinds = {each: format_for(each, self._settings) for each in self._formats}
        return [each for each, kind in kinds.items() if kind.holds_all and not kind.appendable]

    @property
    def grown(self) -> list[Path]:
        """The books that grew tune by tune; they are in their places when the block has ended."""
        return list(self._growing)

    def add(self, tune: Tune) -> list[Path]:
        """Deliver a tune and return the paths of its own files. Raises ExportError where that cannot be done."""
        title = self._names.add(tune.title) if self._single else ""
        outputs = [Output(self._path(each, title), each, (tune,)) for each in self._single]
        contents = list(render_outputs(outputs, self._settings))
        for output, content in zip(outputs, contents, strict=True):
            write_file(output.path, content, overwrite=self._overwrite)
        self.count += 1
        for each in self._formats:
            if FORMATS[each].appendable:
                kind = format_for(each, self._settings)
                self._grow(self._path(each), kind.render(tune, self.count, self._settings))
        if self._late:
            self._kept.append(tune)
        return [output.path for output in outputs]

    def set_aside(self, tune: Tune) -> None:
        """Put a tune that is not delivered into a tunebook beside the others, ``name-aside.abc``.

        Where the target is one file there is no such book.
        """
        if not self._one_file:
            self.aside += 1
            self._grow(self._path("abc", "aside"), FORMATS["abc"].render(tune, self.aside, self._settings))

    def _grow(self, path: Path, part: bytes) -> None:
        """Add to a book, which is begun where it is missing."""
        if path in self._growing:
            with system_errors(path):
                append_whole(self._growing[path], part)
            return
        with ExitStack() as begun:  # where not even the first tune can be written there is no book
            file = begun.enter_context(new_file(path, self._overwrite))
            with system_errors(path):
                append_whole(file, part)
            self._open.push(begun.pop_all())
            self._growing[path] = file

    def make_books(self, jobs: int = 1) -> Iterator[Path]:
        """Make the books of all tunes at once, and yield the path of each when it is written."""
        for each in self._late if self.count else ():
            output = Output(self._path(each), each, tuple(self._kept))
            (content,) = render_outputs([output], self._settings, jobs)
            write_file(output.path, content, overwrite=self._overwrite)
            yield output.path
