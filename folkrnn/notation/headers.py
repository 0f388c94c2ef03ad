"""The texts that a model learns: canonical texts whose header lines come in any order.

Whatever fields a composer gives can so stand first, and the model writes the others knowing them. The unit length,
which never differs, comes last of all: behind it the music begins.
"""

import random
from collections.abc import Collection

HEADER_FIELDS = "XTROMLIK"
"""Header fields in the order in which canonical text writes them."""

REQUIRED_FIELDS = "XTMLIK"
"""The fields that no header lacks; once they are all there, the music begins."""


def next_fields(written: Collection[str]) -> str:
    """The fields that may come next in a header after those written; none where the header is complete."""
    if not written:
        return HEADER_FIELDS[0]
    if set(REQUIRED_FIELDS).issubset(written):
        return ""
    return "".join(letter for letter in HEADER_FIELDS if letter not in written)


def split_header(text: str) -> tuple[list[str], str]:
    """The header lines of a tune text, without their line ends, and the music that follows.

    Where the header is not complete there is no music.
    """
    lines: list[str] = []
    rest = text
    while rest and next_fields([line[:1] for line in lines]):
        line, _, rest = rest.partition("\n")
        lines.append(line)
    return lines, rest


def training_text(text: str, rng: random.Random | None = None) -> str:
    """A canonical text as it is learned: its fields in an order that ``rng`` draws, or without it the text itself."""
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
