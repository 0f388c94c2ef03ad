"""Notes of a MIDI file on the grid that they are meant for.

A file from a notation program has its notes on the grid, within a tick or two. In a file that was played to the
metronome, each beat gets the coarsest division from which no note is farther than TOLERANCE, and which keeps apart
the notes that were played one after the other.

Swing is undone: where the second notes of most pairs come late by the same share, each pair is stretched so that they
come at its half, unless the notes of a pair are even as they are.
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

_DIVISIONS = (1, 2, 3, 4, 6, 8, 12, 16, 5, 7, 9, 10, 24, 32)
_ENDS = (1, 2, 3, 4, 6, 8, 12, 16)
_PLAYED = (1, 2, 4, 3, 6, 8)
_PLAYED_COMPOUND = (1, 3, 6, 2, 12)
_SWING = Fraction(27, 50), Fraction(18, 25)
"""The least and the greatest share of a pair that its first note has when it swings; from there on it is dotted."""

_LEAST_REST, _LEAST_LAST = Fraction(1, 16), Fraction(1, 8)
MAX_DENOMINATOR = 96
"""The finest length that is meant, as a part of a whole note."""

Meters = Sequence[tuple[Fraction, Meter]]


class Event(NamedTuple):
    """A note or chord: its onset and duration in whole notes, and its MIDI numbers, the lowest first."""

    onset: Fraction
    duration: Fraction
    pitches: tuple[int, ...]


def quantised(notes: Sequence[tuple[int, int, int]], meters: Meters, ticks: int) -> list[Event]:
    """Return notes, given as (start, end, number) in ticks of which a quarter has ``ticks``, as events in order.

    An event lasts until the next one at most. A short silence after a note belongs to it.
    """
    grid = _Grid(meters, [Fraction(start, 4 * ticks) for start, _, _ in notes], Fraction(EXACT_TICKS, 4 * ticks))
    found: dict[Fraction, dict[int, Fraction]] = {}
    for start, end, pitch in notes:
        begins, ends = grid.place(Fraction(start, 4 * ticks)), grid.end(Fraction(end, 4 * ticks))
        chord = found.setdefault(begins, {})
        chord[pitch] = max(chord.get(pitch, Fraction(0)), ends - begins)
    onsets = sorted(found)
    events = []
    for place, onset in enumerate(onsets):
        limit = onsets[place + 1] - onset if place + 1 < len(onsets) else None
        length = _length(max(found[onset].values()), limit, grid.exact)
        events.append(Event(onset, length, tuple(sorted(found[onset]))))
    return events


def _length(held: Fraction, limit: Fraction | None, exact: bool) -> Fraction:
    """Return how long a note is that was held for some time, with at most ``limit`` until the next one.

    ``exact``: the time may be what is meant. Otherwise a silence counts if it is half of the time or more.
    """
    on_grid = held > 0 and exact and held.denominator <= MAX_DENOMINATOR
    if limit is None:
        return held if on_grid else max(round(held / _LEAST_LAST), 1) * _LEAST_LAST
    if held >= limit or held <= 0:
        return limit
    silence = limit - held
    if on_grid:
        return held
    return limit if silence < _LEAST_REST or 2 * silence < limit else limit - silence // _LEAST_REST * _LEAST_REST


class _Grid:
    """The places of a piece that notes may have."""

    def __init__(self, meters: Meters, onsets: Sequence[Fraction], exactly: Fraction) -> None:
        self.meters, self.exactly = meters, exactly
        windows = {key: sorted(set(found)) for key, found in groupby(sorted(onsets), self._window)}
        self.share = _swing(windows)
        fits = {key: _fit(key, found, self.share, _DIVISIONS, exactly) for key, found in windows.items()}
        self.exact = sum(fit is None for fit in fits.values()) * 10 <= len(fits)
        self.fits: dict[_Window, _Fit] = {}
        for key, found in windows.items():
            self.fits[key] = fits[key] or _played(key, _chords(found), self.share)

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
        """Return the time at which a note ends; in a file that a program wrote, that may be any division of the beat.

        Where it is none, it is a time between two places.
        """
        window = self._window(time)
        fit = self.fits.get(window) or _Fit(4, False)
        if self.exact:
            share = self.share if fit.swings or window not in self.fits else None
            own = _fit(window, [time], share, (fit.division, *_ENDS), self.exactly)
            if own is None:
                return time
            into = (time - window.start) / window.length
            into = _even(into, self.share) if own.swings and self.share is not None else into
            return window.start + window.length * Fraction(round(into * own.division), own.division)
        return self.place(time) if window in self.fits else time


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
