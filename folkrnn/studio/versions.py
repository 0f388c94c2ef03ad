"""The versions of each tune: plain ABC files, of which the first line says when and why."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from folkrnn.errors import ShelfError
from folkrnn.studio.disk import OWN, Disk

_NAME = re.compile(r"(\d{4,9})\.abc")
_FIRST = re.compile(r"% (\d{4}-\d\d-\d\dT[\d:.]+Z) ?(.*)")


@dataclass(frozen=True)
class Version:
    """A version of a tune: its number from 1, the time (ISO 8601, UTC) from which it held, and why it was made."""

    version: int
    time: str
    why: str


class Versions:
    """The versions that a shelf keeps, in ``.folkrnn/versions``. Errors are ShelfErrors."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def ids(self) -> list[str]:
        """Return the ids of all tunes that have versions."""
        return [name for name in self._disk.names(f"{OWN}/versions") if name[:1] != "."]

    def numbers(self, id: str) -> list[int]:
        """Return the numbers of the versions of a tune, the oldest first."""
        matches = map(_NAME.fullmatch, self._disk.names(f"{OWN}/versions/{id}"))
        return sorted(int(match[1]) for match in matches if match)

    def all(self, id: str) -> list[Version]:
        """Return what is known of the versions of a tune, the oldest first."""
        return [self.read(id, number)[0] for number in self.numbers(id)]

    def read(self, id: str, number: int) -> tuple[Version, str]:
        """Return a version and its text. Raises ShelfError if there is none."""
        data, stamp = self._disk.read(_path(id, number))
        text = data.decode("utf-8", "replace")
        first, _, rest = text.partition("\n")
        match = _FIRST.fullmatch(first)
        if match is None:  # it was changed by hand
            return Version(number, iso(stamp.modified / 1e9), ""), text
        return Version(number, match[1], match[2]), rest

    def last(self, id: str) -> str:
        """Return the text of the last version of a tune; empty if there is none."""
        numbers = self.numbers(id)
        return self.read(id, numbers[-1])[1] if numbers else ""

    def save(self, id: str, text: str, why: str, time: str = "", sync: bool = True) -> str:
        """Save a version unless it is equal to the last one; return the path of the file, empty if there is none.

        Raises ShelfError if it cannot be written.
        """
        numbers = self.numbers(id)
        if numbers and self.read(id, numbers[-1])[1] == text:
            return ""
        path = _path(id, numbers[-1] + 1 if numbers else 1)
        first = f"% {time or iso()} {' '.join(why.split())}".rstrip()
        try:
            data = f"{first}\n{text}".encode()
        except UnicodeEncodeError:
            raise ShelfError("the text holds half a character; expected whole ones") from None
        self._disk.write(path, data, sync=sync)
        return path


def iso(seconds: float | None = None) -> str:
    """Return a time as ISO 8601 in UTC: now, or one in seconds since 1970."""
    try:
        moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        moment = datetime.fromtimestamp(0, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _path(id: str, number: int) -> str:
    return f"{OWN}/versions/{id}/{number:04d}.abc"
