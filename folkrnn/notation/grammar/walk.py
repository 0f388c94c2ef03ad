"""A tune text on its way, character by character: header, bars, sections, the end."""

import re
from collections.abc import Iterable, Mapping
from copy import copy
from fractions import Fraction
from itertools import product

from folkrnn.errors import NotationError
from folkrnn.notation.grammar.bar import KEY, LINE, SOON, TIE, WHOLE, BarGrammar, Place, key_names, ticks
from folkrnn.notation.grammar.sections import NO_LINES, Part, Plan, Sections
from folkrnn.notation.grammar.words import Words
from folkrnn.notation.key import parse_key
from folkrnn.notation.meter import Meter, parse_meter
from folkrnn.notation.pitch import ACCIDENTAL_TEXT, Pitch
from folkrnn.notation.reader import read_tunes

LONGEST_TEXT = {"T": 80, "R": 30, "O": 30}
"""How many characters a title, a rhythm and an origin may have."""

MOST_BARS, MOST_SECTIONS = 200, 40
"""The largest form."""

BAR_CHARACTERS = 160
"""From so many characters on a bar is brought to its end."""

LINE_WIDTH, KEY_WIDTH = 420, 9
"""The width of a page, in points, less what the end of a bar may take; and the width of one sign of the key."""

WIDTHS = dict.fromkeys("ABCDEFGabcdefgz", 10) | dict.fromkeys("^_=3>-[{", 9)
"""The width, in points, that characters take in print: notes, and signs beside them."""

BAR_COST, SECTION_COST = 16, 48
"""More characters than the shortest way through a bar takes, and than a section may take beyond its bars."""

MOST_STATES = 30_000
"""So many states are kept for use again; each takes some kilobytes."""

LEAST_CHARACTERS = 400
"""A tune may not be held to fewer characters than this."""

BODY, END = "body", "end"
ORDER = "XTROMLIK"
_AFTER = {"": "X", "X": "T", "T": "ROM", "R": "OM", "O": "M", "M": "L", "L": "I", "I": "K"}
_FORM = re.compile(r"form ([1-9]\d{0,2}[:|])+")
_FIXED = {"X": "1", "L": "1/8"}
_HORNPIPE_METERS = ("2/4", "4/4")


def meter_names() -> Iterable[str]:
    """The meters of the grammar: ``none``, and all from a quarter to four whole notes of 1 to 24 beats."""
    yield "none"
    for unit in (1, 2, 4, 8, 16):
        for beats in range(1, 25):
            if Fraction(1, 4) <= Fraction(beats, unit) <= 4:
                yield f"{beats}/{unit}"
    for first, second in product((2, 3, 4), repeat=2):
        yield f"{first}+{second}/8"
        for third in (2, 3):
            yield f"{first}+{second}+{third}/8"


class State:
    """What may come next: ``choices``, and for each of them the state it leads to.

    Equal places share one state, so that most characters of most tunes cost no more than a look-up.
    """

    __slots__ = ("choices", "place", "steps")

    def __init__(
        self, place: Place | None, steps: "Mapping[str, State | Place | str]", choices: frozenset[str]
    ) -> None:
        self.place = place
        self.steps = dict(steps)
        self.choices = choices


class Grammar:
    """The grammar of canonical tune texts, written with some characters.

    It takes every text that ``canonical`` writes of a playable tune without slurs, articulation, words and changes of
    meter; and whatever text it lets come to its end is read as a playable tune. ``cautious`` further leaves out what
    can be played but trips abc2midi. Raises NotationError where the characters do not suffice for any tune.
    """

    def __init__(self, alphabet: Iterable[str] | None = None, cautious: bool = True) -> None:
        every = frozenset(map(chr, range(32, 127))) | {"\n"}
        self.alphabet = every if alphabet is None else frozenset(alphabet)
        self.cautious = cautious
        for character in "XTMLIK:1/8form |]\nD":
            if character not in self.alphabet:
                raise NotationError(f"the grammar needs the character {character!r} to write a tune")
        self.bar = BarGrammar(self.alphabet, cautious)
        meters = [name for name in meter_names() if self.alphabet.issuperset(name) and self._fits(parse_meter(name))]
        self.meters = Words(meters)
        self.hornpipe_meters = Words(name for name in meters if name in _HORNPIPE_METERS)
        self.keys = Words(name for name in key_names() if self.alphabet.issuperset(name))
        self._states: dict[object, State] = {}
        self._short: dict[Place, frozenset[str]] = {}
        self._known: dict[frozenset[str], frozenset[str]] = {}
        self.text = self.alphabet - {"\n"}

    def _fits(self, meter: Meter) -> bool:
        return meter.bar is None or not ticks(meter.bar) % self.bar.grid

    def walk(self, longest: int = 3000) -> "Walk":
        """A tune of at most ``longest`` characters, at its beginning."""
        if longest < LEAST_CHARACTERS:
            raise NotationError(
                f"a tune of at most {longest} characters is too short; expected {LEAST_CHARACTERS} or more"
            )
        return Walk(self, longest)

    def check_field(self, letter: str, value: str) -> None:
        """Raise NotationError for a value that a header field of the grammar cannot have."""
        if letter == "M" and value not in self.meters:
            raise NotationError(f"{value!r} is no meter of the grammar; expected one such as 6/8, 4/4 or none")
        if letter == "K" and value not in self.keys:
            raise NotationError(f"{value!r} is no key of the grammar; expected one such as D, Em or Ador")
        if letter == "L" and value != _FIXED["L"]:
            raise NotationError(f"{value!r} is no unit length of the grammar; expected {_FIXED['L']}")
        if letter == "I" and not _FORM.fullmatch(value):
            raise NotationError(f"{value!r} is no form; expected one such as 'form 8:8:'")

    def cost(self, form: str) -> int:
        """How many characters a form may take at most, if it is written in the shortest way."""
        parts, _ = read_form(form[len("form ") :])
        return sum(part.bars * BAR_COST + SECTION_COST for part in parts)

    def state(self, place: Place) -> State:
        """The state of a place inside a bar."""
        found = self._states.get(place)
        if found is None:
            if len(self._states) > MOST_STATES:
                self._forget()
            steps = self.bar.steps(place)
            found = self._states[place] = State(place, steps, self._choices(steps))
        return found

    def _choices(self, steps: Iterable[str]) -> frozenset[str]:
        """The characters that may come next; the same object for equal sets."""
        choices = frozenset(steps)
        return self._known.setdefault(choices, choices)

    def _forget(self) -> None:
        """Give back the memory of all states; texts under way keep those they stand in."""
        self._states.clear()
        self._short.clear()
        self.bar.forget()

    def short(self, place: Place) -> frozenset[str]:
        """Those of the choices that end the bar soon."""
        found = self._short.get(place)
        if found is None:
            found = self._short[place] = self.bar.shortest_steps(place)
        return found

    def fixed(self, choices: frozenset[str]) -> State:
        """A state that belongs to no place in a bar."""
        found = self._states.get(choices)
        if found is None:
            found = self._states[choices] = State(None, dict.fromkeys(choices, LINE), self._choices(choices))
        return found

    def line_end(self, more: frozenset[str], after: State) -> State:
        """The state behind a bar line that is whole but may go on: with ``more``, or with the next bar."""
        key = (more, after)
        found = self._states.get(key)
        if found is None:
            steps = {**after.steps, **dict.fromkeys(more, LINE)}
            found = self._states[key] = State(after.place, steps, self._choices(steps))
        return found


class Walk:
    """One text under the grammar: ``choices`` are the characters that may come next, ``advance`` takes one of them.

    ``choices`` is never empty before ``finished``: some ending can always be reached within the characters allowed.
    """

    def __init__(self, grammar: Grammar, longest: int) -> None:
        self.grammar = grammar
        self.longest = longest
        self.text: list[str] = []
        self.fields: dict[str, str] = {}
        self.finished = False
        self._letter = ""
        self._value = ""
        self._opening = ""
        self._in_music = False
        self._sections = Sections((), None)
        self._plan = Plan(None, (), NO_LINES, False)  # of the bar under way, or the one that a bar line may lead to
        self._length = Fraction(0)  # of the bar before the bar line under way
        self._line = ""  # the bar line under way, what it may become, how it may go on, and where it leads if whole
        self._lines = self._more = NO_LINES
        self._whole = False
        self._ahead = self._sections
        self._bar_start = self._hurry = 0
        self._width = 0  # what is left of the page, when a bar must fit on one line of it
        self._bar_key = self._key = ""
        self._tied: tuple[str, ...] = ()  # how the note may be written that a tie over the last bar line leads to
        self._next_bar_tied: tuple[str, ...] = ()
        self._tied_note = ""  # the same note with all its accidentals
        self.state = grammar.fixed(frozenset("X"))
        self.choices = self.state.choices

    @property
    def at_bar_line(self) -> bool:
        """Whether a bar may begin here: just behind a bar line that is whole, or the header."""
        return self._in_music and (len(self.text) == self._bar_start or (bool(self._line) and self._whole))

    def copy(self) -> "Walk":
        """The same place in a text of its own."""
        twin = copy(self)
        twin.text = self.text.copy()
        return twin

    # ── one character ───────────────────────────────────────────────────────────────────────────

    def advance(self, character: str, given: bool = False) -> None:
        """Take the next character. Raises NotationError if it cannot come here.

        A ``given`` character of a header field is taken whatever it is: see ``Grammar.check_field``.
        """
        step = self.state.steps.get(character)
        self._width -= WIDTHS.get(character, 0)
        if type(step) is State and not self._line and len(self.text) + 1 < self._hurry and self._width > 0:
            # Most characters come this way.
            self.text.append(character)
            self.state = step
            self.choices = step.choices
            return
        if character not in self.choices and not (given and not self._in_music):
            raise NotationError(self._refusal(character))
        if self._opening and character != self._opening[0]:
            self._sections = self._ahead  # a lead-in comes before the repeat
            self._begin_bar()
        if self._in_music:
            self._music(character)
            self.text.append(character)
        else:
            self.text.append(character)
            self._header(character)
        self.choices = self.state.choices
        in_a_hurry = len(self.text) >= self._hurry or self._width <= 0
        if self._in_music and in_a_hurry and self.state.place is not None:
            self.choices = (self.grammar.short(self.state.place) & self.choices) or self.choices

    def _refusal(self, character: str) -> str:
        expected = " ".join(sorted(self.choices)).replace("\n", "a line end")
        return f"{character!r} cannot come here; expected one of: {expected or 'nothing'}"

    # ── the header ──────────────────────────────────────────────────────────────────────────────

    def _header(self, character: str) -> None:
        if self._opening:
            self._open(self._opening[1:])
        elif not self._letter:
            self._letter, self._value = character, ""
            self.state = self.grammar.fixed(frozenset(":"))
        elif character == "\n":
            self._field(self._letter, self._value[1:])
        else:
            self._value += character
            self.state = self.grammar.fixed(self._may_follow(self._letter, self._value[1:]))

    def _may_follow(self, letter: str, value: str) -> frozenset[str]:
        """What may come in a header line after the part of its value that is there."""
        if letter in _FIXED:
            return frozenset(_FIXED[letter][len(value) : len(value) + 1] or "\n")
        if letter == "K" or letter == "M":
            words = self.grammar.keys if letter == "K" else self._meters
            return words.after(value) | (frozenset("\n") if value in words else frozenset())
        if letter == "I":
            return self._may_follow_form(value)
        most = LONGEST_TEXT[letter] if self.longest >= 1000 else LONGEST_TEXT[letter] // 2
        if len(value) >= most:
            return frozenset("\n")
        if not value:  # abc2midi takes a field whose text begins with | or : for music
            first = self.grammar.text - (frozenset(" |:") if self.grammar.cautious else frozenset(" "))
            return first | {"\n"} if letter == "T" else first
        return self.grammar.alphabet

    @property
    def _meters(self) -> Words:
        hornpipe = self.fields.get("R", "").lower().startswith("hornpipe")
        if self.grammar.cautious and hornpipe and self.grammar.hornpipe_meters:
            return self.grammar.hornpipe_meters
        return self.grammar.meters

    def _may_follow_form(self, value: str) -> frozenset[str]:
        opening = "form "
        if len(value) < len(opening):
            return frozenset(opening[len(value)])
        told = value[len(opening) :]
        parts, number = read_form(told)
        bars = sum(part.bars for part in parts) + int(number or 0)
        digits = "0123456789" if number else "123456789"
        choices = {
            digit for digit in digits if self._affordable(bars + int(number or 0) * 9 + int(digit), len(parts) + 1)
        }
        if number:
            choices |= {"|", ":"}
        elif parts:
            choices.add("\n")
        return self.grammar.alphabet & frozenset(choices)

    def _affordable(self, bars: int, sections: int) -> bool:
        """Whether a form of so many bars and sections can be written within the characters allowed."""
        left = self.longest - len(self.text) - 3 * sections - 30 - 2 * SOON
        return bars <= MOST_BARS and sections <= MOST_SECTIONS and bars * BAR_COST + sections * SECTION_COST <= left

    def _field(self, letter: str, value: str) -> None:
        self.fields[letter] = value
        self._letter = self._value = ""
        if letter != "K":
            self.state = self.grammar.fixed(self.grammar.alphabet & frozenset(_AFTER[letter]))
            return
        self._key = value
        parts, _ = read_form(self.fields["I"][len("form ") :])
        self._sections = Sections(tuple(parts), parse_meter(self.fields["M"]).bar, cautious=self.grammar.cautious)
        self._open(self._sections.opening)
        lead_in = self._sections.lead_in()
        if lead_in:
            self._ahead = lead_in
            self.state = self.grammar.line_end(self.state.choices, self._first_state(self._ahead))

    def _open(self, sign: str) -> None:
        """Expect the sign of a repeat that opens the tune, then its first bar."""
        self._opening = sign
        if sign:
            self.state = self.grammar.fixed(frozenset(sign[0]))
        else:
            self._begin_bar()

    # ── the music ───────────────────────────────────────────────────────────────────────────────

    def _music(self, character: str) -> None:
        if self._line and character not in self._more:
            self._pass_line()
        if self.finished:
            return
        step = self.state.steps[character]
        if step == LINE:
            self._bar_line(character)
        elif step == TIE:
            self._tie()
        elif step == KEY:
            place = self._place
            self._key = place.detail[2:]
            self.state = self.grammar.state(self.grammar.bar.after_key(place))
        else:
            if isinstance(step, Place):
                step = self.state.steps[character] = self.grammar.state(step)
            assert isinstance(step, State)
            self.state = step

    @property
    def _place(self) -> Place:
        assert self.state.place is not None
        return self.state.place

    def _begin_bar(self) -> None:
        """Stand at the beginning of the bar that comes."""
        sections = self._sections
        self._in_music, self._opening = True, ""
        self.state = self._first_state(sections)
        self._bar_start = len(self.text)
        self._bar_key = self._key
        rest = sections.bars_left * BAR_COST + (len(sections.form) - sections.number) * SECTION_COST
        self._width = (
            LINE_WIDTH - KEY_WIDTH * abs(parse_key(self._key).fifths) if self.grammar.cautious else self.longest * 10
        )
        self._hurry = min(self._bar_start + BAR_CHARACTERS, self.longest - rest - SOON)

    def _first_state(self, sections: Sections) -> State:
        self._plan = sections.plan()
        place = self.grammar.bar.begin(self._plan)
        return self.grammar.state(place._replace(tied=self._tied))

    def _bar_line(self, character: str) -> None:
        """One more character of a bar line: is it whole, may it go on?"""
        if not self._line:
            place = self.grammar.bar.passed(self._place)
            self._tied = self._next_bar_tied if place.tied else ()
            self._length = Fraction(place.task.full - place.left, WHOLE)
            self._lines = frozenset("|") if place.tied else self._plan.lines(self._length)
        self._line += character
        rest = [line[len(self._line) :] for line in self._lines if line.startswith(self._line)]
        self._more = frozenset(text[0] for text in rest if text)
        self._whole = "" in rest
        if not self._whole:
            self.state = self.grammar.fixed(self._more)
            return
        self._ahead = self._sections.close(self._length, self._line)
        after = self.grammar.fixed(frozenset("\n")) if self._ahead.over else self._first_state(self._ahead)
        self.state = self.grammar.line_end(self._more, after) if self._more else after

    def _pass_line(self) -> None:
        """The bar line is over, for something else has come."""
        self._sections, self._line, self._more = self._ahead, "", frozenset()
        if self._sections.over:
            self.finished = True
            self.state = self.grammar.fixed(frozenset())
        else:
            self._begin_bar()

    def _tie(self) -> None:
        """After a tie: the note it leads to is the note before it, in one of its spellings."""
        place = self.grammar.bar.passed(self._place)
        before = f"{self._tied_note}-|" if self._tied else ""
        bar = "".join(self.text[self._bar_start :])
        pitches = self._last_pitches(before + bar)
        plain = [pitch.letters for pitch in pitches]
        full = [ACCIDENTAL_TEXT[pitch.alter] + pitch.letters for pitch in pitches]
        spellings = tuple("".join(names) for names in product(*zip(plain, full, strict=True)))
        if len(pitches) > 1:
            spellings = tuple(f"[{names}]" for names in spellings)
        self._tied_note, self._next_bar_tied = spellings[-1], spellings
        # An accidental that a tie brought over the bar line holds for no further note of the bar.
        here = tuple(text for text in spellings if self._last_pitches(f"{before}{bar}-{text}") == pitches)
        self.state = self.grammar.state(place._replace(tied=here))

    def _last_pitches(self, music: str) -> tuple[Pitch, ...]:
        """The pitches of the last note or chord of some music in the key of the bar under way."""
        (tune,) = read_tunes(f"X:1\nM:none\nL:1/8\nK:{self._bar_key}\n{music}\n")
        return tune.bars[-1].notes[-1].pitches


def read_form(text: str) -> tuple[list[Part], str]:
    """The sections that the beginning of a form tells, and the digits of a number that is still under way."""
    parts: list[Part] = []
    number = ""
    for character in text:
        if character in "|:":
            parts.append(Part(int(number), character == ":"))
            number = ""
        else:
            number += character
    return parts, number
