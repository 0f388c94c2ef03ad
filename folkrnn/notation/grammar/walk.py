"""A tune text under way, character by character: header, bars, sections, the end."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product

from folkrnn.errors import NotationError
from folkrnn.notation.grammar.bar import KEY, LINE, SOON, TIE, WHOLE_TICKS, BarGrammar, BarPosition
from folkrnn.notation.grammar.header import BAR_COST, NO_WISH, SECTION_COST, Header, HeaderGrammar, Wish
from folkrnn.notation.grammar.reach import Reach, ReachGrammar
from folkrnn.notation.grammar.sections import NO_LINES, BarRule, Sections
from folkrnn.notation.idiom import Idiom
from folkrnn.notation.key import parse_key
from folkrnn.notation.meter import parse_meter
from folkrnn.notation.pitch import Pitch, accidental_text
from folkrnn.notation.reading import read_tunes
from folkrnn.notation.writer import LINE_WIDTH, NOTE_WIDTH, SIGN_WIDTH

MAX_BAR_CHARACTERS = 160
"""After this many characters a bar must end soon."""

LINE_ROOM = LINE_WIDTH - 80
"""The points of a line in print, less the most for the end of a bar."""

WIDTHS = dict.fromkeys("ABCDEFGabcdefgz", NOTE_WIDTH) | dict.fromkeys("^_=3>-[{", SIGN_WIDTH)
"""The points of characters in print: notes, and signs beside them."""

MAX_STATES = 12_000
"""The most states that are kept for use again; each takes some kilobytes."""

MIN_CHARACTERS = 400
"""The least limit for the characters of a tune."""


class GrammarState:
    """What may come next: ``choices``, and for each of them the state it leads to.

    Equal positions share one state, so most characters cost only a look-up.
    """

    __slots__ = ("choices", "position", "steps")

    def __init__(
        self,
        position: BarPosition | None,
        steps: "Mapping[str, GrammarState | BarPosition | str]",
        choices: frozenset[str],
    ) -> None:
        self.position = position
        self.steps = dict(steps)
        self.choices = choices


class Grammar:
    """The grammar of canonical tune texts, written with some characters.

    It takes every text that ``canonical`` writes of a playable tune without slurs, articulation, words and changes of
    meter. Every finished text is read as a playable tune. ``cautious`` also leaves out what
    can be played but trips abc2midi. An ``idiom`` leaves out what hands are not used to. Raises NotationError where the
    characters do not suffice for any tune.
    """

    def __init__(
        self, alphabet: Iterable[str] | None = None, cautious: bool = True, idiom: Idiom | None = None
    ) -> None:
        every = frozenset(map(chr, range(32, 127))) | {"\n"}
        self.alphabet = every if alphabet is None else frozenset(alphabet)
        self.cautious = cautious
        for character in "XTMLIK:1/8form |]\nD":
            if character not in self.alphabet:
                raise NotationError(f"the grammar needs the character {character!r} to write a tune")
        self.bar = BarGrammar(self.alphabet, cautious, idiom)
        self.reach = None if idiom is None else ReachGrammar(self.alphabet, idiom)
        self.header = HeaderGrammar(self.bar)
        self._states: dict[object, GrammarState] = {}
        self._short: dict[BarPosition, frozenset[str]] = {}
        self._known: dict[frozenset[str], frozenset[str]] = {}

    def walk(self, max_characters: int = 3000, wish: Wish = NO_WISH) -> "Walk":
        """Return the beginning of a tune of at most ``max_characters`` characters, with what its header shall have.

        Raises NotationError for fewer than MIN_CHARACTERS.
        """
        if max_characters < MIN_CHARACTERS:
            raise NotationError(
                f"a tune of at most {max_characters} characters is too short; expected {MIN_CHARACTERS} or more"
            )
        return Walk(self, max_characters, wish)

    def takes(self, text: str) -> bool:
        """Whether a text is a whole tune of the grammar."""
        walk = self.walk(len(text) + 10_000)
        try:
            for character in text:
                walk.advance(character)
        except NotationError:
            return False
        return walk.finished

    def state(self, position: BarPosition) -> GrammarState:
        """Return the state of a position inside a bar."""
        found = self._states.get(position)
        if found is None:
            if len(self._states) > MAX_STATES:
                self._forget()
            steps = self.bar.steps(position)
            found = self._states[position] = GrammarState(position, steps, self._choices(steps))
        return found

    def _choices(self, steps: Iterable[str]) -> frozenset[str]:
        """Return the characters that may come next; the same object for equal sets."""
        choices = frozenset(steps)
        return self._known.setdefault(choices, choices)

    def _forget(self) -> None:
        """Free the memory of all states; texts under way keep their own."""
        self._states.clear()
        self._short.clear()
        self._known.clear()
        self.bar.forget()
        if self.reach is not None:
            self.reach.forget()

    def short(self, position: BarPosition) -> frozenset[str]:
        """Return those of the choices that end the bar soon."""
        found = self._short.get(position)
        if found is None:
            found = self._short[position] = self.bar.shortest_steps(position)
        return found

    def fixed(self, choices: frozenset[str]) -> GrammarState:
        """Return a state outside the positions of a bar."""
        found = self._states.get(choices)
        if found is None:
            found = self._states[choices] = GrammarState(None, dict.fromkeys(choices, LINE), self._choices(choices))
        return found

    def line_end(self, more: frozenset[str], after: GrammarState) -> GrammarState:
        """Return the state after a bar line that is whole but may continue: with ``more``, or with the next bar."""
        key = (more, after)
        found = self._states.get(key)
        if found is None:
            steps = {**after.steps, **dict.fromkeys(more, LINE)}
            found = self._states[key] = GrammarState(after.position, steps, self._choices(steps))
        return found


class Walk:
    """One text under the grammar: ``choices`` are the characters that may come next, ``advance`` takes one of them.

    ``choices`` is never empty before ``finished``: some ending can always be reached within the characters allowed.
    """

    def __init__(self, grammar: Grammar, max_characters: int, wish: Wish) -> None:
        self.grammar = grammar
        self.max_characters = max_characters
        self.text: list[str] = []
        self.finished = False
        self._header = Header(grammar.header, max_characters, wish)
        self._opening = ""
        self._in_music = False
        self._sections = Sections((), None)
        self._rule = BarRule(None, (), NO_LINES, False)  # of the bar under way, or the one that a bar line may lead to
        self._length = Fraction(0)  # of the bar before the bar line under way
        self._line = ""  # the bar line under way, what it may become, its next characters, and where it leads if whole
        self._lines = self._more = NO_LINES
        self._ahead = self._sections
        self._first: GrammarState | None = None  # of the bar that a bar line may lead to
        self._bar_start = self._hurry = 0
        self._width = 0  # what is left of the page, when a bar must fit on one line of it
        self._bar_key = self._key = ""
        self._tied: tuple[str, ...] = ()  # how the note may be written that a tie over the last bar line leads to
        self._next_bar_tied: tuple[str, ...] = ()
        self._swing = Fraction(0)
        self._tied_note = ""  # the same note with all its accidentals
        self._held: tuple[tuple[Fraction, str], ...] = ()  # what the bar under way and those to come are held to
        self._reach: Reach | None = None  # in music with an idiom
        self.choices = self._header.choices
        self.state = grammar.fixed(self.choices)

    @property
    def at_bar_line(self) -> bool:
        """Whether a bar may begin here: after a bar line that is whole, or after the header."""
        return self._in_music and (len(self.text) == self._bar_start or self._line in self._lines)

    @property
    def counted(self) -> tuple[int, ...]:
        """At a bar line, the numbers of parts and of bars of the part that are over; more is greater."""
        ahead = self._ahead
        return ahead.number, ahead.counted, ahead.ending, ahead.second_ending

    @property
    def bar_length(self) -> Fraction:
        """At a bar line, the length of the bar before it, in whole notes."""
        return self._length

    def copy(self) -> "Walk":
        """Return a copy that advances alone."""
        twin = object.__new__(Walk)
        twin.__dict__.update(self.__dict__)
        twin.text = self.text.copy()
        twin._header = self._header.copy()
        return twin

    # ── a gap between given texts ───────────────────────────────────────────────────────────────

    @property
    def in_music(self) -> bool:
        """Whether the header, and the sign of a repeat that opens the tune, are written."""
        return self._in_music

    def opened(self, music: str) -> str:
        """Return the first music of the tune, with the sign of the repeat that must open it if it lacks one."""
        wanted = bool(self._opening) and self.choices == frozenset(self._opening[0])
        return f"|:{music}" if wanted and not music.startswith("|:") else music

    def settle(self) -> None:
        """End the note under way: it gets no longer, and nothing joins it to the next."""
        if not self._line and self.state.position is not None:
            self.state = self.grammar.state(self.grammar.bar.passed(self._position))
            if self._reach is not None:
                self._reach = self._reach.settled()
            self.choices = self._within_reach()

    def hold(self, bars: Sequence[tuple[Fraction, str]]) -> None:
        """Hold the bar under way and those that follow to these lengths and bar lines.

        No tie leads out of the last of them. Its bar line ``ends_gap``; after ``release`` that bar may continue in any
        way. Raises NotationError if no bar can be held so.
        """
        if self._line:
            self._pass_line()
        if not self._in_music or self.finished:
            raise NotationError("no bar can be written here")
        self._held = tuple(bars)
        self._set_task(self._held_rule(self._rule))

    def hold_rest(self, left: Fraction) -> None:
        """Hold the bar under way so that its gap ends when ``left`` whole notes of it are left, which are given."""
        if self._line:
            self._pass_line()
        if self._rule.full is None:
            raise NotationError("without a meter nobody can say how long a * is")
        self.hold([(self._rule.full - left, "|")])

    def ends_gap(self, character: str) -> bool:
        """Whether a possible character would be the bar line of the last held bar."""
        return len(self._held) == 1 and not self._line and self.state.steps.get(character) == LINE

    def release(self) -> None:
        """Let the last held bar continue in any way, with what is given after the gap: any leap may lead there."""
        self._held = ()
        if self._reach is not None:
            self._reach = self._reach.freed()
        self._set_task(self._rule)

    def free_leap(self) -> None:
        """At a bar line, let any leap lead to the next note."""
        if self._reach is not None:
            self._reach = self._reach.freed()
            self.choices = self._within_reach()

    def _set_task(self, rule: BarRule) -> None:
        position = self.grammar.bar.passed(self._position)
        task = self.grammar.bar.begin(rule, self._swing).task
        self.state = self.grammar.state(position._replace(task=task))
        self.choices = self._within_reach()
        if not self.choices:
            raise NotationError("what is given leaves no room for anything between")

    def _held_rule(self, rule: BarRule) -> BarRule:
        """Return the rule of a bar with what it is held to, if anything."""
        if not self._held:
            return rule
        length, line = self._held[0]
        more = len(self._held) > 1
        if more and line not in rule.lines(length):
            raise NotationError(f"a bar of {length} that ends with {line} cannot come here")
        return BarRule(rule.full, ((length, frozenset({line})),), NO_LINES, False, more)

    # ── one character ───────────────────────────────────────────────────────────────────────────

    def advance(self, character: str, given: bool = False) -> None:
        """Take the next character. Raises NotationError if it cannot come here.

        Any ``given`` character of a header field is allowed: see ``HeaderGrammar.check``.
        """
        step = self.state.steps.get(character)
        self._width -= WIDTHS.get(character, 0)
        reach = self._reach
        if (
            type(step) is GrammarState
            and not self._line
            and len(self.text) + 1 < self._hurry
            and self._width > 0
            and (reach is None or character in self.choices)
        ):
            # Most characters come this way.
            self.text.append(character)
            self.state = step
            if reach is None:
                self.choices = step.choices
            else:
                self._reach = reach = reach.steps.get(character) or reach.after(character)
                self.choices = reach.kept.get(step.choices) or reach.choices(step.choices)
            return
        if character not in self.choices and not (given and not self._header.complete):
            raise NotationError(self._refusal(character))
        if self._opening and character != self._opening[0]:
            self._begin_bar()  # a lead-in comes before the repeat
        if self._in_music:
            self._music(character)
            self.text.append(character)
            if reach is not None:
                self._reach = reach.after(character)
        else:
            self.text.append(character)
            self._before_music(character)
        self.choices = self._within_reach()
        in_a_hurry = len(self.text) >= self._hurry or self._width <= 0
        if self._in_music and in_a_hurry and self.state.position is not None:
            short = self.grammar.short(self.state.position) & self.choices
            if self._reach is not None:
                short = short - self._reach.marked or short
            self.choices = short or self.choices

    def _within_reach(self) -> frozenset[str]:
        """Return the choices of the state that are within reach."""
        return self.state.choices if self._reach is None else self._reach.choices(self.state.choices)

    def _refusal(self, character: str) -> str:
        expected = " ".join(sorted(self.choices)).replace("\n", "a line end")
        return f"{character!r} cannot come here; expected one of: {expected or 'nothing'}"

    # ── before the first bar ────────────────────────────────────────────────────────────────────

    def _before_music(self, character: str) -> None:
        """Take a character of the header, or of the sign of a repeat that opens the tune."""
        if self._opening:
            self._open(self._opening[1:])
            return
        self._header.advance(character)
        self.state = self.grammar.fixed(self._header.choices)
        if self._header.complete:
            self._begin_music(self._header.fields)

    def _begin_music(self, fields: Mapping[str, str]) -> None:
        """Prepare the music after the header."""
        self._key = fields["K"]
        self._reach = None if self.grammar.reach is None else self.grammar.reach.begin(self._key)
        full = parse_meter(fields["M"]).bar
        self._sections = Sections(self._header.parts, full, cautious=self.grammar.cautious)
        if self._header.is_hornpipe and full is not None:
            self._swing = full / 8
        self._open(self._sections.opening)
        lead_in = self._sections.lead_in()
        if lead_in:
            self.state = self.grammar.line_end(self.state.choices, self._look_ahead(lead_in))

    def _open(self, sign: str) -> None:
        """Expect the sign of a repeat that opens the tune, then its first bar."""
        self._opening = sign
        if sign:
            self.state = self.grammar.fixed(frozenset(sign[0]))
        else:
            self._look_ahead(self._sections)
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
            position = self._position
            self._key = position.detail[2:]
            self.state = self.grammar.state(self.grammar.bar.after_key(position))
        else:
            if isinstance(step, BarPosition):
                step = self.state.steps[character] = self.grammar.state(step)
            assert isinstance(step, GrammarState)
            self.state = step

    @property
    def _position(self) -> BarPosition:
        assert self.state.position is not None
        return self.state.position

    def _begin_bar(self) -> None:
        """Stand at the beginning of the bar that was looked ahead to."""
        sections = self._sections = self._ahead
        self._in_music, self._opening = True, ""
        assert self._first is not None
        self.state = self._first
        self._bar_start = len(self.text)
        self._bar_key = self._key
        rest = sections.bars_left * BAR_COST + (len(sections.form) - sections.number) * SECTION_COST
        self._width = (
            LINE_ROOM - SIGN_WIDTH * abs(parse_key(self._key).fifths)
            if self.grammar.cautious
            else self.max_characters * 10
        )
        self._hurry = min(self._bar_start + MAX_BAR_CHARACTERS, self.max_characters - rest - SOON)

    def _look_ahead(self, sections: Sections) -> GrammarState:
        """Prepare the bar that comes there, or the end of the tune, and return its first state."""
        self._ahead = sections
        if sections.over:
            self._first = self.grammar.fixed(frozenset("\n"))
        else:
            self._rule = sections.rule()
            position = self.grammar.bar.begin(self._held_rule(self._rule), self._swing)
            self._first = self.grammar.state(position._replace(tied=self._tied))
        return self._first

    def _bar_line(self, character: str) -> None:
        """Take one more character of a bar line, which may be whole and may continue."""
        if not self._line:
            position = self.grammar.bar.passed(self._position)
            self._tied = self._next_bar_tied if position.tied else ()
            self._length = Fraction(position.task.full - position.left, WHOLE_TICKS)
            self._lines = frozenset("|") if position.tied else self._held_rule(self._rule).lines(self._length)
            self._held = self._held[1:]
        self._line += character
        rest = [line[len(self._line) :] for line in self._lines if line.startswith(self._line)]
        self._more = frozenset(text[0] for text in rest if text)
        if "" not in rest:
            self.state = self.grammar.fixed(self._more)
            return
        after = self._look_ahead(self._sections.close(self._length, self._line))
        self.state = self.grammar.line_end(self._more, after) if self._more else after

    def _pass_line(self) -> None:
        """End the bar line, because something else has come."""
        self._line, self._more = "", NO_LINES
        if self._ahead.over:
            self.finished = True
            self.state = self.grammar.fixed(frozenset())
        else:
            self._begin_bar()

    def _tie(self) -> None:
        """Take a tie: the note to which it leads repeats the last one, in one of its spellings."""
        position = self.grammar.bar.passed(self._position)
        before = f"{self._tied_note}-|" if self._tied else ""
        bar = "".join(self.text[self._bar_start :])
        pitches = self._last_pitches(before + bar)
        plain = [pitch.letters for pitch in pitches]
        full = [accidental_text(pitch.alter) + pitch.letters for pitch in pitches]
        spellings = tuple("".join(names) for names in product(*zip(plain, full, strict=True)))
        if len(pitches) > 1:
            spellings = tuple(f"[{names}]" for names in spellings)
        self._tied_note, self._next_bar_tied = spellings[-1], self._reached(spellings, "-|")
        # An accidental that a tie brought over the bar line holds for no further note of the bar.
        here = tuple(text for text in spellings if self._last_pitches(f"{before}{bar}-{text}") == pitches)
        self.state = self.grammar.state(position._replace(tied=self._reached(here, "-")))

    def _reached(self, spellings: tuple[str, ...], before: str) -> tuple[str, ...]:
        """Return the spellings of a tied note that are within reach after some characters.

        A rule of reach knows the accidentals of a bar, but not those that a tie brings into it.
        """
        reach = self._reach
        if reach is None:
            return spellings
        for character in before:
            reach = reach.after(character)
        return tuple(filter(reach.takes, spellings)) or spellings

    def _last_pitches(self, music: str) -> tuple[Pitch, ...]:
        """Return the pitches of the last note or chord of some music in the key of the bar under way."""
        (tune,) = read_tunes(f"X:1\nM:none\nL:1/8\nK:{self._bar_key}\n{music}\n")
        return tune.bars[-1].notes[-1].pitches
