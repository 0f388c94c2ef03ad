"""Quantised music cut into bars."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from folkrnn.importing.quantising import Event
from folkrnn.notation.meter import Meter

CLEARLY = 1.08
"""How much louder bar lines must be to take the place of others: folkrnn plays a first beat by 12 % louder."""

Span = tuple[Fraction, Fraction]
"""When something begins and ends."""


@dataclass(frozen=True)
class Timeline:
    """Music from its first bar on, in whole notes.

    ``lines`` are the voices, the melody first; ``meters`` says from when on each meter holds, ``markers`` where parts
    begin, ``end`` when the file ends.
    """

    lines: tuple[tuple[Event, ...], ...]
    meters: tuple[tuple[Fraction, Meter], ...]
    markers: Mapping[Fraction, str]
    end: Fraction


class Piece(NamedTuple):
    """A note or chord, or what one bar holds of it; ``tied`` says that it goes on in the next."""

    onset: Fraction
    duration: Fraction
    pitches: tuple[int, ...]
    tied: bool


class Cell(NamedTuple):
    """One bar: its meter, its length, and what each voice has in it, with onsets from its beginning."""

    meter: Meter
    length: Fraction
    lines: tuple[tuple[Piece, ...], ...]


def last_end(timeline: Timeline) -> Fraction:
    """Return when the last note ends."""
    return max(event.onset + event.duration for line in timeline.lines for event in line)


def _bar_lines(timeline: Timeline) -> list[tuple[Fraction, Meter]]:
    """Return the time of each bar line up to the end, with the meter that holds from there on."""
    lines = []
    end = last_end(timeline)
    for place, (start, meter) in enumerate(timeline.meters):
        stop = timeline.meters[place + 1][0] if place + 1 < len(timeline.meters) else None
        time = start
        while time < (end if stop is None else stop):
            lines.append((time, meter))
            time += meter.bar or Fraction(1)
    return [*lines, (max(time, end), timeline.meters[-1][1])]


class Cutter:
    """Cuts music into bars; holds where the bar lines are, which a part of odd length may move."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.lines = _bar_lines(timeline)
        self._first = Fraction(0)
        self._pickups: dict[Fraction, Fraction] = {}
        self._onsets = [[event.onset for event in line] for line in timeline.lines]

    def part(self, start: Fraction, end: Fraction) -> list[Cell]:
        """Return the bars of one pass of a part that begins and ends at markers.

        Its pickup and the last bar before it may not add up. Then the bar lines move: a pass that is longer than whole
        bars begins as the last one did that was so, and otherwise the accents tell.
        """
        full = _meter_at(self.lines, start).bar or Fraction(1)
        running = next((time for time, _ in self.lines if time > start), end) - start
        running = Fraction(0) if running == full else running
        odd = (end - start) % full
        pickup = self._pickups.get(odd, running)
        # Bars without a pickup, and with the one that lets the last bar make room for the tune's first pickup.
        for other in (running, Fraction(0), (start - end - self._first) % full):
            if self._accent(start + other, end, full) > CLEARLY * self._accent(start + pickup, end, full):
                pickup = other
        if pickup != running:
            self._begin_bar(start, start + pickup)
        if not start:
            self._first = pickup
        if odd:
            self._pickups.setdefault(odd, pickup)
        return list(self.cells(start, end))

    def _accent(self, start: Fraction, end: Fraction, full: Fraction) -> float:
        """Return the mean velocity of the melody on bar lines from a time on; silence counts 0."""
        line, onsets = self.timeline.lines[0], self._onsets[0]
        heard = []
        while start < end:
            place = bisect_left(onsets, start)
            heard.append(line[place].velocity if place < len(onsets) and onsets[place] == start else 0)
            start += full
        return sum(heard) / len(heard) if heard else 0.0

    def _begin_bar(self, start: Fraction, time: Fraction) -> None:
        """Let the first full bar after a start begin at a time, and the bar lines after it follow the meter."""
        meter = _meter_at(self.lines, time)
        length, last = meter.bar or Fraction(1), self.lines[-1][0]
        kept = [each for each in self.lines if each[0] <= start and each[0] < time]
        count = int((last - time) / length) + 1
        self.lines = [*kept, *((time + place * length, meter) for place in range(count + 1))]

    def cells(self, start: Fraction, end: Fraction) -> Iterator[Cell]:
        """Yield the bars between two times; the first and the last may be short."""
        cuts = [start, *(time for time, _ in self.lines if start < time < end), end]
        for begin, stop in pairwise(cuts):
            inside = tuple(tuple(self._inside(place, begin, stop)) for place in range(len(self._onsets)))
            yield Cell(_meter_at(self.lines, begin), stop - begin, inside)

    def _inside(self, place: int, begin: Fraction, stop: Fraction) -> Iterator[Piece]:
        """Yield what a bar has of a line."""
        line, onsets = self.timeline.lines[place], self._onsets[place]
        for index in range(max(0, bisect_right(onsets, begin) - 1), bisect_left(onsets, stop)):
            event = line[index]
            ends = event.onset + event.duration
            if ends > begin:
                onset = max(event.onset, begin)
                yield Piece(onset - begin, min(ends, stop) - onset, event.pitches, ends > stop)


def _meter_at(lines: Sequence[tuple[Fraction, Meter]], time: Fraction) -> Meter:
    """Return the meter of a bar; that of a first bar made for a pickup is the next one's."""
    if time == 0 and len(lines) > 2 and (lines[0][1].bar or 1) < (lines[1][1].bar or 1):
        return lines[1][1]
    return lines[max(0, bisect_right(lines, time, key=lambda each: each[0]) - 1)][1]
