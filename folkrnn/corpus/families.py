"""Tune families: the settings of one tune, whatever their titles and keys."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from folkrnn.notation import Tune

RUN_INTERVALS = 9
"""The number of intervals in the runs by which melodies are compared."""

MIN_SHARED = 0.4
"""Two tunes are one family if they share at least this share of the runs of the one with fewer."""

MAX_RUN_TUNES = 40
"""A run that more tunes than this have does not show that tunes are related."""


def runs(tune: Tune) -> frozenset[tuple[int, ...]]:
    """Return the distinct runs of RUN_INTERVALS intervals, in semitones, of a tune's top notes: the same in any key."""
    pitches = [note.pitches[-1].midi for note in tune.notes() if note.pitches]
    steps = [after - before for before, after in pairwise(pitches)]
    return frozenset(tuple(steps[place : place + RUN_INTERVALS]) for place in range(len(steps) - RUN_INTERVALS + 1))


def families(tunes: Sequence[Tune], titles: Sequence[str]) -> list[int]:
    """Return the family of each tune, as the index of its first member.

    Tunes of one title key, or of nearly the same melody, are one family; a single link is enough to join two families.
    """
    parent = list(range(len(tunes)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def join(members: Iterable[int]) -> None:
        roots = sorted({root(member) for member in members})
        for other in roots[1:]:
            parent[other] = roots[0]

    by_title: dict[str, list[int]] = defaultdict(list)
    by_run: dict[tuple[int, ...], list[int]] = defaultdict(list)
    melodies = [runs(tune) for tune in tunes]
    for index, title in enumerate(titles):
        if title and title != "untitled":
            by_title[title].append(index)
        for run in melodies[index]:
            by_run[run].append(index)
    for members in by_title.values():
        join(members)
    for index, melody in enumerate(melodies):
        shared: dict[int, int] = defaultdict(int)
        for run in melody:
            if len(by_run[run]) <= MAX_RUN_TUNES:
                for other in by_run[run]:
                    if other > index:
                        shared[other] += 1
        fewest = {other: MIN_SHARED * min(len(melody), len(melodies[other])) for other in shared}
        join([index, *(other for other, count in shared.items() if count >= fewest[other])])
    return [root(index) for index in range(len(tunes))]
