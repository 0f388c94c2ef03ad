"""What a shelf knows of its books: which tune stands where, under which id, and which stand in none.

``.folkrnn/index.json`` holds it from one start to the next, ``.folkrnn/bin.json`` the tunes that stand in no book, and
``.folkrnn/seen`` each book as it was last left by another program: from there comes the old text of a tune when it has
been changed elsewhere.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from hashlib import sha256
from typing import Any

from folkrnn.errors import ShelfError
from folkrnn.notation.reading.outline import Outline
from folkrnn.studio.books import Book, digest
from folkrnn.studio.disk import OWN, Disk, Listing, Stamp
from folkrnn.studio.identity import Trait, matched, new_id
from folkrnn.studio.versions import Versions, iso

DEFAULT_BOOK = "tunes.abc"

_YOUNG = 100_000_000
"""Nanoseconds within which a file may change twice at one time of its clock."""

_FEW = 50
"""How many files are brought to the disk one by one when other programs have changed books."""

_CACHED_BOOKS = 4


@dataclass(frozen=True)
class Known:
    """What is known of a tune: what its header says, digests of its text without and with ``X:``, when it changed."""

    id: str
    book: str
    digest: str
    whole: str
    number: str
    titles: tuple[str, ...]
    rhythm: str
    key: str
    meter: str
    changed: str

    @property
    def title(self) -> str:
        """The first title."""
        return self.titles[0] if self.titles else ""

    @classmethod
    def of(cls, id: str, book: str, text: str, outline: Outline, changed: str) -> "Known":
        """Return what is known of a tune by its text and outline."""
        whole = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return cls(
            id, book, digest(text), whole, outline.number, outline.titles, outline.rhythm, outline.key, outline.meter,
            changed,
        )  # fmt: skip

    @classmethod
    def parse(cls, row: Sequence[Any]) -> "Known":
        """Return what a row of a table says. Raises TypeError or ValueError for another row."""
        id, book, without_number, whole, number, titles, rhythm, key, meter, changed = row
        texts = (id, book, without_number, whole, number, rhythm, key, meter, changed)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError
        return cls(id, book, without_number, whole, number, tuple(map(str, titles)), rhythm, key, meter, changed)


@dataclass(frozen=True)
class Record:
    """A book as it was read: its stamp, when that was (nanoseconds), the digest of its bytes, and its tunes."""

    stamp: Stamp
    read: int
    sha: str
    tunes: tuple[Known, ...]

    @property
    def is_sure(self) -> bool:
        """Whether its stamp tells that the book has not changed since."""
        return self.read - self.stamp.modified > _YOUNG


@dataclass(frozen=True)
class Gone:
    """A tune that stands in no book: where it stood, when it went, and why.

    ``before`` and ``after`` are the ids of its neighbours, ``lines`` the number of lines between ``before`` and it.
    """

    tune: Known
    before: str
    after: str
    lines: int
    time: str
    why: str


class Catalogue:
    """What is known of the books of one shelf. Its methods are called by one thread, and under the lock of the disk."""

    def __init__(self, disk: Disk, versions: Versions) -> None:
        self._disk, self._versions = disk, versions
        self.records: dict[str, Record] = {}
        self.gone: dict[str, Gone] = {}
        self.places: dict[str, tuple[str, int]] = {}
        self.remarks: list[str] = []
        self.is_saved = True
        self._failed: dict[str, Stamp] = {}  # the books that could not be read
        self._books: dict[str, Book] = {}  # by the digest of their bytes

    def load(self, remarks: list[str]) -> None:
        """Read the tables. Raises ShelfError if they cannot be read."""
        self.records = self._disk.read_table("index", _parse_records, remarks)
        self.gone = self._disk.read_table("bin", _parse_gone, remarks)
        self._place()
        self._recover()

    def is_current(self, listing: Listing) -> bool:
        """Whether the books are those that are known, for sure."""
        known = {path: record.stamp for path, record in self.records.items()}
        return {**known, **self._failed} == listing.books and all(each.is_sure for each in self.records.values())

    def refresh(self, listing: Listing) -> None:
        """Take in what has changed on the disk. What cannot be kept of it is kept at the next call."""
        self.remarks = list(listing.remarks)
        self.is_saved, self._failed = True, {}
        changed: dict[str, tuple[Book, Record]] = {}
        for path, stamp in listing.books.items():
            record = self.records.get(path)
            if record is not None and record.stamp == stamp and record.is_sure:
                continue
            now = time.time_ns()
            try:
                data, stamp = self._disk.read(path)
            except ShelfError as error:
                self.remarks.append(str(error))
                self._failed[path] = stamp
                continue
            sha = sha256(data).hexdigest()
            if record is not None and record.sha == sha:
                self.records[path] = replace(record, stamp=stamp, read=now)
            else:
                changed[path] = self._cached(sha, data), Record(stamp, now, sha, ())
        vanished = [path for path in self.records if path not in listing.books and not listing.may_hold(path)]
        if changed or vanished:
            self._reconcile(changed, vanished)

    def book(self, path: str) -> Book:
        """Return a book as it is known. Raises ShelfError if it cannot be read, or has changed."""
        record = self.records[path]
        if record.sha not in self._books:
            data, _ = self._disk.read(path)
            if sha256(data).hexdigest() != record.sha:
                raise ShelfError(f"{self._disk.shown(path)}: is being changed by another program; try again")
            self._cached(record.sha, data)
        return self._books[record.sha]

    def put(self, path: str, book: Book, ids: Sequence[str], gone: Gone | None = None) -> None:
        """Write a book, with the ids of its tunes; ``gone`` is the one that it has no more.

        Raises ShelfError, and then the book is as it was.
        """
        before = self.records.get(path)

        def check() -> None:
            if self._disk.stamp(path) != (before.stamp if before else None):
                raise ShelfError(f"{self._disk.shown(path)}: was just changed by another program; try again")

        now, data = time.time_ns(), book.data
        self._disk.write(path, data, check)
        old = {known.id: known for known in before.tunes} if before else {}
        tunes = []
        for place, (id, outline) in enumerate(zip(ids, book.tunes, strict=True)):
            tune = Known.of(id, path, book.text(place), outline, iso())
            tunes.append(replace(tune, changed=old[id].changed) if id in old and old[id].whole == tune.whole else tune)
        stamp = self._disk.stamp(path) or Stamp(0, 0, 0, 0)
        sha = sha256(data).hexdigest()
        self._books[sha] = book
        self.records[path] = Record(stamp, now, sha, tuple(tunes))
        if gone is not None:
            self.gone[gone.tune.id] = gone
        self._place()
        self.save()

    def save(self) -> None:
        """Write the tables as far as possible: what they say can be found again, but for places in books."""
        try:
            self._disk.write_table("index", {path: _row(record) for path, record in self.records.items()}, sync=False)
            self.save_bin()
        except ShelfError as error:
            self.remarks.append(str(error))
            self.is_saved = False

    def save_bin(self) -> None:
        """Write the table of tunes that stand in no book. Raises ShelfError."""
        self._disk.write_table("bin", {id: astuple(gone) for id, gone in self.gone.items()})

    def out_of_book(self, id: str, why: str) -> Gone:
        """Return what is to be known of a tune that will stand in no book."""
        path, place = self.places[id]
        tunes = self.records[path].tunes
        before = tunes[place - 1].id if place else ""
        after = tunes[place + 1].id if place + 1 < len(tunes) else ""
        lines = 0
        if self.records[path].sha in self._books:  # a book that was changed by others is not at hand any more
            outlines = self._books[self.records[path].sha].tunes
            lines = outlines[place].first - 1 - (outlines[place - 1].last if place else 0)
        return Gone(tunes[place], before, after, lines, iso(), why)

    def place_for(self, gone: Gone, book: Book) -> tuple[int, int]:
        """Return the place, and the number of lines before it, of a tune that goes back into its book.

        It is between its neighbours as far as they are there.
        """
        ids = [tune.id for tune in self.records[gone.tune.book].tunes]
        firsts = [outline.first - 1 for outline in book.tunes]
        place = ids.index(gone.before) + 1 if gone.before in ids else 0
        if (gone.before in ids or not gone.before) and gone.after == "".join(ids[place : place + 1]):
            lines = (book.tunes[place - 1].last if place else 0) + gone.lines
            return place, min(lines, firsts[place] if place < len(ids) else book.length)
        if gone.after in ids:
            place = ids.index(gone.after)
            return place, firsts[place]
        if gone.before in ids:
            return place, firsts[place] if place < len(ids) else book.length
        return len(ids), book.length

    def new_ids(self, path: str, tunes: Iterable[Outline], taken: Iterable[str] = ()) -> list[str]:
        """Return ids for tunes that are new in a book."""
        used = {*taken}
        ids = []
        for tune in tunes:
            title = tune.titles[0] if tune.titles else ""
            ids.append(new_id(path, tune.number, title, lambda id: id in used or id in self.places or id in self.gone))
            used.add(ids[-1])
        return ids

    # ── what others have changed ────────────────────────────────────────────────────────────

    def _reconcile(self, changed: Mapping[str, tuple[Book, Record]], vanished: Sequence[str]) -> None:
        """Find the tunes of changed books again, and keep what was replaced or taken out."""
        old = {tune.id: tune for path in (*changed, *vanished) if path in self.records for tune in self._tunes(path)}
        versioned = {*self._versions.ids()}
        traits = [
            Trait(tune.book, tune.digest, tune.number, tune.title, tune.id, self._last_digest(tune.id, versioned))
            for tune in old.values()
        ]
        traits += [Trait("", gone.tune.digest, id=id) for id, gone in self.gone.items()]
        found = [
            Known.of("", path, book.text(place), outline, iso(record.stamp.modified / 1e9))
            for path, (book, record) in changed.items()
            for place, outline in enumerate(book.tunes)
        ]
        ids = matched(traits, [Trait(tune.book, tune.digest, tune.number, tune.title) for tune in found])
        others = {
            tune.id
            for path in self.records
            if path not in changed and path not in vanished
            for tune in self._tunes(path)
        }
        used = {*ids, *old, *others, *self.gone}
        tunes: list[Known] = []
        for tune, id in zip(found, ids, strict=True):
            id = id or new_id(tune.book, tune.number, tune.title, used.__contains__)
            used.add(id)
            same = id in old and old[id].whole == tune.whole
            tunes.append(replace(tune, id=id, changed=old[id].changed if same else tune.changed))
        kept = {tune.id: tune for tune in tunes}
        lost = {id: self.out_of_book(id, "taken out of its book") for id in old if id not in kept}
        try:
            self._keep_old(old, kept, changed)
        except ShelfError as error:
            self.remarks.append(str(error))
            self.is_saved = False
        self.gone = {id: gone for id, gone in {**self.gone, **lost}.items() if id not in kept}
        for path in vanished:
            del self.records[path]
        by_book = _by_book(tunes)
        for path, (_, record) in changed.items():
            self.records[path] = replace(record, tunes=tuple(by_book[path]))
        self._place()
        if self.is_saved:
            self._see(changed, vanished)

    def _keep_old(
        self, old: Mapping[str, Known], kept: Mapping[str, Known], changed: Mapping[str, tuple[Book, Record]]
    ) -> None:
        """Save versions of the tunes that were changed or taken out. Raises ShelfError."""
        replaced = [tune for tune in old.values() if tune.id not in kept or kept[tune.id].digest != tune.digest]
        seen: dict[str, dict[str, str]] = {}
        by_book = _by_book(kept.values())
        for tune in replaced:
            sync = len(replaced) <= _FEW
            last = self._versions.last(tune.id)
            if not last or digest(last) != tune.digest:
                if tune.book not in seen:
                    seen[tune.book] = self._seen_texts(tune.book)
                if text := seen[tune.book].get(tune.digest):
                    self._versions.save(tune.id, text, "as it was before", tune.changed, sync)
                else:
                    self.remarks.append(f"the text of {tune.title!r} before its last change is not at hand")
            if (new := kept.get(tune.id)) and digest(self._versions.last(new.id)) != new.digest:
                text = changed[new.book][0].text(by_book[new.book].index(new))
                self._versions.save(new.id, text, "changed by another program", new.changed, sync)

    def _see(self, changed: Mapping[str, tuple[Book, Record]], vanished: Sequence[str]) -> None:
        """Keep the books as others have left them, then the tables."""
        try:
            for path, (book, _) in changed.items():
                data = book.data if book.exact else self._disk.read(path)[0]
                self._disk.write(f"{OWN}/seen/{path}", data, sync=len(changed) <= _FEW)
        except ShelfError as error:
            self.remarks.append(str(error))
            self.is_saved = False
            return
        self.save()
        if self.is_saved:
            for path in vanished:
                self._disk.remove(f"{OWN}/seen/{path}")

    def _seen_texts(self, path: str) -> dict[str, str]:
        """Return the tunes of a book as it was last seen, by their digests."""
        try:
            book = Book.read(self._disk.read(f"{OWN}/seen/{path}")[0])
        except ShelfError:
            return {}
        texts = map(book.text, range(len(book.tunes)))
        return {digest(text): text for text in texts}

    def _recover(self) -> None:
        """Put tunes that have versions and stand nowhere into the bin: their table was lost, or a program stopped."""
        for id in self._versions.ids():
            if id in self.places or id in self.gone:
                continue
            try:
                text = self._versions.last(id)
            except ShelfError:
                continue
            if outlines := Book.read(text.encode()).tunes:
                known = Known.of(id, DEFAULT_BOOK, text, outlines[0], iso())
                self.gone[id] = Gone(known, "", "", 0, iso(), "found among the versions")

    def _last_digest(self, id: str, versioned: set[str]) -> str:
        return digest(self._versions.last(id)) if id in versioned else ""

    def _tunes(self, path: str) -> tuple[Known, ...]:
        return self.records[path].tunes

    def _place(self) -> None:
        self.places = {
            tune.id: (path, place) for path, record in self.records.items() for place, tune in enumerate(record.tunes)
        }
        # A program that was stopped may have left a tune in both: it is not gone.
        self.gone = {id: gone for id, gone in self.gone.items() if id not in self.places}

    def _cached(self, sha: str, data: bytes) -> Book:
        while len(self._books) >= _CACHED_BOOKS:
            del self._books[next(iter(self._books))]
        self._books[sha] = Book.read(data)
        return self._books[sha]


def _by_book(tunes: Iterable[Known]) -> defaultdict[str, list[Known]]:
    """Return tunes by their book, in their order."""
    books: defaultdict[str, list[Known]] = defaultdict(list)
    for tune in tunes:
        books[tune.book].append(tune)
    return books


def _row(record: Record) -> list[Any]:
    return [record.stamp, record.read, record.sha, [astuple(tune) for tune in record.tunes]]


def _parse_records(table: dict[str, Any]) -> dict[str, Record]:
    return {
        path: Record(Stamp(*map(int, stamp)), int(read), str(sha), tuple(map(Known.parse, tunes)))
        for path, (stamp, read, sha, tunes) in table.items()
    }


def _parse_gone(table: dict[str, Any]) -> dict[str, Gone]:
    return {
        id: Gone(Known.parse(tune), str(before), str(after), int(lines), str(moment), str(why))
        for id, (tune, before, after, lines, moment, why) in table.items()
    }
