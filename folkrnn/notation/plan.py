"""The plan of a tune: a letter for each bar, which says what earlier bar it takes up.

Analysts write a tune's build in this way: ``abac abad|efeg efad``. Parts are divided by ``|``, and bars are counted as
in the form: pickups and second endings have no letter. A letter that stands for the first time is a new bar, and the
*head* of its letter. What comes again is

- the *same* label: the same notes at the same times;
- a letter with one more ``'``, such as ``a'``: a *varied* return of its head, with the same pitch sounding for at least
  VARIED of the time;
- a letter with one more ``^``: its head at another *pitch*, all steps the same for at least MOVED of the time, with the
  same rhythm.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import islice, pairwise

from folkrnn.errors import NotationError
from folkrnn.notation.canonical import bar_texts
from folkrnn.notation.form import counted_bars
from folkrnn.notation.lookback import LOWEST_EVENT, BarReader, PastBar, copied
from folkrnn.notation.tune import Tune

VARIED = 0.6
"""The least share of the time for which a varied return has the pitch of its head."""

MOVED = 0.8
"""The least share of the time for which a bar at another pitch has the steps of its head."""

MIN_MOVED_NOTES = 3
"""Fewer notes than this are no figure that one hears at another pitch."""

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The letters in the order in which they come; a tune with more kinds of bars has no plan."""

VARIED_SIGN, MOVED_SIGN = "'", "^"

MAX_SIGNS = 3
"""The most signs after a letter; another variation is a new bar."""

PART_LINE = "|"
"""What stands between the parts."""

CHARACTERS = LETTERS + VARIED_SIGN + MOVED_SIGN + PART_LINE
"""All characters of plans."""

_LABEL = re.compile(r"[a-zA-Z](?:'+|\^+)?")


class Relation(IntEnum):
    """How a bar of a plan relates to earlier ones."""

    NEW = 1
    SAME = 2
    VARIED = 3
    MOVED = 4


def read_plan(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the labels of each part of a plan, or of the beginning of one."""
    return tuple(tuple(match[0] for match in _LABEL.finditer(part)) for part in text.split(PART_LINE))


def parse_plan(text: str) -> str:
    """Return the plan that a composer asks for, its letters in the order in which they come.

    Spaces do not matter, nor which letters stand for what: ``efef|ghgh`` is ``abab|cdcd``. Raises NotationError for
    what is no plan.
    """
    plain = "".join(text.split()).strip(PART_LINE)
    labels = _LABEL.findall(plain)
    if not labels or "".join(labels) != plain.replace(PART_LINE, "") or "" in plain.split(PART_LINE):
        raise NotationError(
            f"{text!r} is no plan; expected a letter for each bar, ' after it for a varied return, ^ for one at "
            "another pitch, and | between parts, such as 'abac abad | efeg efad'"
        )
    known: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for label in labels:
        if label in known:
            continue
        letter, sign = label[0], label[1:2]
        if sign and letter not in known:
            raise NotationError(f"plan {text!r}: {label} stands before {letter}, which it takes up")
        if sign:
            counts[letter + sign] += 1
            known[label] = known[letter] + sign * counts[letter + sign]
        else:
            known[label] = LETTERS[counts["new"]]
            counts["new"] += 1
        if counts[letter + sign] > MAX_SIGNS:
            raise NotationError(f"plan {text!r} has too many variations of {letter}; expected at most {MAX_SIGNS}")
    return _LABEL.sub(lambda match: known[match[0]], plain)


def shown_plan(plan: str) -> str:
    """Return a plan as people read it: four bars together, and spaces around part lines."""
    return f" {PART_LINE} ".join(
        " ".join("".join(part[at : at + 4]) for at in range(0, len(part), 4)) for part in read_plan(plan)
    )


def broken_plan(plan: str, found: str) -> str:
    """Return in words which bar is not as a plan says, by what the plan found in a tune says; empty if all are.

    Bars of one label must be the same, and bars of different ones must differ.
    """
    wanted, heard = ([label for part in read_plan(text) for label in part] for text in (plan, found))
    if len(wanted) != len(heard):
        return f"it has {len(heard)} bars, and the plan has {len(wanted)}"
    for number, label in enumerate(wanted):
        same = wanted.index(label)
        if heard[number] != heard[same]:
            return f"bar {number + 1} is not the same as bar {same + 1}"
        if same == number and (other := heard.index(heard[number])) < number:
            return f"bar {number + 1} is the same as bar {other + 1}"
    return ""


def relations(labels: Sequence[str]) -> Iterator[Relation]:
    """Yield how the bar of each label relates to the earlier ones."""
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            yield Relation.SAME
        elif label.endswith(VARIED_SIGN):
            yield Relation.VARIED
        else:
            yield Relation.MOVED if label.endswith(MOVED_SIGN) else Relation.NEW
        seen.add(label)


def common_time(first: PastBar, second: PastBar, shift: int = 0) -> float:
    """Return the share of the time of the longer bar for which both sound the same step, the first one moved."""
    length = max(first.length, second.length)
    if not length or not first.onsets or not second.onsets:
        return 0.0
    common = min(first.length, second.length)
    edges = sorted({*first.onsets, *second.onsets, 0, common})
    alike = 0
    for begin, end in pairwise(edges):
        if end <= common:
            one, other = (bar.notes[max(0, bisect_right(bar.onsets, begin) - 1)] for bar in (first, second))
            alike += (end - begin) * (one + shift * (one >= LOWEST_EVENT) == other)
    return alike / length


def is_varied(head: PastBar, bar: PastBar) -> bool:
    """Whether a bar is a varied return of a head."""
    return common_time(head, bar) >= VARIED


def is_moved(head: PastBar, bar: PastBar) -> bool:
    """Whether a bar is its head at another pitch."""
    if head.onsets != bar.onsets or len(set(head.notes)) < 2 or len(head.notes) < MIN_MOVED_NOTES:
        return False
    shift = bar.notes[0] - head.notes[0] if min(head.notes[0], bar.notes[0]) >= LOWEST_EVENT else 0
    return shift != 0 and common_time(head, bar, shift) >= MOVED


def next_characters(plan: str, bars: Sequence[int], pattern: str = "") -> frozenset[str]:
    """Return the characters that may come next in a plan, by the bars of each part; a line end where it is whole.

    A ``pattern`` has a letter for each part. A part whose letter stood before is the same as that part.
    """
    parts = read_plan(plan)
    labels = parts[-1]
    number, full = len(parts) - 1, len(labels) >= bars[len(parts) - 1]
    end = "\n" if number == len(bars) - 1 else PART_LINE
    model = pattern.find(pattern[number]) if number < len(pattern) else number
    if model < number:
        written, wanted = plan.rpartition(PART_LINE)[2], "".join(parts[model])
        return frozenset(wanted[len(written) : len(written) + 1] or end)
    choices = _signs_after(plan)
    if full:
        return choices | {end}
    letters = {label[0] for part in parts for label in part}
    return choices | letters | set(LETTERS[len(letters) : len(letters) + 1])


def _signs_after(plan: str) -> frozenset[str]:
    """Return the signs that may follow the label under way: its letter has stood before, and they count up."""
    *before, label = _LABEL.findall(plan) if plan and not plan.endswith(PART_LINE) else [""]
    if not label or label[0] not in before or len(label) > MAX_SIGNS:
        return frozenset()
    return frozenset(
        sign for sign in (VARIED_SIGN, MOVED_SIGN) if label == label[0] or (label in before and label.endswith(sign))
    )


def bars_heard(tune: Tune) -> list[PastBar]:
    """Return the bars of the melody of a tune as plans compare them, pickups and all."""
    heard = []
    for _, text in islice(bar_texts(tune), len(tune.bars)):
        reader = BarReader()
        for character in text:
            reader.advance(character)
        heard.append(reader.past_bar())
    return heard


def kinds_of_bars(tune: Tune, fresh: Collection[int] = ()) -> dict[int, int]:
    """Return a number, from 0, for each bar (index) that the form counts; equal bars have the same one.

    Bars (indices) that are ``fresh`` have numbers of their own.
    """
    heard = bars_heard(tune)
    kinds: dict[object, int] = {}
    return {
        index: kinds.setdefault((index in fresh, heard[index].exact), len(kinds))
        for part in counted_bars(tune)
        for index in part
    }


def plan_of_equal_bars(tune: Tune, fresh: Collection[int] = ()) -> str:
    """Return the plan of a tune in which all bars but equal ones have letters of their own.

    Bars (indices) that are ``fresh`` are the same as no others. It is empty if there are too many different bars.
    """
    kinds = kinds_of_bars(tune, fresh)
    if max(kinds.values(), default=0) >= len(LETTERS):
        return ""
    return PART_LINE.join("".join(LETTERS[kinds[index]] for index in part) for part in counted_bars(tune))


class Planner:
    """The bars of a tune so far, by label; it finds the label of the next one."""

    __slots__ = ("_labels", "bars", "heads")

    def __init__(self) -> None:
        # New tables take the place of these when a bar is added, so copies may share them.
        self.heads: Mapping[str, PastBar] = {}
        """The first bar of each letter."""
        self.bars: Mapping[str, PastBar] = {}
        """The first bar of each label."""
        self._labels: Mapping[object, str] = {}  # by what a bar has

    def copy(self) -> "Planner":
        """Return a copy that goes on alone."""
        return copied(self)

    def label_of(self, bar: PastBar) -> str:
        """Return the label of the next bar; empty if all letters are taken."""
        known = self._labels.get(bar.exact)
        if known is not None:
            return known
        alike = {letter: common_time(head, bar) for letter, head in self.heads.items()}
        nearest = max(alike, key=alike.__getitem__, default="")
        if nearest and alike[nearest] >= VARIED and (label := self._next(nearest, VARIED_SIGN)):
            return label
        moved = next((letter for letter, head in self.heads.items() if is_moved(head, bar)), "")
        if moved and (label := self._next(moved, MOVED_SIGN)):
            return label
        return LETTERS[len(self.heads)] if len(self.heads) < len(LETTERS) else ""

    def add(self, bar: PastBar, label: str) -> None:
        """Add a bar under a label."""
        self.bars = {label: bar, **self.bars}
        self.heads = {label[:1]: bar, **self.heads}
        self._labels = {bar.exact: label, **self._labels}

    def keeps(self, label: str, bar: PastBar) -> bool:
        """Whether a bar is what a label says of the next one."""
        if label in self.bars:
            return self.bars[label].exact == bar.exact
        if bar.exact in self._labels:
            return False
        head = self.heads.get(label[:1])
        if head is None:
            return len(self.label_of(bar)) == 1
        return is_varied(head, bar) if label.endswith(VARIED_SIGN) else is_moved(head, bar)

    def _next(self, letter: str, sign: str) -> str:
        """Return the next label of a letter with one more sign; empty if it would have too many."""
        count = 1
        while letter + sign * count in self.bars:
            count += 1
        return letter + sign * count if count <= MAX_SIGNS else ""
