"""The values of a tune: header fields, and voices that hold bars of notes, with exact times.

The reader makes these values from ABC, and the writers turn them into ABC. What the product does not interpret
(remarks, directives, comments, text to be printed) is kept as lines at the place where it stood.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import lcm
from typing import NamedTuple

from folkrnn.notation.clef import NO_STAFF, StaffSettings
from folkrnn.notation.findings import Finding
from folkrnn.notation.key import Key
from folkrnn.notation.meter import Meter
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.text import plain_text

USUAL_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""The number of notes in whose time a tuplet of 2, 3, 4, 6 or 8 is played in any meter (ABC 2.1, 4.13)."""


COMMENT, DIRECTIVE, TEXT_LINE = "%", "%%", "text"
"""What stands in a ``Field`` in place of a letter: for a comment, a ``%%`` line, and a line within a text block."""

Field = tuple[str, str]
"""A line that is no music: its letter, or one of the three above, and its text as written."""

_TUNE_FIELDS = frozenset("ABCDFGHNOPQRSTZ")
"""Fields that are about the whole tune; the others are about the voice that they stand in."""

_PAGE_DIRECTIVES = frozenset(
    {"begintext", "center", "endtext", "multicol", "newpage", "score", "sep", "staves", "text", "vskip"}
)
"""Directives that say what is printed across the page."""

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
    """A grace note; its length is a hint to the engraver and takes no time from the bar.

    ``duration`` is in unit lengths. ``slashed`` says that it is an acciaccatura (``{/g}``); ``chord`` that it sounds
    with the grace note before it.
    """

    pitch: Pitch
    duration: Fraction
    slashed: bool = False
    chord: bool = False


class Note(NamedTuple):
    """A note, a chord or a rest.

    ``pitches`` holds one pitch for a note, several for a chord, none for a rest. ``duration`` is
    the sounding length as a fraction of a whole note, after tuplets and broken rhythm.
    ``tie`` says that it is tied to the next; ``tied`` names the pitches that are if not all members of a chord are.
    ``spaced`` is true where the beam breaks before the note. ``chord_symbols`` are the quoted
    chords (``G7``), ``annotations`` the other quoted texts with their placement sign.
    ``lyrics`` has one text a verse: a syllable (with ``-`` at its end if the word goes on), ``_`` where the last one
    is held, or nothing.
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
    tied: tuple[Pitch, ...] = ()

    @property
    def held(self) -> tuple[Pitch, ...]:
        """The pitches that are tied to the next note."""
        return (self.tied or self.pitches) if self.tie else ()

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
        if not self.tuplet:
            return self.duration
        numerator, denominator = self.duration.as_integer_ratio()
        return fraction(numerator * self.tuplet.actual, denominator * self.tuplet.normal)


class Change(NamedTuple):
    """What stands inside the music and is no note: a field, a line that is kept, a dotted line within the bar.

    ``index`` is that of the note before which it stands. ``field`` is the letter of the field; ``value`` a Meter (M), a
    Key (K), StaffSettings (``STAFF``: clef, octave and transposition from here on) or the text as written.
    ``own_line`` says that it stands on a line of its own. ``COMMENT``, ``DIRECTIVE`` and ``TEXT_LINE`` stand for lines,
    ``DOTTED`` for a dotted bar line that ends no bar.
    """

    index: int  # type: ignore[assignment]  # a tuple's own index() is of no use here
    field: str
    value: Meter | Key | StaffSettings | str
    own_line: bool = False

    @property
    def is_line(self) -> bool:
        """Whether it stands on a line of its own even inside a bar; what has an effect there goes into brackets."""
        if not (self.own_line and isinstance(self.value, str)):
            return self.field == COMMENT  # one at the end of a line of music
        return self.field not in "IPQ" or "[" in self.value or "]" in self.value

    @property
    def is_shared(self) -> bool:
        """Whether it is a line about the whole tune, whatever voice it stands in: a title, a label, a text."""
        if self.field in (DIRECTIVE, "I"):
            return self.own_line and not _PAGE_DIRECTIVES.isdisjoint(str(self.value).split(maxsplit=1)[:1])
        return self.own_line and (self.field in (COMMENT, TEXT_LINE) or self.field in _TUNE_FIELDS)

    @property
    def is_label(self) -> bool:
        """Whether it is the label of a part, at the beginning of a bar."""
        return self.field == "P" and self.index == 0


def about_tune(changes: Iterable[Change]) -> list[Change]:
    """Return the lines about the whole tune with which some changes begin, and what continues them (``+:``).

    A comment at the end of a line of music stays with that line.
    """
    found: list[Change] = []
    for change in changes:
        if change.field == COMMENT and not change.own_line:
            continue
        if not (change.is_shared or (change.field == "+" and found)):
            break
        found.append(change)
    return found


STAFF, DOTTED = "staff", ".|"


class Marks(NamedTuple):
    """What hangs on a bar line: decorations, chord symbols and annotations, as in Note."""

    decorations: tuple[str, ...] = ()
    chord_symbols: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()


NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Bar:
    """The notes between two bar lines.

    ``meter`` and ``key`` are in force at its start; ``changes`` apply before the note of their
    index. ``opens`` says that a repeat starts here (``|:``, written or not), ``plays`` how often the
    section that ends here is played (1, or 2 for ``:|``, 3 for ``::|``). ``edge`` is the style of the
    bar line at the end: empty for a plain one, ``||`` or ``|]``. ``ending`` lists the passes for which this
    bar begins a variant ending (``[1,3``). ``number`` is the bar's number as printed: a pickup at the
    start has 0, and a pickup or the second half of a split bar later on has its predecessor's.

    ``overlays`` are further voices within the bar (``&``), which begin with it. ``closing`` hangs on the bar line at
    the end. ``bracket`` is the text of a bracket that begins here without a number (``["Coda"``). ``drawn`` is the
    shape of a bar line that is neither a stroke nor an edge (``.|`` or ``[|]``). ``implied`` says that the ``|:`` is
    not written.
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
    overlays: tuple[tuple[Note, ...], ...] = ()
    closing: Marks = NO_MARKS
    bracket: str = ""
    drawn: str = ""
    implied: bool = False

    @property
    def duration(self) -> Fraction:
        """The sum of the notes' lengths, as a fraction of a whole note."""
        return total(self.notes)

    @property
    def layers(self) -> tuple[tuple[Note, ...], ...]:
        """The notes of the bar, then those of its overlays."""
        return (self.notes, *self.overlays)

    @property
    def is_short(self) -> bool:
        """Whether the notes leave part of the meter empty, as in a pickup."""
        full = self.meter.bar
        return full is not None and self.duration < full

    def texts(self, letter: str, inside: bool = False) -> tuple[str, ...]:
        """Return what the fields of a letter say that stand at its start (else ``inside`` it), as a tune's fields."""
        return _values(((each.field, str(each.value)) for each in self.changes if bool(each.index) == inside), letter)

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
        """Return the same bar with this number."""
        if number == self.number:
            return self
        return Bar(
            self.notes, self.meter, self.key, self.changes, self.opens, self.plays, self.edge, self.ending,
            number, self.line, self.column, self.overlays, self.closing, self.bracket, self.drawn, self.implied,
        )  # fmt: skip

    def with_opening(self, opens: bool, implied: bool) -> "Bar":
        """Return the same bar with or without a repeat that starts here; ``implied``: its sign is not written."""
        return Bar(
            self.notes, self.meter, self.key, self.changes, opens, self.plays, self.edge, self.ending,
            self.number, self.line, self.column, self.overlays, self.closing, self.bracket, self.drawn, implied,
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


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice: what ``V:`` calls it, its bars, and how it is drawn and sounds.

    ``id`` is empty in a tune without ``V:``. ``name`` and ``short_name`` are printed before its first staff and the
    others. ``words`` are those of its first ``V:`` line inside the music, as written, where the header has none.
    ``staff`` is what holds at its start: clef, octave, transposition.
    """

    bars: tuple[Bar, ...]
    id: str = ""
    name: str = ""
    short_name: str = ""
    staff: StaffSettings = NO_STAFF
    words: str = ""

    @property
    def sounds(self) -> bool:
        """Whether it has any note."""
        return any(note.pitches for bar in self.bars for layer in bar.layers for note in layer)


@dataclass(frozen=True, slots=True, repr=False)
class Tune:
    """One tune as read: its fields in order, its voices, and the findings about it.

    ``fields`` holds the lines of the header, in order and as written; ``field`` and ``title`` give what they say.
    ``book`` holds those of the file header, which hold for all its tunes, and ``after`` those that follow the music.
    ``voices`` are in score order. ``number`` is the value of ``X:``, ``unit`` the unit length in force at the start of
    the music, ``staff`` the words of ``K:`` that are no key. ``source`` and ``line`` are its place in a file. ``str``
    gives ABC for people.
    """

    fields: tuple[Field, ...]
    meter: Meter
    key: Key
    unit: Fraction
    voices: tuple[Voice, ...]
    findings: tuple[Finding, ...] = ()
    number: str = ""
    source: str = ""
    line: int = 1
    staff: StaffSettings = NO_STAFF
    book: tuple[Field, ...] = ()
    after: tuple[Field, ...] = ()

    @property
    def melody(self) -> Voice:
        """The first voice with notes in score order; without any, the first voice."""
        first = self.voices[0]
        return first if len(self.voices) == 1 else next((voice for voice in self.voices if voice.sounds), first)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars of the melody."""
        return self.melody.bars

    def with_bars(self, bars: tuple[Bar, ...]) -> "Tune":
        """Return the tune with other bars of its melody; the other voices stay."""
        melody = self.melody
        return replace(self, voices=tuple(replace(each, bars=bars) if each is melody else each for each in self.voices))

    def with_all_bars(self, function: Callable[[Bar], Bar]) -> "Tune":
        """Return the tune with what a function makes of each bar of each voice."""
        return replace(self, voices=tuple(replace(each, bars=tuple(map(function, each.bars))) for each in self.voices))

    def alone(self, voice: Voice) -> "Tune":
        """Return the tune with one of its voices only."""
        return replace(self, voices=(voice,))

    def field(self, letter: str) -> str:
        """Return what the first header field of a letter says; empty if it is absent."""
        return next(iter(self.all_fields(letter)), "")

    def all_fields(self, letter: str) -> tuple[str, ...]:
        """Return what all header fields of a letter say, in order: the tune's own, or else those of the file header.

        A field that goes on (``+:``) is one value.
        """
        return _values(self.fields, letter) or _values(self.book, letter)

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

    @property
    def words(self) -> tuple[str, ...]:
        """What the lines of words below the tune say (``W:``)."""
        within = tuple(
            (change.field, str(change.value)) for voice in self.voices for bar in voice.bars for change in bar.changes
        )
        return _values((*self.fields, *within, *self.after), "W")

    def notes(self) -> Iterator[Note]:
        """Yield all notes, chords and rests of the melody in written order, without overlays."""
        for bar in self.bars:
            yield from bar.notes


def _values(fields: Iterable[Field], letter: str) -> tuple[str, ...]:
    """Return what the fields of a letter say, each with what continues it."""
    values: list[str] = []
    name = ""
    for each, value in fields:
        name = name if each == "+" else each
        if name == letter:
            if each == "+":
                values[-1] += f" {value}"
            else:
                values.append(value)
    return tuple(map(plain_text, values))
