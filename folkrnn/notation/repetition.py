"""What was heard earlier in a tune, and what of it may be coming back.

Tunes are made of bars that come back: the next but one, four bars on, in the next part, or anywhere. So the bar under
way is held against earlier ones at fixed distances (Magenta's Lookback RNN does so for one and two bars; Waite, 2016),
and against the one, at whatever distance, that goes on best from what was just heard, as a compressor looks for the
longest match in what it has read (Ziv and Lempel, 1977).
"""

from copy import copy

from folkrnn.notation.lookback import DISTANCE_SIZE, EVENT_SIZE, NO_EVENT, BarReader, PastBar, stepped, steps_of

LAGS = (1, 2, 4, 8)
"""So many bars back stand the bars that are told of; another is the one as far into the part before."""

ALIGNED_BARS = len(LAGS) + 1

_MAX_CONTEXT_BARS, _MAX_MATCHED_NOTES = 2, 3
MATCH_GRADES = (_MAX_CONTEXT_BARS + 1) * (_MAX_MATCHED_NOTES + 1)
"""How well a bar found by what it holds can match: by so many bars before it, and so many of its notes."""

MAX_MOTIF = 6
"""A motif that came before is found by up to so many notes, or steps between notes."""

ALIGNED_SIZES = (EVENT_SIZE, DISTANCE_SIZE) * ALIGNED_BARS
FOLLOWED_SIZES = (2**ALIGNED_BARS, 2**ALIGNED_BARS)
MATCHED_SIZES = (EVENT_SIZE, DISTANCE_SIZE, MATCH_GRADES + 1, EVENT_SIZE, MAX_MOTIF + 1, EVENT_SIZE, MAX_MOTIF + 1)
"""How many values ``beside``, ``following`` and ``found`` may tell of each thing."""


class Repetition:
    """The bars of a tune that are over, and those of them that the bar under way is held against."""

    __slots__ = (
        "_agreeing",
        "_aligned",
        "_bars",
        "_candidates",
        "_followed_last",
        "_melody",
        "_pickups",
        "_settled",
        "_starts",
        "_steps",
    )  # fmt: skip

    def __init__(self) -> None:
        self._bars: list[PastBar] = []  # those that are over, but for pickups
        self._starts: list[int] = []  # for each part its first among them
        self._pickups: list[PastBar | None] = []  # for each part
        self._melody = b""  # all notes before this bar, and the steps between them
        self._steps = b""
        self._aligned: list[PastBar | None] = [None] * ALIGNED_BARS  # the bars that this one is held against
        self._followed_last = 0  # which of its own the last bar had followed
        self._agreeing: list[tuple[int, PastBar]] = []  # of those beside it, by digit, but for the last note
        self._candidates: list[tuple[int, PastBar]] | None = None  # see _match; None before they are looked for
        self._settled = 0  # with so many notes of this bar both agree

    def copy(self) -> "Repetition":
        """The same; the two go on apart."""
        twin = copy(self)
        twin._bars, twin._starts, twin._pickups = self._bars.copy(), self._starts.copy(), self._pickups.copy()
        return twin

    @property
    def pickup(self) -> int:
        """The length of the tune's pickup, in ticks."""
        first = self._pickups[0] if self._pickups else None
        return first.length if first else 0

    def begin_part(self) -> None:
        """A part begins."""
        self._starts.append(len(self._bars))
        self._pickups.append(None)

    def add(self, bar: BarReader, pickup: bool) -> None:
        """A bar, or the pickup of a part, is over."""
        self._followed_last = self._followed(bar)
        self._melody, self._steps = self._sung(bar)
        if pickup:
            self._pickups[-1] = bar.past_bar()
        else:
            self._bars.append(bar.past_bar())

    def forget(self, count: int) -> None:
        """Forget the last so many bars, for what comes stands in their place."""
        del self._bars[len(self._bars) - count :]

    def look(self, first: bool) -> None:
        """Find the bars to hold the next one against, which may be the ``first`` of its part."""
        self._candidates, self._settled = None, 0
        count = len(self._bars)
        self._aligned = [self._bars[count - lag] if lag <= count else None for lag in LAGS]
        opposite = None
        if len(self._starts) > 1:
            into = count - self._starts[-1]
            if first and self._pickups[-2]:
                opposite = self._pickups[-2]
            elif self._starts[-2] + into < self._starts[-1]:
                opposite = self._bars[self._starts[-2] + into]
        self._aligned.append(opposite)
        self._agreeing = [(digit, bar) for digit, bar in enumerate(self._aligned) if bar]

    def aligned(self, bar: BarReader) -> list[int]:
        """Of each bar that this one is held against, what is heard there now and how far its next note is."""
        return [value for earlier in self._aligned for value in (earlier.at(bar.now) if earlier else NO_EVENT)]

    def followed(self, bar: BarReader) -> tuple[int, int]:
        """Which of them this bar has followed note for note, a binary digit for each, and which the last bar had."""
        return self._followed(bar), self._followed_last

    def matched(self, bar: BarReader) -> tuple[int, ...]:
        """What ``_match`` and ``_motif`` say."""
        return (*self._match(bar), *self._motif(bar))

    def _followed(self, bar: BarReader) -> int:
        self._settle(bar)
        return sum(1 << digit for digit, earlier in self._agreeing if bar.follows(earlier))

    def _settle(self, bar: BarReader) -> None:
        """Leave out the earlier bars that the notes before the last speak against; of the last more may be to come."""
        first, last = self._settled, bar.begun - 1
        if last > first:
            self._agreeing = [each for each in self._agreeing if bar.agrees(each[1], first, last)]
            if self._candidates:
                self._candidates = [each for each in self._candidates if bar.agrees(each[1], first, last)]
            self._settled = last

    def _match(self, bar: BarReader) -> tuple[int, int, int]:
        """What is heard now in the earlier bar that goes on best from what was just heard, and how well it matches.

        This bar has followed it note for note, and it is none of those beside it. First come bars before which the same
        bars stood as before this one, then the first bar of the tune, then the latest.
        """
        if self._candidates is None:
            self._candidates, self._settled = self._find_candidates(), 0
        self._settle(bar)
        for context, earlier in self._candidates:
            if bar.follows(earlier):
                return (
                    *earlier.at(bar.now),
                    1 + context * (_MAX_MATCHED_NOTES + 1) + min(bar.begun, _MAX_MATCHED_NOTES),
                )
        return (*NO_EVENT, 0)

    def _find_candidates(self) -> list[tuple[int, PastBar]]:
        """The earlier bars that are not beside this one, the likeliest first, each with how many match before it."""
        bars, beside = self._bars, set(map(id, self._aligned))
        found: list[list[tuple[int, PastBar]]] = [[] for _ in range(_MAX_CONTEXT_BARS + 1)]
        for place in (0, *range(len(bars) - 1, 0, -1)) if bars else ():
            if id(bars[place]) not in beside:
                context = 0
                while (
                    context < min(_MAX_CONTEXT_BARS, place)
                    and bars[place - 1 - context].music == bars[-1 - context].music
                ):
                    context += 1
                found[context].append((context, bars[place]))
        return [candidate for candidates in reversed(found) for candidate in candidates]

    def _motif(self, bar: BarReader) -> tuple[int, int, int, int]:
        """The notes that the last notes and the last steps lead to, as they did before, and how many those are."""
        melody, steps = self._sung(bar)
        note, notes = goes_on(melody, MAX_MOTIF)
        step, count = goes_on(steps, MAX_MOTIF)
        return note, notes, stepped(melody[-1], step) if count else 0, count

    def _sung(self, bar: BarReader) -> tuple[bytes, bytes]:
        """All notes so far, and the steps between them."""
        return self._melody + bar.notes, self._steps + steps_of(self._melody[-1:] + bar.notes)


def goes_on(things: bytes, most: int) -> tuple[int, int]:
    """What followed when the last of some things stood among them before, and how many those are; (0, 0) if never.

    The longest match counts, up to so many, and of equal ones the last: the codes of Ziv and Lempel (1977) go on so.
    """
    following, found = 0, 0
    for count in range(1, min(most, len(things) - 1) + 1):
        place = things.rfind(things[-count:], 0, -1)
        if place < 0:
            break
        following, found = things[place + count], count
    return following, found
