"""Contours: what is heard at each eighth of a tune, and which tunes are the same by it, however many notes differ.

Candidates come from locality-sensitive hashing by sampling (Indyk and Motwani, 1998). From each few bars of a contour
some places are looked at, the same in all tunes. Where two tunes have the same pitches there, in any key, they are laid
upon each other with those bars together. They are one tune if they are alike all the way.

The tunes of a place are not compared all with all: of each family only one is, with its next neighbours.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.corpus.melody import GRID_BARS, HELD, MAX_POINTS, SILENT, grid_of, points_of, scattered
from folkrnn.notation import Tune

MIN_SAME_TIME = 0.6
"""The least share of the time of the shorter tune in which both have the same pitch."""

CHANCE = 0.25
"""The share of notes that are the same in tunes that have nothing to do with each other, in the likeliest key."""

MIN_EVIDENCE = 3.75
"""How far above CHANCE the share of same notes must be, times the square root of the number of notes: the fewer notes,
the more of them must be the same. Notes that repeat a pitch do not count."""

WINDOW_BARS = 4
"""The number of bars from which places are sampled."""

SAMPLED = 7
"""The number of places that are sampled."""

SAMPLES = 10
"""How many times other places are sampled."""

MIN_PITCHES = 3
"""Places with fewer different pitches show nothing."""

NEXT = 3
"""With how many of the next families at the same places each family is compared."""

_MOVES = 0x80
"""The bit of an entry that says that another pitch begins there."""

_PITCH = 0x7F
_LONGEST = GRID_BARS * MAX_POINTS // 2
_PAIRS_AT_ONCE = 1 << 14


class Contour(NamedTuple):
    """What is heard at each eighth of a tune's first bars: MIDI numbers, with _MOVES where another begins.

    A rest keeps the pitch of the note before it. ``points`` is the number of entries of a bar: of half the points that
    it has on the grid, sixteenths in 2/4.
    """

    entries: NDArray[np.uint8]
    points: int


def contour(tune: Tune) -> Contour:
    """Return the contour of a tune."""
    return contour_of_grid(grid_of(tune), points_of(tune))


def contour_of_grid(grid: NDArray[np.uint8], points: int) -> Contour:
    """Return the contour of what is heard on a grid of ``points`` a bar; see ``melody.grid_of``."""
    places = np.flatnonzero((grid != SILENT) & (grid != HELD))
    if not len(places):
        return Contour(np.zeros(0, np.uint8), points // 2)
    heard = grid[places] & _PITCH
    moves = np.zeros(len(grid), np.bool_)
    moves[places] = np.insert(heard[1:] != heard[:-1], 0, True)
    last = np.searchsorted(places, np.arange(len(grid)), "right") - 1
    pitches = np.where(last >= 0, heard[last], 0).astype(np.uint8)
    stop = (int(np.flatnonzero(grid)[-1]) + 2) // 2
    return Contour((pitches[::2] | np.where(moves[::2] | moves[1::2], _MOVES, 0).astype(np.uint8))[:stop], points // 2)


Roots = Callable[[], NDArray[np.int64]]
"""Returns the family of each tune."""


def alike(contours: Sequence[Contour], roots: Roots) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Yield pairs of tunes that are the same, in parts; the families of ``roots`` may grow with each part."""
    entries = np.zeros((len(contours), _LONGEST), np.uint8)
    for row, each in enumerate(contours):
        entries[row, : len(each.entries)] = each.entries
    lengths = np.array([len(each.entries) for each in contours], np.int64)
    points = np.array([each.points for each in contours], np.int64)
    random = np.random.default_rng(4)
    for _ in range(SAMPLES):
        found = _Places.sampled(entries, lengths, points, random)
        for pairs in found.pairs(roots()):
            same = pairs.same(entries, lengths)
            yield pairs.one[same], pairs.other[same]


class _Places(NamedTuple):
    """The places of each few bars (E,): their hash, the tune, the first of these bars in points, the first pitch."""

    hashes: NDArray[np.uint64]
    tunes: NDArray[np.int32]
    starts: NDArray[np.int16]
    pitches: NDArray[np.uint8]

    @classmethod
    def sampled(
        cls,
        entries: NDArray[np.uint8],
        lengths: NDArray[np.int64],
        points: NDArray[np.int64],
        random: np.random.Generator,
    ) -> "_Places":
        """Return what stands at places that are drawn at random, of tunes with equally many points a bar."""
        found = []
        for width in np.unique(points):
            # Every other eighth: what comes between them is changed more.
            offsets = np.sort(random.choice(np.arange(0, WINDOW_BARS * width, 2), SAMPLED, replace=False))
            offsets -= offsets[0]
            factors = random.integers(1, 2**63, SAMPLED, np.uint64) | np.uint64(1)
            rows = np.flatnonzero(points == width)
            for start in range(0, _LONGEST - int(offsets[-1]), int(width)):
                rows = rows[lengths[rows] > start + offsets[-1]]
                if not len(rows):
                    break
                heard = entries[rows[:, None], start + offsets] & _PITCH
                ordered = np.sort(heard, axis=1)
                telling = (ordered[:, 1:] != ordered[:, :-1]).sum(1) >= MIN_PITCHES - 1
                heard = heard[telling]
                steps = (heard - heard[:, :1]).astype(np.uint64) + np.uint64(256 * int(width))
                found.append(
                    cls(
                        scattered((scattered(steps) * factors).sum(1, dtype=np.uint64)),
                        rows[telling].astype(np.int32),
                        np.full(len(heard), start, np.int16),
                        heard[:, 0],
                    )
                )
        return cls(*map(np.concatenate, zip(*found, strict=True))) if found else _NOWHERE

    def pairs(self, roots: NDArray[np.int64]) -> Iterator["_Pairs"]:
        """Yield pairs of tunes of two families that have the same pitches at the sampled places, in parts."""
        order = np.argsort(self.hashes, kind="stable")
        new = _changes(self.hashes[order])
        order = order[~new | ~np.append(new[1:], True)]  # those that several have
        # Of each family only one tune is compared; which one differs from place to place.
        order = order[np.lexsort((roots[self.tunes[order]], self.hashes[order]))]
        order = order[_changes(self.hashes[order], roots[self.tunes[order]])]
        hashes = self.hashes[order]
        for step in range(1, NEXT + 1):
            ahead = np.flatnonzero(hashes[step:] == hashes[:-step])
            one, other = order[ahead], order[ahead + step]
            shifts = self.starts[other].astype(np.int64) - self.starts[one]
            keys = self.tunes[one].astype(np.int64) * len(roots) + self.tunes[other]
            by_shift = np.lexsort((keys, shifts))
            each = by_shift[_changes(shifts[by_shift], keys[by_shift])]
            one, other, shifts = one[each], other[each], shifts[each]
            edges = np.append(np.flatnonzero(_changes(shifts)), len(shifts)).tolist()
            for start, stop in pairwise(edges):
                for first in range(start, stop, _PAIRS_AT_ONCE):
                    ours, theirs = (row[first : min(stop, first + _PAIRS_AT_ONCE)] for row in (one, other))
                    apart = self.pitches[theirs] - self.pitches[ours]
                    yield _Pairs(self.tunes[ours], self.tunes[theirs], int(shifts[start]), apart)


_NOWHERE = _Places(np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.uint8))


class _Pairs(NamedTuple):
    """Pairs of tunes (P,), in which ``other`` has what ``one`` has ``shift`` points later and so far ``apart``."""

    one: NDArray[np.int32]
    other: NDArray[np.int32]
    shift: int
    apart: NDArray[np.uint8]

    def same(self, entries: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which pairs are one tune."""
        first, second = max(0, -self.shift), max(0, self.shift)
        width = int(min(lengths[self.one].max() - first, lengths[self.other].max() - second))
        ours, theirs = entries[self.one, first : first + width], entries[self.other, second : second + width]
        both = (ours != 0) & (theirs != 0)
        same = ((theirs & _PITCH) - (ours & _PITCH) == self.apart[:, None]) & both
        # The notes are those of the tune with fewer: passing notes of the other one do not count.
        moves, others = (ours >= _MOVES) & both, (theirs >= _MOVES) & both
        moves = np.where((moves.sum(1) <= others.sum(1))[:, None], moves, others)
        notes = moves.sum(1)
        share = (same & moves).sum(1) / np.maximum(1, notes)
        enough = same.sum(1) >= MIN_SAME_TIME * np.minimum(lengths[self.one], lengths[self.other])
        return np.asarray(enough & ((share - CHANCE) * np.sqrt(notes) >= MIN_EVIDENCE), np.bool_)


def _changes(*rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where any of some rows of equal length differs from what stands before; at the beginning it does."""
    found = np.ones(len(rows[0]), np.bool_)
    found[1:] = np.logical_or.reduce([row[1:] != row[:-1] for row in rows])
    return found
