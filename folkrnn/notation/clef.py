"""Clefs, and the other words of ``K:`` and ``V:`` that say how a voice is drawn and sounds."""

from typing import NamedTuple


class Clef(NamedTuple):
    """A clef."""

    sign: str = "G"
    line: int = 2
    octave: int = 0


class StaffSettings(NamedTuple):
    """Words of K: and V:."""

    clef: Clef | None = None
    octave: int | None = None
    transpose: int | None = None
    other: str = ""

    @property
    def shift(self) -> int:
        """Octaves."""
        return (self.clef.octave if self.clef else 0) + (self.octave or 0)

    def over(self, before: "StaffSettings") -> "StaffSettings":
        """Settings of this one; what it leaves open as before."""
        return StaffSettings(*(old if new is None else new for new, old in zip(self[:3], before[:3], strict=True)), self.other)


NO_STAFF = StaffSettings()


def parse_staff(value: str) -> tuple[StaffSettings, tuple[str, ...]]:
    """Stub."""
    return NO_STAFF, ()


def staff_words(settings: StaffSettings) -> str:
    """Stub."""
    return settings.other
