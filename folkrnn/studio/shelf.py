"""The shelf: the tunes of a folder of plain ABC tunebooks, with their versions, tags and sets.

Other programs read and change the same books. A tune that is changed here changes its own lines of its book, and no
other byte. Everything that is no tunebook is in the folder ``.folkrnn``: ``versions``, ``tags.json``, ``sets.json``,
``bin.json`` (tunes that stand in no book), ``index.json`` (what the books hold), ``seen`` (books as others left them).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from folkrnn.errors import ShelfError
from folkrnn.notation.reading.outline import read_outline
from folkrnn.studio.books import Book, lines_to_add, one_tune, stripped_lines
from folkrnn.studio.catalogue import DEFAULT_BOOK, Catalogue, Known
from folkrnn.studio.disk import OWN, Disk, Stamp
from folkrnn.studio.versions import Version, Versions, iso

__all__ = ["Conflict", "Entry", "NotOnShelf", "Shelf", "ShelfError", "Stored", "TuneSet", "Version"]

LONGEST_NAME = 120
"""The longest tag, name of a set or of a file, in characters."""

_FORBIDDEN = frozenset('<>:"|?*\\')
"""Characters that some system does not allow in the name of a file."""

_TABLES = ("tags", "sets", "bin", "index")


@dataclass(frozen=True)
class Entry:
    """A tune on the shelf: what its header says, its tags, and whether it is in the bin.

    ``book`` is the path of its book in the folder; ``changed`` a time (ISO 8601, UTC); ``etag`` tells one state of the
    tune from another. ``key`` and ``meter`` are ``none`` where there is none.
    """

    id: str
    book: str
    number: str
    title: str
    titles: tuple[str, ...]
    rhythm: str
    key: str
    meter: str
    tags: tuple[str, ...]
    binned: bool
    changed: str
    etag: str


@dataclass(frozen=True)
class Stored:
    """A tune with its text: its own lines, each with a line feed.

    ``header`` holds the lines outside of them that hold for it: the file header of its book, and directives above it.
    ``header + text`` is what a reader reads as it reads the book.
    """

    entry: Entry
    text: str
    header: str = ""


@dataclass(frozen=True)
class TuneSet:
    """Tunes that are played one after the other, by their ids."""

    name: str
    title: str
    tunes: tuple[str, ...]
    etag: str


class NotOnShelf(ShelfError):
    """A tune, a version or a set that is not on the shelf."""


class Conflict(ShelfError):
    """A change to something that has changed in the meantime; ``stored`` is what is there now."""

    def __init__(self, stored: Stored | TuneSet) -> None:
        name = stored.entry.title or stored.entry.id if isinstance(stored, Stored) else stored.title or stored.name
        super().__init__(f"{name!r} has changed in the meantime; nothing was written: look at what is there now")
        self.stored = stored


class Shelf:
    """The tunes of a folder. It may be used from any thread, and together with other programs.

    What cannot be read or written raises ShelfError, one line; then everything is as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._disk = Disk(folder)
        self.folder = self._disk.folder
        self._versions = Versions(self._disk)
        self._catalogue = Catalogue(self._disk, self._versions)
        self._thread_lock = threading.RLock()
        self._tags: dict[str, tuple[str, ...]] = {}
        self._sets: dict[str, TuneSet] = {}
        self._removed: list[Any] = []
        self._damages: list[str] = []
        self._unwritable = ""
        self._shown: list[Entry] | None = None  # as of the last refresh
        self._tables: dict[str, Stamp | None] = {}  # the stamps of the tables as they were read
        with suppress(ShelfError), self._disk.locked():
            self._disk.clear()

    # ── reading ─────────────────────────────────────────────────────────────────────────────

    def version(self) -> str:
        """Return what changes whenever anything on the shelf does; only names and times of files are looked at."""
        listing = self._disk.books()
        tables = {name: stamp for name, stamp in self._stamps().items() if name != "index"}
        return _hash(repr((sorted(listing.books.items()), listing.remarks, tables)))

    def entries(self) -> list[Entry]:
        """Return all tunes in the order of their books, then those in the bin."""
        with self._thread_lock:
            self._refresh()
            if self._shown is None:
                catalogue = self._catalogue
                tunes = [tune for _, record in sorted(catalogue.records.items()) for tune in record.tunes]
                shown = [self._entry(tune, False) for tune in tunes]
                self._shown = shown + [self._entry(gone.tune, True) for gone in catalogue.gone.values()]
            return list(self._shown)

    def books(self) -> list[str]:
        """Return the paths of all books in the folder."""
        with self._thread_lock:
            self._refresh()
            return [self._disk.shown(path) for path in sorted(self._catalogue.records)]

    def remarks(self) -> list[str]:
        """Return what is to be said of the folder: damaged tables, links that are not followed, books not read."""
        with self._thread_lock:
            self._refresh()
            remarks = dict.fromkeys([*self._damages, self._unwritable, *self._catalogue.remarks])
            return [remark for remark in remarks if remark]

    def get(self, id: str) -> Stored:
        """Return a tune with its text, also one that is in the bin. Raises NotOnShelf and ShelfError."""
        with self._thread_lock:
            self._refresh()
            return self._stored(id)

    def versions(self, id: str) -> list[Version]:
        """Return the versions of a tune that was changed or put here, the oldest first. Raises NotOnShelf."""
        with self._thread_lock:
            self._refresh()
            self._known(id)
            return self._versions.all(id)

    def old_text(self, id: str, version: int) -> str:
        """Return the text of a version. Raises NotOnShelf."""
        with self._thread_lock:
            self._refresh()
            self._known(id)
            if version not in self._versions.numbers(id):
                raise NotOnShelf(f"the tune {id} has no version {version}")
            return self._versions.read(id, version)[1]

    # ── tunes ───────────────────────────────────────────────────────────────────────────────

    def add(self, text: str, book: str = "", tags: Sequence[str] = ()) -> list[Entry]:
        """Put the tunes of a text at the end of a book, by default ``tunes.abc``, and return their entries.

        Each gets a number that the book does not have yet. Raises ShelfError.
        """
        labels = _labels(tags)
        with self._changing():
            catalogue = self._catalogue
            path = self._path(book) if book else self._default_book()
            old = catalogue.book(path) if path in catalogue.records else None
            with _about(self._disk.shown(path)):
                lines = lines_to_add(text, old)
                new = old.with_tunes(lines) if old else Book.read("".join(f"{line}\n" for line in lines).encode())
            before = [tune.id for tune in catalogue.records[path].tunes] if old else []
            outlines = new.tunes[len(before) :]
            ids = catalogue.new_ids(path, outlines)
            with self._tagged(dict.fromkeys(ids, labels)), self._undoing() as undo:
                for place, id in enumerate(ids, len(before)):
                    self._save_version(id, new.text(place), "put on the shelf", undo)
                catalogue.put(path, new, [*before, *ids])
            return [self._entry(tune, False) for tune in catalogue.records[path].tunes[len(before) :]]

    def change(
        self,
        id: str,
        etag: str,
        *,
        text: str | None = None,
        tags: Sequence[str] | None = None,
        binned: bool | None = None,
        why: str = "",
    ) -> Entry:
        """Change the text or the tags of a tune, put it in the bin or back into its book; return what it is now.

        ``etag`` is that of the entry which the change is made to, ``why`` a reason that its version is to have. Raises
        NotOnShelf; Conflict if the tune has changed since; ShelfError if the text is not one tune or cannot be kept.
        """
        labels = None if tags is None else _labels(tags)
        with self._changing():
            stored = self._stored(id)
            if etag != stored.entry.etag:
                raise Conflict(stored)
            wanted = stored.entry.tags if labels is None else labels
            with self._tagged({id: wanted}), self._undoing() as undo:
                if stored.entry.binned:
                    self._change_binned(stored, text, binned is False, why, undo)
                elif binned:
                    self._put_in_bin(stored, text, why, undo)
                elif text is not None:
                    self._change_text(stored, text, why, undo)
            return self._entry(self._known(id), id in self._catalogue.gone)

    def _change_text(self, stored: Stored, text: str, why: str, undo: list[Callable[[], None]]) -> None:
        id = stored.entry.id
        path, place = self._catalogue.places[id]
        with _about(self._disk.shown(path)):
            book = self._catalogue.book(path).with_text(place, text)
        if book.text(place) == stored.text:
            return
        self._save_version(id, stored.text, "as it was before", undo, stored.entry.changed)
        self._save_version(id, book.text(place), why or "changed", undo)
        self._catalogue.put(path, book, [tune.id for tune in self._catalogue.records[path].tunes])

    def _put_in_bin(self, stored: Stored, text: str | None, why: str, undo: list[Callable[[], None]]) -> None:
        id, catalogue = stored.entry.id, self._catalogue
        path, place = catalogue.places[id]
        gone = catalogue.out_of_book(id, why or "put in the bin")
        with _about(self._disk.shown(path)):
            book = catalogue.book(path).without(place)
        self._save_version(id, stored.text, "as it was before", undo, stored.entry.changed)
        if text is not None:
            gone = replace(gone, tune=self._save_binned(gone.tune, text, why, undo))
        catalogue.put(path, book, [tune.id for tune in catalogue.records[path].tunes if tune.id != id], gone)

    def _change_binned(
        self, stored: Stored, text: str | None, restore: bool, why: str, undo: list[Callable[[], None]]
    ) -> None:
        """Change the text of a tune in the bin, or put it back."""
        id, catalogue = stored.entry.id, self._catalogue
        gone = catalogue.gone[id]
        if restore:
            path = gone.tune.book
            lines = stripped_lines(stored.text) if text is None else one_tune(text)
            old = catalogue.book(path) if path in catalogue.records else None
            if old is None:
                self._path(path)  # that it may be made
            elif old.tunes and old.outline.numbered and not lines[0].startswith("X:"):
                lines = lines_to_add("\n".join(lines), old)
            place, index = catalogue.place_for(gone, old) if old else (0, 0)
            with _about(self._disk.shown(path)):
                book = (old or Book.read(b"")).with_tunes(lines, place, index)
            if text is not None:
                self._save_version(id, book.text(place), why or "put back", undo)
            ids = [tune.id for tune in catalogue.records[path].tunes] if old else []
            catalogue.put(path, book, [*ids[:place], id, *ids[place:]])
        elif text is not None:
            tune = self._save_binned(gone.tune, text, why, undo)
            catalogue.gone[id] = replace(gone, tune=tune)
            catalogue.save_bin()

    def _save_binned(self, tune: Known, text: str, why: str, undo: list[Callable[[], None]]) -> Known:
        """Save the text of a tune that stands in no book, and return what is known of it then."""
        text = "".join(f"{line}\n" for line in one_tune(text))
        self._save_version(tune.id, text, why or "changed", undo)
        return Known.of(tune.id, tune.book, text, read_outline(text).tunes[0], iso())

    # ── sets ────────────────────────────────────────────────────────────────────────────────

    def sets(self) -> list[TuneSet]:
        """Return all sets, by name."""
        with self._thread_lock:
            self._refresh()
            return [self._sets[name] for name in sorted(self._sets)]

    def put_set(self, name: str, title: str, ids: Sequence[str], etag: str = "") -> TuneSet:
        """Make a set, or change the one that has the etag. Raises Conflict, NotOnShelf and ShelfError."""
        [name] = _labels([name]) or [""]
        if not name or "/" in name:
            raise ShelfError("a set needs a name, without /")
        with self._changing():
            there = self._sets.get(name)
            if there and there.etag != etag:
                raise Conflict(there)
            if etag and not there:
                raise NotOnShelf(f"there is no set {name[:40]!r}")
            for id in ids:
                self._known(id)
            title = " ".join(_clean(title).split())
            self._sets[name] = TuneSet(name, title, tuple(ids), _hash(title, *ids))
            self._save_sets()
            return self._sets[name]

    def remove_set(self, name: str, etag: str) -> None:
        """Remove a set; its tunes stay, and what it was is kept in ``sets.json``. Raises Conflict and NotOnShelf."""
        with self._changing():
            there = self._sets.get(name)
            if there is None:
                raise NotOnShelf(f"there is no set {name[:40]!r}")
            if there.etag != etag:
                raise Conflict(there)
            self._removed.append([iso(), there.name, there.title, list(there.tunes)])
            del self._sets[name]
            self._save_sets()

    def _save_sets(self) -> None:
        sets = {each.name: [each.title, list(each.tunes)] for each in self._sets.values()}
        self._disk.write_table("sets", {"sets": sets, "removed": self._removed})

    # ── what the methods above share ────────────────────────────────────────────────────────

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold all locks, with everything as it is on the disk now."""
        with self._thread_lock, self._disk.locked():
            self._refresh(sure=True)
            self._shown = None
            try:
                yield
            except BaseException:
                self._tables = {}  # what is known is read from the disk again
                raise
            self._tables = self._stamps()

    @contextmanager
    def _undoing(self) -> Iterator[list[Callable[[], None]]]:
        """Give a list of what is to be done, last first, if the block raises."""
        undo: list[Callable[[], None]] = []
        try:
            yield undo
        except BaseException:
            for step in reversed(undo):
                with suppress(ShelfError):
                    step()
            raise

    def _refresh(self, sure: bool = False) -> None:
        """Take in what has changed on the disk; ``sure`` tries again to save what could not be saved."""
        is_known = self._tables == self._stamps() and self._catalogue.is_current(self._disk.books())
        if is_known and (self._catalogue.is_saved or not sure):
            return
        self._shown = None
        try:
            with self._disk.locked():
                self._unwritable = ""
                self._take_in()
        except ShelfError as error:
            # A folder that cannot be written can be shown all the same.
            self._unwritable = str(error)
            self._take_in()

    def _take_in(self) -> None:
        if self._tables != self._stamps() or not self._catalogue.is_saved:
            self._tags = self._disk.read_table("tags", _parse_tags, self._damages)
            self._sets, self._removed = self._disk.read_table("sets", _parse_sets, self._damages)
            self._catalogue.load(self._damages)
        self._catalogue.refresh(self._disk.books())
        self._tables = self._stamps()

    def _stamps(self) -> dict[str, Stamp | None]:
        return {name: self._disk.stamp(f"{OWN}/{name}.json") for name in _TABLES}

    def _known(self, id: str) -> Known:
        catalogue = self._catalogue
        if id in catalogue.places:
            path, place = catalogue.places[id]
            return catalogue.records[path].tunes[place]
        if id in catalogue.gone:
            return catalogue.gone[id].tune
        raise NotOnShelf(f"there is no tune {id[:40]!r} on the shelf")

    def _stored(self, id: str) -> Stored:
        known = self._known(id)
        if id in self._catalogue.gone:
            return Stored(self._entry(known, True), self._versions.last(id))
        path, place = self._catalogue.places[id]
        book = self._catalogue.book(path)
        return Stored(self._entry(known, False), book.text(place), book.header(place))

    def _entry(self, tune: Known, binned: bool) -> Entry:
        tags = self._tags.get(tune.id, ())
        return Entry(
            tune.id, self._disk.shown(tune.book), tune.number, tune.title, tune.titles, tune.rhythm, tune.key,
            tune.meter, tags, binned, tune.changed, _hash(tune.whole, str(binned), *tags),
        )  # fmt: skip

    def _save_version(self, id: str, text: str, why: str, undo: list[Callable[[], None]], time: str = "") -> None:
        if path := self._versions.save(id, text, why, time):
            undo.append(lambda: self._disk.remove(path))

    @contextmanager
    def _tagged(self, tags: dict[str, tuple[str, ...]]) -> Iterator[None]:
        """Give tunes these tags at the end of the block, unless it raises; that they can be kept is sure before."""
        new = {id: each for id, each in {**self._tags, **tags}.items() if each}
        if new == self._tags:
            yield
            return
        with self._disk.staged_table("tags", new):
            yield
        self._tags = new

    def _default_book(self) -> str:
        """Return the book for new tunes: the first of tunes.abc, tunes-2.abc, … that can take them."""
        count = 1
        while True:
            path = DEFAULT_BOOK if count == 1 else f"{Path(DEFAULT_BOOK).stem}-{count}.abc"
            if path not in self._catalogue.records:
                if not (self.folder / path).is_symlink() and not (self.folder / path).exists():
                    return path
            else:
                book = self._catalogue.book(path)
                if book.exact and (book.outline.numbered or not book.tunes):
                    return path
            count += 1

    def _path(self, name: str) -> str:
        """Return the path of a book that is named, or may be made. Raises ShelfError."""
        for path in self._catalogue.records:
            if {name, f"{name}.abc"} & {path, self._disk.shown(path)}:
                return path
        path = str(PurePosixPath(name if name.lower().endswith(".abc") else f"{name}.abc"))
        parts = path.split("/")
        for part in parts:
            if not part or part[0] == "." or part[-1] in ". " or len(part) > LONGEST_NAME or _FORBIDDEN & {*part}:
                raise ShelfError(f"{name[:80]!r} is no name for a book; expected one such as session.abc")
        if _clean(path) != path:
            raise ShelfError(f"{name[:80]!r} is no name for a book; expected one without control characters")
        if (self.folder / path).exists() or (self.folder / path).is_symlink():
            raise ShelfError(f"{path}: cannot be read as a book; expected another name")
        return path


@contextmanager
def _about(book: str) -> Iterator[None]:
    """Name the book in the error of a block."""
    try:
        yield
    except ShelfError as error:
        raise ShelfError(f"{book}: {error}") from None


def _clean(text: str) -> str:
    """Return a text without control characters. Raises ShelfError if it holds half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ShelfError("the text holds half a character; expected whole ones") from None
    return "".join(character for character in text if character >= " " and character != "\x7f")


def _labels(names: Sequence[str]) -> tuple[str, ...]:
    """Return tags or names as they are kept, each once. Raises ShelfError."""
    labels = tuple(dict.fromkeys(" ".join(_clean(name).split()) for name in names))
    for label in labels:
        if len(label) > LONGEST_NAME:
            raise ShelfError(f"{label[:20]!r}… is too long; expected at most {LONGEST_NAME} characters")
    return tuple(filter(None, labels))


def _hash(*texts: str) -> str:
    return sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _parse_tags(table: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {id: tuple(map(str, tags)) for id, tags in table.items()}


def _parse_sets(table: dict[str, Any]) -> tuple[dict[str, TuneSet], list[Any]]:
    sets = {}
    for name, (title, ids) in table.get("sets", {}).items():
        ids = tuple(map(str, ids))
        sets[name] = TuneSet(name, str(title), ids, _hash(str(title), *ids))
    return sets, list(table.get("removed", []))
