"""Copies within a corpus: all pairs of its tunes that share runs, as a join in DuckDB.

Two tunes are a pair if they have a run of twelve notes in common, by interval and length (``originality.run_hashes``).
The work grows with the number of shared runs. What does not fit into memory, DuckDB puts on the disk.
"""

from collections.abc import Iterable
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from folkrnn.analysis.originality import RUN, run_hashes
from folkrnn.cluster import needs
from folkrnn.corpus.melody import melody_of
from folkrnn.notation import Tune


class Pair(NamedTuple):
    """Two tunes, by their places from 0, ``one`` before ``other``, with ``runs`` different runs in common.

    ``copied`` is the share of notes in these runs, from 0 to 1, in the tune where it is larger.
    """

    one: int
    other: int
    runs: int
    copied: float


class Melodic(NamedTuple):
    """What is compared of a tune: the hash of each of its runs, and the number of its notes."""

    hashes: NDArray[np.uint64]
    notes: int

    @classmethod
    def of(cls, tune: Tune) -> "Melodic":
        """Return what is compared of a tune."""
        melody = melody_of(tune)
        return cls(run_hashes(melody), len(melody.pitches))


_PAIRS = f"""
with shared as (
    select a.tune as tune, b.tune as other, a.place as place, any_value(a.hash) as hash
    from runs a join runs b on a.hash = b.hash and a.tune <> b.tune
    group by all
), covered as (
    select tune, other, hash,
        least({RUN}, coalesce(lead(place) over (partition by tune, other order by place) - place, {RUN})) as fresh
    from shared
), sides as (
    select covered.tune, other, count(distinct hash) as runs, sum(fresh) / any_value(notes) as copied
    from covered join lengths on covered.tune = lengths.tune
    group by covered.tune, other
)
select least(tune, other) as one, greatest(tune, other) as other, any_value(runs)::integer as runs,
    max(copied)::double as copied
from sides group by least(tune, other), greatest(tune, other)
having max(copied) >= ? order by copied desc, one, other
"""


def pairs_within(melodies: Iterable[Melodic], at_least: float = 0.0) -> list[Pair]:
    """Return the pairs of tunes that share runs and ``at_least`` this share of notes, most copied first.

    Raise ClusterError if DuckDB is missing.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise needs(error) from None
    found = list(melodies)
    sizes = [len(each.hashes) for each in found]
    runs = {
        "tune": np.repeat(np.arange(len(found)), sizes),
        "place": np.concatenate([np.zeros(0, np.int64), *map(np.arange, sizes)]),
        "hash": np.concatenate([np.zeros(0, np.uint64), *(each.hashes for each in found)]),
    }
    lengths = {"tune": np.arange(len(found)), "notes": np.array([each.notes for each in found], np.int64)}
    with TemporaryDirectory() as folder, duckdb.connect(config={"temp_directory": folder}) as base:
        for name, columns in (("runs", runs), ("lengths", lengths)):
            base.register("given", columns)
            base.execute(f"create table {name} as select * from given")
            base.unregister("given")
        return [Pair(*row) for row in base.execute(_PAIRS, [at_least]).fetchall()]
