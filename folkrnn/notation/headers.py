"""Training texts: canonical texts whose header lines come in any order.

So the fields that a composer gives can stand first, and the model writes the others after them. The unit length, which
is always the same, comes last; the music follows.
"""

import random
import re
from collections.abc import Collection, Iterable

from folkrnn.notation.form import read_build
from folkrnn.notation.tune import Field

HEADER_FIELDS = "XTROMLIK"
"""Header fields in the order in which canonical text writes them."""

REQUIRED_FIELDS = "XTMLIK"
"""The fields that every header has; the music begins once they are all there."""


PLAN_ALONE, PLANNED = 0.55, 0.85
"""Up to these shares of the training texts have a plan alone, and a plan with or without similarity."""

_FORM_LINE = re.compile(r"^I:form .*$", re.MULTILINE)

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


def with_plan(text: str, plan: str) -> str:
    """Return a canonical text with a plan at the end of its form line; without a plan the text as it is."""
    return _FORM_LINE.sub(lambda line: f"{line[0]} {plan}", text, 1) if plan else text


def plan_in(text: str) -> str:
    """Return the plan that stands in the form line of a text; empty without one."""
    found = _FORM_LINE.search(text)
    return read_build(found[0][2:]).plan if found else ""


def without_plan(line: str) -> str:
    """Return a form line without its plan."""
    plan = plan_in(line)
    return line.removesuffix(f" {plan}") if plan else line


def training_text(text: str, rng: random.Random | None = None) -> str:
    """Return a canonical text, which may have a plan, with its header fields shuffled.

    They are shuffled by ``rng``, or without one by the text itself. A form line with a plan says either that alone, or
    that and the similarity, or the similarity alone, so that a model knows all three; without ``rng`` the plan alone.
    """
    header, music = split_header(text)
    first, *free = (_form_line(line, rng) if line[0] == "I" else line for line in header if line[0] != "L")
    (rng or random.Random(text)).shuffle(free)
    return "\n".join([first, *free, "L:1/8", music])


def _form_line(line: str, rng: random.Random | None) -> str:
    """Return a form line of a training text, which may lack the similarity or the plan."""
    form, similarity, plan = read_build(line[2:])
    if not plan:
        return line
    share = rng.random() if rng else 0.0
    kept = [similarity * (share >= PLAN_ALONE), plan * (share < PLANNED)]
    return " ".join([f"I:form {form}", *filter(None, kept)])


def in_canonical_order(text: str) -> str:
    """Return the canonical text of a training text; an incomplete header leaves it unchanged.

    There is no plan in it. A similarity that is left out stays so, for the music decides it.
    """
    header, music = split_header(text)
    if next_fields([line[:1] for line in header]):
        return text
    lines = (without_plan(line) if line[0] == "I" else line for line in header)
    return "\n".join([*sorted(lines, key=lambda line: HEADER_FIELDS.index(line[0])), music])
