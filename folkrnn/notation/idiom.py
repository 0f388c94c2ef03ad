"""The idiom of some music: what hands are used to, counted in its tunes.

A grammar with an idiom (``folkrnn.notation.grammar``) writes only such note lengths, tuplets, leaps, chords and grace
notes, within the range of an instrument.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import chain
from math import ceil
from typing import Any, NamedTuple

from folkrnn.errors import NotationError
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.ranges import INSTRUMENTS, instrument_range
from folkrnn.notation.spelling import broken_pair
from folkrnn.notation.tune import Note, Tune

LEAST_TUNES = 5
"""A thing counts only if at least this many tunes have it: fewer may be slips of one book."""

LEAST_SHARE = Fraction(1, 1000)
"""A thing counts only if at least this share of the tunes has it: who plays some hundred tunes will have met it."""


class TupletPattern(NamedTuple):
    """A tuplet with the written lengths of its notes and rests, as fractions of a whole note."""

    actual: int
    normal: int
    lengths: tuple[Fraction, ...]


@dataclass(frozen=True)
class Idiom:
    """What hands are used to.

    ``lengths`` are the written lengths of notes outside tuplets, as fractions of a whole note: those that they sound
    and those that a broken pair is written with. With each length its unit is there, 1/16 with 3/16, so that bars can
    be filled. ``tuplet_rests`` says whether rests stand in tuplets. ``alteration`` is the most semitones by which an
    accidental raises or lowers a note. ``leap`` is the largest leap from one note to the next, over rests and bar lines
    too, and ``chord_span`` the largest interval within a chord, both in staff steps: an octave is 7. ``graces`` are the
    most grace notes before a note, ``chord_notes`` the most notes of a chord; 1 for no chords. ``lowest`` and
    ``highest`` are MIDI numbers.
    """

    lengths: frozenset[Fraction]
    tuplets: frozenset[TupletPattern] = frozenset()
    tuplet_rests: bool = False
    alteration: int = 1
    leap: int = 0
    graces: int = 0
    chord_notes: int = 1
    chord_span: int = 0
    lowest: int = INSTRUMENTS["fiddle"][0]
    highest: int = INSTRUMENTS["fiddle"][1]

    @classmethod
    def of(cls, tunes: Iterable[Tune]) -> "Idiom":
        """Return what enough of the tunes have, within the range of a fiddle.

        Enough are LEAST_TUNES and LEAST_SHARE of them. Whatever the tunes, plain notes from an eighth to a whole and
        leaps of an octave are among it.
        """
        every = list(map(_habits, tunes))
        enough = max(LEAST_TUNES, ceil(LEAST_SHARE * len(every)))
        counts = Counter(habit for habits in every for habit in habits)
        common = (habit for habit, count in counts.items() if count >= enough)
        return cls(_PLAIN_LENGTHS, leap=_OCTAVE)._widened(common)

    def with_tune(self, tune: Tune) -> "Idiom":
        """Return the idiom widened, the range too, so that the tune keeps to it."""
        sounding = [pitch.midi for note in tune.notes() for pitch in _pitches(note)]
        wide = self._widened(_habits(tune))
        return replace(wide, lowest=min([*sounding, wide.lowest]), highest=max([*sounding, wide.highest]))

    def fits(self, tune: Tune) -> bool:
        """Whether a tune keeps to the idiom."""
        return self.with_tune(tune) == self

    def for_instrument(self, name: str) -> "Idiom":
        """Return the idiom in the range of an instrument. Raises NotationError for an unknown one."""
        lowest, highest = instrument_range(name)
        return replace(self, lowest=lowest, highest=highest)

    def __or__(self, other: "Idiom") -> "Idiom":
        """Return the least idiom that holds both."""
        return Idiom(
            self.lengths | other.lengths,
            self.tuplets | other.tuplets,
            self.tuplet_rests or other.tuplet_rests,
            **{name: max(getattr(self, name), getattr(other, name)) for name in (*_LIMITS, "highest")},
            lowest=min(self.lowest, other.lowest),
        )

    def _widened(self, habits: Iterable["_Habit"]) -> "Idiom":
        """Return the idiom with some habits more."""
        more: dict[str, set[Any]] = {each.name: set() for each in fields(self)}
        for name, value in habits:
            more[name].add(value)
        lengths = self.lengths.union(more["lengths"])
        return replace(
            self,
            lengths=lengths.union(Fraction(1, length.denominator) for length in lengths),
            tuplets=self.tuplets.union(more["tuplets"]),
            tuplet_rests=self.tuplet_rests or bool(more["tuplet_rests"]),
            **{name: max(getattr(self, name), *more[name], 0) for name in _LIMITS},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the idiom as plain data; lengths are texts such as ``3/8``."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        tuplets = [[actual, normal, *map(str, lengths)] for actual, normal, lengths in sorted(self.tuplets)]
        return plain | {"lengths": list(map(str, sorted(self.lengths))), "tuplets": tuplets}

    @classmethod
    def from_json(cls, data: object) -> "Idiom":
        """Return the idiom that some plain data holds. Unknown entries are ignored.

        Raises NotationError for an entry that is missing or of a wrong type.
        """
        if not isinstance(data, Mapping):
            raise NotationError(f"the idiom is {data!r:.60}; expected an object")
        missing = [each.name for each in fields(cls) if each.name not in data]
        if missing:
            raise NotationError(f"the idiom has no {missing[0]}")
        entries = {each.name: data[each.name] for each in fields(cls)}
        for name, value in entries.items():
            kind = list if name in ("lengths", "tuplets") else bool if name == "tuplet_rests" else int
            if type(value) is not kind:
                raise NotationError(f"the idiom has {name}={value!r:.60}; expected {_KINDS[kind]}")
        return cls(
            **entries
            | {
                "lengths": frozenset(map(_length, entries["lengths"])),
                "tuplets": frozenset(map(_pattern, entries["tuplets"])),
            }
        )


_KINDS = {int: "a whole number", bool: "true or false", list: "a list"}
_LIMITS = ("alteration", "leap", "graces", "chord_notes", "chord_span")
_OCTAVE = 7
_PLAIN_LENGTHS = frozenset({Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)})

_Habit = tuple[str, Hashable]
"""Something that a tune has: the field of ``Idiom`` that it belongs to, and its value there."""


def _length(value: object) -> Fraction:
    """Return the length that a text such as ``3/8`` gives. Raises NotationError for anything else."""
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,2}(/[1-9]\d{0,2})?", value):
        return Fraction(value)
    raise NotationError(f"the idiom has the length {value!r:.60}; expected one such as '3/8'")


def _pattern(value: object) -> TupletPattern:
    """Return the tuplet that a list such as [3, 2, "1/8", "1/8", "1/8"] gives. Raises NotationError for another."""
    if isinstance(value, list) and len(value) > 3 and type(value[0]) is type(value[1]) is int and min(value[:2]) > 0:
        return TupletPattern(value[0], value[1], tuple(map(_length, value[2:])))
    raise NotationError(f"the idiom has the tuplet {value!r:.60}; expected one such as [3, 2, '1/8', '1/8', '1/8']")


def _habits(tune: Tune) -> frozenset[_Habit]:
    """Return what a tune has, each thing once."""
    return frozenset(chain(_rhythmic_habits(tune), _melodic_habits(tune)))


def _rhythmic_habits(tune: Tune) -> Iterator[_Habit]:
    for bar in tune.bars:
        for index, note in enumerate(bar.notes):
            if note.graces:
                yield "graces", len(note.graces)
            if note.tuplet is None:
                yield "lengths", note.duration
                sign, unit = broken_pair(bar, index)
                if sign:
                    yield "lengths", unit
            elif note.tuplet.index == 0:
                group = bar.notes[index : index + note.tuplet.size]
                yield "tuplets", TupletPattern(*note.tuplet[:2], tuple(each.written for each in group))
            if note.tuplet and note.is_rest:
                yield "tuplet_rests", True


def _melodic_habits(tune: Tune) -> Iterator[_Habit]:
    around: list[tuple[int, int]] = []  # the outer places of the last note or chord, and of the grace notes since
    for note in tune.notes():
        for pitch in _pitches(note):
            yield "alteration", abs(pitch.alter)
        for grace in note.graces:
            place = grace.pitch.place
            yield from _leaps(around, [place])
            around.append((place, place))
        if note.pitches:
            places = sorted(pitch.place for pitch in note.pitches)
            yield from _leaps(around, places)
            around = [(places[0], places[-1])]
            yield "chord_notes", len(places)
            yield "chord_span", places[-1] - places[0]


def _leaps(around: Iterable[tuple[int, int]], places: Iterable[int]) -> Iterator[_Habit]:
    """Yield the leaps to places from what sounded before; within a chord that sounded, no place is a leap away."""
    for low, high in around:
        for place in places:
            yield "leap", max(low - place, place - high, 0)


def _pitches(note: Note) -> Iterator[Pitch]:
    """Yield the pitches of a note and of its grace notes."""
    yield from note.pitches
    yield from (grace.pitch for grace in note.graces)


DEFAULT_IDIOM = Idiom(
    lengths=frozenset(Fraction(n, d) for n, d in (
        (1, 32), (1, 16), (3, 32), (1, 8), (3, 16), (1, 4), (3, 8), (1, 2), (3, 4), (1, 1), (3, 2), (2, 1), (3, 1),
    )),
    tuplets=frozenset({TupletPattern(3, 2, (Fraction(1, 8),) * 3), TupletPattern(3, 2, (Fraction(1, 16),) * 3)}),
    leap=11,
    graces=3,
    chord_notes=2,
    chord_span=7,
)  # fmt: skip
"""The idiom of the default corpus, 11,259 tunes: what ``Idiom.of`` returns for them."""
