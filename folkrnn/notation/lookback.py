"""Where in its bar a text under way has come, and what was heard there in earlier bars.

Tunes are made of bars that come back: the next but one, four bars on, in the next part. A model that is told which
note an earlier bar has at the place it has come to need not keep whole bars in mind to take one up again or vary it.
(Magenta's Lookback RNN reads what came one and two bars earlier; Waite, 2016. Here the bars are lined up by time.)

The text is read character by character and may break off anywhere, so a note counts as an eighth until its length is
written; what is read here is only told to a model, and never decides what is right.
"""

from bisect import bisect_right
from collections.abc import Sequence
from copy import copy
from itertools import pairwise

EIGHTH_TICKS = 96
"""Ticks of an eighth note."""

MAX_EIGHTHS = 16
"""A bar's time is told apart by half eighths up to so many eighths."""

POSITION_SIZE = 2 * MAX_EIGHTHS + 3
"""How many positions there are: before the music, each half eighth, and between them."""

LOWEST_STEP, HIGHEST_STEP = -7, 20
"""Steps from C to the lowest and the highest note that are told apart."""

_STEPS = {letter: step for step, letter in enumerate("CDEFGABcdefgab")}
_HELD, _REST, _LOW = 1, 2, 3
EVENT_SIZE = _LOW + HIGHEST_STEP - LOWEST_STEP + 1
"""How many things may be heard in an earlier bar: nothing, a note that began before, a rest, or a note's beginning."""

_DISTANCES = [EIGHTH_TICKS * quarters // 4 for quarters in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)]
DISTANCE_SIZE = len(_DISTANCES) + 2
"""How many distances to the next note of the earlier bar are told apart, and 0 for none."""

_SILENT = {"{": "}", "K": "]", '"': '"', "!": "!"}
"""What opens and closes text that takes no time: graces, fields, words above the staff, decorations."""

_FAR = 64
"""More than any step from one note to another; a step is told as this and so many more."""

_OPENING = '{[("!'

_LONGEST_NUMBER = 8
"""More characters than this are in no length and in no sign of a tuplet."""

NO_EVENT = 0, 0
"""What is heard where there is no earlier bar, or behind its end."""

USUAL_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}


class PastBar:
    """A bar that is over: when its notes begin and what they are (see EVENT_SIZE), and its length, in ticks."""

    __slots__ = ("_found", "length", "music", "notes", "onsets")

    def __init__(self, onsets: Sequence[int], notes: Sequence[int], length: int) -> None:
        self.onsets = tuple(onsets)
        self.notes = tuple(notes)
        self.length = length
        self.music = self.onsets, self.notes, length
        self._found: dict[int, tuple[int, int]] = {}  # several later bars ask for the same times

    def at(self, now: int) -> tuple[int, int]:
        """Return the event at a time and the distance class of the next note; NO_EVENT where there is none."""
        if now >= self.length or not self.onsets:
            return NO_EVENT
        if now not in self._found:
            index = bisect_right(self.onsets, now) - 1
            following = self.onsets[index + 1] if index + 1 < len(self.onsets) else self.length
            note = self.notes[index] if self.onsets[index] == now else _HELD
            self._found[now] = note, 1 + bisect_right(_DISTANCES, following - now)
        return self._found[now]


def steps_of(notes: bytes) -> bytes:
    """The steps from note to note, each a number above 1; 0 to a rest and 1 from one."""
    return bytes([_FAR + two - one if one >= _LOW <= two else one < _LOW for one, two in pairwise(notes)])


def stepped(note: int, step: int) -> int:
    """What such a step from a note leads to, among what may be heard; from a rest it is not known where to."""
    if note < _LOW:
        return 0
    return min(max(note + step - _FAR, _LOW), EVENT_SIZE - 1) if step else _REST


class BarReader:
    """Reads the music of one bar, without its bar lines; any text can be read."""

    __slots__ = ("_brackets", "_count", "_factor", "_length", "_next_factor", "_notes", "_onset", "_onsets", "_tuplet")

    def __init__(self) -> None:
        self._onsets: list[int] = []
        self._notes: list[int] = []
        self._onset = 0  # of the note under way
        self._length = 0  # of the note under way; 0 if there is none
        self._count = ""  # its length as it is written
        self._factor = self._next_factor = 1.0  # what a tuplet or a broken rhythm makes of it
        self._brackets = ""  # what opened the text under way: see _SILENT; [ of a chord, ( of a tuplet
        self._tuplet = 1, 1, 0  # actual, normal, notes left

    @property
    def now(self) -> int:
        """How many ticks of the bar have passed, if the note under way ends here."""
        return self._onset + self._length

    @property
    def empty(self) -> bool:
        """Whether no note has begun."""
        return not self._onsets

    @property
    def takes_colon(self) -> bool:
        """Whether a colon would belong to the music: to a field or to the sign of a tuplet."""
        return self._brackets in ("K", "(")

    def copy(self) -> "BarReader":
        """The same bar; the two go on apart."""
        twin = copy(self)
        twin._onsets, twin._notes = self._onsets.copy(), self._notes.copy()
        return twin

    @property
    def step(self) -> int | None:
        """Steps from C to the note that began last; None for a rest or before the first."""
        if not self._notes or self._notes[-1] < _LOW:
            return None
        return self._notes[-1] - _LOW + LOWEST_STEP

    @property
    def last_step(self) -> int | None:
        """Steps from C to the last note, whatever rests follow it; None where there is no note."""
        return next((note - _LOW + LOWEST_STEP for note in reversed(self._notes) if note >= _LOW), None)

    @property
    def notes(self) -> bytes:
        """The notes that have begun, each as a number that may be heard."""
        return bytes(self._notes)

    @property
    def begun(self) -> int:
        """How many notes and rests have begun."""
        return len(self._onsets)

    def agrees(self, earlier: PastBar, first: int, last: int) -> bool:
        """Whether the notes from one to another, counted from 0, began as those of an earlier bar did."""
        return earlier.onsets[first:last] == tuple(self._onsets[first:last]) and earlier.notes[first:last] == tuple(
            self._notes[first:last]
        )

    def follows(self, earlier: PastBar) -> bool:
        """Whether the note that began last is that of an earlier bar, in which none has begun since up to now."""
        count = len(self._onsets)
        if count and not self.agrees(earlier, count - 1, count):
            return False
        return len(earlier.onsets) <= count or earlier.onsets[count] >= self._onset + self._length

    def past_bar(self) -> PastBar:
        """The bar as it is now."""
        return PastBar(self._onsets, self._notes, self.now)

    def advance(self, character: str) -> None:
        """Read the next character."""
        if self._brackets and self._brackets in _SILENT:
            if character in _SILENT[self._brackets]:
                self._brackets = ""
        elif self._brackets == "(" and character in "0123456789:" and len(self._count) < _LONGEST_NUMBER:
            self._read_tuplet(character)
        elif character in _STEPS or character in "zx":
            self._begin(character)
        elif character in ",'":
            if self._notes and self._notes[-1] >= _LOW:
                self._notes[-1] = _note(self._notes[-1] - _LOW + LOWEST_STEP + (7 if character == "'" else -7))
        elif character in "0123456789/" and self._length and len(self._count) < _LONGEST_NUMBER:
            self._count += character
            self._length = self._sounding()
        elif character in "<>" and self._length:
            self._factor *= 1.5 if character == ">" else 0.5
            self._next_factor = 0.5 if character == ">" else 1.5
            self._length = self._sounding()
        elif character in _OPENING:
            self._brackets, self._count = character, ""
        elif self._brackets == "[" and character == "]":
            self._brackets = ""
        elif self._brackets == "[" and character.isupper():
            self._brackets = "K"

    def _begin(self, letter: str) -> None:
        """Begin a note or a rest; of a chord only the first note counts."""
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
        self._brackets = "[" if self._brackets == "[" else ""
        self._length = self._sounding()

    def _sounding(self) -> int:
        """The length of the note under way, in ticks."""
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
    """The number of a note, so many steps from C, among what may be heard."""
    return _LOW + min(max(step, LOWEST_STEP), HIGHEST_STEP) - LOWEST_STEP


def position(now: int) -> int:
    """The number of a time in the bar, below POSITION_SIZE; 0 is no time."""
    halves, between = divmod(2 * now, EIGHTH_TICKS)
    return POSITION_SIZE - 1 if between else 1 + min(halves, 2 * MAX_EIGHTHS)
