"""The shortlist: which tunes of a large corpus may be the nearest of a tune, without a look at all of them.

A *pair* is two notes that follow each other on the grid: the points where they begin and the interval between them.
An index lists the tunes of each pair. A tune that was changed keeps pairs wherever two notes in a row were left alone,
and other tunes have few of them. Those that share most are the shortlist. The pairs that fewest tunes have are looked
up first, and a budget limits the work.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from folkrnn.corpus.melody import GRID_BARS, HELD, MAX_POINTS, SILENT

BUCKETS = 1 << 17
"""The number of lists; pairs are spread over them by a hash."""

BUDGET = 1 << 21
"""How many entries of the lists are read for one tune."""

SHORTLIST = 3000
"""About how many tunes the shortlist of a tune has."""

_ROWS_AT_ONCE = 1 << 12
_MAX_INTERVAL = 31


def begins(grid: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where on a grid notes begin."""
    found: NDArray[np.bool_] = (grid != SILENT) & (grid != HELD)
    return found


def pairs_of(grids: NDArray[np.uint8], points: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and the bucket of each pair in some grids (N, GRID_BARS · MAX_POINTS) of ``points`` (N,) a bar."""
    rows, places = np.nonzero(begins(grids))
    pitches = grids[rows, places].astype(np.int64)
    within = np.flatnonzero(rows[1:] == rows[:-1])
    intervals = pitches[within + 1] - pitches[within]
    usual = np.abs(intervals) <= _MAX_INTERVAL
    within, intervals = within[usual], intervals[usual]
    pair = places[within] * (GRID_BARS * MAX_POINTS) + places[within + 1]
    pair = (pair * (MAX_POINTS + 1) + points[rows[within]]) * (2 * _MAX_INTERVAL + 1) + intervals + _MAX_INTERVAL
    mixed = pair.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth, 1973)
    return rows[within], (mixed >> np.uint64(64 - BUCKETS.bit_length() + 1)).astype(np.int64)


def listed(grids: NDArray[np.uint8], points: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return where the list of each bucket begins (BUCKETS + 1,), and the lists of tunes in one row."""
    counts = np.zeros(BUCKETS, np.int64)
    for _, (_, buckets) in _in_parts(grids, points):
        counts += np.bincount(buckets, minlength=BUCKETS)
    edges = np.concatenate([[0], counts.cumsum()])
    tunes = np.zeros(int(edges[-1]), np.int32)
    filled = edges[:-1].copy()
    for first, (rows, buckets) in _in_parts(grids, points):
        order = np.argsort(buckets, kind="stable")
        rows, buckets = rows[order], buckets[order]
        own = np.bincount(buckets, minlength=BUCKETS)
        place = np.arange(len(rows)) - np.repeat(own.cumsum() - own, own)
        tunes[filled[buckets] + place] = first + rows
        filled += own
    return edges, tunes


def shortlist(
    grid: NDArray[np.uint8], points: int, edges: NDArray[np.int64], tunes: NDArray[np.int32], count: int
) -> NDArray[np.int64]:
    """Return the tunes, of ``count``, that have most pairs in common with a grid, in the order of their numbers."""
    whole = np.zeros((1, GRID_BARS * MAX_POINTS), np.uint8)
    whole[0, : len(grid)] = grid
    _, buckets = pairs_of(whole, np.array([points], np.uint8))
    buckets = np.unique(buckets)
    sizes = edges[buckets + 1] - edges[buckets]
    rarest = np.argsort(sizes, kind="stable")
    chosen = buckets[rarest][sizes[rarest].cumsum() <= BUDGET]
    if not len(chosen):
        return np.zeros(0, np.int64)
    found = np.bincount(np.concatenate([tunes[edges[each] : edges[each + 1]] for each in chosen]), minlength=count)
    having = np.bincount(found)[::-1].cumsum()[::-1]  # how many tunes have that number of pairs or more
    least = max(1, int(np.searchsorted(-having, -SHORTLIST)))
    least = least if least < len(having) else max(1, len(having) - 1)
    return np.flatnonzero(found >= least)[: 4 * SHORTLIST]


def _in_parts(
    grids: NDArray[np.uint8], points: NDArray[np.uint8]
) -> Iterator[tuple[int, tuple[NDArray[np.int64], NDArray[np.int64]]]]:
    for first in range(0, len(grids), _ROWS_AT_ONCE):
        some = slice(first, first + _ROWS_AT_ONCE)
        yield first, pairs_of(grids[some], points[some])
