"""Music that is written out as it is played becomes parts with repeats: AABB is ``|: A :| |: B :|``.

Where markers name the parts, as in the files that folkrnn writes, each begins a part. Else bars are compared. A part
that is played twice is sought among the usual lengths; a pickup at the start is taken for that of every part.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import NamedTuple

from folkrnn.importing.cutting import Cell, Cutter, Span, Timeline, last_end
from folkrnn.notation.meter import Meter

PART_LENGTHS = (8, 16, 4, 12, 6, 10, 5, 7, 9, 14, 18, 20, 24, 32)
"""The bars of parts, the usual ones first."""

ONLY_PART = "A"
"""The marker of a tune that has no second part."""

MAX_ENDING = 2
"""The most bars in which two passes without markers may differ, as first and second endings."""


class FoldedBar(NamedTuple):
    """A bar with its place in the form: as in ``notation.tune.Bar``."""

    cell: Cell
    opens: bool = False
    plays: int = 1
    ending: tuple[int, ...] = ()
    edge: bool = False


def folded(timeline: Timeline) -> list[FoldedBar]:
    """Return the bars of some music, each part once."""
    cutter = Cutter(timeline)
    named = len(timeline.markers) > 1 or list(timeline.markers.values()) == [ONLY_PART]
    spans = _by_markers(timeline, cutter.lines) if named else _by_bars(timeline, cutter)
    bars: list[FoldedBar] = []
    for passes in spans:
        cells = [cutter.part(*span) if named else list(cutter.cells(*span)) for span in passes]
        found = _part(cells)
        if found is None:
            for each in cells:
                bars += _once(each)
        else:
            bars += found
    return bars


def _once(cells: Sequence[Cell]) -> list[FoldedBar]:
    """Return the bars of a part that is played once."""
    return [FoldedBar(cell, edge=place == len(cells) - 1) for place, cell in enumerate(cells)]


# Bars and parts -------------------------------------------------------------------------------------------------------


def _pickup(timeline: Timeline, lines: Sequence[tuple[Fraction, Meter]]) -> tuple[Fraction, Fraction]:
    """Return when the music begins, and how long its pickup is: 0 without one.

    A first bar that is shorter than the next one's meter is a pickup, and so is what follows a silence of half a bar.
    """
    full = lines[1][1].bar or Fraction(1)
    first = lines[1][0]
    if lines[0][0] + (lines[0][1].bar or 1) < full + lines[0][0] and len(lines) > 2:
        return Fraction(0), first
    onset = timeline.lines[0][0].onset
    return (onset, first - onset) if onset >= full / 2 else (Fraction(0), Fraction(0))


def _end(timeline: Timeline, lines: Sequence[tuple[Fraction, Meter]], pickup: Fraction) -> Fraction:
    """Return when the last bar ends: where a pickup would begin, and not before the last note."""
    last = last_end(timeline)
    return min((time - pickup for time, _ in lines if time - pickup >= last), default=last)


def _by_markers(timeline: Timeline, lines: Sequence[tuple[Fraction, Meter]]) -> Iterator[list[Span]]:
    """Yield the passes of each part that markers name."""
    begin, _ = _pickup(timeline, lines)
    end = max(last_end(timeline), timeline.end)
    starts = sorted(time for time in timeline.markers if time < end)
    if not starts or starts[0] > begin:
        starts.insert(0, begin)
    ends = [*starts[1:], end]
    for _, found in groupby(zip(starts, ends, strict=True), lambda span: timeline.markers.get(span[0], "")):
        yield list(found)


def _by_bars(timeline: Timeline, cutter: Cutter) -> Iterator[list[Span]]:
    """Yield the passes of each part that is found by comparing bars."""
    lines = cutter.lines
    begin, pickup = _pickup(timeline, lines)
    end = _end(timeline, lines, pickup)
    starts = [begin] if pickup else []
    starts += [time - pickup for time, _ in lines if time - pickup > begin or not (pickup or time)]
    starts = [time for time in starts if time < end]
    cuts = [*starts, end]
    units = [tuple(cutter.cells(*span)) for span in pairwise(cuts)]
    place = plain = 0
    while place < len(units):
        length = _repeated(units, place)
        if not length:
            place += 1
            continue
        if place > plain:
            yield [(cuts[plain], cuts[place])]
        yield [(cuts[place + each * length], cuts[place + (each + 1) * length]) for each in range(2)]
        place += 2 * length
        plain = place
    if plain < len(units):
        yield [(cuts[plain], end)]


def _repeated(units: Sequence[tuple[Cell, ...]], place: int) -> int:
    """Return how many bars from a place on are played twice; 0 for none. Equal ones come before those with endings."""
    for length in PART_LENGTHS:
        if _same(units, place, place + length, length):
            return length
    for length in PART_LENGTHS:
        kept = length - MAX_ENDING
        if (
            length >= 2 * MAX_ENDING + 2
            and place + 2 * length <= len(units)
            and _same(units, place, place + length, kept)
        ):
            return length
    return 0


def _same(units: Sequence[tuple[Cell, ...]], first: int, second: int, length: int) -> bool:
    """Whether some bars are the same at two places."""
    return second + length <= len(units) and units[first : first + length] == units[second : second + length]


# Repeats --------------------------------------------------------------------------------------------------------------


def _part(passes: Sequence[Sequence[Cell]]) -> list[FoldedBar] | None:
    """Return the bars of a part that is played in some passes; None if these have too little in common."""
    if len(passes) == 1:
        return _once(passes[0])
    shared = 0
    while all(shared < len(each) for each in passes) and len({each[shared] for each in passes}) == 1:
        shared += 1
    tails = [tuple(each[shared:]) for each in passes]
    body = [FoldedBar(cell) for cell in passes[0][:shared]]
    if not any(tails):
        body[0] = body[0]._replace(opens=True)
        body[-1] = body[-1]._replace(plays=len(passes))
        return body
    runs = [(tail, len(list(found))) for tail, found in groupby(tails)]
    if not body or not all(tails) or len(runs) != len(set(tails)) or 2 * shared < len(passes[0]):
        return None
    body[0] = body[0]._replace(opens=True)
    number = 1
    for place, (tail, count) in enumerate(runs):
        ending = [FoldedBar(cell) for cell in tail]
        ending[0] = ending[0]._replace(ending=tuple(range(number, number + count)))
        is_last = place == len(runs) - 1
        ending[-1] = ending[-1]._replace(plays=1 if is_last else 2, edge=is_last)
        body += ending
        number += count
    return body
