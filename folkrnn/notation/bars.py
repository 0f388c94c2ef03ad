"""Bar arithmetic: which bars are full, which may be short, and how they are counted.

A bar may be shorter than its meter only beside a section edge: the ends of the tune, a
repeat sign, a double bar, an ending, or a line with a title, a part or a key. There a pickup
and the short bar before it make one full bar between them.

Players also take a tune in which they do not, as long as each section is right for itself: it
may begin with a pickup, and it ends with a full bar or with what a pickup leaves of one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from folkrnn.notation.findings import ERROR, NOTE, WARNING, Finding
from folkrnn.notation.repeats import order_of
from folkrnn.notation.tune import Bar


def starts_section(bars: Sequence[Bar], index: int) -> bool:
    """Whether a section edge lies just before a bar."""
    return _follows_sign(bars, index) or follows_heading(bars, index)


def _follows_sign(bars: Sequence[Bar], index: int) -> bool:
    """Whether a bar line shows a section edge just before a bar, or just after the last one."""
    if index in (0, len(bars)):
        return True
    before, bar = bars[index - 1], bars[index]
    return bool(bar.opens or bar.ending or before.plays > 1 or before.edge)


def follows_heading(bars: Sequence[Bar], index: int) -> bool:
    """Whether a title or a part label stands just before a bar, or a key on a line of its own."""
    changes = bars[index].changes
    if not changes or not index:
        return False
    return any(
        change.index == 0 and (change.field in ("P", "T") or (change.field == "K" and change.own_line))
        for change in changes
    )


def with_drawn_edges(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Return bars with a double bar wherever only a heading says that a short bar lies beside a section edge."""
    result = list(bars)
    for index in range(1, len(result)):
        if follows_heading(result, index) and (_lost(result, index - 1) or _lost(result, index)):
            result[index - 1] = replace(result[index - 1], edge="||")
    return tuple(result)


def _lost(bars: Sequence[Bar], index: int) -> bool:
    """Whether a bar is short and no bar line beside it shows a section edge."""
    return bars[index].is_short and not _follows_sign(bars, index) and not _follows_sign(bars, index + 1)


def ends_section(bars: Sequence[Bar], index: int) -> bool:
    """Whether a section edge lies just after a bar."""
    return index == len(bars) - 1 or starts_section(bars, index + 1)


def is_pickup(bars: Sequence[Bar], index: int) -> bool:
    """Whether a bar is an incomplete one that leads into a section, or into the repeat that opens after it."""
    bar = bars[index]
    if bar.ending or not starts_section(bars, index):
        return False
    if ends_section(bars, index):
        if bar.plays > 1 or index + 1 == len(bars):
            return False
        if not bars[index + 1].opens and (bar.edge or not follows_heading(bars, index + 1)):
            return False
    return bar.is_short  # last, for it adds up the notes


def completes_measure(bars: Sequence[Bar], index: int) -> bool:
    """Whether a short numbered bar ends a measure: a pickup, or the second half of a split bar."""
    return (index == 0 or bars[index].number == bars[index - 1].number) and bars[index].is_short


def number_bars(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Number bars as they are printed: a pickup belongs to the bar before it."""
    numbered: list[Bar] = []
    number = 0
    for index, bar in enumerate(bars):
        if not is_pickup(bars, index):
            number += 1
        numbered.append(bar.with_number(number))
    return tuple(numbered)


def carried(length: Fraction, full: Fraction) -> Fraction:
    """Return the length of successive short bars together, less whole bars.

    Where a full bar follows it must be 0: so pickups and the short bars before them add up.
    """
    return length % full


def check_bars(bars: Sequence[Bar]) -> list[Finding]:
    """Return findings about the lengths of numbered bars and about how the sections join."""
    findings = []
    short: dict[int, Fraction] = {}
    for index, bar in enumerate(bars):
        full, length = bar.meter.bar, bar.duration
        if full is None or length == full:
            continue
        too_long = length > full
        if not too_long and (starts_section(bars, index) or ends_section(bars, index)):
            short[index] = length
            continue
        message = f"bar {bar.number} holds {length} but the meter is {bar.meter}"
        findings.append(_finding("bar-too-long" if too_long else "bar-too-short", ERROR, bar, message))
    if short and not findings:
        findings += _check_joins(bars, short)
    return findings


def bars_add_up(bars: Sequence[Bar]) -> bool:
    """Whether no bar is too long, and short ones make full ones between them, as in the tunes of the grammar."""
    return not check_bars(bars)


def _check_joins(bars: Sequence[Bar], short: dict[int, Fraction]) -> list[Finding]:
    """Return findings about short bars that do not add up to full ones, between full bars in the order of playing.

    They are warnings, but notes where each of the sections that meet there is right for itself.
    """
    runs = list(_runs(bars, short))
    if not any(carried(run.length, run.full) for run in runs):
        return []
    groups = [list(_groups(bars, run, short)) for run in runs]
    pickups = {group.length for run in groups for group in run if group.is_pickup}
    findings: dict[tuple[int, int], Finding] = {}
    for run, parts in zip(runs, groups, strict=True):
        if not carried(run.length, run.full):
            continue
        finding = _judged(bars, run, parts, pickups)
        place = finding.line, finding.column
        if place not in findings or finding.level == WARNING:
            findings[place] = finding
    return list(findings.values())


MOST_NAMED = 12
"""The most bars that one finding names."""


class _Run(NamedTuple):
    """Short bars of one meter that are played one after the other, and the bars just before and after them."""

    indices: tuple[int, ...]
    before: int
    after: int
    full: Fraction
    length: Fraction


class _Group(NamedTuple):
    """Bars of a run between which no section edge lies; ``closes`` says that a section ends with them."""

    indices: tuple[int, ...]
    length: Fraction
    closes: bool
    is_pickup: bool


def _runs(bars: Sequence[Bar], short: dict[int, Fraction]) -> Iterator[_Run]:
    """Yield the runs of short bars. Players repeat a tune, so its end joins its beginning."""
    order = order_of(bars)
    start = next((place for place, index in enumerate(order) if index not in short), 0)
    run: list[int] = []
    for place in range(start, start + len(order) + 1):
        index, last = order[place % len(order)], bars[order[place % len(order) - 1]]
        if index in short and bars[index].meter == last.meter:
            run.append(index)
            continue
        if run and last.meter.bar:
            before = order[(place - len(run) - 1) % len(order)]
            yield _Run(tuple(run), before, index, last.meter.bar, _sum(short, run))
        run = [index] if index in short else []


def _groups(bars: Sequence[Bar], run: _Run, short: dict[int, Fraction]) -> Iterator[_Group]:
    """Divide a run at the section edges between bars that are played one after the other."""
    edges = [_sections_meet(bars, *pair) for pair in pairwise((run.before, *run.indices, run.after))]
    starts = [place for place in range(len(run.indices)) if edges[place] or place == 0]
    for start, stop in zip(starts, [*starts[1:], len(run.indices)], strict=True):
        indices = run.indices[start:stop]
        length = _sum(short, indices)
        leads = edges[start] and (not edges[stop] or _leads_on(bars, indices[0], 2 * length <= run.full))
        yield _Group(indices, length, edges[stop], leads)


def _sections_meet(bars: Sequence[Bar], before: int, after: int) -> bool:
    """Whether a section ends between two bars that are played one after the other; an ending is part of its section."""
    return not bars[after].ending and (after != before + 1 or starts_section(bars, after))


def _leads_on(bars: Sequence[Bar], index: int, brief: bool) -> bool:
    """Whether a short bar between two section edges is a pickup; ``brief``: it is not longer than half a bar."""
    return is_pickup(bars, index) or (brief and bars[index].plays == 1 and index + 1 < len(bars))


def _sum(short: dict[int, Fraction], indices: Iterable[int]) -> Fraction:
    return sum((short[index] for index in indices), Fraction(0))


def _judged(bars: Sequence[Bar], run: _Run, groups: list[_Group], pickups: set[Fraction]) -> Finding:
    """Return the finding about a run that does not add up; ``pickups`` are the lengths of all pickups of the tune."""
    groups = [group for group in groups if carried(group.length, run.full)]
    ends = [group for group in groups if not group.is_pickup and not _is_silent(bars, group)]
    right = all(
        group.closes and any(not carried(group.length + pickup, run.full) for pickup in pickups) for group in ends
    )
    names = list(dict.fromkeys(_name(bars, group) for group in groups))[:MOST_NAMED]
    silent = [_name(bars, group) for group in groups if _is_silent(bars, group)]
    if not right:
        what = f"{' and '.join(names)} do{'es' * (len(names) == 1)} not add up"
    elif silent:
        what = f"{silent[0]} rests where an upbeat has its place"
    elif not ends:
        what = f"nothing takes back {names[0]}"
    elif len(names) == 1:
        what = f"{names[0]} leaves room for an upbeat, but none follows"
    else:
        what = f"{names[0]} leaves room for another upbeat than the one{names[-1].removeprefix('the upbeat')}"
    message = f"{what}: incomplete bars hold {run.length} together; expected {run.full}"
    return _finding("pickup-mismatch", NOTE if right else WARNING, bars[run.indices[-1]], message)


def _is_silent(bars: Sequence[Bar], group: _Group) -> bool:
    """Whether a group is but a rest, as it stands behind the last repeat where the upbeat has no place."""
    return all(note.is_rest for index in group.indices for note in bars[index].notes)


def _name(bars: Sequence[Bar], group: _Group) -> str:
    number = bars[group.indices[-1]].number
    return f"the upbeat to bar {number + 1}" if group.is_pickup else f"bar {number}"


def _finding(code: str, level: str, bar: Bar, message: str) -> Finding:
    return Finding(code, level, bar.line, bar.column, bar.number, message)
