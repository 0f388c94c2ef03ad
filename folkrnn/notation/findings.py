"""Findings: what a reader or a judge has to say about a tune, as data."""

from collections.abc import Iterable
from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"
LEVELS = (ERROR, WARNING, NOTE)


class Finding(NamedTuple):
    """One remark about one place.

    ``level`` is ``error`` (nobody can play it), ``warning`` (a player would frown) or ``note``
    (good to know); ``line`` and ``column`` count from 1, ``bar`` as in ``Bar.number`` (0: before the first full bar).
    """

    code: str
    level: str
    line: int
    column: int
    bar: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.level} {self.code}: {self.message}"


def faults(findings: Iterable[Finding]) -> list[Finding]:
    """Return the errors and warnings among some findings."""
    return [finding for finding in findings if finding.level != NOTE]


def is_playable(findings: Iterable[Finding]) -> bool:
    """Whether no finding is an error or a warning."""
    return all(finding.level == NOTE for finding in findings)
