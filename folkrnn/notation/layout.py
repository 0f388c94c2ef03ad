"""How voices stand on the page: ``%%score`` and ``%%staves``."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from folkrnn.notation.tune import DIRECTIVE, Field

_TOKEN = re.compile(r"[()\[\]{}|*]|[^\s()\[\]{}|*]+")
SCORE_WORDS = (["score"], ["staves"])
"""The words that such a directive begins with."""

_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Group(NamedTuple):
    """Staves held together by a brace or a bracket: the sign, the first staff and the last (both inclusive)."""

    sign: str
    first: int
    last: int


MOST_SHOWN = 60
"""The most characters of a directive that a remark repeats."""


class Layout(NamedTuple):
    """The voices (by id) on each staff, from the top, and which staves a sign holds together.

    ``unnamed`` are the voices that the directive leaves out: they sound, and are not printed.
    """

    staves: tuple[tuple[str, ...], ...]
    groups: tuple[Group, ...] = ()
    unnamed: tuple[str, ...] = ()


def directives(fields: Iterable[Field]) -> list[str]:
    """Return the instructions among some fields, from ``%%`` lines and ``I:``."""
    return [text.strip() for letter, text in fields if letter in (DIRECTIVE, "I")]


def layout(fields: Iterable[Field], voices: Sequence[str]) -> Layout:
    """Return the layout of a tune's voices.

    It is what the first ``%%score`` or ``%%staves`` says (ABC 2.1, 11.1). Voices that it does not name get staves of
    their own below; without either so do all.
    """
    return _layout(fields, voices)[0]


def score_order(fields: Iterable[Field], voices: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the indices of the voices from the top of the page down, and what is wrong with the directive."""
    fields = list(fields)
    found, problems = _layout(fields, voices)
    order = [voices.index(name) for staff in found.staves for name in staff]
    return order, problems


def _layout(fields: Iterable[Field], voices: Sequence[str]) -> tuple[Layout, list[str]]:
    text = next((words for words in directives(fields) if words.split(maxsplit=1)[:1] in SCORE_WORDS), "")
    directive = f"%%{text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + '…'}"
    staves: list[tuple[str, ...]] = []
    groups: list[Group] = []
    problems: list[str] = []
    open_signs: list[tuple[str, int]] = []
    shared: list[str] | None = None
    for token in _TOKEN.findall(text)[1:]:
        if token == "(":
            shared = []
        elif token == ")":
            if shared:
                staves.append(tuple(shared))
            shared = None
        elif token in _PAIRS:
            open_signs.append((token, len(staves)))
        elif token in "]}":
            if open_signs and _PAIRS[open_signs[-1][0]] == token:
                sign, first = open_signs.pop()
                if len(staves) > first:
                    groups.append(Group(sign, first, len(staves) - 1))
            else:
                problems.append(f"{token} in {directive} closes what was never opened")
        elif token in "|*":
            continue
        elif token not in voices:
            problems.append(f"{directive} names the voice {token[:MOST_SHOWN]}, which the tune does not have")
        elif any(token in staff for staff in staves) or (shared and token in shared):
            problems.append(f"{directive} names the voice {token[:MOST_SHOWN]} twice")
        elif shared is not None:
            shared.append(token)
        else:
            staves.append((token,))
    if shared:
        staves.append(tuple(shared))
    named = {name for staff in staves for name in staff}
    others = tuple(name for name in voices if name not in named)
    staves += [(name,) for name in others]
    unnamed = others if named else ()
    problems += [f"{directive} leaves out the voice {name}, so it is played and not printed" for name in unnamed]
    return Layout(tuple(staves), tuple(groups), unnamed), problems
