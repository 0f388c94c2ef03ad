"""File names made from the titles of tunes."""

import re
import unicodedata
from collections.abc import Iterable

from folkrnn.notation.articles import shown_title

MAX_NAME_LENGTH = 60
"""The longest file name made from a title, in characters, without number and extension."""

# Windows keeps these names for devices, whatever the extension.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}


def file_names(titles: Iterable[str]) -> list[str]:
    """Return a file name without extension for each title, such as ``the-rakes-of-mallow``.

    The names hold only letters, digits and hyphens. They also differ on systems that ignore case.
    """
    names = FileNames()
    return [names.add(title) for title in titles]


class FileNames:
    """File names made one after the other, each different from those before."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}  # each name, with the last number put after it

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
    """Return a title as a file name; accents are removed, for systems store them differently."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", shown_title(title)) if not unicodedata.combining(c))
    plain = plain.casefold().replace("'", "").replace("’", "")
    slug = re.sub(r"[\W_]+", "-", plain).strip("-")[:MAX_NAME_LENGTH].strip("-")
    return f"tune-{slug}" if slug in _RESERVED else slug or "tune"
