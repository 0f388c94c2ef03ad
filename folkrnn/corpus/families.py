"""Tune families: the settings of one tune, whatever their titles and keys.

Two tunes are related if they share enough *runs*: the intervals between notes that follow each other. A run of at most
FEW_TUNES tunes is compared all with all, so nothing is missed. A run of more tunes is either one that many melodies
have, which shows nothing, or one of a melody with many settings. So the tunes of such a run are put in the order of
what follows the run in them. Each is compared with its next neighbours, and the families that have the run are counted.

Settings of which every tenth note differs share few runs. Their ``contours`` show them.

The work grows with the number of tunes, not with its square.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.corpus.contours import Contour, alike, contour
from folkrnn.corpus.melody import scattered
from folkrnn.notation import Tune

RUN_INTERVALS = 9
"""The number of intervals in the runs by which melodies are compared."""

MIN_SHARED = 0.4
"""Two tunes are one family if they share at least this share of the runs of the one with fewer."""

FEW_TUNES = 40
"""All tunes of a run are compared with each other if no more than this have it."""

MAX_FAMILIES_SHARE = 0.0035
"""A run that more families have than this share of all tunes, and more than FEW_TUNES, shows no relation."""

NEIGHBOURS = 8
"""With how many of the tunes that come next each tune of a run is compared if many tunes have the run."""

_PAIRS_AT_ONCE = 1 << 22
"""How many pairs of tunes are counted at once: 32 MB of numbers."""

_BY_INTERVAL = np.random.default_rng(9).integers(1, 2**63, RUN_INTERVALS, np.uint64) | np.uint64(1)

Runs = NDArray[np.uint64]
"""The hash of the run that begins at each note of a tune, as far as enough notes follow; equal runs have equal ones."""


def runs(tune: Tune) -> Runs:
    """Return the runs of RUN_INTERVALS intervals, in semitones, of a tune's top notes: the same in any key."""
    return runs_of_pitches(np.array([note.pitches[-1].midi for note in tune.notes() if note.pitches], np.int64))


def runs_of_pitches(pitches: NDArray[np.int64]) -> Runs:
    """Return the runs of notes with these MIDI numbers."""
    count = max(0, len(pitches) - RUN_INTERVALS)
    steps = scattered(np.diff(pitches) + 128)
    found = np.zeros(count, np.uint64)
    for place, factor in enumerate(_BY_INTERVAL):
        found += steps[place : place + count] * factor
    return found


def families(tunes: Sequence[Tune], titles: Sequence[str], wide: bool = False) -> list[int]:
    """Return the family of each tune, as the index of its first member; see ``families_of_runs``."""
    return families_of_runs(map(runs, tunes), titles, list(map(contour, tunes)) if wide else ())


def families_of_runs(melodies: Iterable[Runs], titles: Sequence[str], contours: Sequence[Contour] = ()) -> list[int]:
    """Return the family of each tune, as the index of its first member, from the runs of the tunes.

    Tunes of one title key, or of nearly the same melody, are one family; a single link is enough to join two families.
    With their ``contours`` tunes are joined too that are alike all the way.
    """
    found = _Families(len(titles))
    by_title: dict[str, list[int]] = defaultdict(list)
    for index, title in enumerate(titles):
        if title and title != "untitled":
            by_title[title].append(index)
    for members in by_title.values():
        found.join((members[0], other) for other in members[1:])
    shared = _Melodies.of(melodies)
    found.join(_related_by_few(shared))
    _join_by_many(shared, found)
    if contours:
        for one, other in alike(contours, lambda: found.roots):
            found.join(zip(one.tolist(), other.tolist(), strict=True))
    return [found.root(index) for index in range(len(titles))]


class _Families:
    """Sets of tunes that grow together; each is called by the index of its first tune."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def join(self, pairs: Iterable[tuple[int, int]]) -> None:
        for one, other in pairs:
            first, second = sorted((self.root(one), self.root(other)))
            self._parent[second] = first

    @property
    def roots(self) -> NDArray[np.int64]:
        return np.array([self.root(index) for index in range(len(self._parent))], np.int64)

    def copy(self) -> "_Families":
        made = _Families(0)
        made._parent = list(self._parent)
        return made


class _Melodies(NamedTuple):
    """The distinct runs of N tunes that other tunes have too, in two orders.

    By tune: tune ``t`` has ``sizes[t]`` distinct runs; those that it shares are ``of_tune[first[t] : first[t + 1]]``,
    ascending numbers from 0 to U - 1. By run: run ``r`` is in the tunes ``owners[begins[r] : begins[r + 1]]``, and
    ``follows`` has the hashes of the next two runs there.
    """

    sizes: NDArray[np.int64]
    of_tune: NDArray[np.int64]
    first: NDArray[np.int64]
    owners: NDArray[np.int64]
    begins: NDArray[np.int64]
    follows: tuple[Runs, Runs]

    @classmethod
    def of(cls, melodies: Iterable[Runs]) -> "_Melodies":
        """Return what is shared in melodies."""
        hashes: list[Runs] = []
        follows: tuple[list[Runs], list[Runs]] = ([], [])
        sizes: list[int] = []
        for melody in melodies:
            distinct, places = np.unique(melody, return_index=True)
            hashes.append(distinct)
            sizes.append(len(distinct))
            longer = np.concatenate([melody, np.zeros(2 * RUN_INTERVALS, np.uint64)])
            follows[0].append(longer[places + RUN_INTERVALS])
            follows[1].append(longer[places + 2 * RUN_INTERVALS])
        empty = np.zeros(0, np.uint64)
        all_hashes = np.concatenate([empty, *hashes])
        del hashes
        order = np.argsort(all_hashes, kind="stable")
        new = np.concatenate([[True], np.diff(all_hashes[order]) != 0])[: len(order)]
        counts = np.diff(np.append(np.flatnonzero(new), len(order)))
        shared = np.repeat(counts > 1, counts)
        order, counts = order[shared], counts[counts > 1]
        tune_of = np.repeat(np.arange(len(sizes)), sizes)[order]
        run_of = np.repeat(np.arange(len(counts)), counts)
        by_tune = np.argsort(tune_of, kind="stable")
        return cls(
            np.array(sizes, np.int64),
            run_of[by_tune],
            np.searchsorted(tune_of[by_tune], np.arange(len(sizes) + 1)),
            tune_of,
            np.concatenate([[0], counts.cumsum()]).astype(np.int64),
            (np.concatenate([empty, *follows[0]])[order], np.concatenate([empty, *follows[1]])[order]),
        )

    def needed(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many runs each of some pairs of tunes must share to be one family."""
        return MIN_SHARED * np.minimum(self.sizes[one], self.sizes[other])

    def shared(
        self, one: NDArray[np.int64], other: NDArray[np.int64], counted: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Return how many runs each of some pairs of tunes share; only ``counted`` (U,) ones if that is given."""
        found = np.zeros(len(one), np.int64)
        lengths = np.diff(self.first)
        for some in _parts(lengths[one] + lengths[other]):
            pair = np.arange(some.stop - some.start)
            held = [_ranges(self.first[tunes[some]], lengths[tunes[some]]) for tunes in (one, other)]
            keys = np.concatenate(
                [
                    np.repeat(pair, lengths[tunes[some]]) * len(self.begins) + self.of_tune[places]
                    for tunes, places in zip((one, other), held, strict=True)
                ]
            )
            keys.sort()
            twice = keys[1:][keys[1:] == keys[:-1]]
            if counted is not None:
                twice = twice[counted[twice % len(self.begins)]]
            found[some] = np.bincount(twice // len(self.begins), minlength=len(pair))
        return found


def _related_by_few(melodies: _Melodies) -> Iterator[tuple[int, int]]:
    """Yield the pairs of tunes that share enough runs which few tunes have."""
    counts = np.diff(melodies.begins)
    few = counts <= FEW_TUNES
    entries = np.flatnonzero(np.repeat(few, counts))
    entries = entries[np.argsort(melodies.owners[entries], kind="stable")]  # by tune
    ends = np.repeat(melodies.begins[1:], counts)
    later = ends[entries] - entries - 1  # the tunes of the same run that come after this one
    # All pairs of a tune must be in one part.
    owners = melodies.owners[entries]
    per_tune = np.bincount(owners, later, len(melodies.sizes)).astype(np.int64)
    begin = np.searchsorted(owners, np.arange(len(melodies.sizes) + 1))
    for tunes in _parts(per_tune):
        some = slice(begin[tunes.start], begin[tunes.stop])
        others = melodies.owners[_ranges(entries[some] + 1, later[some])]
        keys = np.repeat(owners[some], later[some]) * len(melodies.sizes) + others
        keys.sort()
        places = np.flatnonzero(np.concatenate([[True], np.diff(keys) != 0])[: len(keys)])
        one, other = np.divmod(keys[places], len(melodies.sizes))
        related = np.diff(np.append(places, len(keys))) >= melodies.needed(one, other)
        yield from zip(one[related].tolist(), other[related].tolist(), strict=True)


def _join_by_many(melodies: _Melodies, found: _Families) -> None:
    """Join the families of tunes that share enough runs, where many tunes have some of these runs."""
    counts = np.diff(melodies.begins)
    many = np.flatnonzero(counts > FEW_TUNES)
    if not len(many):
        return
    entries = _ranges(melodies.begins[many], counts[many])
    run_of = np.repeat(many, counts[many])
    order = np.lexsort((melodies.follows[1][entries], melodies.follows[0][entries], run_of))
    owners = melodies.owners[entries[order]]
    # Which runs show a relation: those of few families, where settings of about the same length are one family.
    settled = found.copy()
    for offset in range(1, NEIGHBOURS + 1):
        one, other = _neighbours(owners, run_of, offset, settled.roots)
        alike = melodies.shared(one, other) >= MIN_SHARED * np.maximum(melodies.sizes[one], melodies.sizes[other])
        settled.join(zip(one[alike].tolist(), other[alike].tolist(), strict=True))
    distinct = np.unique(run_of * len(melodies.sizes) + settled.roots[owners]) // len(melodies.sizes)
    families_of = np.bincount(distinct, minlength=len(counts))
    counted = families_of <= max(FEW_TUNES, MAX_FAMILIES_SHARE * len(melodies.sizes))
    telling = counted | (counts <= FEW_TUNES)
    kept = telling[run_of]
    for offset in range(1, NEIGHBOURS + 1):
        one, other = _neighbours(owners[kept], run_of[kept], offset, found.roots)
        related = melodies.shared(one, other, telling) >= melodies.needed(one, other)
        found.join(zip(one[related].tolist(), other[related].tolist(), strict=True))


def _neighbours(
    owners: NDArray[np.int64], run_of: NDArray[np.int64], offset: int, roots: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of tunes, each once, that are so far apart in the list of some run, and in two families."""
    one, other = owners[:-offset], owners[offset:]
    pairs = (run_of[:-offset] == run_of[offset:]) & (roots[one] != roots[other])
    one, other = np.sort([one[pairs], other[pairs]], axis=0)
    count = len(roots)
    return np.divmod(np.unique(one * count + other), count)


def _ranges(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers from each of ``begins`` on, as many as ``lengths`` says, in one row."""
    ends = lengths.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(begins - (ends - lengths), lengths)


def _parts(sizes: NDArray[np.int64]) -> Iterator[slice]:
    """Yield slices of a row of items, each of about _PAIRS_AT_ONCE in all, as ``sizes`` counts them."""
    parts = sizes.cumsum() // _PAIRS_AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(sizes)]
    yield from (slice(start, stop) for start, stop in pairwise(edges) if start < stop)
