"""Is a tune new? The nearest tune of a corpus in any key, and what is copied from there.

A copy may be in pieces, or a whole that was changed note by note. So there are two measures.

*Copied share*: the share of the tune's notes in runs of RUN notes or more that one tune of the corpus has too,
by pitch interval and length. An index holds a hash of every such run.

*Evidence*: the two tunes are aligned bar by bar, in the best transposition. A note that begins at the same time with
the same pitch speaks for a copy, and a difference against it. Each counts with the logarithm of how much more
or less often it occurs in copies than among other tunes. The nearest tune has the most evidence.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.analysis.mapped import Texts, Types, load_arrays, save_arrays, unreadable
from folkrnn.analysis.shortlist import BUCKETS, SHORTLIST, begins, listed, shortlist
from folkrnn.corpus import CorpusTune
from folkrnn.corpus.cleaning import title_key
from folkrnn.corpus.melody import GRID_BARS, MAX_POINTS, SILENT, Melody, grid_of, melody_of, points_of, scattered
from folkrnn.errors import ModelError
from folkrnn.notation import Tune, read_tunes

RUN = 12
"""A run of this many notes counts as copied; players share shorter ones by the thousand."""

MAX_TRANSPOSITION = 14
"""The largest transposition between two tunes that is tried, in semitones."""

SAME, OTHER = 0.6, -0.26
"""The evidence of a note with the same pitch as the one that begins with it, and of one with another. In copies that
were changed as far as they can be, four of ten are the same, in other tunes one of five."""

ALONE = -2.2
"""The evidence of a note that begins where the other tune holds one: copies keep their rhythm."""

SILENCE = -0.6
"""The evidence of a point at which only one of the two sounds."""

COPY = 0.4
"""A tune with more evidence than this is a copy, however changed, or a setting of the same tune. Fewer than one in a
hundred unrelated tunes have as much (``scripts/judge_originality.py``)."""

DEFAULT_MAX_COPIED = 0.5
"""The largest copied share of a new tune, unless another is wanted."""

FEW_TUNES = 20_000
"""With at most this many tunes, all are compared; with more, only a shortlist."""

TITLE_SEPARATOR = " | "

INDEX_FORMAT = 3

_ROWS_AT_ONCE = 512
"""How many tunes are compared note by note at once, those of the likeliest rhythm first."""

_random = np.random.default_rng(12)
_BY_LENGTH = _random.integers(1, 2**63, RUN, np.uint64) | np.uint64(1)
_BY_STEP = _random.integers(1, 2**63, RUN - 1, np.uint64) | np.uint64(1)


class Originality(NamedTuple):
    """The originality of a tune beside a corpus.

    ``copied`` is the copied share, from 0 to 1, and ``source`` the name of the tune with which it is largest. ``bars``
    is the length of the longest run that any tune shares. ``nearest`` is the name of the nearest tune. Of the notes
    that begin together with one of its notes, ``likeness`` is the share with the same pitch. ``evidence`` is that
    for a copy, over the square root of the number of notes. ``title_known`` says whether the corpus has the title.
    """

    copied: float
    source: str
    bars: float
    nearest: str
    likeness: float
    evidence: float
    title_known: bool

    @property
    def known(self) -> bool:
        """Whether the tune is the nearest one, however changed."""
        return self.evidence > COPY

    def copies(self, most: float) -> bool:
        """Whether more than a share of the notes is copied, or the tune is a known one."""
        return self.copied > most or self.known


class IndexEntry(NamedTuple):
    """What an index holds of one tune: its title, the hash of each run, the grid of what is heard, points to a bar."""

    title: str
    hashes: NDArray[np.uint64]
    grid: NDArray[np.uint8]
    points: int

    @classmethod
    def of(cls, tune: Tune) -> "IndexEntry":
        """Return the entry of a tune."""
        grid = np.full(GRID_BARS * MAX_POINTS, SILENT, np.uint8)
        own = grid_of(tune)
        grid[: len(own)] = own
        return cls(tune.title, run_hashes(melody_of(tune)), grid, points_of(tune))


@dataclass(frozen=True)
class Index:
    """The N tunes of a corpus, laid out for search.

    ``names`` are those of the tunes, ``titles`` the sorted keys of their titles. ``hashes`` (R,) are sorted, with
    the tune (``owners``) and the first note (``places``) of each run. ``grids`` (N, GRID_BARS · MAX_POINTS) holds
    what is heard at each point, ``points`` (N,) how many of them a bar has. The pairs of the grids are listed
    (``pair_edges``, ``pair_tunes``; see ``shortlist``) if there are more than FEW_TUNES.
    """

    names: Texts
    titles: Texts
    hashes: NDArray[np.uint64]
    owners: NDArray[np.int32]
    places: NDArray[np.int32]
    grids: NDArray[np.uint8]
    points: NDArray[np.uint8]
    pair_edges: NDArray[np.int64]
    pair_tunes: NDArray[np.int32]

    @classmethod
    def of(cls, tunes: Iterable[tuple[Tune, str]]) -> "Index":
        """Return the index of tunes with their names. Raises ModelError if there are none."""
        return cls.of_entries((IndexEntry.of(tune), name) for tune, name in tunes)

    @classmethod
    def of_entries(cls, named: Iterable[tuple[IndexEntry, str]]) -> "Index":
        """Return the index of entries with the names of their tunes. Raises ModelError if there are none."""
        pairs = list(named)
        if not pairs:
            raise ModelError("an index of no tunes says nothing; expected a corpus with tunes")
        entries = [entry for entry, _ in pairs]
        hashes = np.concatenate([entry.hashes for entry in entries])
        order = np.argsort(hashes, kind="stable")
        lengths = [len(entry.hashes) for entry in entries]
        grids = np.stack([entry.grid for entry in entries])
        points = np.array([entry.points for entry in entries], np.uint8)
        few = len(entries) <= FEW_TUNES
        return cls(
            Texts.of([name for _, name in pairs], ""),
            Texts.of(sorted({title_key(entry.title) for entry in entries}), TITLE_SEPARATOR),
            hashes[order],
            np.repeat(np.arange(len(entries), dtype=np.int32), lengths)[order],
            np.concatenate([np.arange(length, dtype=np.int32) for length in lengths])[order],
            grids,
            points,
            *(listed(grids[:0], points[:0]) if few else listed(grids, points)),
        )

    def __len__(self) -> int:
        return len(self.names)

    def judge(self, tune: Tune) -> Originality:
        """Return the originality of a tune beside all tunes of the index."""
        copied, owners = self._copied(melody_of(tune))
        return Originality(
            *copied, *self._nearest(grid_of(tune), points_of(tune), owners), self.knows_title(tune.title)
        )

    def knows_title(self, title: str) -> bool:
        """Whether a tune of the index has a title, whatever its capitals, articles and accents."""
        key = title_key(title)
        place = bisect_left(self.titles, key)
        return place < len(self.titles) and self.titles[place] == key

    def has_title_with(self, words: str) -> bool:
        """Whether some words, without their articles and accents, stand in the title of a tune of the index."""
        return f" {title_key(words)} ".encode() in self._all_titles

    @cached_property
    def _all_titles(self) -> bytes:
        return b" " + self.titles.content.tobytes()

    def _copied(self, melody: Melody) -> tuple[tuple[float, str, float], NDArray[np.int64]]:
        """Return the copied share, the name of the tune with which it is largest, and the longest run in bars.

        The second value is the tunes that share most notes, at most SHORTLIST.
        """
        own = run_hashes(melody)
        first = np.searchsorted(self.hashes, own, "left")
        counts = np.searchsorted(self.hashes, own, "right") - first
        ours = np.repeat(np.arange(len(own)), counts)  # the note of ours at which each shared run begins
        if not len(ours):
            return (0.0, "", 0.0), np.zeros(0, np.int64)
        found = np.arange(len(ours)) + np.repeat(first - (counts.cumsum() - counts), counts)
        tunes, theirs = self.owners[found].astype(np.int64), self.places[found].astype(np.int64)
        order = np.argsort(tunes, kind="stable")  # by tune, and by the note of ours
        tunes, starts = tunes[order], ours[order]
        fresh = np.full(len(starts), RUN)  # how many notes each run covers that the next one of its tune does not
        same = tunes[1:] == tunes[:-1]
        fresh[:-1][same] = np.minimum(np.diff(starts)[same], RUN)
        owners, places = np.unique(tunes, return_index=True)
        covered = np.add.reduceat(fresh, places)
        best = int(covered.argmax())
        longest = _longest(tunes, starts, theirs[order], melody)
        most = np.argsort(-covered, kind="stable")[:SHORTLIST]
        return (float(covered[best] / len(melody.pitches)), self.names[int(owners[best])], longest), owners[most]

    def _nearest(self, own: NDArray[np.uint8], points: int, owners: NDArray[np.int64]) -> tuple[str, float, float]:
        """Return the nearest tune's name, the share of its notes that are the same, and the evidence for a copy.

        Beside more than FEW_TUNES tunes, only a shortlist is compared, and the ``owners`` of shared runs.
        """
        rows = self._rows(own, points, owners)
        notes = np.flatnonzero(begins(own))
        if not len(notes) or not len(rows):
            return "", 0.0, 0.0
        length = int(np.flatnonzero(own)[-1]) + 1  # a part of a longer tune is a copy too
        begin, sound = (bits[:, : -(-length // 8)] for bits in self._bits_of(rows))
        own_begin, own_sound = (np.packbits(each[:length]) for each in (begins(own), own != SILENT))
        within = np.packbits(np.ones(length, bool))
        alone = np.bitwise_count((begin ^ own_begin) & sound & own_sound).sum(1, dtype=np.int64)
        silent = np.bitwise_count((sound ^ own_sound) & within).sum(1, dtype=np.int64)
        together = np.bitwise_count(begin & own_begin).sum(1, dtype=np.int64)
        # No tune has more evidence than if all notes that begin together were the same.
        most = SAME * together + ALONE * alone + SILENCE * silent
        order = np.argsort(-most, kind="stable")
        same = np.zeros(len(rows), np.int64)
        evidence = np.full(len(rows), -np.inf)
        done = 0
        while done < len(rows) and (not done or most[order[done]] >= evidence.max() - 1e-9):
            some = order[done : done + _ROWS_AT_ONCE]
            same[some] = self._same(rows[some], own, notes)
            other = together[some] - same[some]
            evidence[some] = SAME * same[some] + OTHER * other + ALONE * alone[some] + SILENCE * silent[some]
            done += len(some)
        best = int(evidence.argmax())
        likeness = float(same[best] / max(1, together[best]))
        return self.names[int(rows[best])], likeness, float(evidence[best] / np.sqrt(len(notes)))

    def _rows(self, own: NDArray[np.uint8], points: int, owners: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the tunes that a grid is compared with: those with as many ``points`` a bar, as far as may be near."""
        if len(self) <= FEW_TUNES:
            return np.flatnonzero(self.points == points)
        rows = np.union1d(shortlist(own, points, self.pair_edges, self.pair_tunes, len(self)), owners)
        return np.asarray(rows[self.points[rows] == points], np.int64)

    def _same(self, rows: NDArray[np.int64], own: NDArray[np.uint8], notes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many notes of a grid some tunes have at the same points, each in its best transposition."""
        theirs = self.grids[rows[:, None], notes]
        apart = theirs.astype(np.int16) - own[notes].astype(np.int16) + MAX_TRANSPOSITION
        keys = 2 * MAX_TRANSPOSITION + 1
        near = begins(theirs) & (apart >= 0) & (apart < keys)
        cells = (np.arange(len(rows), dtype=np.int32)[:, None] * keys + apart)[near]
        found: NDArray[np.int64] = np.bincount(cells, minlength=len(rows) * keys).reshape(len(rows), keys).max(1)
        return found

    def _bits_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the points at which notes of some tunes begin, and those at which anything sounds, eight to a byte."""
        if len(self) <= FEW_TUNES:
            begin, sound = self._bits
            return begin[rows], sound[rows]
        return _bits(self.grids[rows])

    @cached_property
    def _bits(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return _bits(self.grids)

    def save(self, path: Path) -> None:
        """Write the index to a file, and make its folder. Raises ModelError if that fails."""
        arrays: dict[str, NDArray[Any]] = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, Texts):
                arrays |= {name: value.content, f"{name}_edges": value.edges}
            else:
                arrays[name] = value
        save_arrays(path, arrays, INDEX_FORMAT)

    @classmethod
    def of_corpus(cls, tunes: Iterable[CorpusTune]) -> "Index":
        """Return the index of the tunes of a corpus, named by title and collection."""
        return cls.of((tune, name_of(tune.title, each.collection)) for each in tunes for tune in read_tunes(each.text))

    @classmethod
    def load(cls, path: Path) -> "Index":
        """Return the index that ``save`` wrote, mapped into memory. Raises ModelError for anything else."""
        arrays = load_arrays(path, _TYPES, INDEX_FORMAT)
        names = Texts(arrays.pop("names"), arrays.pop("names_edges"), 0)
        titles = Texts(arrays.pop("titles"), arrays.pop("titles_edges"), len(TITLE_SEPARATOR))
        index = cls(names, titles, **arrays)
        if not index._is_sound():
            raise unreadable(path, "its arrays do not fit")
        return index

    def _is_sound(self) -> bool:
        """Whether all that is looked up in the arrays is there."""
        count, runs, edges = len(self.names), len(self.hashes), self.pair_edges
        return bool(
            count
            and self.names.is_sound()
            and self.titles.is_sound()
            and len(self.owners) == len(self.places) == runs
            and self.grids.shape == (count, GRID_BARS * MAX_POINTS)
            and len(self.points) == count
            and len(edges) == BUCKETS + 1
            and (edges[0], edges[-1]) == (0, len(self.pair_tunes))
            and (edges[1:] >= edges[:-1]).all()
            and all(not len(each) or 0 <= each.min() <= each.max() < count for each in (self.owners, self.pair_tunes))
            and (not runs or self.places.min() >= 0)
        )


_TYPES: Types = {
    "names": (np.uint8, 1),
    "names_edges": (np.int64, 1),
    "titles": (np.uint8, 1),
    "titles_edges": (np.int64, 1),
    "hashes": (np.uint64, 1),
    "owners": (np.int32, 1),
    "places": (np.int32, 1),
    "grids": (np.uint8, 2),
    "points": (np.uint8, 1),
    "pair_edges": (np.int64, 1),
    "pair_tunes": (np.int32, 1),
}
"""The type and the number of dimensions of each array in a file."""


def name_of(title: str, collection: str) -> str:
    """Return what a tune of a corpus is called."""
    return f"{title or 'Untitled'} ({collection})"


def index_path(model: Path) -> Path:
    """Return where a model's own index of its corpus lies: beside it."""
    return model.with_name("corpus.index")


def _bits(grids: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the points at which notes begin, and those at which anything sounds, eight to a byte."""
    return np.packbits(begins(grids), axis=1), np.packbits(grids != SILENT, axis=1)


def run_hashes(melody: Melody) -> NDArray[np.uint64]:
    """Return a hash of each run of RUN notes, by its first note; equal intervals and lengths have equal hashes."""
    count = len(melody.pitches) - RUN + 1
    found = np.zeros(max(0, count), np.uint64)
    if count > 0:
        lengths, steps = scattered(melody.lengths), scattered(np.diff(melody.pitches) + 128)
        for place in range(RUN):
            found += lengths[place : place + count] * _BY_LENGTH[place]
        for place in range(RUN - 1):
            found += steps[place : place + count] * _BY_STEP[place]
    return found


def _longest(tunes: NDArray[np.int64], ours: NDArray[np.int64], theirs: NDArray[np.int64], melody: Melody) -> float:
    """Return the bars of the longest run; shared runs that follow each other in both tunes are one."""
    lags = theirs - ours
    order = np.lexsort((ours, lags, tunes))
    tunes, ours, lags = tunes[order], ours[order], lags[order]
    breaks = (tunes[1:] != tunes[:-1]) | (lags[1:] != lags[:-1]) | (np.diff(ours) != 1)
    firsts = ours[np.concatenate([[True], breaks])]
    lasts = ours[np.concatenate([breaks, [True]])] + RUN - 1
    onsets = melody.onsets
    ends = np.where(lasts + 1 < len(onsets), np.append(onsets, 0)[lasts + 1], np.floor(onsets[lasts]) + 1)
    return float((ends - onsets[firsts]).max())
