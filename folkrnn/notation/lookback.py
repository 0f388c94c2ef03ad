"""One bar of a text under way, and what earlier bars play at the same time.

Bars of a tune come back: after two bars, after four, in the next part. A network that reads which note an earlier bar
has at this time need not remember whole bars in order to repeat or vary them. (Magenta's Lookback RNN reads what came
one and two bars earlier; Waite, 2016. Here the bars are aligned by time.)

The text is read character by character and may stop anywhere, so a note counts as an eighth until its length is
written. What is read here is input for a network only: the reader decides what a text means.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from folkrnn.notation.tune import USUAL_TUPLETS

EIGHTH_TICKS = 96

MAX_EIGHTHS = 16
"""The time in a bar is exact to a half eighth up to this many eighths."""

POSITION_SIZE = 2 * MAX_EIGHTHS + 3
"""The number of values of ``position``: no time, each half eighth, and times between two of them."""

LOWEST_STEP, HIGHEST_STEP = -7, 20
"""Steps from middle C to the lowest and the highest note; notes beyond count as these."""

_STEPS = {letter: step for step, letter in enumerate("CDEFGABcdefgab")}
_HELD, _REST, _LOW = 1, 2, 3
LOWEST_EVENT = _LOW
"""The event of the lowest note; smaller ones are no notes that begin."""

EVENT_SIZE = _LOW + HIGHEST_STEP - LOWEST_STEP + 1
"""The number of events: none, a note that began earlier, a rest, or the note that begins."""

_DISTANCES = [EIGHTH_TICKS * quarters // 4 for quarters in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)]
DISTANCE_SIZE = len(_DISTANCES) + 2
"""The number of classes of the time to the next note of an earlier bar, and one for none."""

_SILENT = {"{": "}", "K": "]", '"': '"', "!": "!"}
"""What opens and closes text that takes no time: grace notes, fields, quoted words, decorations."""

_FAR = 64
"""More than any step from one note to another; a step is stored as this plus its size."""

_OPENING = '{[("!'

_SIGNS = "^_="

_MAX_NUMBER = 8
"""No length and no tuplet sign has more characters than this."""

NO_EVENT = 0, 0
"""The event and the distance where there is no earlier bar, or after its end."""


Figure = tuple[tuple[int, ...], tuple[int, ...]]
"""What makes bars the same: their notes and the onsets of these."""

_Slotted = TypeVar("_Slotted")


def copied(value: _Slotted) -> _Slotted:
    """Return a shallow copy of a value that has slots; ``copy.copy`` takes five times as long."""
    twin = object.__new__(type(value))
    for name in type(value).__slots__:  # type: ignore[attr-defined]
        setattr(twin, name, getattr(value, name))
    return twin


def figure_of(onsets: Sequence[int], notes: Sequence[int]) -> Figure:
    """Return the figure of a bar; for notes of one single pitch it is that pitch alone, whatever their lengths."""
    if notes and all(note == notes[0] for note in notes):
        return (), (notes[0],)
    return tuple(onsets), tuple(notes)


class PastBar:
    """A bar that is over: the onsets of its notes and its length, in ticks, the notes as events, and its figure.

    ``signs`` are the accidentals of the notes. ``exact`` is what two bars of the same sound have in common, and
    ``text`` is how the bar is written.
    """

    __slots__ = ("_found", "exact", "figure", "length", "music", "notes", "onsets", "signs", "text")

    def __init__(
        self, onsets: Sequence[int], notes: Sequence[int], length: int, signs: Sequence[str] = (), text: str = ""
    ) -> None:
        self.onsets = tuple(onsets)
        self.notes = tuple(notes)
        self.length = length
        self.text = text
        self.music = self.onsets, self.notes, length
        self.signs = tuple(signs)
        self.exact = self.music, self.signs
        self.figure = figure_of(onsets, notes)
        self._found: dict[int, tuple[int, int]] = {}  # several later bars ask for the same times

    def at(self, now: int) -> tuple[int, int]:
        """Return the event at a time and the class of the time to the next note; NO_EVENT if there is none."""
        if now >= self.length or not self.onsets:
            return NO_EVENT
        if now not in self._found:
            index = bisect_right(self.onsets, now) - 1
            following = self.onsets[index + 1] if index + 1 < len(self.onsets) else self.length
            note = self.notes[index] if self.onsets[index] == now else _HELD
            self._found[now] = note, 1 + bisect_right(_DISTANCES, following - now)
        return self._found[now]


def steps_of(notes: bytes) -> bytes:
    """Return the steps from note to note, each a number above 1; 0 is a step to a rest and 1 a step from one."""
    return bytes([_FAR + two - one if one >= _LOW <= two else one < _LOW for one, two in pairwise(notes)])


def stepped(note: int, step: int) -> int:
    """Return the event to which a step leads from a note; 0 from a rest."""
    if note < _LOW:
        return 0
    return min(max(note + step - _FAR, _LOW), EVENT_SIZE - 1) if step else _REST


class BarReader:
    """A reader of the music of one bar, without its bar lines; any text can be read."""

    __slots__ = (
        "_brackets", "_count", "_factor", "_length", "_next_factor", "_notes", "_onset", "_onsets", "_sign", "_signs",
        "_tuplet", "text",
    )  # fmt: skip

    def __init__(self) -> None:
        self._onsets: list[int] = []
        self._notes: list[int] = []
        self._onset = 0  # of the note under way
        self._length = 0  # of the note under way; 0 if there is none
        self._count = ""  # its length as it is written
        self._factor = self._next_factor = 1.0  # what a tuplet or a broken rhythm makes of it
        self._brackets = ""  # what opened the text under way: see _SILENT; [ of a chord, ( of a tuplet
        self._tuplet = 1, 1, 0  # actual, normal, notes left
        self._sign = ""  # the accidental of the next note
        self._signs: list[str] = []
        self.text = ""

    @property
    def now(self) -> int:
        """The ticks of the bar so far, if the note under way ends here."""
        return self._onset + self._length

    @property
    def empty(self) -> bool:
        """Whether no note has begun."""
        return not self._onsets

    @property
    def takes_colon(self) -> bool:
        """Whether a colon would belong to the music: to a field or to a tuplet sign."""
        return self._brackets in ("K", "(")

    def copy(self) -> "BarReader":
        """Return a copy that advances alone."""
        twin = copied(self)
        twin._onsets, twin._notes, twin._signs = self._onsets.copy(), self._notes.copy(), self._signs.copy()
        return twin

    @property
    def step(self) -> int | None:
        """Steps from C to the note that began last; None for a rest or before the first."""
        if not self._notes or self._notes[-1] < _LOW:
            return None
        return self._notes[-1] - _LOW + LOWEST_STEP

    @property
    def last_step(self) -> int | None:
        """Steps from C to the last note, whatever rests follow it; None if there is no note."""
        return next((note - _LOW + LOWEST_STEP for note in reversed(self._notes) if note >= _LOW), None)

    @property
    def figure(self) -> Figure:
        """What the bar has in common with those that count as the same."""
        return figure_of(self._onsets, self._notes)

    @property
    def notes(self) -> bytes:
        """The notes that have begun, as events."""
        return bytes(self._notes)

    @property
    def begun(self) -> int:
        """The number of notes and rests that have begun."""
        return len(self._onsets)

    def agrees(self, earlier: PastBar, first: int, last: int) -> bool:
        """Whether the notes from index ``first`` to before ``last`` begin as those of an earlier bar do."""
        return earlier.onsets[first:last] == tuple(self._onsets[first:last]) and earlier.notes[first:last] == tuple(
            self._notes[first:last]
        )

    def follows(self, earlier: PastBar) -> bool:
        """Whether the last note is that of an earlier bar, in which no other has begun before the present time."""
        count = len(self._onsets)
        if count and not self.agrees(earlier, count - 1, count):
            return False
        return len(earlier.onsets) <= count or earlier.onsets[count] >= self._onset + self._length

    def shift_from(self, earlier: PastBar) -> int:
        """Return the steps from the first note of an earlier bar to that of this one; 0 if there is no such note."""
        if not (self._notes and earlier.notes) or min(self._notes[0], earlier.notes[0]) < _LOW:
            return 0
        return self._notes[0] - earlier.notes[0]

    def changed_from(self, earlier: PastBar, shift: int) -> int:
        """Return how many notes begin otherwise than in an earlier bar, moved by some steps."""
        changed = 0
        for onset, note in zip(self._onsets, self._notes, strict=True):
            there = earlier.at(onset)[0]
            changed += note != (moved_event(there, shift) if shift else there)
        return changed

    def past_bar(self) -> PastBar:
        """Return the bar as it is now."""
        return PastBar(self._onsets, self._notes, self.now, self._signs, self.text)

    def advance(self, character: str) -> None:
        """Read the next character."""
        self.text += character
        if self._brackets and self._brackets in _SILENT:
            if character in _SILENT[self._brackets]:
                self._brackets = ""
        elif self._brackets == "(" and character in "0123456789:" and len(self._count) < _MAX_NUMBER:
            self._read_tuplet(character)
        elif character in _STEPS or character in "zx":
            self._begin(character)
        elif character in ",'":
            if self._notes and self._notes[-1] >= _LOW:
                self._notes[-1] = _note(self._notes[-1] - _LOW + LOWEST_STEP + (7 if character == "'" else -7))
        elif character in "0123456789/" and self._length and len(self._count) < _MAX_NUMBER:
            self._count += character
            self._length = self._sounding()
        elif character in "<>" and self._length:
            self._factor *= 1.5 if character == ">" else 0.5
            self._next_factor = 0.5 if character == ">" else 1.5
            self._length = self._sounding()
        elif character in _SIGNS:
            self._sign += character
        elif character in _OPENING:
            self._brackets, self._count = character, ""
        elif self._brackets == "[" and character == "]":
            self._brackets = ""
        elif self._brackets == "[" and character.isupper():
            self._brackets = "K"

    def _begin(self, letter: str) -> None:
        """Begin a note or a rest; of a chord only the first note counts."""
        sign, self._sign = self._sign, ""
        if self._brackets == "[" and self._count:
            return
        self._onset += self._length
        self._factor, self._next_factor = self._next_factor, 1.0
        actual, normal, left = self._tuplet
        if left:
            self._tuplet = actual, normal, left - 1
            self._factor *= normal / actual
        self._count = "" if self._brackets != "[" else "["
        self._onsets.append(self._onset)
        self._notes.append(_REST if letter in "zx" else _note(_STEPS[letter]))
        self._signs.append(sign)
        self._brackets = "[" if self._brackets == "[" else ""
        self._length = self._sounding()

    def _sounding(self) -> int:
        """Return the length of the note under way, in ticks."""
        count = self._count.removeprefix("[")
        if not count:
            return round(EIGHTH_TICKS * self._factor)
        times, slashes, parts = count.partition("/")
        shorter = int(parts.replace("/", "") or 2) if slashes else 1
        return round(EIGHTH_TICKS * int(times or 1) * self._factor / max(1, shorter))

    def _read_tuplet(self, character: str) -> None:
        self._count += character
        actual, *more = (int(number or 0) for number in self._count.split(":"))
        normal = (more[0] if more else 0) or USUAL_TUPLETS.get(actual, 2)
        self._tuplet = max(1, actual), normal, (more[1] if len(more) > 1 else 0) or actual


def _note(step: int) -> int:
    """Return the event of a note ``step`` steps from C."""
    return _LOW + min(max(step, LOWEST_STEP), HIGHEST_STEP) - LOWEST_STEP


def moved_event(event: int, shift: int) -> int:
    """Return an event some steps higher; a note beyond the highest or the lowest counts as that."""
    return event if event < _LOW else _note(event - _LOW + LOWEST_STEP + shift)


def position(now: int) -> int:
    """Return the number of a time in the bar, from 1 to POSITION_SIZE - 1."""
    halves, between = divmod(2 * now, EIGHTH_TICKS)
    return POSITION_SIZE - 1 if between else 1 + min(halves, 2 * MAX_EIGHTHS)
