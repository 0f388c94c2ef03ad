"""Repeats and endings: the sections of a tune, and the order in which its bars are played."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from folkrnn.notation.findings import NOTE, WARNING, Finding
from folkrnn.notation.limits import within_limit
from folkrnn.notation.tune import Bar


class Ending(NamedTuple):
    """A variant ending: the passes it is for, its first bar and its last (indices, both inclusive)."""

    passes: tuple[int, ...]
    first: int
    last: int


class Section(NamedTuple):
    """A run of bars (indices ``first`` to ``last``, both inclusive) that is played ``passes`` times."""

    first: int
    last: int
    passes: int
    endings: tuple[Ending, ...]


def sections(bars: Sequence[Bar]) -> Iterator[Section]:
    """Yield the sections of bars: they end at repeat signs, double bars outside repeats, and after last endings.

    An unwritten ``|:`` stands where the last section ended.
    """
    first = 0
    while first < len(bars):
        section = _section(bars, first)
        yield section
        first = section.last + 1


def _section(bars: Sequence[Bar], first: int) -> Section:
    for index in range(first, len(bars)):
        bar = bars[index]
        if bar.ending:
            endings = _endings(bars, index)
            closed = max((bars[ending.last].plays for ending in endings[:-1]), default=bars[endings[-1].last].plays)
            passes = max(closed, *(number for ending in endings for number in ending.passes))
            return Section(first, endings[-1].last, passes, endings)
        if bar.plays > 1:
            return Section(first, index, bar.plays, ())
        after = bars[index + 1] if index + 1 < len(bars) else None
        if after is None or after.opens or (bar.edge and not bars[first].opens and not after.ending):
            return Section(first, index, 1, ())
    raise AssertionError("a section has bars")


def _endings(bars: Sequence[Bar], index: int) -> tuple[Ending, ...]:
    """Return the endings of one section, the first of which begins at ``index``."""
    endings: list[Ending] = []
    while index < len(bars) and bars[index].ending and (not endings or bars[index].ending[0] > endings[0].passes[0]):
        last = index
        # Where no sign ends the last ending it is as long as the first one.
        longest = endings[0].last - endings[0].first if endings else len(bars)
        while not _ends_ending(bars, last) and last - index < longest:
            last += 1
        endings.append(Ending(bars[index].ending, index, last))
        index = last + 1
    return tuple(endings)


def _ends_ending(bars: Sequence[Bar], index: int) -> bool:
    bar = bars[index]
    if index + 1 == len(bars) or bar.plays > 1 or bar.edge:
        return True
    return bool(bars[index + 1].opens or bars[index + 1].ending)


def balance_repeats(bars: tuple[Bar, ...], alone: bool = True) -> tuple[tuple[Bar, ...], list[Finding]]:
    """Return the bars with every repeat opened and closed explicitly, and findings about repeats left open.

    Of the endings all but the last close with a repeat sign; the last ends the section with a double bar. What is
    repeated from the beginning of the tune needs no ``|:``, and neither do the parts of a voice ``alone`` that follow
    each other with plain repeat signs. Elsewhere readers differ, so it is written, and a note says so.
    """
    result = list(bars)
    findings: list[Finding] = []
    plain = True  # whether every reader goes back to the beginning of this section
    for section in sections(bars):
        first = bars[section.first]
        if first.opens != (section.passes > 1):
            opens = section.passes > 1
            implied = opens and (plain or bool(first.ending))
            result[section.first] = first.with_opening(opens, implied)
            if opens and first.ending:
                message = f"the ending {_listed(first.ending)} has nothing before it that is repeated"
                findings.append(Finding("stray-ending", NOTE, first.line, first.column, section.first, message))
            elif opens and not plain:
                message = "a repeat begins here without |:, where the part before ends"
                findings.append(Finding("unwritten-repeat", NOTE, first.line, first.column, section.first, message))
        if section.passes == 1 and first.opens:
            findings.append(_unbalanced(first, section.first, "the repeat that begins here has no end"))
        for ending in section.endings[:-1]:
            last = result[ending.last]
            if last.plays == 1:
                message = "the ending has no repeat sign although another follows"
                findings.append(_unbalanced(last, ending.last, message))
            result[ending.last] = replace(last, plays=2, edge="")
        if len(section.endings) > 1 or (section.endings and section.passes == 1):
            last = result[section.last]
            if last.plays > 1 and len(section.endings) > 1:
                message = "a repeat sign after the last ending repeats nothing and is left out"
                findings.append(Finding("repeat-after-endings", NOTE, last.line, last.column, section.last, message))
            result[section.last] = replace(last, plays=1, edge=last.edge or ("||" if last.plays > 1 else ""))
        for index in range(section.first, section.last + 1):
            if result[index].plays > 1 and result[index].edge:
                result[index] = replace(result[index], edge="")
        plain = plain and alone and section.passes > 1 and not section.endings
    return tuple(result), findings


def _listed(passes: tuple[int, ...]) -> str:
    return ",".join(map(str, passes))


def _unbalanced(bar: Bar, index: int, message: str) -> Finding:
    return Finding("unbalanced-repeat", WARNING, bar.line, bar.column, index, message)


def order_of(bars: Sequence[Bar], once: bool = False) -> tuple[int, ...]:
    """Return the indices of bars with their repeats; ``once``: without repeats, with the last endings.

    It is cut at ``limits.MOST_PLAYED``. ``folkrnn.notation.order`` knows part orders and jumps too.
    """
    return within_limit(unfolded(bars, once), bars)[0]


def unfolded(bars: Sequence[Bar], once: bool = False) -> Iterator[int]:
    """Yield the indices of bars with their repeats as ``order_of`` does, however many there are."""
    for section in sections(bars):
        body_stop = section.endings[0].first if section.endings else section.last + 1
        for number in range(section.passes if once else 1, section.passes + 1):
            yield from range(section.first, body_stop)
            for ending in section.endings:
                if number in ending.passes:
                    yield from range(ending.first, ending.last + 1)
