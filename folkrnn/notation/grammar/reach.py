"""The grammar of pitch: the notes that hands used to an idiom can reach, given those before.

It follows a text beside the grammar of bars. A ``ReachPosition`` holds all that decides which letters, octave marks and
accidentals are within reach. Equal positions share one ``Reach``, which remembers where each character led. Places are
staff steps above C of octave 0, as in ``Pitch.place``.
"""

from collections.abc import Iterator
from typing import NamedTuple

from folkrnn.notation.idiom import Idiom
from folkrnn.notation.key import parse_key
from folkrnn.notation.pitch import ACCIDENTALS, SEMITONES, staff_position

LETTERS = frozenset("ABCDEFGabcdefg")
OCTAVE_MARKS = {",": -7, "'": 7}
"""The octave marks, with the staff steps by which they move a letter."""

MAX_MARKS = 2
"""The most octave marks of a letter."""

NO_CHARACTERS: frozenset[str] = frozenset()

ANYWHERE = (-99, 199)
"""A window that holds all places."""

_PLACES = range(14, 56)
"""All places that a letter with its octave marks can have."""


class ReachPosition(NamedTuple):
    """What of the notes so far decides which may come.

    ``signature`` holds the alteration of each step by the key, C first, and ``altered`` those that accidentals of the
    bar under way have put in its place. ``window`` are the lowest and the highest place that the leaps allow.
    ``stage`` is "note", "chord", "grace", "word" or "key", and ``detail`` the accidental or the key under way.
    ``place`` is that of the note under way, None between notes, with its octave ``marks`` so far. ``chord`` are the
    outer places of the chord under way.
    """

    signature: tuple[int, ...]
    altered: tuple[int | None, ...] = (None,) * 7
    window: tuple[int, int] = ANYWHERE
    stage: str = "note"
    detail: str = ""
    place: int | None = None
    marks: int = 0
    chord: tuple[int, int] | None = None


class Reach:
    """A position with its answers.

    ``steps`` holds where characters led so far, and ``kept`` the ``choices`` that were asked for: look there first.
    ``marked`` are the letters that need an octave mark.
    """

    __slots__ = ("_forbidden", "_forced", "_grammar", "kept", "marked", "position", "steps")

    def __init__(
        self,
        grammar: "ReachGrammar",
        position: ReachPosition,
        forced: bool = False,
        forbidden: frozenset[str] = NO_CHARACTERS,
        marked: frozenset[str] = NO_CHARACTERS,
    ) -> None:
        self._grammar = grammar
        self._forced = forced  # whether the letter under way must get an octave mark
        self._forbidden = forbidden
        self.position = position
        self.marked = marked
        self.steps: dict[str, Reach] = {}
        self.kept = grammar.choices_kept(forced, forbidden)

    def choices(self, choices: frozenset[str]) -> frozenset[str]:
        """Return those choices that are within reach; all if none is, so that every text comes to an end.

        That can be only where the characters of the grammar have hardly any letters.
        """
        found = self.kept.get(choices)
        if found is None:
            within = choices.intersection(OCTAVE_MARKS) if self._forced else choices - self._forbidden
            found = self.kept[choices] = within or choices
        return found

    def after(self, character: str) -> "Reach":
        """Return what is within reach after a character of the music."""
        found = self.steps.get(character)
        if found is None:
            found = self.steps[character] = self._grammar.after(self.position, character)
        return found

    def settled(self) -> "Reach":
        """Return what is within reach after the note under way, which gets no more octave marks."""
        return self._grammar.settled(self.position)

    def freed(self) -> "Reach":
        """Return what is within reach where the leap from the notes before does not matter."""
        return self._grammar.settled(self.position, ANYWHERE)

    def takes(self, music: str) -> bool:
        """Whether all characters of some music are within reach."""
        reach = self
        for character in music:
            if character in reach._forbidden or (reach._forced and character not in OCTAVE_MARKS):
                return False
            reach = reach.after(character)
        return not reach._forced


class ReachGrammar:
    """The notes within reach of hands that are used to an ``idiom``, written with some characters.

    A note is within the range of the idiom if its pitch is, whether the key, an accidental before it or an earlier one
    of the bar has altered it. No note is further than the leap from the note or chord before it, nor from any grace
    note between them. A leap is measured from the nearer outer note of a chord, and to each note of one.
    """

    def __init__(self, alphabet: frozenset[str], idiom: Idiom) -> None:
        self._alphabet = alphabet
        self._idiom = idiom
        self._letters = sorted(LETTERS & alphabet)
        self._signs = {
            text: alter or 0 for text, alter in ACCIDENTALS.items() if text and abs(alter or 0) <= idiom.alteration
        }
        # The steps of which an accidental may take some note out of the range, or into it.
        self._edges = {step for step in range(7) if self._is_edge(step)}
        self._reaches: dict[ReachPosition, Reach] = {}
        self._kept: dict[tuple[bool, frozenset[str]], dict[frozenset[str], frozenset[str]]] = {}

    def forget(self) -> None:
        """Free the memory of kept results."""
        self._reaches.clear()
        self._kept.clear()

    def begin(self, key: str) -> Reach:
        """Return what is within reach at the beginning of a tune in a key."""
        return self._reach(ReachPosition(_signature(key)))

    def after(self, position: ReachPosition, character: str) -> Reach:
        """Return what is within reach after a character of the music."""
        return self._reach(self._after(position, character))

    def settled(self, position: ReachPosition, window: tuple[int, int] | None = None) -> Reach:
        """Return what is within reach after the note under way, in another ``window`` if one is given."""
        after = self._settled(position)
        return self._reach(after._replace(window=window or after.window))

    def choices_kept(self, forced: bool, forbidden: frozenset[str]) -> dict[frozenset[str], frozenset[str]]:
        """Return the choices found so far where the same is within reach."""
        return self._kept.setdefault((forced, forbidden), {})

    def _reach(self, position: ReachPosition) -> Reach:
        found = self._reaches.get(position)
        if found is None:
            found = self._reaches[position] = self._new_reach(position)
        return found

    # ── the range ───────────────────────────────────────────────────────────────────────────────

    def _is_edge(self, step: int) -> bool:
        widest = max(1, self._idiom.alteration)
        return any(
            self._in_range(place, alter) != self._in_range(place, 0)
            for place in _PLACES[step::7]
            for alter in range(-widest, widest + 1)
        )

    def _in_range(self, place: int, alter: int) -> bool:
        octave, step = divmod(place, 7)
        return self._idiom.lowest <= 12 * (octave + 1) + SEMITONES[step] + alter <= self._idiom.highest

    def _may_sound(self, position: ReachPosition, place: int, sign: str) -> bool:
        """Whether a place is within reach with the accidental that is written before it, if one is."""
        low, high = position.window
        if position.chord is not None:
            low = max(low, position.chord[1] - self._idiom.chord_span)
            high = min(high, position.chord[0] + self._idiom.chord_span)
        alter = position.altered[place % 7]
        if sign:
            alter = self._signs.get(sign, 0)
        elif alter is None:
            alter = position.signature[place % 7]
        return low <= place <= high and self._in_range(place, alter)

    # ── what may come ───────────────────────────────────────────────────────────────────────────

    def _new_reach(self, position: ReachPosition) -> Reach:
        if position.stage in ("word", "key"):
            return Reach(self, position)
        place = position.place
        marks = [mark for mark in OCTAVE_MARKS if place is not None and not self._may_mark(position, place, mark)]
        forced = place is not None and not self._may_sound(position, place, "")
        after = self._settled(position)
        letters = {letter: list(self._ways(after, letter, after.detail)) for letter in self._letters}
        forbidden = [letter for letter, ways in letters.items() if not ways]
        signs = [sign for sign in "^_=" if not self._may_sign(after, sign)]
        marked = [letter for letter, ways in letters.items() if ways and 0 not in ways]
        return Reach(self, position, forced, frozenset([*forbidden, *signs, *marks]), frozenset(marked))

    def _ways(self, position: ReachPosition, letter: str, sign: str) -> Iterator[int]:
        """Yield the numbers of octave marks with which a letter is within reach."""
        mark = "'" if letter.islower() else ","
        for count in range(1 + MAX_MARKS * (mark in self._alphabet)):
            if self._may_sound(position, _place(letter) + count * OCTAVE_MARKS[mark], sign):
                yield count

    def _may_mark(self, position: ReachPosition, place: int, mark: str) -> bool:
        """Whether the note under way is within reach with one octave mark more, or several."""
        more = range(1, MAX_MARKS - position.marks + 1)
        return any(self._may_sound(position, place + count * OCTAVE_MARKS[mark], "") for count in more)

    def _may_sign(self, position: ReachPosition, sign: str) -> bool:
        """Whether some letter is within reach after an accidental, or after one that begins with the sign."""
        begun = position.detail + sign
        return any(
            text.startswith(begun) and any(True for letter in self._letters for _ in self._ways(position, letter, text))
            for text in self._signs
        )

    # ── what has come ───────────────────────────────────────────────────────────────────────────

    def _settled(self, position: ReachPosition) -> ReachPosition:
        """Return the position after the note under way, if there is one."""
        place = position.place
        if place is None:
            return position
        position = position._replace(place=None, marks=0)
        if position.stage == "chord":
            low, high = position.chord or (place, place)
            return position._replace(chord=(min(low, place), max(high, place)))
        window = self._around(place, place)
        if position.stage == "grace":
            window = max(window[0], position.window[0]), min(window[1], position.window[1])
        return position._replace(window=window)

    def _around(self, low: int, high: int) -> tuple[int, int]:
        """Return the window after a note or chord of these outer places."""
        return low - self._idiom.leap, high + self._idiom.leap

    def _after(self, position: ReachPosition, character: str) -> ReachPosition:
        if position.stage == "word":
            return position._replace(stage="note") if character == "!" else position
        if position.stage == "key":
            if character != "]":
                return position._replace(detail=position.detail + character)
            return position._replace(stage="note", detail="", signature=_signature(position.detail.lstrip(":")))
        if character in OCTAVE_MARKS and position.place is not None:
            place = position.place + OCTAVE_MARKS[character]
            return position._replace(place=place, marks=position.marks + 1)
        position = self._settled(position)
        if character in LETTERS:
            return self._begun(position, character)
        if character in "^_=":
            return position._replace(detail=position.detail + character)
        return self._past(position, character)

    def _begun(self, position: ReachPosition, letter: str) -> ReachPosition:
        """Return the position after a letter."""
        place, altered = _place(letter), position.altered
        if position.detail and place % 7 in self._edges:
            alter = self._signs.get(position.detail, 0)
            altered = (*altered[: place % 7], alter, *altered[place % 7 + 1 :])
        return position._replace(place=place, altered=altered, detail="")

    def _past(self, position: ReachPosition, character: str) -> ReachPosition:
        """Return the position after a character that is no part of a note's name."""
        if position.stage == "chord":
            if character == "K":
                return position._replace(stage="key")
            if character == "]" and position.chord is not None:
                return position._replace(stage="note", window=self._around(*position.chord), chord=None)
        if character == "-":
            # Grace notes before the tied chord must be within reach of both its outer notes.
            low, high = position.window
            return position._replace(window=(high - 2 * self._idiom.leap, low + 2 * self._idiom.leap))
        stages = {"!": "word", "[": "chord", "{": "grace", "}": "note"}
        if character in stages:
            return position._replace(stage=stages[character])
        return position._replace(altered=(None,) * 7) if character == "|" else position


def _place(letter: str) -> int:
    step, octave = staff_position(letter, "")
    return 7 * octave + step


def _signature(key: str) -> tuple[int, ...]:
    signature = parse_key(key).semitones
    return tuple(signature.get(step, 0) for step in range(7))
