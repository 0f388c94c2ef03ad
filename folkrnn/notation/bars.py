"""Bar arithmetic: which bars are full, which may be short, and how they are counted.

A bar may be shorter than its meter only beside a section edge: the ends of the tune, a
repeat sign, a double bar or an ending. There a pickup and the short bar before it make one
full bar between them.
"""

from collections.abc import Sequence
from fractions import Fraction

from folkrnn.notation.findings import ERROR, WARNING, Finding
from folkrnn.notation.repeats import order_of
from folkrnn.notation.tune import Bar


def starts_section(bars: Sequence[Bar], index: int) -> bool:
    """Whether a section edge lies just before a bar."""
    if index == 0:
        return True
    before, bar = bars[index - 1], bars[index]
    return bool(bar.opens or bar.ending or before.plays > 1 or before.edge)


def ends_section(bars: Sequence[Bar], index: int) -> bool:
    """Whether a section edge lies just after a bar."""
    return index == len(bars) - 1 or starts_section(bars, index + 1)


def is_pickup(bars: Sequence[Bar], index: int) -> bool:
    """Whether a bar is an incomplete one that leads into a section, or into the repeat that opens after it."""
    bar = bars[index]
    if bar.ending or not starts_section(bars, index) or not bar.is_short:
        return False
    return not ends_section(bars, index) or (bar.plays == 1 and index + 1 < len(bars) and bars[index + 1].opens)


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
    short: set[int] = set()
    for index, bar in enumerate(bars):
        full, length = bar.meter.bar, bar.duration
        if full is None or length == full:
            continue
        message = f"the bar holds {length} but the meter is {bar.meter}"
        if length > full:
            findings.append(_finding("bar-too-long", ERROR, bar, message))
        elif starts_section(bars, index) or ends_section(bars, index):
            short.add(index)
        else:
            findings.append(_finding("bar-too-short", ERROR, bar, message))
    if short and not findings:
        findings += _check_joins(bars, short)
    return findings


def _check_joins(bars: Sequence[Bar], short: set[int]) -> list[Finding]:
    """Return findings about short bars that do not add up to full ones.

    Between full bars they must, in the order in which they are played. Players repeat a tune, so its end joins its
    beginning.
    """
    order = order_of(bars)
    start = next((place for place, index in enumerate(order) if index not in short), 0)
    findings: dict[tuple[int, int], Finding] = {}
    run = Fraction(0)
    for place in range(start, start + len(order) + 1):
        index = order[place % len(order)]
        before = bars[order[place % len(order) - 1]]
        full = before.meter.bar
        if index in short and bars[index].meter == before.meter:
            run += bars[index].duration
            continue
        if full and carried(run, full):
            message = f"pickup and last bar do not add up: incomplete bars hold {run} together; expected {full}"
            findings[before.line, before.column] = _finding("pickup-mismatch", WARNING, before, message)
        run = bars[index].duration if index in short else Fraction(0)
    return list(findings.values())


def _finding(code: str, level: str, bar: Bar, message: str) -> Finding:
    return Finding(code, level, bar.line, bar.column, bar.number, message)
