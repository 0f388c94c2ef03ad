"""Findings: what a reader or a judge has to say about a tune, as data."""

from collections.abc import Iterable
from typing import Any, NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"
LEVELS = (ERROR, WARNING, NOTE)


class Finding(NamedTuple):
    """One remark about one place.

    ``level`` is ``error`` (nobody can play it), ``warning`` (a player would frown) or ``note``
    (good to know); ``line`` and ``column`` count from 1, ``bar`` as in ``Bar.number`` (0: before the first full bar).
    ``voice`` is the id of the voice that it is about, if the tune has several.
    """

    code: str
    level: str
    line: int
    column: int
    bar: int
    message: str
    voice: str = ""

    def __str__(self) -> str:
        voice = f"voice {self.voice}: " if self.voice else ""
        return f"{self.line}:{self.column}: {self.level} {self.code}: {voice}{self.message}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding for machines; ``voice`` is left out where it is empty."""
        return {name: value for name, value in self._asdict().items() if name != "voice" or value}


def faults(findings: Iterable[Finding]) -> list[Finding]:
    """Return the errors and warnings among some findings."""
    return [finding for finding in findings if finding.level != NOTE]


def is_playable(findings: Iterable[Finding]) -> bool:
    """Whether no finding is an error or a warning."""
    return all(finding.level == NOTE for finding in findings)
