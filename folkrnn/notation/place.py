"""What a player knows at every place of a tune text: how far the end of the part is, and what the header has said.

The form in the header tells how many bars each part has. Counting them down, character by character, tells how far the
end of the part is; and meter, key, rhythm and origin, once told, hold for the whole tune. A model that is told all this
need neither count nor remember: it can learn how parts are brought to an end, and what suits a jig in D.
"""

import re
from collections.abc import Sequence
from copy import copy
from fractions import Fraction

from folkrnn.errors import NotationError
from folkrnn.notation.form import read_form
from folkrnn.notation.key import MODES, parse_key
from folkrnn.notation.learned import next_fields
from folkrnn.notation.meter import parse_meter

FURTHEST = 16
"""Bars further from the end of their part than this are not told apart."""

PLACES = 2 * (FURTHEST + 2)
"""How many places there are: one for the header, then the bars left of a part, apart for the last part of the tune."""

METERS = ("none", "2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8", "3/8", "3/2", "6/4", "4/2")
RHYTHMS = (
    "song", "reel", "jig", "hornpipe", "slip jig", "strathspey", "march", "quickstep", "air", "fling", "waltz", "polka",
    "slide", "minuet", "lament", "mazurka", "schottische",
)  # fmt: skip
ORIGINS = ("Ireland", "Scotland", "USA", "England", "Germany", "Austria", "France", "Netherlands", "China")

SHAPE = (PLACES, len(METERS) + 2, len(RHYTHMS) + 2, len(ORIGINS) + 2, 13, len(MODES) + 2)
"""How many values each part of a code has: the place, the meter, the rhythm, the origin, the tonic and the mode.

But for the place, 0 stands for what has not been told and the highest value for what is not listed.
"""

_LENGTH = re.compile(r"\{[^}]*\}|\[[A-Z]:[^\]]*\]|\[([A-Ga-g,'=^_]*)\](\d*)(/?)(\d*)|[A-Ga-gz][,']*(\d*)(/?)(\d*)")
_PICKUP = Fraction(3, 4)
"""A first bar that holds less than this share of the meter is taken for a pickup; tuplets are counted as they look."""


class FormPlace:
    """A text under way: ``values`` and ``code`` say what is known behind its last character."""

    __slots__ = (
        "_bar", "_ending", "_fields", "_first", "_first_ending", "_full", "_left", "_line", "_part", "_parts", "_told",
    )  # fmt: skip

    def __init__(self) -> None:
        self._fields: list[str] | None = [""]  # the header lines so far; None behind the header
        self._parts: tuple[tuple[int, bool], ...] = ()
        self._full = Fraction(1)
        self._part = -1
        self._left = 0
        self._bar: list[str] = []
        self._line = ""
        self._first = True
        self._ending = self._first_ending = 0
        self._told = [0] * (len(SHAPE) - 1)

    @property
    def code(self) -> int:
        """All values in one number, the place first: see SHAPE."""
        number = 0
        for value, size in zip(reversed(self._told), reversed(SHAPE), strict=False):
            number = number * size + value
        return number * PLACES + self.place

    @property
    def place(self) -> int:
        """0 in a header; behind it 1 and the bars left of the part, in the last part FURTHEST + 1 more."""
        if self._fields is not None:
            return 0
        last = self._part >= len(self._parts) - 1
        return 1 + min(max(self._left, 0), FURTHEST) + last * (FURTHEST + 1)

    def copy(self) -> "FormPlace":
        """The same place; the two go on apart."""
        twin = copy(self)
        twin._fields = None if self._fields is None else self._fields.copy()
        twin._bar = self._bar.copy()
        twin._told = self._told.copy()
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
            self._bar.append(character)

    def _belongs_to_line(self, character: str) -> bool:
        """Whether a character is one of a bar line's, and not of a note, a chord or ``[K:…]``."""
        if character in "12":
            return self._line.endswith("|")
        return (
            character == "|"
            or (character == ":" and self._bar[-2:-1] != ["["])
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
            self._full = parse_meter(fields["M"]).bar or Fraction(1)
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
            self._told[3] = 0 if key.tonic_class is None else 1 + key.tonic_class
            self._told[4] = 1 + list(MODES).index(key.mode) if key.tonic else len(MODES) + 1
        elif letter and letter in "MRO":
            values: Sequence[str] = {"M": METERS, "R": RHYTHMS, "O": ORIGINS}[letter]
            listed = values.index(value) if value in values else len(values)
            self._told["MRO".index(letter)] = 1 + listed

    def _next_part(self) -> None:
        self._part += 1
        self._left = self._parts[self._part][0] if self._part < len(self._parts) else 0
        self._first, self._ending, self._first_ending = True, 0, 0

    def _pass_line(self) -> None:
        """Count the bar that a bar line has ended, and see what begins."""
        line, self._line = self._line, ""
        bar, self._bar = "".join(self._bar), []
        if bar and self._first and line in ("|", "|:") and self._length(bar) < _PICKUP * self._full:
            return
        if bar:
            self._left -= 1
            self._first_ending += self._ending == 1
        self._first = False
        repeated = self._part < len(self._parts) and self._parts[self._part][1]
        if line.endswith("1"):
            self._ending = 1
        elif line.endswith("2"):
            self._ending, self._left = 2, self._first_ending
        elif line in (":|", ":||:", "|:", "|]") or (line == "||" and (not repeated or self._ending == 2)):
            if bar:
                self._next_part()
        elif self._ending == 2 and self._left <= 0:
            self._next_part()

    def _length(self, bar: str) -> Fraction:
        """About how long some music is."""
        total = Fraction(0)
        for match in _LENGTH.finditer(bar):
            if match[0][0] == "{" or match[0][1:3].endswith(":"):
                continue
            count, slash, parts = match.group(2, 3, 4) if match[1] is not None else match.group(5, 6, 7)
            total += Fraction(int(count or 1), (int(parts or 2) or 1) if slash else 1)
        return total / 8


def codes(text: str) -> list[int]:
    """The code behind each character of a text."""
    place = FormPlace()
    found = []
    for character in text:
        place.advance(character)
        found.append(place.code)
    return found
