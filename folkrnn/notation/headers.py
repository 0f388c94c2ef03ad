"""Training texts: canonical texts whose header lines come in any order.

So the fields that a composer gives can stand first, and the model writes the others after them. The unit length, which
is always the same, comes last; the music follows.
"""

import random
from collections.abc import Collection, Iterable

from folkrnn.notation.tune import Field

HEADER_FIELDS = "XTROMLIK"
"""Header fields in the order in which canonical text writes them."""

REQUIRED_FIELDS = "XTMLIK"
"""The fields that every header has; the music begins once they are all there."""


PRINTED_ORDER = "XTCOARBDFGHNSZQPMLK"
"""Header fields in the order in which tunebooks have them."""


def in_printed_order(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return header fields in the order in which tunebooks have them; others keep their places behind those."""
    return tuple(sorted(fields, key=lambda field: PRINTED_ORDER.find(field[0]) % (len(PRINTED_ORDER) + 1)))


def next_fields(written: Collection[str]) -> str:
    """Return the fields that may come next after those written; none if the header is complete."""
    if not written:
        return HEADER_FIELDS[0]
    if set(REQUIRED_FIELDS).issubset(written):
        return ""
    return "".join(letter for letter in HEADER_FIELDS if letter not in written)


def split_header(text: str) -> tuple[list[str], str]:
    """Return the header lines of a tune text, without their line ends, and the music that follows.

    An incomplete header has no music.
    """
    lines: list[str] = []
    rest = text
    while rest and next_fields([line[:1] for line in lines]):
        line, _, rest = rest.partition("\n")
        lines.append(line)
    return lines, rest


def training_text(text: str, rng: random.Random | None = None) -> str:
    """Return a canonical text with its header fields shuffled: by ``rng``, or without one by the text itself."""
    rng = rng or random.Random(text)
    header, music = split_header(text)
    first, *free = (line for line in header if line[0] != "L")
    rng.shuffle(free)
    return "\n".join([first, *free, "L:1/8", music])


def in_canonical_order(text: str) -> str:
    """Return the canonical text of a training text; an incomplete header leaves it unchanged."""
    header, music = split_header(text)
    if next_fields([line[:1] for line in header]):
        return text
    return "\n".join([*sorted(header, key=lambda line: HEADER_FIELDS.index(line[0])), music])
