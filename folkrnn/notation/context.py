"""Context features: what a player knows at each character of a tune text.

The form in the header says how many bars each part has, so counting bar lines gives the bars left. Meter, key, rhythm
and origin hold for the whole tune once the header has named them. A network that reads these features need neither
count nor remember them. ``docs/context-features.md`` lists all of them.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import NotationError
from folkrnn.notation.bar_ngrams import BarPlace, PlacedBar, Style
from folkrnn.notation.form import MAX_SIMILARITY, Part, read_build, read_form
from folkrnn.notation.headers import next_fields, with_plan
from folkrnn.notation.key import MODES, parse_key
from folkrnn.notation.lookback import (
    DISTANCE_SIZE,
    EIGHTH_TICKS,
    EVENT_SIZE,
    POSITION_SIZE,
    BarReader,
    PastBar,
    copied,
    moved_event,
    position,
)
from folkrnn.notation.meter import parse_meter
from folkrnn.notation.pitch import STEPS
from folkrnn.notation.plan import LETTERS, PART_LINE, Planner, Relation, read_plan, relations
from folkrnn.notation.repetition import ALIGNED_SIZES, FOLLOWED_SIZES, LAGS, MATCHED_SIZES, Repetition

MAX_BARS_LEFT = 16
"""More bars left than this count as this many."""

MAX_LETTER = 26
"""Letters of a plan after the first 26 count as one."""

MAX_CHANGED = 4
"""More notes that differ from a planned bar than this count as this many."""

RELATION_SIZE = 6
"""No plan, the relations, and a new bar that comes again."""

CONTEXT_METERS = ("none", "2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8", "3/8", "3/2", "6/4", "4/2")
CONTEXT_RHYTHMS = (
    "song", "reel", "jig", "hornpipe", "slip jig", "strathspey", "march", "quickstep", "air", "fling", "waltz", "polka",
    "slide", "minuet", "lament", "mazurka", "schottische",
)  # fmt: skip
"""The rhythms that have a number of their own as a context feature, in a fixed order: networks have learned it.

This is no table of rhythms: what players know of each is in ``notation.rhythms``.
"""

CONTEXT_ORIGINS = ("Ireland", "Scotland", "USA", "England", "Germany", "Austria", "France", "Netherlands", "China")


_Item = TypeVar("_Item")


class ContextFeature(NamedTuple):
    """One feature: its name, the number of its values (0 to ``size`` - 1), and what they mean."""

    name: str
    size: int
    meaning: str


_EVENT = "0: none; 1: a note that began earlier; 2: a rest; 3 to 30: the note that begins, from the C below middle C up"
_DISTANCE = "0: none; else 1 plus the class of the time to its next note"
_EARLIER = (*(f"{lag} bar{'s' * (lag > 1)} back" for lag in LAGS), "previous part")
_ALIGNED = [(f"{kind}, {bar}", text) for bar in _EARLIER for kind, text in (("event", _EVENT), ("distance", _DISTANCE))]
_FOLLOWED = (
    ("followed bars", "one bit for each aligned bar that this bar has followed note for note so far"),
    ("followed bars, last bar", "the same bits for the last bar, at its end"),
)
_MATCHED = (
    ("matched event", f"the event of the best matching other bar: {_EVENT}"),
    ("matched distance", f"the distance of that bar: {_DISTANCE}"),
    ("match grade", "0: no match; else 1 plus 4 for each matching bar before it, plus matching notes, at most 3"),
    ("motif note", "the note that followed the last notes when they came before, as an event"),
    ("motif length", "the number of these notes, at most 6; 0: they never came before"),
    ("motif step note", "the note to which the step leads that followed the last steps before, as an event"),
    ("motif step length", "the number of these steps, at most 6; 0: they never came before"),
)

_RELATION = "0: no plan; 1: new and comes once; 2: the same, 3: varied, 4: at another pitch; 5: new and comes again"
_LETTER = "0: none; else 1 plus the number of its letter, at most 26"
PLANNED = (
    ("planned bars left", MAX_BARS_LEFT + 2, "in the plan: 1 plus the bars of the part without a label, at most 16"),
    ("planned letter, 4 bars back", MAX_LETTER + 2, f"in the plan: {_LETTER}"),
    ("planned letter, previous part", MAX_LETTER + 2, f"in the plan, as far into the part before: {_LETTER}"),
    ("plan", RELATION_SIZE, f"what the plan says of the bar: {_RELATION}"),
    ("plan, next bar", RELATION_SIZE, f"what the plan says of the bar after it: {_RELATION}"),
    ("planned event", EVENT_SIZE, f"the event of the bar that the plan takes up: {_EVENT}"),
    ("planned distance", DISTANCE_SIZE, f"the distance of that bar: {_DISTANCE}"),
    ("planned event, moved", EVENT_SIZE, "that event as many steps higher as the first notes of both bars are apart"),
    ("planned first event, next bar", EVENT_SIZE, f"the first event of the bar that the next one takes up: {_EVENT}"),
    ("planned notes changed", MAX_CHANGED + 2, "0: no such bar; else 1 plus the notes that differ so far, at most 4"),
)

CONTEXT_FEATURES: tuple[ContextFeature, ...] = (
    ContextFeature(
        "bars left",
        2 * (MAX_BARS_LEFT + 2),
        "0: in the header; else 1 plus the bars left of the part, at most 16; 17 more in the last part",
    ),
    ContextFeature(
        "meter", len(CONTEXT_METERS) + 2, "0: unknown; else 1 plus its index in `CONTEXT_METERS`; 13: another"
    ),
    ContextFeature(
        "rhythm", len(CONTEXT_RHYTHMS) + 2, "0: unknown; else 1 plus its index in `CONTEXT_RHYTHMS`; 18: another"
    ),
    ContextFeature(
        "origin", len(CONTEXT_ORIGINS) + 2, "0: unknown; else 1 plus its index in `CONTEXT_ORIGINS`; 10: another"
    ),
    ContextFeature("tonic", 13, "0: unknown or none; else 1 plus its pitch class"),
    ContextFeature("mode", len(MODES) + 2, "0: unknown; else 1 plus its index in `MODES`; 8: a key without tonic"),
    ContextFeature("similarity", MAX_SIMILARITY + 2, "0: unknown or one part; else 1 plus the similarity of the parts"),
    ContextFeature(
        "time in the bar", POSITION_SIZE, "0: no music; else 1 plus its half eighths, at most 32; 34: between two"
    ),
    *(ContextFeature(name, size, text) for (name, text), size in zip(_ALIGNED, ALIGNED_SIZES, strict=True)),
    ContextFeature(
        "time left of the bar",
        POSITION_SIZE + 1,
        "0: unknown; else as the time in the bar; 35: the bar is over; the pickup shortens the last bar of a part",
    ),
    *(ContextFeature(name, size, text) for (name, text), size in zip(_FOLLOWED, FOLLOWED_SIZES, strict=True)),
    ContextFeature("degree", 8, "0: none; else the degree of the note that began last, 1 for the tonic to 7"),
    *(ContextFeature(name, size, text) for (name, text), size in zip(_MATCHED, MATCHED_SIZES, strict=True)),
    *(ContextFeature(name, size, text) for name, size, text in PLANNED),
)
"""All context features, in the order in which a network reads them; an older network reads the first of them."""

CONTEXT_SIZES = tuple(feature.size for feature in CONTEXT_FEATURES)

PLANNED_CONTEXT = len(CONTEXT_SIZES)
"""A network that reads as many features has learned plans."""

_HEADER_FEATURES = 6
_RHYTHM, _ORIGIN = 1, 2
_PLAN_FEATURES = len(PLANNED) - 3
_NO_PLAN = (0,) * _PLAN_FEATURES
_NO_MUSIC = (0,) * (len(CONTEXT_SIZES) - 1 - _HEADER_FEATURES - len(PLANNED))
_COMES_AGAIN = 5
_NOT_PLANNING = 0, 0, 0
_LAST_BUT_ONE, _HALF_WAY = 2, 5

_PICKUP = Fraction(3, 4)
"""A first bar that holds less than this share of the meter counts as a pickup."""

_SIMILARITIES = [str(similarity) for similarity in range(MAX_SIMILARITY + 1)]


class HeaderContext:
    """The header of a text under way and its features; it does not change once it is ``complete``.

    ``values`` are the features from meter to similarity, ``parts`` those of the form, ``full`` the ticks of a full bar,
    and ``tonic`` the steps of the tonic above C. ``free`` says that the meter is free or unknown. ``labels`` are those
    of the plan, part by part, and ``relations`` the features of what they say. ``in_turn`` says of each bar whether it
    and the next one come back as they stood. With ``whole_ends`` the last bar of some part shall be the same as one
    within a part, so that no pickup may shorten it.
    """

    __slots__ = (
        "_lines", "complete", "free", "full", "in_turn", "labels", "parts", "relations", "tonic", "values",
        "whole_ends",
    )  # fmt: skip

    def __init__(self) -> None:
        self._lines = [""]
        self.complete = False
        self.values = [0] * _HEADER_FEATURES
        self.parts: tuple[Part, ...] = ()
        self.full = EIGHTH_TICKS * 8
        self.free = True
        self.tonic: int | None = None
        self.labels: tuple[tuple[str, ...], ...] = ()
        self.relations: tuple[tuple[int, ...], ...] = ()
        self.in_turn: tuple[tuple[bool, ...], ...] = ()
        self.whole_ends = False

    @property
    def planning(self) -> tuple[int, int, int]:
        """The features of a plan that is being written: bars left, letters four bars back and in the part before."""
        line = self._lines[-1]
        return _NOT_PLANNING if self.complete or not line.startswith("I:") else _planning(line[2:])

    @property
    def plan_under_way(self) -> str:
        """The plan of the form line under way; empty in other lines."""
        line = self._lines[-1]
        return read_build(line[2:]).plan if line.startswith("I:") else ""

    def copy(self) -> "HeaderContext":
        """Return a copy that advances alone."""
        if self.complete:
            return self
        twin = copied(self)
        twin._lines, twin.values = self._lines.copy(), self.values.copy()
        return twin

    def advance(self, character: str) -> None:
        """Read the next character; any text can be read."""
        if character != "\n":
            self._lines[-1] += character
            return
        self._read_field(self._lines[-1][:1], self._lines[-1][2:])
        fields = {line[:1]: line[2:] for line in self._lines}
        if next_fields(fields):
            self._lines.append("")
            return
        self.complete = True
        try:
            build = read_build(fields["I"])
            parts, _ = read_form(build.form)
            bar = parse_meter(fields["M"]).bar
        except (ValueError, NotationError):
            return
        self.parts, self.full, self.free = parts, int(8 * EIGHTH_TICKS * (bar or 1)), bar is None
        if build.plan:
            self.labels = read_plan(build.plan)
            self.relations = _relation_features(self.labels)
            self.in_turn = _bars_in_turn(self.labels)
            within = {label for part in self.labels for label in part[:-1]}
            self.whole_ends = any(part[-1] in within for part in self.labels if part)

    def _read_field(self, letter: str, value: str) -> None:
        """Set the features that a whole line of the header gives."""
        if letter == "K":
            try:
                key = parse_key(value)
            except NotationError:
                return
            self.values[3] = 0 if key.tonic_class is None else 1 + key.tonic_class
            self.values[4] = 1 + list(MODES).index(key.mode) if key.tonic else len(MODES) + 1
            self.tonic = STEPS.index(key.tonic[0]) if key.tonic else None
        elif letter and letter in "MRO":
            names: Sequence[str] = {"M": CONTEXT_METERS, "R": CONTEXT_RHYTHMS, "O": CONTEXT_ORIGINS}[letter]
            self.values["MRO".index(letter)] = 1 + (names.index(value) if value in names else len(names))
        elif letter == "I":
            similarity = read_build(value).similarity
            self.values[5] = 1 + int(similarity) if similarity in _SIMILARITIES else 0


@lru_cache(maxsize=1024)  # asked for several times with every character
def _planning(value: str) -> tuple[int, int, int]:
    """Return the features of a plan that is being written, for the value of a form line under way."""
    build = read_build(value)
    if not (build.plan or (build.form and value.endswith(" "))):
        return _NOT_PLANNING
    try:
        parts, _ = read_form(build.form)
    except ValueError:  # any text can be read
        return _NOT_PLANNING
    labels = read_plan(build.plan)
    number, into = len(labels) - 1, len(labels[-1])
    left = parts[number].bars - into if number < len(parts) else 0
    before = labels[-2][into] if number and into < len(labels[-2]) else ""
    written = [label for part in labels for label in part]
    return 1 + min(max(left, 0), MAX_BARS_LEFT), _letter(written[-4] if len(written) > 3 else ""), _letter(before)


def _letter(label: str) -> int:
    """Return the feature of a label's letter."""
    return 1 + min(LETTERS.index(label[0]), MAX_LETTER) if label else 0


def _relation_features(labels: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Return the feature of what each label of each part says of its bar."""
    flat = [label for part in labels for label in part]
    letters = Counter(label[0] for label in flat)
    found = iter(
        _COMES_AGAIN if relation is Relation.NEW and letters[label[0]] > 1 else int(relation)
        for label, relation in zip(flat, relations(flat), strict=True)
    )
    return tuple(tuple(next(found) for _ in part) for part in labels)


def _bars_in_turn(labels: tuple[tuple[str, ...], ...]) -> tuple[tuple[bool, ...], ...]:
    """Return of each bar whether it and the next one are the same as two bars that stood one after the other."""
    flat = [label for part in labels for label in part]
    pairs = list(pairwise(flat))
    found = iter([pairs.index(pair) < number for number, pair in enumerate(pairs)] + [False])
    return tuple(tuple(next(found) for _ in part) for part in labels)


class ContextReader:
    """Reads a text character by character; ``values`` are the context features after its last character.

    It keeps the bars of a tune with a plan by their labels; with ``plans`` also those of a tune without one, and then
    ``plan`` is what it finds.
    """

    __slots__ = (
        "_ahead", "_bar", "_ending", "_first", "_first_ending", "_header", "_into", "_labels", "_left", "_line",
        "_next_source", "_part", "_planner", "_repetition", "_source", "_unplanned",
    )  # fmt: skip

    def __init__(self, plans: bool = False) -> None:
        self._header = HeaderContext()
        self._planner = Planner() if plans else None
        self._labels: tuple[tuple[str, ...], ...] = ()  # found so far, of each part
        self._unplanned = False  # whether some bar has no label
        self._into = 0  # bars of the part that are over
        self._source: PastBar | None = None  # the bar that the one under way takes up
        self._next_source: PastBar | None = None
        self._part = -1
        self._left = 0  # bars of the part
        self._bar = BarReader()
        self._line = ""  # the bar line under way
        self._first = True  # whether no bar of the part is over
        self._ending = self._first_ending = 0  # the number of the ending under way, and the bars of the first
        self._repetition = Repetition()
        self._ahead: ContextReader | None = None  # what ``next`` is, once it was asked for

    @property
    def values(self) -> tuple[int, ...]:
        """The value of each of CONTEXT_FEATURES; within a bar line, those that hold if it ends here."""
        header = self._header
        if not header.complete:
            return (0, *header.values, *_NO_MUSIC, *header.planning, *_NO_PLAN)
        if self._line:
            return self.next.values
        bar, repetition = self._bar, self._repetition
        return (
            self.bars_left_code, *header.values, position(bar.now), *repetition.aligned(bar), self._time_left(),
            *repetition.followed(bar), self._degree(bar.step), *repetition.matched(bar), 0, 0, 0, *self._planned(),
        )  # fmt: skip

    @property
    def label(self) -> str:
        """The label that the plan gives the bar under way; empty without one. A pickup has that of the bar after it."""
        return self._planned_at(self._header.labels, "")

    def _planned_at(self, parts: Sequence[Sequence[_Item]], default: _Item, ahead: int = 0) -> _Item:
        """Return what a table by part and bar has for the bar under way, or one of the part that is ahead."""
        if self._ending == 2 or not 0 <= self._part < len(parts):
            return default
        row = parts[self._part]
        return row[self._into + ahead] if self._into + ahead < len(row) else default

    def _planned(self) -> tuple[int, ...]:
        """Return the features of the plan at the present time."""
        relations = self._header.relations
        if not relations:
            return _NO_PLAN
        relation, following = self._planned_at(relations, 0), self._planned_at(relations, 0, 1)
        source, bar = self._source, self._bar
        after = self._next_source.at(0)[0] if self._next_source else 0
        if source is None:
            return relation, following, 0, 0, 0, after, 0
        event, distance = source.at(bar.now)
        shift = bar.shift_from(source) if relation == Relation.MOVED else 0
        moved = moved_event(event, shift) if shift else 0
        changed = 1 + min(bar.changed_from(source, shift), MAX_CHANGED)
        return relation, following, event, distance, moved, after, changed

    @property
    def plan(self) -> str:
        """The plan of the music, of a reader with ``plans``; empty if its bars are not those of the form."""
        found = [len(labels) for labels in self._labels if labels]
        return self.opening if found == [part.bars for part in self._header.parts] else ""

    @property
    def opening(self) -> str:
        """The plan of the bars that are over so far, of a reader with ``plans``."""
        return "" if self._unplanned else PART_LINE.join("".join(labels) for labels in self._labels if labels)

    @property
    def planned(self) -> bool:
        """Whether the tune has a plan."""
        return bool(self._header.labels)

    @property
    def in_plan(self) -> bool:
        """Whether the labels of the plan are under way."""
        return self._header.planning != _NOT_PLANNING

    def ends_plan(self, character: str) -> bool:
        """Whether a character would end the plan that is under way."""
        return character == "\n" and self.in_plan

    @property
    def plan_under_way(self) -> str:
        """What is written of the plan in the header so far."""
        return self._header.plan_under_way

    @property
    def style(self) -> Style:
        """The rhythm and the origin that the header gives."""
        return Style(self._header.values[_RHYTHM], self._header.values[_ORIGIN])

    @property
    def next(self) -> "ContextReader":
        """A reader of the bar that comes if the bar line under way ends here; this one within a bar.

        It is kept for the next question, so it is only to be asked, never to advance.
        """
        if not self._line:
            return self
        if self._ahead is None:
            self._ahead = self.copy()
            self._ahead._pass_line()
        return self._ahead

    @property
    def in_first_bar(self) -> bool:
        """Whether no bar of the part is over."""
        return self._first

    @property
    def shall_return(self) -> bool:
        """Whether the bar under way shall be the same as an earlier one."""
        return self._source is not None and self._planned_at(self._header.relations, 0) == Relation.SAME

    @property
    def rest_of_bar(self) -> str | None:
        """How the rest of a bar that ``shall_return`` is written, empty before its bar line; None in other bars.

        The first bar of a part may turn out to be a pickup.
        """
        source, text = self._source, self._bar.text
        if source is None or not self.shall_return:
            return None
        whole = source.text if self._planned_at(self._header.in_turn, False) else source.text.removesuffix("-")
        return whole[len(text) :] if whole.startswith(text) else None

    @property
    def decides_end(self) -> bool:
        """Whether the bar under way is in the last part, or is one that the last bar shall be the same as."""
        labels = self._header.labels
        return self.in_last_part or bool(labels and labels[-1] and self.label == labels[-1][-1])

    def ends_off_plan(self, character: str) -> bool:
        """Whether a character would end a bar that is not what the plan says."""
        if self._planner is None or not self.planned or not self.ends_bar(character) or self._bar.empty:
            return False
        if self._first and self._bar.now < _PICKUP * self._header.full:
            return self._header.whole_ends and not self._part
        label = self.label
        if not label:
            return False
        # A tie binds the next bar, which may not be free.
        tied = self._bar.text.endswith("-") and self._planned_at(self._header.relations, 0, 1) == Relation.SAME
        in_turn = self._planned_at(self._header.in_turn, False)
        return (tied and not in_turn) or not self._planner.keeps(label, self._bar.past_bar())

    def _degree(self, step: int | None) -> int:
        """Return the degree of a note ``step`` steps above C, 0 without note or tonic."""
        tonic = self._header.tonic
        return 0 if step is None or tonic is None else 1 + (step - tonic) % 7

    def _time_left(self) -> int:
        """Return the feature of the time left of the bar."""
        if self._header.free:
            return 0
        left = self._header.full - (self._repetition.pickup if self._left == 1 else 0) - self._bar.now
        return position(left) if left >= 0 else POSITION_SIZE

    @property
    def bars_left_code(self) -> int:
        """The first feature: 0 in the header, else 1 plus the bars left of the part, and more in the last part."""
        if not self._header.complete:
            return 0
        last = self._part >= len(self._header.parts) - 1
        return 1 + min(max(self._left, 0), MAX_BARS_LEFT) + last * (MAX_BARS_LEFT + 1)

    @property
    def share_written(self) -> float:
        """The share of the form's bars that is written, from 0 to 1; 0 in the header and without a form."""
        bars = [part.bars for part in self._header.parts]
        if not bars or self._part < 0:
            return 0.0
        written = sum(bars[: self._part]) + (bars[self._part] - self._left if self._part < len(bars) else 0)
        return min(max(written / sum(bars), 0.0), 1.0)

    @property
    def follows(self) -> bool:
        """Whether the bar under way has begun, and has followed one of the aligned bars note for note."""
        music = self._header.complete and not self._line and not self._bar.empty
        return music and self._repetition.followed(self._bar)[0] > 0

    def ends_off_tonic(self, character: str) -> bool:
        """Whether a character would end a part on another note than the tonic of the header."""
        return self._left == 1 and self.ends_bar(character) and self._degree(self._bar.last_step) > 1

    def ends_new_bar(self, character: str) -> bool:
        """Whether a character would end a bar of notes that need not be the same as an earlier one."""
        return self.ends_bar(character) and not self._bar.empty and not self.shall_return

    @property
    def placed_bar(self) -> PlacedBar:
        """The bar under way, with what a critic of bars looks at."""
        if self._left == 1:
            place = BarPlace.LAST_OF_TUNE if self.in_last_part else BarPlace.LAST
        elif self._left == _LAST_BUT_ONE:
            place = BarPlace.LAST_BUT_ONE
        elif self._first:
            place = BarPlace.FIRST
        else:
            place = BarPlace.HALF_WAY if self._left == _HALF_WAY else BarPlace.WITHIN
        bar, before, tonic = self._bar.past_bar(), self._repetition.last_bar, self._header.tonic or 0
        answered = self._repetition.last_bar_of_part_before
        return PlacedBar(bar, before, self._part, place, tonic, self.style, self._ending, answered)

    def ends_worn_out(self, character: str) -> bool:
        """Whether a character would end a bar that comes too often (``Repetition.worn_out``)."""
        return self.ends_bar(character) and not self._bar.empty and self._repetition.worn_out(self._bar)

    def ends_bar(self, character: str) -> bool:
        """Whether a character would end the bar under way."""
        return self._header.complete and not self._line and self._belongs_to_line(character)

    @property
    def in_last_part(self) -> bool:
        """Whether the last part of the form is under way."""
        return self._header.complete and self._part == len(self._header.parts) - 1

    def copy(self) -> "ContextReader":
        """Return a copy that advances alone."""
        twin = copied(self)
        twin._header, twin._bar, twin._repetition = self._header.copy(), self._bar.copy(), self._repetition.copy()
        twin._planner = self._planner and self._planner.copy()
        return twin

    def advance(self, character: str) -> None:
        """Read the next character; any text can be read."""
        self._ahead = None
        if not self._header.complete:
            self._header.advance(character)
            if self._header.complete:
                if self._header.labels and self._planner is None:
                    self._planner = Planner()
                self._next_part()
        elif self._belongs_to_line(character):
            self._line += character
            if character in "12":
                self._pass_line()
        else:
            if self._line:
                self._pass_line()
            self._bar.advance(character)

    def _belongs_to_line(self, character: str) -> bool:
        """Whether a character belongs to a bar line, and not to a note, a chord or ``[K:…]``."""
        if character in "12":
            return self._line.endswith("|")
        return (
            character == "|"
            or (character == ":" and not self._bar.takes_colon)
            or (character == "]" and self._line != "")
        )

    def _next_part(self) -> None:
        """Begin the next part."""
        self._part += 1
        parts = self._header.parts
        self._left = parts[self._part].bars if self._part < len(parts) else 0
        self._first, self._ending, self._first_ending, self._into = True, 0, 0, 0
        self._repetition.begin_part()
        self._repetition.align(self._first)
        if self._planner is not None:
            self._labels += ((),)
            self._find_source(self._planner)

    def _add_to_plan(self, planner: Planner, bar: PastBar) -> None:
        """Add a bar that is over, under the label of the header's plan or else its own."""
        label = self.label or planner.label_of(bar)
        self._unplanned = self._unplanned or not label
        self._labels = (*self._labels[:-1], (*self._labels[-1], label))
        planner.add(bar, label)
        self._into += 1

    def _find_source(self, planner: Planner) -> None:
        """Find the bars that the one that begins takes up, and the one after it."""
        self._source, self._next_source = (
            planner.bars.get(label) or planner.heads.get(label[:1])
            for label in (self.label, self._planned_at(self._header.labels, "", 1))
        )

    def _pass_line(self) -> None:
        """Count the bar that a bar line has ended, and begin the next bar or part."""
        line, self._line = self._line, ""
        bar, self._bar = self._bar, BarReader()
        if not bar.empty:
            pickup = self._first and line in ("|", "|:") and bar.now < _PICKUP * self._header.full
            self._repetition.add(bar, pickup)
            if pickup:
                self._first = False
                self._repetition.align(self._first)
                return
            if self._planner is not None and self._ending != 2:
                self._add_to_plan(self._planner, bar.past_bar())
            self._left -= 1
            self._first_ending += self._ending == 1
        self._first = self._first and bar.empty
        parts = self._header.parts
        repeated = self._part < len(parts) and parts[self._part].repeated
        if line.endswith("1"):
            self._ending = 1
        elif line.endswith("2"):
            self._ending, self._left = 2, self._first_ending
            self._repetition.forget(self._first_ending)  # the second ending replaces the first
        elif line in (":|", ":||:", "|:", "|]") or (line == "||" and (not repeated or self._ending == 2)):
            if not bar.empty:
                self._next_part()
        elif self._ending == 2 and self._left <= 0:
            self._next_part()
        self._repetition.align(self._first)
        if self._planner is not None:
            self._find_source(self._planner)


def context_features(text: str) -> NDArray[np.uint8]:
    """Return the context features after each of the N characters of a text, (N, len(CONTEXT_FEATURES))."""
    reader = ContextReader()
    rows = []
    for character in text:
        reader.advance(character)
        rows.append(reader.values)
    return np.array(rows, np.uint8).reshape(len(text), len(CONTEXT_FEATURES))


def planned_text(text: str) -> str:
    """Return a canonical text with its plan at the end of its form line, if it has one."""
    return with_plan(text, plan_of(text))


def opening_plan(header: str, music: str) -> str:
    """Return the plan of the whole bars with which a text begins, by its header and its first music."""
    reader = ContextReader(plans=True)
    for character in f"{header}{music}\n":
        reader.advance(character)
    return reader.opening


def plan_of(text: str) -> str:
    """Return the plan of a canonical text; empty if its bars are not those of its form, or are of too many kinds."""
    reader = ContextReader(plans=True)
    for character in text:
        reader.advance(character)
    return reader.plan
