"""The grammar of the header: its lines in any order, and the values that each may have."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from folkrnn.errors import NotationError
from folkrnn.notation.form import MAX_SIMILARITY, Part, read_build, read_form
from folkrnn.notation.grammar.bar import SOON, BarGrammar, grammar_ticks
from folkrnn.notation.grammar.words import Words
from folkrnn.notation.headers import next_fields
from folkrnn.notation.meter import parse_meter
from folkrnn.notation.plan import MAX_SIGNS, next_characters
from folkrnn.notation.rhythms import usual_meters

MAX_TEXT = {"T": 80, "R": 30, "O": 30}
"""The most characters of a title, a rhythm and an origin; half of it if a whole tune has fewer than 1000."""

MAX_BARS, MAX_SECTIONS = 200, 40
"""The largest form."""

BAR_COST, SECTION_COST = 16, 48
"""More characters than the shortest way through a bar takes, and than a section may take beyond its bars."""

FORM_COST = 5
"""More characters than one more section takes in the form, or than the similarity takes."""

PLAN_COST = MAX_SIGNS + 1
"""The most characters of a label of a plan."""

LINE_COST = 12
"""The most characters of a header line, without its text and its form."""

_FIXED = {"X": "1", "L": "1/8"}
_OPENING = "form "
_FORM = re.compile(_OPENING + r"([1-9]\d{0,2}[:|])+( \d{0,2})?( [a-zA-Z'^|]*)?")
_HORNPIPE = "hornpipe"
_HORNPIPE_METERS = tuple(meter for meter in usual_meters(_HORNPIPE) if meter.endswith("/4"))
"""The meters of hornpipes in quarters: abc2midi takes R:hornpipe in 2/4 and 4/4 only, and swings it wrongly in 3/2."""

_LINE_END = frozenset("\n")


def meter_names() -> Iterator[str]:
    """Yield the meters of the grammar: ``none``, and all from a quarter to four whole notes of 1 to 24 beats."""
    yield "none"
    for unit in (1, 2, 4, 8, 16):
        for beats in range(1, 25):
            if Fraction(1, 4) <= Fraction(beats, unit) <= 4:
                yield f"{beats}/{unit}"
    for first, second in product((2, 3, 4), repeat=2):
        yield f"{first}+{second}/8"
        for third in (2, 3):
            yield f"{first}+{second}+{third}/8"


def is_hornpipe(rhythm: str) -> bool:
    """Whether abc2midi takes a tune of a rhythm for a hornpipe, which it swings."""
    return rhythm.lower().startswith(_HORNPIPE)


def abc2midi_takes(rhythm: str, meter: str) -> bool:
    """Whether abc2midi takes a rhythm in a meter: hornpipes in 2/4 and 4/4 only."""
    return not is_hornpipe(rhythm) or meter in _HORNPIPE_METERS


def form_cost(value: str) -> int:
    """Return the most characters of the music of a form, written in the shortest way; 0 for an empty value."""
    parts, _ = read_form(read_build(value).form)
    return sum(part.bars * BAR_COST + SECTION_COST for part in parts)


@dataclass(frozen=True)
class Wish:
    """What the header of a tune shall have, beside given lines.

    The ``similarity`` of the parts; with one, there are several parts. A plan, if ``planned``, whose parts are the same
    where the letters of ``pattern`` are (``plan.next_characters``), and which begins with ``opening`` as far as the
    form allows it. Without ``planned`` there is none.
    """

    similarity: int | None = None
    planned: bool = False
    pattern: str = ""
    opening: str = ""


NO_WISH = Wish()


class HeaderGrammar:
    """What the lines of a header may say, written with some characters.

    All bars must be multiples of the grid of ``bar``, whose keys a header may have. Where that is ``cautious`` the
    header leaves out what abc2midi does not take: hornpipes in other meters than 2/4 and 4/4, and texts that begin
    like a bar line.
    """

    def __init__(self, bar: BarGrammar) -> None:
        def fits(name: str) -> bool:
            full = parse_meter(name).bar
            return bar.alphabet.issuperset(name) and (full is None or not grammar_ticks(full) % bar.grid)

        meters = list(filter(fits, meter_names()))
        self.alphabet = bar.alphabet
        self.cautious = bar.cautious
        self.meters = Words(meters)
        self.hornpipe_meters = Words(name for name in meters if name in _HORNPIPE_METERS)
        self.keys = bar.keys
        self.similarities = Words(str(n) for n in range(MAX_SIMILARITY + 1) if bar.alphabet.issuperset(str(n)))

    def check(self, letter: str, value: str) -> None:
        """Raise NotationError for a value that a field cannot have."""
        if letter == "M" and value not in self.meters:
            raise NotationError(f"{value!r} is no meter of the grammar; expected one such as 6/8, 4/4 or none")
        if letter == "K" and value not in self.keys:
            raise NotationError(f"{value!r} is no key of the grammar; expected one such as D, Em or Ador")
        if letter == "L" and value != _FIXED["L"]:
            raise NotationError(f"{value!r} is no unit length of the grammar; expected {_FIXED['L']}")
        if letter == "I" and not _FORM.fullmatch(value):
            raise NotationError(f"{value!r} is no form; expected one such as 'form 8:8: 4'")


class Header:
    """A header under way: ``choices`` may come next; ``fields`` are its whole lines, by letter, in their order.

    The fields may come in any order except ``X``, which comes first.
    """

    def __init__(self, grammar: HeaderGrammar, max_characters: int, wish: Wish = NO_WISH) -> None:
        self._wish = wish
        self._similarities = grammar.similarities if wish.similarity is None else Words([str(wish.similarity)])
        self._needs_parts = wish.similarity is not None
        self._grammar = grammar
        self._max_characters = max_characters
        self._length = 0
        self._letter = self._value = ""
        self.fields: dict[str, str] = {}
        self.choices = self._line_starts()

    @property
    def complete(self) -> bool:
        """Whether the last line is written."""
        return bool(self.fields) and not next_fields(self.fields)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The sections of the form."""
        return read_form(read_build(self.fields["I"]).form)[0]

    def copy(self) -> "Header":
        """Return a copy that advances alone; a complete header does not change any more."""
        if self.complete:
            return self
        twin = object.__new__(Header)
        twin.__dict__ |= self.__dict__ | {"fields": self.fields.copy()}
        return twin

    def advance(self, character: str) -> None:
        """Take the next character."""
        self._length += 1
        if not self._letter:
            self._letter, self._value = character, ""
            self.choices = frozenset(":")
        elif character == "\n":
            self.fields[self._letter] = self._value[1:]
            self._letter = ""
            self.choices = self._line_starts()
        else:
            self._value += character
            self.choices = self._may_follow(self._letter, self._value[1:])

    def _line_starts(self) -> frozenset[str]:
        return self._grammar.alphabet.intersection(next_fields(self.fields))

    def _may_follow(self, letter: str, value: str) -> frozenset[str]:
        """Return what may follow the beginning of a line's value."""
        if letter in _FIXED:
            return frozenset(_FIXED[letter][len(value) : len(value) + 1] or "\n")
        if letter in "KM":
            words = self._grammar.keys if letter == "K" else self._meters
            return words.after(value) | (_LINE_END if value in words else frozenset())
        return self._form(value) if letter == "I" else self._text(letter, value)

    @property
    def is_hornpipe(self) -> bool:
        """Whether abc2midi takes the tune for a hornpipe, which it swings."""
        return is_hornpipe(self.fields.get("R", ""))

    @property
    def _meters(self) -> Words:
        few = self._grammar.hornpipe_meters if self._grammar.cautious and self.is_hornpipe else None
        return few or self._grammar.meters

    def _text(self, letter: str, value: str) -> frozenset[str]:
        if len(value) >= self._most(letter):
            return _LINE_END
        if letter == "R" and value.lower() == _HORNPIPE[:-1] and self._hornpipes_are_wrong:
            return self._grammar.alphabet - frozenset(_HORNPIPE[-1:] + _HORNPIPE[-1:].upper())
        if value:
            return self._grammar.alphabet
        never = " |:" if self._grammar.cautious else " "
        return self._grammar.alphabet - frozenset(never if letter == "T" else f"{never}\n")

    def _most(self, letter: str) -> int:
        """Return the most characters of the text of a field."""
        return MAX_TEXT.get(letter, 0) // (1 if self._max_characters >= 1000 else 2)

    @property
    def _hornpipes_are_wrong(self) -> bool:
        meter = self.fields.get("M", "")
        return self._grammar.cautious and bool(meter) and meter not in self._grammar.hornpipe_meters

    def _form(self, value: str) -> frozenset[str]:
        if len(value) < len(_OPENING):
            return frozenset(_OPENING[len(value)])
        form, *words = value.removeprefix(_OPENING).split(" ")
        parts, number = read_form(form)
        if words:
            return self._after_form(parts, words)
        bars = sum(part.bars for part in parts)
        digits = "0123456789" if number else "123456789"
        choices = {digit for digit in digits if self._affordable(bars + int(number + digit), len(parts) + 1)}
        if number:
            choices |= {"|", ":"}
        elif len(parts) > 1:
            choices.add(" ")
        elif parts and not (self._needs_parts and choices):
            choices.add(" " if self._wish.planned else "\n")
        return self._grammar.alphabet.intersection(choices)

    def _after_form(self, parts: tuple[Part, ...], words: list[str]) -> frozenset[str]:
        """Return what may follow the form: the similarity of its parts, the plan, or both."""
        word, wish = words[-1], self._wish
        if wish.planned and (len(words) > 1 or word[:1].isalpha() or not (word or self._needs_parts)):
            choices = next_characters(word, [part.bars for part in parts], wish.pattern) & self._grammar.alphabet
            known = wish.opening[len(word) :][:1] if wish.opening.startswith(word) else ""
            return choices & {known} or choices
        end = frozenset(" ") if wish.planned else _LINE_END
        return self._similarities.after(word) | (end if word in self._similarities else frozenset())

    def _affordable(self, bars: int, sections: int) -> bool:
        """Whether a form of this size can be written within the characters allowed."""
        rest = sum(LINE_COST + self._most(letter) for letter in next_fields(self.fields))
        rest += PLAN_COST * bars if self._wish.planned else 0
        left = self._max_characters - self._length - FORM_COST * (sections + 1) - rest - 2 * SOON
        return bars <= MAX_BARS and sections <= MAX_SECTIONS and bars * BAR_COST + sections * SECTION_COST <= left
