"""The order of tunes in a book."""

from collections.abc import Sequence
from typing import Any

from folkrnn.errors import ExportError
from folkrnn.notation import Tune
from folkrnn.notation.articles import sort_key
from folkrnn.notation.rhythms import rhythm_named


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


def sorted_tunes(tunes: Sequence[Tune], by: str) -> list[Tune]:
    """Return tunes sorted by one of SORTS, and then by title. Raises ExportError for anything else."""
    if by not in SORTS:
        raise ExportError(f"{by!r} is nothing to sort by; expected one of {', '.join(SORTS)}")
    return sorted(tunes, key=SORTS[by])


def filling_order(heights: Sequence[float], room: float, gap: float) -> list[int]:
    """Return an order of blocks in which they fill columns better: the places of the blocks.

    A column begins with the first block that is left, and goes on with the first that fits. ``gap`` is the space
    between two blocks.
    """
    left = list(range(len(heights)))
    order = []
    while left:
        used = -gap
        for place in list(left):
            if used < 0 or used + gap + heights[place] <= room:
                used += gap + heights[place]
                left.remove(place)
                order.append(place)
    return order
