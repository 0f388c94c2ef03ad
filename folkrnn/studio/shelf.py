"""The tunes of a folder of tunebooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from folkrnn.errors import FolkrnnError


@dataclass(frozen=True)
class Entry:
    """A tune on the shelf."""

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
    """A tune with its text."""

    entry: Entry
    text: str


@dataclass(frozen=True)
class Version:
    """An older text of a tune."""

    version: int
    time: str
    why: str


@dataclass(frozen=True)
class TuneSet:
    """Tunes that go together."""

    name: str
    title: str
    tunes: tuple[str, ...]
    etag: str


class NotOnShelf(FolkrnnError):
    """What is not on the shelf."""


class Conflict(FolkrnnError):
    """A tune that has changed since it was seen; ``stored`` is what is there now."""

    def __init__(self, message: str, stored: Stored) -> None:
        super().__init__(message)
        self.stored = stored


class Shelf:
    """The tunes of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def version(self) -> str:
        """Return another text whenever anything has changed."""
        return ""

    def entries(self) -> list[Entry]:
        """Return all tunes."""
        return []

    def get(self, id: str) -> Stored:
        """Return a tune. Raises NotOnShelf."""
        raise NotOnShelf(f"there is no tune {id} on the shelf")

    def add(self, text: str, book: str = "", tags: Sequence[str] = ()) -> list[Entry]:
        """Add the tunes of a text."""
        raise NotOnShelf("nothing can be added")

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
        """Change a tune. Raises Conflict or NotOnShelf."""
        raise NotOnShelf(f"there is no tune {id} on the shelf")

    def versions(self, id: str) -> list[Version]:
        """Return the versions of a tune. Raises NotOnShelf."""
        raise NotOnShelf(f"there is no tune {id} on the shelf")

    def old_text(self, id: str, version: int) -> str:
        """Return the text of a version. Raises NotOnShelf."""
        raise NotOnShelf(f"there is no tune {id} on the shelf")

    def sets(self) -> list[TuneSet]:
        """Return the sets."""
        return []

    def put_set(self, name: str, title: str, ids: Sequence[str], etag: str = "") -> TuneSet:
        """Make or change a set."""
        raise NotOnShelf(f"there is no set {name}")

    def remove_set(self, name: str, etag: str) -> None:
        """Take a set apart."""
        raise NotOnShelf(f"there is no set {name}")
