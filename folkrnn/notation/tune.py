"""The values of a tune: header fields and bars of notes, with exact times.

The reader makes these values from ABC, and the writers turn them into ABC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import lcm
from typing import NamedTuple

from folkrnn.notation.findings import Finding
from folkrnn.notation.key import Key
from folkrnn.notation.meter import Meter
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.text import plain_text

USUAL_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""The number of notes in whose time a tuplet of 2, 3, 4, 6 or 8 is played in any meter (ABC 2.1, 4.13)."""


_ZERO = Fraction(0)

fraction = lru_cache(maxsize=4096)(Fraction)
"""A Fraction of two whole numbers, of which those used last are kept: there are few, and making one is slow."""


class Tuplet(NamedTuple):
    """A note's place in a tuplet: ``actual`` notes in the time of ``normal``, ``index`` of ``size``."""

    actual: int
    normal: int
    size: int
    index: int  # type: ignore[assignment]  # a tuple's own index() is of no use here


class Grace(NamedTuple):
    """A grace note; its length is a hint to the engraver and takes no time from the bar."""

    pitch: Pitch
    duration: Fraction


class Note(NamedTuple):
    """A note, a chord or a rest.

    ``pitches`` holds one pitch for a note, several for a chord, none for a rest. ``duration`` is
    the sounding length as a fraction of a whole note, after tuplets and broken rhythm.
    ``spaced`` is true where the beam breaks before the note. ``chord_symbols`` are the quoted
    chords (``G7``), ``annotations`` the other quoted texts with their placement sign.
    """

    pitches: tuple[Pitch, ...]
    duration: Fraction
    tie: bool = False
    tuplet: Tuplet | None = None
    graces: tuple[Grace, ...] = ()
    decorations: tuple[str, ...] = ()
    chord_symbols: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()
    slurs_opened: int = 0
    slurs_closed: int = 0
    spaced: bool = False
    hidden: bool = False
    lyrics: tuple[str, ...] = ()
    line: int = 0
    column: int = 0

    @property
    def is_rest(self) -> bool:
        """Whether nothing sounds."""
        return not self.pitches

    @property
    def top(self) -> Pitch | None:
        """The highest pitch, which is the last of ``pitches``; None for a rest."""
        return self.pitches[-1] if self.pitches else None

    @property
    def written(self) -> Fraction:
        """The length the note is drawn with: the sounding length without the tuplet's ratio."""
        return self.duration * self.tuplet.actual / self.tuplet.normal if self.tuplet else self.duration


class Change(NamedTuple):
    """A field inside the music: ``value`` is a Meter (M), a Key (K), or the text of Q, P, R or T."""

    index: int  # type: ignore[assignment]  # a tuple's own index() is of no use here
    field: str
    value: Meter | Key | str


@dataclass(frozen=True, slots=True)
class Bar:
    """The notes between two bar lines.

    ``meter`` and ``key`` are in force at its start; ``changes`` apply before the note of their
    index. ``opens`` says that a repeat starts here (``|:``, written or not), ``plays`` how often the
    section that ends here is played (1, or 2 for ``:|``, 3 for ``::|``). ``edge`` is the style of the
    bar line at the end: empty for a plain one, ``||`` or ``|]``. ``ending`` lists the passes for which this
    bar begins a variant ending (``[1,3``). ``number`` is the bar's number as printed: a pickup at the
    start has 0, and a pickup or the second half of a split bar later on has its predecessor's.
    """

    notes: tuple[Note, ...]
    meter: Meter
    key: Key
    changes: tuple[Change, ...] = ()
    opens: bool = False
    plays: int = 1
    edge: str = ""
    ending: tuple[int, ...] = ()
    number: int = 0
    line: int = 0
    column: int = 0

    @property
    def duration(self) -> Fraction:
        """The sum of the notes' lengths, as a fraction of a whole note."""
        return total(self.notes)

    @property
    def is_short(self) -> bool:
        """Whether the notes leave part of the meter empty, as in a pickup."""
        full = self.meter.bar
        return full is not None and self.duration < full

    @property
    def final_key(self) -> Key:
        """The key in force at the end."""
        return next((change.value for change in reversed(self.changes) if isinstance(change.value, Key)), self.key)

    def times(self) -> tuple[list[int], int]:
        """Return the onset of each note and the end of the last, in ticks, and how many ticks a whole note has."""
        ratios = [note[1].as_integer_ratio() for note in self.notes]
        ticks = lcm(*{denominator for _, denominator in ratios})
        lengths = (numerator * (ticks // denominator) for numerator, denominator in ratios)
        return list(accumulate(lengths, initial=0)), ticks

    def timed_notes(self, start: Fraction = _ZERO) -> Iterator[tuple[Fraction, Note]]:
        """Yield each note with its onset, as a fraction of a whole note, in a bar that begins at ``start``."""
        times, ticks = self.times()
        for time, note in zip(times, self.notes, strict=False):
            yield start + fraction(time, ticks) if start else fraction(time, ticks), note

    def with_number(self, number: int) -> "Bar":
        """Return the same bar with another number."""
        return Bar(
            self.notes, self.meter, self.key, self.changes, self.opens, self.plays, self.edge, self.ending,
            number, self.line, self.column,
        )  # fmt: skip


def total(notes: tuple[Note, ...] | list[Note]) -> Fraction:
    """Return the sum of the notes' lengths, as a fraction of a whole note."""
    # Integers by denominator: far cheaper than adding Fractions one by one.
    sums: dict[int, int] = {}
    for note in notes:
        numerator, denominator = note[1].as_integer_ratio()
        sums[denominator] = sums.get(denominator, 0) + numerator
    common = lcm(*sums)
    return fraction(sum(numerator * (common // denominator) for denominator, numerator in sums.items()), common)


@dataclass(frozen=True, slots=True, repr=False)
class Tune:
    """One tune as read: its fields in order, its bars, and the findings about it.

    ``fields`` holds (letter, value) pairs of the header, as they are written; ``field`` and ``title`` give what they
    say. ``number`` is the value of ``X:``;
    ``unit`` the unit length in force at the start of the music; ``source`` and ``line`` are its place in a
    file. ``str`` gives ABC for people.
    """

    fields: tuple[tuple[str, str], ...]
    meter: Meter
    key: Key
    unit: Fraction
    bars: tuple[Bar, ...]
    findings: tuple[Finding, ...] = ()
    number: str = ""
    source: str = ""
    line: int = 1

    def field(self, letter: str) -> str:
        """Return what the first header field of a letter says; empty if it is absent."""
        return next((plain_text(value) for name, value in self.fields if name == letter), "")

    def all_fields(self, letter: str) -> tuple[str, ...]:
        """Return what all header fields of a letter say, in order."""
        return tuple(plain_text(value) for name, value in self.fields if name == letter)

    @property
    def title(self) -> str:
        """The first title."""
        return self.field("T")

    @property
    def rhythm(self) -> str:
        """The rhythm (``R:``), such as reel."""
        return self.field("R")

    @property
    def origin(self) -> str:
        """The origin (``O:``), such as Ireland."""
        return self.field("O")

    @property
    def tempo(self) -> str:
        """The tempo field's text (``Q:``)."""
        return self.field("Q")

    @property
    def bar_count(self) -> int:
        """The number of bars as a player counts them: pickups and second halves of split bars do not count."""
        return max((bar.number for bar in self.bars), default=0)

    def __str__(self) -> str:
        # The writer imports this module.
        from folkrnn.notation.writer import write_tune

        return write_tune(self)

    def _repr_html_(self) -> str:
        """Return the score and a player, as notebooks show them."""
        from folkrnn.notebook import tune_html  # the one import upwards: a notebook finds this method by its name

        return tune_html(self)

    def __repr__(self) -> str:
        key = f"in {self.key}" if str(self.key) != "none" else ""
        kind = " ".join(f"{self.rhythm} {key}".split())
        count = f"{self.bar_count} bar{'s' * (self.bar_count != 1)}"
        return f'<Tune "{" ".join(self.title.split())}", {kind + ", " * bool(kind)}{count}>'

    def notes(self) -> Iterator[Note]:
        """Yield all notes, chords and rests in written order."""
        for bar in self.bars:
            yield from bar.notes
