"""What a player knows at every place of a tune text: how far the end of the part is, and what the header has said.

The form in the header tells how many bars each part has. Counting them down, character by character, tells how far the
end of the part is; and meter, key, rhythm and origin, once told, hold for the whole tune. A model that is told all this
need neither count nor remember: it can learn how parts are brought to an end, and what suits a jig in D.
"""

from collections.abc import Sequence
from copy import copy
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import NotationError
from folkrnn.notation.form import MAX_SIMILARITY, read_form
from folkrnn.notation.headers import next_fields
from folkrnn.notation.key import MODES, parse_key
from folkrnn.notation.lookback import EIGHTH_TICKS, POSITION_SIZE, BarReader, position
from folkrnn.notation.meter import parse_meter
from folkrnn.notation.pitch import STEPS
from folkrnn.notation.repetition import ALIGNED_SIZES, FOLLOWED_SIZES, MATCHED_SIZES, Repetition

MAX_BARS_LEFT = 16
"""Bars further from the end of their part than this are not told apart."""

BARS_LEFT_CODES = 2 * (MAX_BARS_LEFT + 2)
"""How many places there are: one for the header, then the bars left of a part, apart for the last part of the tune."""

METERS = ("none", "2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8", "3/8", "3/2", "6/4", "4/2")
RHYTHMS = (
    "song", "reel", "jig", "hornpipe", "slip jig", "strathspey", "march", "quickstep", "air", "fling", "waltz", "polka",
    "slide", "minuet", "lament", "mazurka", "schottische",
)  # fmt: skip
ORIGINS = ("Ireland", "Scotland", "USA", "England", "Germany", "Austria", "France", "Netherlands", "China")

CONTEXT_SIZES = (
    BARS_LEFT_CODES,
    *(len(METERS) + 2, len(RHYTHMS) + 2, len(ORIGINS) + 2, 13, len(MODES) + 2, MAX_SIMILARITY + 2),
    POSITION_SIZE,
    *ALIGNED_SIZES,
    POSITION_SIZE + 1,
    *FOLLOWED_SIZES,
    8,
    *MATCHED_SIZES,
)
"""How many values are told of each thing: bars left of the part; meter, rhythm, origin, tonic, mode and likeness of the
parts; the time in the bar; of each earlier bar what is heard there at that time and how far its next note is; the time
that is left of the bar, where the last bar of a part is shorter by the pickup; which of the earlier bars this one has
followed note for note up to now, and which of its own the bar before had followed to its end, a binary digit for each;
the degree of the note that began last, from 1 for the tonic to 7; of one more earlier bar, the one that goes on best
from what was just heard (``Repetition._match``), what is heard there, how far its next note is and how well it matches;
and the note that followed when the last notes were heard before, and the one that the last steps would lead to as they
did before, each with how many notes or steps those are.

Of what the header tells, 0 stands for what has not been told and the highest value for what is not listed.
"""

_PICKUP = Fraction(3, 4)
"""A first bar that holds less than this share of the meter is taken for a pickup."""


class ContextReader:
    """A text under way: ``values`` say what is known behind its last character."""

    __slots__ = (
        "_bar",
        "_ending",
        "_fields",
        "_first",
        "_first_ending",
        "_free",
        "_full",
        "_header",
        "_left",
        "_line",
        "_part",
        "_parts",
        "_repetition",
        "_tonic",
    )  # fmt: skip

    def __init__(self) -> None:
        self._fields: list[str] | None = [""]  # the header lines so far; None behind the header
        self._header = [0] * 6
        self._parts: tuple[tuple[int, bool], ...] = ()
        self._full = EIGHTH_TICKS * 8
        self._free = True
        self._part = -1
        self._left = 0
        self._bar = BarReader()
        self._line = ""
        self._first = True
        self._ending = self._first_ending = 0
        self._repetition = Repetition()
        self._tonic: int | None = None  # in steps from C

    @property
    def values(self) -> tuple[int, ...]:
        """A value for each thing of CONTEXT_SIZES; in a bar line, what they are if it ends here."""
        if self._fields is not None:
            return (0, *self._header, *_NO_MUSIC)
        if self._line:
            ahead = self.copy()
            ahead._pass_line()
            return ahead.values
        bar, repetition = self._bar, self._repetition
        now = position(bar.now), *repetition.aligned(bar), self._time_left()
        return (
            self.bars_left_code,
            *self._header,
            *now,
            *repetition.followed(bar),
            self._degree(bar.step),
            *repetition.matched(bar),
        )

    def _degree(self, step: int | None) -> int:
        """The degree of a note so many steps from C, 0 if there is none."""
        return 0 if step is None or self._tonic is None else 1 + (step - self._tonic) % 7

    def _time_left(self) -> int:
        """The number of the time left of the bar, as in ``position``; 0 if nobody knows, the highest if it is over."""
        if self._free:
            return 0
        left = self._full - (self._repetition.pickup if self._left == 1 else 0) - self._bar.now
        return position(left) if left >= 0 else POSITION_SIZE

    @property
    def bars_left_code(self) -> int:
        """0 in a header; behind it 1 and the bars left of the part, in the last part MAX_BARS_LEFT + 1 more."""
        if self._fields is not None:
            return 0
        last = self._part >= len(self._parts) - 1
        return 1 + min(max(self._left, 0), MAX_BARS_LEFT) + last * (MAX_BARS_LEFT + 1)

    @property
    def follows(self) -> bool:
        """Whether the bar under way has begun, and has followed one of those beside it note for note."""
        music = self._fields is None and not self._line and not self._bar.empty
        return music and self._repetition.followed(self._bar)[0] > 0

    def ends_off_tonic(self, character: str) -> bool:
        """Whether a character would end a part on another note than the tonic that the header tells."""
        closing = self._fields is None and self._left == 1 and not self._line and self._belongs_to_line(character)
        return closing and self._degree(self._bar.last_step) > 1

    def copy(self) -> "ContextReader":
        """The same place; the two go on apart."""
        twin = copy(self)
        twin._fields = None if self._fields is None else self._fields.copy()
        twin._header, twin._bar, twin._repetition = self._header.copy(), self._bar.copy(), self._repetition.copy()
        return twin

    def advance(self, character: str) -> None:
        """Read the next character; any text can be read."""
        if self._fields is not None:
            self._read_header(self._fields, character)
        elif self._belongs_to_line(character):
            self._line += character
            if character in "12":
                self._pass_line()
        else:
            if self._line:
                self._pass_line()
            self._bar.advance(character)

    def _belongs_to_line(self, character: str) -> bool:
        """Whether a character is one of a bar line's, and not of a note, a chord or ``[K:…]``."""
        if character in "12":
            return self._line.endswith("|")
        return (
            character == "|"
            or (character == ":" and not self._bar.takes_colon)
            or (character == "]" and self._line != "")
        )

    def _read_header(self, lines: list[str], character: str) -> None:
        if character != "\n":
            lines[-1] += character
            return
        self._tell(lines[-1][:1], lines[-1][2:])
        fields = {line[:1]: line[2:] for line in lines}
        if next_fields(fields):
            lines.append("")
            return
        self._fields = None
        try:
            self._parts, _ = read_form(fields["I"].removeprefix("form ").partition(" ")[0])
            bar = parse_meter(fields["M"]).bar
            self._full, self._free = int(8 * EIGHTH_TICKS * (bar or 1)), bar is None
        except (ValueError, NotationError):
            self._parts = ()
        self._next_part()

    def _tell(self, letter: str, value: str) -> None:
        """Take what a whole line of the header says."""
        if letter == "K":
            try:
                key = parse_key(value)
            except NotationError:
                return
            self._header[3] = 0 if key.tonic_class is None else 1 + key.tonic_class
            self._header[4] = 1 + list(MODES).index(key.mode) if key.tonic else len(MODES) + 1
            self._tonic = STEPS.index(key.tonic[0]) if key.tonic else None
        elif letter and letter in "MRO":
            values: Sequence[str] = {"M": METERS, "R": RHYTHMS, "O": ORIGINS}[letter]
            listed = values.index(value) if value in values else len(values)
            self._header["MRO".index(letter)] = 1 + listed
        elif letter == "I":
            similarity = value.rpartition(" ")[2]
            self._header[5] = 1 + int(similarity) if similarity in _SIMILARITIES else 0

    def _next_part(self) -> None:
        self._part += 1
        self._left = self._parts[self._part][0] if self._part < len(self._parts) else 0
        self._first, self._ending, self._first_ending = True, 0, 0
        self._repetition.begin_part()
        self._repetition.look(self._first)

    def _pass_line(self) -> None:
        """Count the bar that a bar line has ended, and see what begins."""
        line, self._line = self._line, ""
        bar, self._bar = self._bar, BarReader()
        if not bar.empty:
            pickup = self._first and line in ("|", "|:") and bar.now < _PICKUP * self._full
            self._repetition.add(bar, pickup)
            if pickup:
                self._first = False
                self._repetition.look(self._first)
                return
            self._left -= 1
            self._first_ending += self._ending == 1
        self._first = self._first and bar.empty
        repeated = self._part < len(self._parts) and self._parts[self._part][1]
        if line.endswith("1"):
            self._ending = 1
        elif line.endswith("2"):
            self._ending, self._left = 2, self._first_ending
            self._repetition.forget(self._first_ending)  # the second is held against what the first was
        elif line in (":|", ":||:", "|:", "|]") or (line == "||" and (not repeated or self._ending == 2)):
            if not bar.empty:
                self._next_part()
        elif self._ending == 2 and self._left <= 0:
            self._next_part()
        self._repetition.look(self._first)


_SIMILARITIES = [str(similarity) for similarity in range(MAX_SIMILARITY + 1)]
_NO_MUSIC = (0,) * (len(CONTEXT_SIZES) - 1 - 6)


def context_features(text: str) -> NDArray[np.uint8]:
    """The values behind each character of a text, (N, len(CONTEXT_SIZES))."""
    place = ContextReader()
    found = []
    for character in text:
        place.advance(character)
        found.append(place.values)
    return np.array(found, np.uint8).reshape(len(text), len(CONTEXT_SIZES))
