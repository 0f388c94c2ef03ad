"""The result of validation for one tune, as data."""

from dataclasses import dataclass
from typing import Any

from folkrnn.notation.findings import Finding, faults, is_playable


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about one tune, the reader's first.

    ``number`` is the value of ``X:`` and ``source`` the name of the file. ``agrees`` says whether music21 reads the
    same pitches and onsets; it is None if music21 was not asked, or gave no answer.
    """

    title: str
    number: str
    source: str
    findings: tuple[Finding, ...]
    agrees: bool | None

    @property
    def playable(self) -> bool:
        """Whether there is neither error nor warning; music21's disagreement or failure is an error."""
        return is_playable(self.findings)

    @property
    def fault(self) -> Finding | None:
        """The first finding that keeps the tune from being playable."""
        return next(iter(faults(self.findings)), None)

    def lines(self) -> list[str]:
        """Return the findings for people: ``file:line:column: level code: sentence``; the file if it has a name."""
        prefix = f"{self.source}:" if self.source else ""
        return [f"{prefix}{finding}" for finding in self.findings]

    def to_dict(self) -> dict[str, Any]:
        """Return the report for machines, in values that JSON knows."""
        return {
            "title": self.title,
            "number": self.number,
            "source": self.source,
            "playable": self.playable,
            "agrees": self.agrees,
            "findings": [finding.to_dict() for finding in self.findings],
        }
