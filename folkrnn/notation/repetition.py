"""What a tune has played before, and which of it may come back.

Bars of a tune come back: after two bars, after four, in the next part, or anywhere. So ``Repetition`` aligns the bar
under way with earlier bars at fixed distances (as Magenta's Lookback RNN does for one and two bars; Waite, 2016). It
also finds the earlier bar, at any distance, that best continues the last bars. A compressor looks in the same way for
the longest match in what it has read (Ziv and Lempel, 1977).
"""

from folkrnn.notation.lookback import DISTANCE_SIZE, EVENT_SIZE, NO_EVENT, BarReader, PastBar, copied, stepped, steps_of

LAGS = (1, 2, 4, 8)
"""The distances, in bars, of the aligned bars; the last aligned bar is the one as far into the part before."""

ALIGNED_BARS = len(LAGS) + 1

_MAX_CONTEXT_BARS, _MAX_MATCHED_NOTES = 2, 3
MATCH_GRADES = (_MAX_CONTEXT_BARS + 1) * (_MAX_MATCHED_NOTES + 1)
"""The number of grades of a match: by the matching bars before it, and by its own matching notes."""

MAX_MOTIF = 6
"""A motif that came before is found by at most this many notes, or steps between notes."""

MAX_RUNNING, MAX_SAME = 2, 4
"""The most times that the same bar may stand one after the other, and in a whole tune."""

ALIGNED_SIZES = (EVENT_SIZE, DISTANCE_SIZE) * ALIGNED_BARS
FOLLOWED_SIZES = (2**ALIGNED_BARS, 2**ALIGNED_BARS)
MATCHED_SIZES = (EVENT_SIZE, DISTANCE_SIZE, MATCH_GRADES + 1, EVENT_SIZE, MAX_MOTIF + 1, EVENT_SIZE, MAX_MOTIF + 1)
"""The numbers of values of what ``aligned``, ``followed`` and ``matched`` return."""


class Repetition:
    """The bars of a tune that are over, and those of them that the bar under way may repeat."""

    __slots__ = (
        "_agreeing", "_aligned", "_bars", "_candidates", "_followed_last", "_melody", "_pickups", "_settled", "_starts",
        "_steps",
    )  # fmt: skip

    def __init__(self) -> None:
        self._bars: list[PastBar] = []  # those that are over, but for pickups
        self._starts: list[int] = []  # the index of the first bar of each part
        self._pickups: list[PastBar | None] = []  # one for each part
        self._melody = b""  # all notes before this bar, and the steps between them
        self._steps = b""
        self._aligned: list[PastBar | None] = [None] * ALIGNED_BARS
        self._followed_last = 0  # the bits of the last bar
        self._agreeing: list[tuple[int, PastBar]] = []  # aligned bars, by bit, that agree but for the last note
        self._candidates: list[tuple[int, PastBar]] | None = None  # see _match; None before they are looked for
        self._settled = 0  # the number of notes of this bar with which both agree

    def copy(self) -> "Repetition":
        """Return a copy that advances alone."""
        twin = copied(self)
        twin._bars, twin._starts, twin._pickups = self._bars.copy(), self._starts.copy(), self._pickups.copy()
        return twin

    @property
    def pickup(self) -> int:
        """The length of the tune's pickup, in ticks."""
        first = self._pickups[0] if self._pickups else None
        return first.length if first else 0

    @property
    def last_bar(self) -> PastBar | None:
        """The last bar that is over; a pickup only where no bar is."""
        return self._bars[-1] if self._bars else next(filter(None, self._pickups), None)

    @property
    def last_bar_of_part_before(self) -> PastBar | None:
        """The last bar of the part before the one under way; None in the first part."""
        start = self._starts[-1] if self._starts else 0
        return self._bars[start - 1] if start else None

    def begin_part(self) -> None:
        """Begin a part."""
        self._starts.append(len(self._bars))
        self._pickups.append(None)

    def add(self, bar: BarReader, pickup: bool) -> None:
        """Add a bar, or the pickup of a part, that is over."""
        self._followed_last = self._followed(bar)
        self._melody, self._steps = self._melody_and_steps(bar)
        if pickup:
            self._pickups[-1] = bar.past_bar()
        else:
            self._bars.append(bar.past_bar())

    def forget(self, count: int) -> None:
        """Forget the last ``count`` bars, because other bars replace them."""
        del self._bars[len(self._bars) - count :]

    def worn_out(self, bar: BarReader) -> bool:
        """Whether a bar would be one too many of its kind: a third time running, or more than MAX_SAME times.

        Bars are the same if they have the same notes at the same times. A bar of one single pitch is the same whatever
        the lengths.
        """
        same = [earlier.figure == bar.figure for earlier in self._bars]
        return same[-MAX_RUNNING:] == [True] * MAX_RUNNING or sum(same) >= MAX_SAME

    def align(self, first: bool) -> None:
        """Find the aligned bars of the next bar; ``first`` says that no bar of its part is over."""
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
        self._agreeing = [(bit, bar) for bit, bar in enumerate(self._aligned) if bar]

    def aligned(self, bar: BarReader) -> list[int]:
        """Return the event and the distance of each aligned bar at the time that ``bar`` has reached."""
        return [value for earlier in self._aligned for value in (earlier.at(bar.now) if earlier else NO_EVENT)]

    def followed(self, bar: BarReader) -> tuple[int, int]:
        """Return one bit for each aligned bar that ``bar`` has followed note for note, and those of the last bar."""
        return self._followed(bar), self._followed_last

    def matched(self, bar: BarReader) -> tuple[int, ...]:
        """Return the features of the best matching bar, and of the motif."""
        return (*self._match(bar), *self._motif(bar))

    def _followed(self, bar: BarReader) -> int:
        self._settle(bar)
        return sum(1 << bit for bit, earlier in self._agreeing if bar.follows(earlier))

    def _settle(self, bar: BarReader) -> None:
        """Drop the earlier bars from which the notes before the last differ; the last may still change."""
        first, last = self._settled, bar.begun - 1
        if last > first:
            self._agreeing = [each for each in self._agreeing if bar.agrees(each[1], first, last)]
            if self._candidates:
                self._candidates = [each for each in self._candidates if bar.agrees(each[1], first, last)]
            self._settled = last

    def _match(self, bar: BarReader) -> tuple[int, int, int]:
        """Return the event and the distance of the best matching bar, and the grade of the match.

        This bar has followed it note for note, and it is no aligned bar. The order is: bars with most matching bars
        before them, then the first bar of the tune, then the latest.
        """
        if self._candidates is None:
            self._candidates, self._settled = self._find_candidates(), 0
        self._settle(bar)
        for context, earlier in self._candidates:
            if bar.follows(earlier):
                notes = min(bar.begun, _MAX_MATCHED_NOTES)
                return (*earlier.at(bar.now), 1 + context * (_MAX_MATCHED_NOTES + 1) + notes)
        return (*NO_EVENT, 0)

    def _find_candidates(self) -> list[tuple[int, PastBar]]:
        """Return the earlier bars that are not aligned, the likeliest first, with the matching bars before each."""
        bars, aligned = self._bars, set(map(id, self._aligned))
        found: list[list[tuple[int, PastBar]]] = [[] for _ in range(_MAX_CONTEXT_BARS + 1)]
        for index in (0, *range(len(bars) - 1, 0, -1)) if bars else ():
            if id(bars[index]) not in aligned:
                context, most = 0, min(_MAX_CONTEXT_BARS, index)
                while context < most and bars[index - 1 - context].music == bars[-1 - context].music:
                    context += 1
                found[context].append((context, bars[index]))
        return [candidate for candidates in reversed(found) for candidate in candidates]

    def _motif(self, bar: BarReader) -> tuple[int, int, int, int]:
        """Return the notes to which the last notes and the last steps led before, each with their number."""
        melody, steps = self._melody_and_steps(bar)
        note, notes = recurrence(melody, MAX_MOTIF)
        step, count = recurrence(steps, MAX_MOTIF)
        return note, notes, stepped(melody[-1], step) if count else 0, count

    def _melody_and_steps(self, bar: BarReader) -> tuple[bytes, bytes]:
        """Return all notes so far, and the steps between them."""
        return self._melody + bar.notes, self._steps + steps_of(self._melody[-1:] + bar.notes)


def recurrence(items: bytes, max_length: int) -> tuple[int, int]:
    """Return what followed the end of ``items`` when it came before, and its length; (0, 0) if it never did.

    The longest match of at most ``max_length`` items counts, and of equal matches the last. The codes of Ziv and
    Lempel (1977) continue a text in this way.
    """
    following, found = 0, 0
    for count in range(1, min(max_length, len(items) - 1) + 1):
        place = items.rfind(items[-count:], 0, -1)
        if place < 0:
            break
        following, found = items[place + count], count
    return following, found
