"""Notes of a MIDI file on the grid that they are meant for.

A file from a notation program has its notes on the grid, within a tick or two. Others were played to the metronome.
There each beat gets the coarsest division that has all its notes within TOLERANCE. It must keep apart the notes that
were played one after the other.

Swing is undone where the second notes of most pairs come late by the same share. Each pair is stretched so that they
come at its half. A pair that is even as it stands stays so.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from statistics import median
from typing import NamedTuple

from folkrnn.notation.meter import Meter

TOLERANCE = Fraction(1, 40)
"""How far a played note may be from its place, in whole notes: a tenth of a quarter, 50 ms at 120 a minute."""

EXACT_TICKS = 2
"""How far a note may be from its place in a file that a program wrote, in ticks."""

TOGETHER = Fraction(1, 80)
"""Notes that begin within this time of each other, in whole notes, are a chord."""

_DIVISIONS, _FINE = (1, 2, 3, 4, 6, 8, 12, 5, 7), (16, 18, 9, 10, 15, 24, 32)
"""How programs divide a beat, and how they do so rarely."""

_PLAYED, _PLAYED_COMPOUND = (1, 2, 4, 3, 6, 8), (1, 3, 6, 2, 12)
"""How players divide a beat, and a dotted one."""

_SWING = Fraction(27, 50), Fraction(18, 25)
"""The least and the greatest share of a pair that its first note has when it swings; from there on it is dotted."""

_LEAST_REST = Fraction(1, 16)

Meters = Sequence[tuple[Fraction, Meter]]


class Event(NamedTuple):
    """A note or chord: its onset and duration in whole notes, its MIDI numbers, the lowest first, and its velocity."""

    onset: Fraction
    duration: Fraction
    pitches: tuple[int, ...]
    velocity: int = 0


def quantised(notes: Sequence[tuple[int, int, int, int]], meters: Meters, ticks: int) -> list[Event]:
    """Return notes (start, end, number, velocity), whose times are in ``ticks`` of a quarter, as events in order.

    An event lasts until the next one at most. A short silence after a note belongs to it.
    """
    times = [(Fraction(start, 4 * ticks), Fraction(end, 4 * ticks)) for start, end, _, _ in notes]
    grid = _Grid(meters, times, Fraction(EXACT_TICKS, 4 * ticks))
    loudest: dict[Fraction, int] = {}
    found: dict[Fraction, dict[int, Fraction]] = {}
    for (start, end), (_, _, pitch, velocity) in zip(times, notes, strict=True):
        begins, ends = max(grid.place(start), Fraction(0)), grid.end(end)
        loudest[begins] = max(loudest.get(begins, 0), velocity)
        chord = found.setdefault(begins, {})
        chord[pitch] = max(chord.get(pitch, Fraction(0)), ends - begins)
    onsets = sorted(found)
    last = grid.beat_after(onsets[-1] + max(found[onsets[-1]].values()))
    events = []
    for onset, until in zip(onsets, [*onsets[1:], last], strict=True):
        length = _length(max(found[onset].values()), until - onset, grid.ends_exact)
        events.append(Event(onset, length, tuple(sorted(found[onset])), loudest[onset]))
    return events


def _length(held: Fraction, limit: Fraction, exact: bool) -> Fraction:
    """Return how long a note is that was held for some time, with at most ``limit`` until the next one.

    ``exact``: the time is what is meant. Otherwise a silence counts if it is half of the time or more.
    """
    if not 0 < held < limit:
        return limit
    if exact:
        return held
    silence = limit - held
    return limit if silence < _LEAST_REST or 2 * silence < limit else limit - silence // _LEAST_REST * _LEAST_REST


class _Grid:
    """The places of a piece that notes may have."""

    def __init__(self, meters: Meters, times: Sequence[tuple[Fraction, Fraction]], exactly: Fraction) -> None:
        self.meters, self.exactly = meters, exactly
        windows = self._windows([start for start, _ in times])
        self.share = _swing(windows)
        exact = self._fits(windows)
        if _most(exact):
            self.ends_exact = _most(self._fits(self._windows([end for _, end in times])))
        else:
            self.ends_exact = False
            exact = {}
        self.fits: dict[_Window, _Fit] = {}
        for key, found in windows.items():
            own = exact.get(key) or (_fit(key, found, self.share, _FINE, exactly) if exact else None)
            self.fits[key] = own or _played(key, _chords(found), self.share)

    def _windows(self, times: Sequence[Fraction]) -> "dict[_Window, list[Fraction]]":
        """Return the times in each window."""
        return {key: sorted(set(found)) for key, found in groupby(sorted(times), self._window)}

    def _fits(self, windows: "dict[_Window, list[Fraction]]") -> "dict[_Window, _Fit | None]":
        """Return which division each window has, where a program wrote it."""
        return {key: _fit(key, found, self.share, _DIVISIONS, self.exactly) for key, found in windows.items()}

    def beat_after(self, time: Fraction) -> Fraction:
        """Return the time if ends are exact, else the end of the beat in which it lies."""
        if self.ends_exact:
            return time
        window = self._window(time)
        return window.start if time - window.start <= TOLERANCE else window.start + window.length

    def _window(self, time: Fraction) -> "_Window":
        """Return the beat, or the pair that may swing, to which a time belongs."""
        start, meter = next((each for each in reversed(self.meters) if each[0] <= time), self.meters[0])
        length = _beat(meter)
        count = (time - start + min(TOLERANCE, length / 8)) // length
        return _Window(start + count * length, length, meter.compound)

    def place(self, time: Fraction) -> Fraction:
        """Return the place of a note that begins or ends at a time."""
        window = self._window(time)
        fit = self.fits.get(window) or _Fit(4, False)
        into = (time - window.start) / window.length
        if fit.swings and self.share is not None:
            into = _even(into, self.share)
        return window.start + window.length * Fraction(round(into * fit.division), fit.division)

    def end(self, time: Fraction) -> Fraction:
        """Return the time at which a note ends: on the grid only if all ends are exact."""
        window = self._window(time)
        fit = self.fits.get(window)
        divisions = (*((fit.division,) if fit else ()), *_DIVISIONS, *_FINE)
        own = _fit(window, [time], self.share, divisions, self.exactly) if self.ends_exact else None
        swings = own.swings if own else fit is not None and fit.swings
        into = (time - window.start) / window.length
        into = _even(into, self.share) if swings and self.share is not None else into
        return window.start + window.length * (Fraction(round(into * own.division), own.division) if own else into)


def _most(fits: "dict[_Window, _Fit | None]") -> bool:
    """Whether at most one in ten windows has no division."""
    return 10 * sum(fit is None for fit in fits.values()) <= len(fits)


class _Window(NamedTuple):
    start: Fraction
    length: Fraction
    compound: bool


class _Fit(NamedTuple):
    """How the notes of a window are placed: by which division, and whether they swing."""

    division: int
    swings: bool


def _beat(meter: Meter) -> Fraction:
    """Return the length of a beat; in simple meters that of a pair that may swing."""
    if meter.compound:
        return Fraction(3, meter.unit)
    if meter.bar is None or meter.unit > 4:
        return Fraction(1, 4)
    return Fraction(1, 8) if meter.bar <= Fraction(1, 2) else Fraction(1, 4)


def _swing(windows: dict[_Window, list[Fraction]]) -> Fraction | None:
    """Return the share of a pair that its first note has, if most pairs swing; None if not."""
    shares = []
    for window, found in windows.items():
        inside = [(time - window.start) / window.length for time in found]
        late = [share for share in inside if Fraction(3, 10) < share < Fraction(17, 20)]
        if not window.compound and len(late) == 1 and len(inside) <= 2:
            shares += late
    if len(shares) < 4:
        return None
    commonest, count = Counter(shares).most_common(1)[0]
    share = commonest if 2 * count > len(shares) else Fraction(median(shares)).limit_denominator(100)
    near = sum(abs(each - share) < Fraction(2, 25) for each in shares)
    return share if _SWING[0] <= share <= _SWING[1] and 2 * near > len(shares) else None


def _even(into: Fraction, share: Fraction) -> Fraction:
    """Return a place in a pair that swings as a place in an even one."""
    if into <= share:
        return into / share / 2
    return Fraction(1, 2) + (into - share) / (1 - share) / 2


def _ways(window: _Window, found: Sequence[Fraction], share: Fraction | None) -> Iterator[tuple[bool, list[Fraction]]]:
    """Yield the places of notes within their window, as they are and with their swing undone."""
    into = [(time - window.start) / window.length for time in found]
    yield False, into
    if share is not None and not window.compound:
        yield True, [_even(each, share) for each in into]


def _fit(
    window: _Window, found: Sequence[Fraction], share: Fraction | None, divisions: Sequence[int], tolerance: Fraction
) -> _Fit | None:
    """Return the first division that all notes of a window are near to; None if there is none."""
    ways = list(_ways(window, found, share))
    for division in divisions:
        for swings, places in ways:
            if all(_error(place, division) * window.length <= tolerance for place in places):
                return _Fit(division, swings)
    return None


def _played(window: _Window, found: Sequence[Fraction], share: Fraction | None) -> _Fit:
    """Return the division for notes that were played: the first that is near to all and keeps them apart."""
    divisions = _PLAYED_COMPOUND if window.compound else _PLAYED
    best, least = _Fit(4, False), Fraction(10)
    for division in divisions:
        for swings, places in _ways(window, found, share):
            errors = [_error(place, division) * window.length for place in places]
            apart = len({round(place * division) for place in places}) == len(places)
            if apart and max(errors) <= min(TOLERANCE, window.length / division / 3):
                return _Fit(division, swings or share is not None)
            if apart and sum(errors) < least:
                best, least = _Fit(division, swings), sum(errors, Fraction(0))
    return best


def _error(place: Fraction, division: int) -> Fraction:
    return abs(place - Fraction(round(place * division), division))


def _chords(found: Sequence[Fraction]) -> list[Fraction]:
    """Return one time for all notes that begin together."""
    kept: list[Fraction] = []
    for time in found:
        if not kept or time - kept[-1] > TOGETHER:
            kept.append(time)
    return kept
