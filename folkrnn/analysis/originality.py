"""Is a tune new? The nearest tune of a corpus in any key, and what is copied from there.

A copy may be in pieces, or a whole that was changed note by note. So there are two measures.

*Copied share*: the share of the tune's notes in runs of RUN notes or more that one tune of the corpus has too,
by pitch interval and length. An index holds a hash of every such run.

*Evidence*: the two tunes are aligned bar by bar, in the best transposition. A note that begins at the same time with
the same pitch speaks for a copy, and a difference against it. Each counts with the logarithm of how much more
or less often it occurs in copies than among other tunes. The nearest tune has the most evidence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from folkrnn.analysis.melody import GRID_BARS, HELD, MAX_POINTS, SILENT, Melody, grid_of, melody_of, points_of
from folkrnn.corpus import CorpusTune
from folkrnn.corpus.cleaning import title_key
from folkrnn.errors import ModelError
from folkrnn.files import whole_file
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

INDEX_FORMAT = 2

MOST_BYTES = 1 << 29
"""The most bytes that the arrays of an index file may have."""

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
    what is heard at each point, ``points`` (N,) how many of them a bar has.
    """

    names: NDArray[np.str_]
    titles: NDArray[np.str_]
    hashes: NDArray[np.uint64]
    owners: NDArray[np.int32]
    places: NDArray[np.int32]
    grids: NDArray[np.uint8]
    points: NDArray[np.uint8]

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
        return cls(
            np.array([name for _, name in pairs]),
            np.array(sorted({title_key(entry.title) for entry in entries})),
            hashes[order],
            np.repeat(np.arange(len(entries), dtype=np.int32), lengths)[order],
            np.concatenate([np.arange(length, dtype=np.int32) for length in lengths])[order],
            np.stack([entry.grid for entry in entries]),
            np.array([entry.points for entry in entries], np.uint8),
        )

    def __len__(self) -> int:
        return len(self.names)

    def judge(self, tune: Tune) -> Originality:
        """Return the originality of a tune beside all tunes of the index."""
        return Originality(*self._copied(melody_of(tune)), *self._nearest(tune), self.knows_title(tune.title))

    def knows_title(self, title: str) -> bool:
        """Whether a tune of the index has a title, whatever its capitals, articles and accents."""
        key = title_key(title)
        place = int(np.searchsorted(self.titles, key))
        return place < len(self.titles) and bool(self.titles[place] == key)

    def has_title_with(self, words: str) -> bool:
        """Whether some words, without their articles and accents, stand in the title of a tune of the index."""
        return f" {title_key(words)} " in self._all_titles

    @cached_property
    def _all_titles(self) -> str:
        return f" {' | '.join(self.titles.tolist())} "

    def _copied(self, melody: Melody) -> tuple[float, str, float]:
        """Return the copied share, the name of the tune with which it is largest, and the longest run in bars."""
        own = run_hashes(melody)
        first = np.searchsorted(self.hashes, own, "left")
        counts = np.searchsorted(self.hashes, own, "right") - first
        ours = np.repeat(np.arange(len(own)), counts)  # the note of ours at which each shared run begins
        if not len(ours):
            return 0.0, "", 0.0
        found = np.arange(len(ours)) + np.repeat(first - (counts.cumsum() - counts), counts)
        owners, theirs = self.owners[found], self.places[found].astype(np.int64)
        best, source, longest = 0.0, "", 0.0
        for owner in np.unique(owners):
            starts = ours[owners == owner]
            covered = np.zeros(len(melody.pitches), bool)
            for offset in range(RUN):
                covered[starts + offset] = True
            if covered.mean() > best:
                best, source = float(covered.mean()), str(self.names[owner])
            longest = max(longest, _longest(starts, theirs[owners == owner], melody))
        return best, source, longest

    def _nearest(self, tune: Tune) -> tuple[str, float, float]:
        """Return the nearest tune's name, the share of its notes that are the same, and the evidence for a copy."""
        own = grid_of(tune)
        rows = np.flatnonzero(self.points == points_of(tune))
        notes = np.flatnonzero(_begins(own))
        if not len(notes) or not len(rows):
            return "", 0.0, 0.0
        length = int(np.flatnonzero(own)[-1]) + 1  # a part of a longer tune is a copy too
        begin, sound = (bits[rows, : -(-length // 8)] for bits in self._bits)
        own_begin, own_sound = (np.packbits(each[:length]) for each in (_begins(own), own != SILENT))
        within = np.packbits(np.ones(length, bool))
        alone = np.bitwise_count((begin ^ own_begin) & sound & own_sound).sum(1, dtype=np.int64)
        silent = np.bitwise_count((sound ^ own_sound) & within).sum(1, dtype=np.int64)
        theirs = self.grids[np.ix_(rows, notes)]
        apart = theirs.astype(np.int64) - own[notes] + MAX_TRANSPOSITION
        both = _begins(theirs)
        near = both & (apart >= 0) & (apart <= 2 * MAX_TRANSPOSITION)
        keys = 2 * MAX_TRANSPOSITION + 1
        cells = (np.arange(len(rows))[:, None] * keys + apart)[near]
        same = np.bincount(cells, minlength=len(rows) * keys).reshape(len(rows), keys).max(1)
        together = both.sum(1)
        evidence = SAME * same + OTHER * (together - same) + ALONE * alone + SILENCE * silent
        best = int(evidence.argmax())
        likeness = float(same[best] / max(1, together[best]))
        return str(self.names[rows[best]]), likeness, float(evidence[best] / np.sqrt(len(notes)))

    @cached_property
    def _bits(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The points of each tune at which notes begin, and those at which anything sounds, eight to a byte."""
        return np.packbits(_begins(self.grids), axis=1), np.packbits(self.grids != SILENT, axis=1)

    def save(self, path: Path) -> None:
        """Write the index to a file, and make its folder. Raises ModelError if that fails."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as file:
                arrays = {name: getattr(self, name) for name in self.__dataclass_fields__}
                np.savez_compressed(file, format=np.array(INDEX_FORMAT), **arrays)
        except OSError as error:
            raise ModelError(f"{path}: cannot be written: {error.strerror or error}") from None

    @classmethod
    def of_corpus(cls, tunes: Iterable[CorpusTune]) -> "Index":
        """Return the index of the tunes of a corpus, named by title and collection."""
        return cls.of((tune, name_of(tune.title, each.collection)) for each in tunes for tune in read_tunes(each.text))

    @classmethod
    def load(cls, path: Path) -> "Index":
        """Read what ``save`` wrote. Raises ModelError, in one line, for anything else, however it is damaged."""
        try:
            with path.open("rb") as file, ZipFile(file) as archive:
                size = sum(member.file_size for member in archive.infolist())
                if size > MOST_BYTES:
                    raise ModelError(f"it unpacks to {size:,} bytes; expected {MOST_BYTES:,} at most")
                arrays = {name: _array(archive, name) for name in ("format", *cls.__dataclass_fields__)}
            if arrays["format"].shape or int(arrays.pop("format")) != INDEX_FORMAT:
                raise ModelError("an index of another folkrnn")
            index = cls(**arrays)
            index._check()
            return index
        except ModelError as error:
            raise ModelError(
                f"{path}: not a usable index of a corpus: {error}; remove it, then it is made again"
            ) from None
        # Of damaged files zipfile, zlib and numpy raise whatever comes first.
        except Exception as error:
            what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise ModelError(f"{path}: not a readable index of a corpus ({what}); remove it") from None

    def _check(self) -> None:
        """Raise ModelError unless the arrays are of the kinds, the shapes and the ranges that the class promises."""
        tunes, runs = self.names.size, self.hashes.size
        wanted = {
            "names": ("U", (tunes,)), "titles": ("U", (self.titles.size,)), "hashes": ("u", (runs,)),
            "owners": ("i", (runs,)), "places": ("i", (runs,)), "grids": ("u", (tunes, GRID_BARS * MAX_POINTS)),
            "points": ("u", (tunes,)),
        }  # fmt: skip
        for name, (kind, shape) in wanted.items():
            array = getattr(self, name)
            if array.dtype.kind != kind or array.shape != shape:
                raise ModelError(f"{name} is {array.dtype.str} {array.shape}; expected {kind} {shape}")
        if not tunes:
            raise ModelError("it holds no tunes")
        if runs and not (self.owners.min() >= 0 and self.owners.max() < tunes and self.places.min() >= 0):
            raise ModelError(f"it names tunes beyond its {tunes:,}")
        if (self.hashes[1:] < self.hashes[:-1]).any() or (self.titles[1:] < self.titles[:-1]).any():
            raise ModelError("it is not in order")


def _array(archive: ZipFile, name: str) -> NDArray[Any]:
    """Read an array of an archive that numpy wrote. Raises ModelError unless its data is as large as it declares."""
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, in_columns, dtype = read_header[version](file)
        if (
            dtype.hasobject
            or in_columns
            or dtype.itemsize * prod(shape) != archive.getinfo(f"{name}.npy").file_size - file.tell()
        ):
            raise ModelError(f"{name} does not hold what it declares")
        return np.frombuffer(file.read(), dtype).reshape(shape)


def name_of(title: str, collection: str) -> str:
    """Return what a tune of a corpus is called."""
    return f"{title or 'Untitled'} ({collection})"


def index_path(model: Path) -> Path:
    """Return where a model's own index of its corpus lies: beside it."""
    return model.with_name("corpus.npz")


def _begins(grid: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where on a grid notes begin."""
    found: NDArray[np.bool_] = (grid != SILENT) & (grid != HELD)
    return found


def run_hashes(melody: Melody) -> NDArray[np.uint64]:
    """Return a hash of each run of RUN notes, by its first note; equal intervals and lengths have equal hashes."""
    count = len(melody.pitches) - RUN + 1
    found = np.zeros(max(0, count), np.uint64)
    if count > 0:
        lengths, steps = _scattered(melody.lengths), _scattered(np.diff(melody.pitches) + 128)
        for place in range(RUN):
            found += lengths[place : place + count] * _BY_LENGTH[place]
        for place in range(RUN - 1):
            found += steps[place : place + count] * _BY_STEP[place]
    return found


def _scattered(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Spread small numbers over all 64 bits, by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def _longest(ours: NDArray[np.int64], theirs: NDArray[np.int64], melody: Melody) -> float:
    """Return the bars of the longest run; shared runs that follow each other in both tunes are one."""
    longest = 0.0
    for lag in np.unique(theirs - ours):
        starts = np.sort(ours[theirs - ours == lag])
        for group in np.split(starts, np.flatnonzero(np.diff(starts) != 1) + 1):
            last = int(group[-1]) + RUN - 1
            end = melody.onsets[last + 1] if last + 1 < len(melody.onsets) else np.floor(melody.onsets[last]) + 1
            longest = max(longest, float(end - melody.onsets[group[0]]))
    return longest
