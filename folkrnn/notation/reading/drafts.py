"""A bar in the making."""

from folkrnn.notation.key import Key
from folkrnn.notation.meter import Meter
from folkrnn.notation.tune import NO_MARKS, Bar, Change, Note


class DraftBar:
    """The values of a ``Bar``, still open to change."""

    __slots__ = (
        "bracket", "changes", "closing", "column", "drawn", "edge", "ending", "key", "line", "meter", "notes", "opens",
        "overlays", "plays",
    )  # fmt: skip

    def __init__(self, meter: Meter, key: Key, line: int, column: int) -> None:
        self.notes: list[Note] = []
        self.overlays: list[list[Note]] = []
        self.changes: list[Change] = []
        self.meter, self.key = meter, key
        self.opens, self.plays, self.edge = False, 1, ""
        self.ending: tuple[int, ...] = ()
        self.bracket = self.drawn = ""
        self.closing = NO_MARKS
        self.line, self.column = line, column

    def bar(self, number: int) -> Bar:
        """Return the finished bar with a number."""
        return Bar(
            tuple(self.notes), self.meter, self.key, tuple(self.changes), self.opens, self.plays, self.edge,
            self.ending, number, self.line, self.column, tuple(map(tuple, self.overlays)), self.closing, self.bracket,
            self.drawn,
        )  # fmt: skip
