"""What a plan says, in short figures: n-grams of what its bars take up, with their places in the parts.

They are how a critic of plans (``generation.ngram_critics``) sees a plan.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from folkrnn.notation.bar_ngrams import LARGEST, LATER_PART
from folkrnn.notation.plan import Relation, read_plan, relations

_HALF = 4
"""Bars at the beginning and at the end of a part that are seen together too."""


class Taken(NamedTuple):
    """What a bar takes up: how, from how many parts earlier, and the place of that bar in its part; 0 for a new bar."""

    relation: int = 0
    parts: int = 0
    place: int = 0


_NO_BAR = Taken(relation=LARGEST)
"""What stands before the first bar of a part."""


def plan_ngrams(plan: str) -> Iterator[bytes]:
    """Yield the n-grams of a whole plan, each as its kind and what it consists of.

    They join, for each bar, what it and up to two bars before it take up, with its place in the part: all places are
    counted from the beginning of a part, then all from its end. For each part there is what all its bars take up, what
    those at its beginning and at its end do, and its length.
    """
    parts = read_plan(plan)
    ways = zip(_taken(parts, from_end=False), _taken(parts, from_end=True), strict=True)
    for number, (begins, ends) in enumerate(ways):
        which, length = min(number, LATER_PART), len(begins)
        yield bytes((0, which, _small(length)))
        yield bytes((1, which, *chain(*begins)))
        yield bytes((2, *(taken.relation for taken in begins)))
        yield bytes((3, which, *chain(*begins[:_HALF])))
        yield bytes((4, which, *chain(*ends[-_HALF:])))
        for way, row, places in ((5, begins, range(length)), (6, ends, range(length, 0, -1))):
            before = [_NO_BAR, _NO_BAR, *row]
            for place, two, one, taken in zip(map(_small, places), before, before[1:], row, strict=False):
                yield bytes((way, which, place, *taken))
                yield bytes((way, *one, *taken))
                yield bytes((way, place, *one, *taken))
                yield bytes((way, which, place, *two, *one, *taken))
                yield bytes((way, which, place, taken.relation))
                yield bytes((way, two.relation, one.relation, taken.relation))


def _taken(parts: Sequence[Sequence[str]], *, from_end: bool) -> list[list[Taken]]:
    """Return what each bar of each part takes up, the places counted from one end of a part."""
    found = relations([label for part in parts for label in part])
    stood: dict[str, tuple[int, int]] = {}  # the part and place of the last bar of a label, and of each head
    taken = []
    for number, part in enumerate(parts):
        taken.append([Taken()] * len(part))
        for at, (label, relation) in enumerate(zip(part, found, strict=False)):
            if bar := stood.get(label if relation is Relation.SAME else label[0]):
                earlier, place = bar
                counted = len(parts[earlier]) - place if from_end else place
                taken[-1][at] = Taken(int(relation), _small(number - earlier), _small(counted))
            stood[label] = number, at
    return taken


def _small(count: int) -> int:
    return min(count, LARGEST)
