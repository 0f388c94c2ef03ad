"""Bars that a plan says are the same as earlier ones: they are copied, character by character."""

from folkrnn.notation.context import ContextReader
from folkrnn.notation.grammar import Walk

NO_CHARACTERS = frozenset[str]()

_BAR_LINES = frozenset("|:")
"""What begins a bar line."""

_FIRST_ENDING = "1"
"""What may continue a bar line within a part."""


def copy_choices(context: ContextReader, walk: Walk, *, first_bars: bool) -> frozenset[str]:
    """Return what may come next in a bar that is copied; nothing if all may, or if it can be copied no further.

    The first bar of a part may turn out to be a pickup, so it is copied only with ``first_bars``.
    """
    if not context.planned:
        return NO_CHARACTERS
    bar = context.next
    rest = bar.rest_of_bar if first_bars or not bar.in_first_bar else None
    if rest is None:
        return NO_CHARACTERS
    if not rest:
        return walk.choices & _BAR_LINES
    return walk.choices & {rest[0], _FIRST_ENDING} if rest[0] in walk.choices else NO_CHARACTERS
