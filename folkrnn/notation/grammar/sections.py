"""The grammar above the bar: sections, repeats, endings, pickups and what completes them.

The reader judges a finished tune with ``bars.check_bars``; ``Sections`` applies the same rule from the front. It goes
from bar line to bar line. For the next bar it gives the possible lengths and the bar lines that may end it. So the tune
gets the form of its header, and something completes every short bar.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest
from typing import NamedTuple

from folkrnn.notation.bars import carried
from folkrnn.notation.form import Part

ZERO = Fraction(0)
NO_LINES: frozenset[str] = frozenset()


class BarRule(NamedTuple):
    """The lengths that a bar may have, and the bar lines that may end it.

    ``full`` is its meter's length, None where the meter is free. ``ends`` pairs lengths with the bar lines that may end
    the bar there; ``anywhere`` holds the bar lines that may end it at any other length below ``full``, or at any
    length at all where the meter is free. ``key_change`` says that ``[K:…]`` may begin the bar, ``ties`` that a tie may
    lead over the bar line.
    """

    full: Fraction | None
    ends: tuple[tuple[Fraction, frozenset[str]], ...]
    anywhere: frozenset[str]
    key_change: bool
    ties: bool = True

    def lines(self, length: Fraction) -> frozenset[str]:
        """Return the bar lines that may end the bar at this length."""
        elsewhere = self.anywhere if self.full is None or length < self.full else NO_LINES
        return next((lines for end, lines in self.ends if end == length), elsewhere)


@dataclass(frozen=True, slots=True)
class Sections:
    """How far a tune has come, just after a bar line.

    ``run`` is the length of the short bars since the last full one, in the order of playing, less whole bars.
    ``tail`` is the run with which the tune must end, because it begins again; None before the first bar line.
    ``turn`` is the run with which the section under way must begin again; None if that is the tail.
    ``counted`` are the bars of the section so far; ``leading`` says that a lead-in comes: a short bar before the ``|:``
    of the next repeat that the form does not count. ``ending`` is 0, 1 or 2; ``first_ending`` and ``second_ending``
    are the bars that these have so far, and ``body_run`` the run where the endings begin. ``at_edge`` says that a
    section edge, beside which a bar may be short, lies just before; ``started`` says that a bar has been written.
    ``cautious`` leaves out what abc2midi complains of.
    """

    form: tuple[Part, ...]
    full: Fraction | None
    number: int = 0
    counted: int = 0
    run: Fraction = ZERO
    tail: Fraction | None = None
    turn: Fraction | None = None
    ending: int = 0
    first_ending: int = 0
    second_ending: int = 0
    body_run: Fraction = ZERO
    at_edge: bool = True
    leading: bool = False
    started: bool = False
    cautious: bool = False

    @property
    def over(self) -> bool:
        """Whether the last section is closed."""
        return self.number == len(self.form)

    @property
    def opening(self) -> str:
        """What the body begins with before its first bar: the sign of a repeat, or nothing."""
        return "|:" if self.form[0].repeated else ""

    @property
    def bars_left(self) -> int:
        """The most bars still to be written if there are no more than the form needs."""
        rest = self.form[self.number :]
        return sum(part.bars + 2 for part in rest) + self.first_ending - min(self.counted, rest[0].bars) if rest else 0

    def lead_in(self) -> "Sections | None":
        """Return the same point before a lead-in; None if none can stand here."""
        return replace(self, leading=True) if self._may_lead_in(self.number) else None

    def _may_lead_in(self, number: int) -> bool:
        """Whether a lead-in may come before a section."""
        return not self.cautious and self.full is not None and self.form[number].repeated and self._can_settle(number)

    # ── what may come ───────────────────────────────────────────────────────────────────────────

    def rule(self) -> BarRule:
        """Return the rule of the next bar."""
        if self.leading:
            return BarRule(self.full, (), frozenset({"|:"}), self._key_change)
        if self.full is None:
            return BarRule(None, (), self._lines_if_full(), self._key_change)
        short = self._lines_if_short()
        anywhere = NO_LINES.union(*(lines for length, lines in short if length is None))
        ends = {length: lines for length, lines in short if length}
        if not self.run:
            ends[self.full] = self._lines_if_full()
        return BarRule(self.full, tuple(sorted(ends.items(), key=lambda end: end[0])), anywhere, self._key_change)

    @property
    def _key_change(self) -> bool:
        return self.started and not self.ending

    @property
    def _part(self) -> Part:
        return self.form[self.number]

    @property
    def _is_last_bar(self) -> bool:
        """Whether the bar that comes is the last that the form counts for this section."""
        return self.counted + 1 == self._part.bars

    def _lines_if_full(self) -> frozenset[str]:
        """Return the bar lines that may follow a full bar (any bar if the meter is free)."""
        lines = set()
        if self.ending == 2:
            closed = self._closings(ZERO)
            if self.second_ending + 1 < self.first_ending:
                lines.add("|")
            elif closed and self._following is not None and not self._following.repeated:
                lines.add("|")  # a last ending as long as the first needs no sign
            return frozenset(lines) | closed
        if self._is_last_bar:
            return self._closings(ZERO)
        two_left = self.counted + 2 == self._part.bars
        if not (two_left and self._needs_endings):
            lines.add("|")
            if self._part.repeated and not self.ending:
                lines.add("||")
        if self._part.repeated and not self.ending:
            lines.add("|1")
        return frozenset(lines)

    def _lines_if_short(self) -> list[tuple[Fraction | None, frozenset[str]]]:
        """Return the lengths that a short bar may have, None for any, with the bar lines that may follow."""
        assert self.full is not None
        result: list[tuple[Fraction | None, frozenset[str]]] = []
        if self.tail is None:
            return [(None, frozenset("|"))]  # the tune's own pickup: its last bar will complete it
        if self.run and not (self._begins_ending and self._ends_ending):
            result.append((self.full - self.run, frozenset("|")))
            if self.cautious:
                return result  # abc2midi adds up the two bars around a double bar, so they must make one
        if self.ending == 2 or (self._is_last_bar and not self._part.repeated):
            alone = self.at_edge and not self.ending and not self.counted
            if alone and self._following is not None and self._following.repeated:
                return result  # a single short bar before |: would be that section's pickup
            if self._following is not None and self._can_settle(self.number + 1):
                return [*result, (None, self._closings(None))]
            wanted = self._short(self.tail)
            return [*result, (wanted, self._closings(self.tail))]
        if self._is_last_bar:
            return [*result, (self._short(self._turn), self._closings(self._turn))]
        if self._part.repeated and not self.ending and not self.cautious:
            lines = set() if self._needs_endings else {"||"}
            result.append((None, frozenset(lines | {"|1"})))
            if self.counted + 2 == self._part.bars:
                # Each ending has one bar: a short one that completes this bar, so there must be something to complete.
                whole = {self._turn} if self._can_settle(self.number + 1) else {self._turn, self.tail}
                result += [(self._short(run), frozenset(lines)) for run in whole]
        return result

    @property
    def _begins_ending(self) -> bool:
        return (self.ending == 1 and not self.first_ending) or (self.ending == 2 and not self.second_ending)

    @property
    def _ends_ending(self) -> bool:
        """Whether the bar that comes must be the last of its ending."""
        return self._is_last_bar if self.ending == 1 else self.second_ending + 1 == self.first_ending

    def _short(self, wanted: Fraction) -> Fraction:
        """Return the length of a short bar after which the run is as wanted; 0 if there is none."""
        assert self.full is not None
        return carried(wanted - self.run, self.full)

    @property
    def _turn(self) -> Fraction:
        """The run with which the section must begin again."""
        return self.tail or ZERO if self.turn is None else self.turn

    @property
    def _following(self) -> Part | None:
        return self.form[self.number + 1] if self.number + 1 < len(self.form) else None

    def _closings(self, run: Fraction | None) -> frozenset[str]:
        """Return the bar lines that may end the section with this run; None stands for any run."""
        following = self._following
        if self._part.repeated and self.ending < 2:
            if run is not None and run != self._turn:
                return NO_LINES
            if self.ending:
                lone = not self.cautious and following is not None and not following.repeated
                return frozenset({":|2", ":|"} if lone and self._settled(self.body_run) else {":|2"})
            if not self._settled(self._turn):
                return NO_LINES
            plain, opening = ":|", ":||:"
        else:
            if run is not None and not self._settled(run):
                return NO_LINES
            plain, opening = "||" if following else "|]", "|:"
        if following is None or not following.repeated:
            return frozenset({plain})
        return frozenset({plain, opening} if self._may_lead_in(self.number + 1) else {opening})

    def _settled(self, run: Fraction) -> bool:
        """Whether the tune can end well if the section ends with this run."""
        return run == (self.tail or ZERO) or self._can_settle(self.number + 1)

    def _can_settle(self, number: int) -> bool:
        """Whether a section from this one on can end with another run than it began with."""
        return any(
            part.bars > 1 or not (part.repeated or (following and following.repeated))
            for part, following in zip_longest(self.form[number:], self.form[number + 1 :])
        )

    @property
    def _needs_endings(self) -> bool:
        """Whether a repeated section must end with two endings, because its own run would not suit what follows."""
        if not self._part.repeated or self.ending:
            return False
        return not self._settled(self._turn)

    # ── what came ───────────────────────────────────────────────────────────────────────────────

    def close(self, length: Fraction, line: str) -> "Sections":
        """Return the point after a bar of this length and this bar line, which the rule allows."""
        run = carried(self.run + length, self.full) if self.full is not None else ZERO
        tail = self.tail
        if tail is None:
            tail = carried(-run, self.full) if self.full is not None else ZERO
            run = ZERO
        after = replace(self, run=run, tail=tail, at_edge=line != "|", started=True)
        if self.leading:
            return replace(after, leading=False, turn=run)
        if self.ending == 2:
            after = replace(after, second_ending=self.second_ending + 1)
        elif not self._is_pickup(length, line):
            after = replace(after, counted=self.counted + 1, first_ending=self.first_ending + (self.ending == 1))
        if line == "|1":
            return replace(after, ending=1, body_run=run)
        if line == ":|2":
            return replace(after, ending=2, run=self.body_run)
        if line == "||" and self._part.repeated and not self.ending:
            return after
        if line == "|" and not (self.ending == 2 and after.second_ending == self.first_ending):
            return after
        if line == ":|" and self.ending:
            run = self.body_run
        following = self._following
        return replace(
            after, number=self.number + 1, counted=0, run=run, turn=run, ending=0, first_ending=0, second_ending=0,
            body_run=ZERO, leading=following is not None and following.repeated and not line.endswith("|:"),
        )  # fmt: skip

    def _is_pickup(self, length: Fraction, line: str) -> bool:
        """Whether the next bar, with this length and bar line, is a pickup of its section and does not count."""
        short = self.full is not None and length < self.full
        return short and self.at_edge and line == "|" and not self._begins_ending
