"""The files of a shelf: read and written inside its folder only, whole, one writer at a time."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from filelock import FileLock, Timeout

from folkrnn.errors import ShelfError
from folkrnn.files import clear_parts, sync_folder, whole_file

T = TypeVar("T")

OWN = ".folkrnn"
"""The folder for all that is no tunebook."""

LARGEST_BOOK = 64 * 2**20
"""The size of the largest book that is read, in bytes."""

LOCK_SECONDS = 10.0
"""How long a change waits for another program to finish its own."""


class Stamp(NamedTuple):
    """What tells that a file is the one of before, without reading it; times in nanoseconds."""

    size: int
    modified: int
    changed: int
    node: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        """Return the stamp of a file."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass
class Listing:
    """The books of a folder by their path from it, the folders that cannot be listed, and remarks for people."""

    books: dict[str, Stamp] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def may_hold(self, book: str) -> bool:
        """Whether a book that is not listed may be there all the same."""
        return any(folder in ("", book[: len(folder)]) for folder in self.unreadable)


class Disk:
    """The files of one shelf. Paths are given from its folder, with ``/``. OSErrors become ShelfErrors."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.folder = folder.resolve(strict=True)
            if not self.folder.is_dir():
                raise NotADirectoryError(20, "it is no folder")
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ShelfError(f"{folder}: cannot be the folder of a shelf: {reason}") from None
        own = self.folder / OWN
        if own.is_symlink() or (own.exists() and not own.is_dir()):
            raise ShelfError(f"{own}: is a link or a file; expected a folder of the shelf's own, or nothing")
        self._lock = FileLock(own / "lock", timeout=LOCK_SECONDS, thread_local=False)

    # ── changes ─────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other programs from changing the shelf within the block. Raises ShelfError."""
        try:
            (self.folder / OWN).mkdir(exist_ok=True)
            self._inside(f"{OWN}/lock")
            self._lock.acquire()
        except Timeout:
            raise ShelfError(
                f"{self.folder}: another program has been changing it for {LOCK_SECONDS:g} seconds; try again"
            ) from None
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ShelfError(f"{self.folder}: cannot be written: {reason}") from None
        try:
            yield
        finally:
            self._lock.release()

    def write(self, path: str, data: bytes, check: Callable[[], None] = lambda: None, sync: bool = True) -> None:
        """Write a file whole; with ``sync``, it is on the disk when this returns.

        ``check`` is called just before the file takes its place, and may raise. Raises ShelfError, and then the file
        is as it was.
        """
        with self.staged(path, data, sync):
            check()

    @contextmanager
    def staged(self, path: str, data: bytes, sync: bool = True) -> Iterator[None]:
        """Write a file whole, which takes its place at the end of the block unless that raises. Raises ShelfError."""
        place = self._inside(path)
        try:
            made = [each for each in place.parents if not each.exists()]
            place.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(place, keep_mode=True, sync=sync) as file:
                file.write(data)
                file.flush()
                if sync:
                    os.fsync(file.fileno())
                yield
            if sync:
                for folder in {place.parent, *(each.parent for each in made)}:
                    sync_folder(folder)
        except OSError as error:
            reason = error.strerror or error
            raise ShelfError(f"{self.shown(path)}: cannot be written: {reason}; it is as it was") from None

    def remove(self, path: str) -> None:
        """Remove a file that was made here, if it is there and can be removed."""
        with suppress(OSError, ShelfError):
            self._inside(path).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove the temporary files that a program left which was stopped while it wrote."""
        for folder, folders, _ in os.walk(self.folder, followlinks=False):
            if Path(folder) == self.folder:
                folders[:] = [name for name in folders if name[:1] != "." or name == OWN]
            clear_parts(Path(folder))

    # ── reading ─────────────────────────────────────────────────────────────────────────────

    def read(self, path: str) -> tuple[bytes, Stamp]:
        """Return what a file holds, and its stamp. Raises ShelfError."""
        place = self._inside(path)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(place, flags), "rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise ShelfError(f"{self.shown(path)}: is no plain file")
                if found.st_size > LARGEST_BOOK:
                    raise ShelfError(
                        f"{self.shown(path)}: is larger than {LARGEST_BOOK >> 20} MB; expected smaller books"
                    )
                return file.read(), Stamp.of(found)
        except OSError as error:
            raise ShelfError(f"{self.shown(path)}: cannot be read: {error.strerror or error}") from None

    def stamp(self, path: str) -> Stamp | None:
        """Return the stamp of a file; None if there is no such plain file."""
        try:
            found = os.lstat(self.folder / path)
        except (OSError, ValueError):
            return None
        return Stamp.of(found) if stat.S_ISREG(found.st_mode) else None

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted; none if it cannot be listed."""
        try:
            return sorted(os.listdir(self._inside(path)))
        except (OSError, ShelfError):
            return []

    def books(self) -> Listing:
        """Return the tunebooks, without hidden ones and links; a remark says which links lead outside."""
        listing = Listing()
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(self.folder / folder) as found:
                    for entry in sorted(found, key=lambda entry: entry.name):
                        if entry.name[0] != ".":
                            self._list(folder + entry.name, entry, folders, listing)
            except OSError as error:
                listing.unreadable.append(folder)
                listing.remarks.append(f"{self.shown(folder)}: cannot be listed: {error.strerror or error}")
        return listing

    def _list(self, path: str, entry: os.DirEntry[str], folders: list[str], listing: Listing) -> None:
        is_book = entry.name.lower().endswith(".abc")
        if entry.is_symlink():
            inside = Path(os.path.realpath(self.folder / path)).is_relative_to(self.folder)
            if not inside and (is_book or entry.is_dir()):
                listing.remarks.append(f"{self.shown(path)}: is a link that leads out of the folder; it is not shown")
        elif entry.is_dir():
            folders.append(f"{path}/")
        elif is_book and entry.is_file():
            with suppress(FileNotFoundError):  # it may be gone by now
                listing.books[path] = Stamp.of(os.lstat(self.folder / path))

    # ── tables ──────────────────────────────────────────────────────────────────────────────

    def read_table(self, name: str, parse: Callable[[Any], T], remarks: list[str]) -> T:
        """Return what is made of a table of the shelf's own, or of ``{}`` if there is none.

        A damaged one, for which ``parse`` raises, is set aside, with a remark. Raises ShelfError if it cannot be read.
        """
        path = f"{OWN}/{name}.json"
        if self.stamp(path) is None:
            return parse({})
        data, _ = self.read(path)
        try:
            return parse(json.loads(data))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            aside = f"{OWN}/{name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json"
            with suppress(OSError):
                os.replace(self.folder / path, self.folder / aside)
            remarks.append(f"{path} was damaged; it is kept as {aside}, and a new one is begun")
            return parse({})

    @contextmanager
    def staged_table(self, name: str, table: object, sync: bool = True) -> Iterator[None]:
        """Write a table of the shelf's own, which takes its place at the end of the block. Raises ShelfError."""
        with self.staged(f"{OWN}/{name}.json", json.dumps(table, separators=(",", ":")).encode(), sync):
            yield

    def write_table(self, name: str, table: object, sync: bool = True) -> None:
        """Write a table of the shelf's own. Raises ShelfError."""
        with self.staged_table(name, table, sync):
            pass

    # ── names ───────────────────────────────────────────────────────────────────────────────

    def shown(self, path: str) -> str:
        """Return a path for people: what is no text in it is written in hexadecimal."""
        return re.sub(r"[\0-\x1f\x7f]", "?", os.fsencode(path).decode("utf-8", "backslashreplace")) or str(self.folder)

    def _inside(self, path: str) -> Path:
        """Return a path of the file system, its folder without links. Raises ShelfError if it leads outside."""
        place = self.folder / path
        try:
            resolved = place.parent.resolve()
        except (OSError, RuntimeError, ValueError):
            raise ShelfError(f"{path!r}: is no name of a file") from None
        if not (resolved / "x").is_relative_to(self.folder) or ".." in Path(path).parts:
            raise ShelfError(f"{self.shown(path)}: lies outside of the folder of the shelf")
        return resolved / place.name
