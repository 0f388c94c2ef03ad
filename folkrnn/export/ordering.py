"""The order of tunes in a book."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from folkrnn.errors import ExportError
from folkrnn.notation import Tune
from folkrnn.notation.articles import sort_key
from folkrnn.notation.rhythms import rhythm_named
from folkrnn.spool import in_order


def rhythm_name(spelt: str) -> str:
    """Return the name of a rhythm in any spelling: ``REELS`` is the reel; an unknown one in small letters."""
    text = " ".join(spelt.split())
    known = rhythm_named(text)
    return known.name if known else text.casefold()


def _by_title(tune: Tune) -> tuple[Any, ...]:
    return (sort_key(tune.title),)


def _by_rhythm(tune: Tune) -> tuple[Any, ...]:
    name = rhythm_name(tune.rhythm)
    return not name, name.casefold(), sort_key(tune.title)


def _by_key(tune: Tune) -> tuple[Any, ...]:
    return str(tune.key), sort_key(tune.title)


SORTS = {"title": _by_title, "rhythm": _by_rhythm, "key": _by_key}
"""What tunes can be sorted by. Articles do not count in titles, and tunes without a rhythm come last."""


def sorted_tunes(tunes: Sequence[Tune], by: str) -> Sequence[Tune]:
    """Return tunes sorted by one of SORTS, and then by title. Raises ExportError for anything else."""
    if by not in SORTS:
        raise ExportError(f"{by!r} is nothing to sort by; expected one of {', '.join(SORTS)}")
    keys = [SORTS[by](tune) for tune in tunes]
    return in_order(tunes, sorted(range(len(keys)), key=keys.__getitem__))


NEAR = 60
"""How many of the next tunes a column may take one from to be filled."""


def filling_order(heights: Sequence[float], room: float, gap: float) -> list[int]:
    """Return an order of blocks in which they fill columns of a height, ``room``: the places of the blocks.

    A column begins with the first block that is left, and takes those of the next NEAR that fill it best, in order.
    ``gap`` is the space between two blocks.
    """
    left = list(range(len(heights)))
    order = []
    while left:
        order.append(left.pop(0))
        free = room - heights[order[-1]]
        # The blocks that fill a number of whole units of height, for all numbers that can be reached.
        filled: dict[int, tuple[int, ...]] = {0: ()}
        for place in left[:NEAR]:
            for height, blocks in sorted(filled.items(), reverse=True):
                more = height + ceil(gap + heights[place])
                if more <= free:
                    filled.setdefault(more, (*blocks, place))
        chosen = filled[max(filled)]
        order += chosen
        left = [place for place in left if place not in chosen]
    return order
