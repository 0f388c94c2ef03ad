"""The form of a tune: its sections, their bars and repeats, and the similarity of the sections.

A form is written as the bars of each section, each followed by ``:`` if the section is repeated or ``|`` if not:
``8:8:`` is the usual jig, ``8|8|`` a song of two parts.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from folkrnn.errors import NotationError
from folkrnn.notation.bars import is_pickup
from folkrnn.notation.repeats import sections
from folkrnn.notation.tune import Tune

USUAL_BARS = 8
"""The bars of a part whose length is not given, as in ``AABB``."""

MAX_SIMILARITY = 10
"""The similarity of equal parts."""

SAME_PART = 0.8
"""Parts with at least this share of notes in common have one letter in a ``pattern``."""

_FORM = re.compile(r"(?:[1-9]\d{0,2}[:|])+")


class Part(NamedTuple):
    """One section of the form: how many bars it counts, and whether it is repeated."""

    bars: int
    repeated: bool

    def __str__(self) -> str:
        return f"{self.bars}{':' if self.repeated else '|'}"


def form(tune: Tune) -> str:
    """Return the form of a tune. Pickups do not count; of several endings only the first does."""
    return "".join(f"{count}{':' * (passes - 1) or '|'}" for count, passes, _ in _counted(tune))


def counted_bars(tune: Tune) -> tuple[range, ...]:
    """Return the indices of the bars of each section that its form counts."""
    return tuple(bars[-count:] for count, _, bars in _counted(tune))


def similarity(tune: Tune) -> int | None:
    """Return the similarity of the sections, from 0 to 10; None if there is only one.

    Each section but the first is compared with the most similar earlier one. Their similarity is the share of their
    notes, by pitch and length, in their longest common subsequence. The result is the mean share, in tenths.
    (TunesFormer controls the similarity of sections on the same scale, by their edit distance; Wu et al., 2023.)
    """
    parts = [_notes(tune, bars) for _, _, bars in _counted(tune)]
    if len(parts) < 2:
        return None
    shares = [max(_share(earlier, part) for earlier in parts[:index]) for index, part in enumerate(parts) if index]
    return round(MAX_SIMILARITY * sum(shares) / len(shares))


def pattern(tune: Tune) -> str:
    """Return the parts as played, a letter for each, such as AABB; parts with SAME_PART in common share a letter."""
    letters = ""
    parts: list[list[Hashable]] = []
    for _, passes, bars in _counted(tune):
        part = _notes(tune, bars)
        like = next((index for index, earlier in enumerate(parts) if _share(earlier, part) >= SAME_PART), len(parts))
        parts += [part] if like == len(parts) else []
        letters += chr(ord("A") + min(like, 25)) * passes
    return letters


def _notes(tune: Tune, bars: range) -> list[Hashable]:
    return [(note.pitches, note.duration) for index in bars for note in tune.bars[index].notes]


def form_and_similarity(tune: Tune) -> str:
    """Return both in one text, ``8:8: 4``; the form alone if there is one section."""
    tenths = similarity(tune)
    return form(tune) if tenths is None else f"{form(tune)} {tenths}"


def _counted(tune: Tune) -> Iterator[tuple[int, int, range]]:
    """Yield the bar count, the passes, and the bars (indices) up to the first ending, of each section with a count."""
    for section in sections(tune.bars):
        last = section.endings[0].last if section.endings else section.last
        before = tune.bars[section.first].number - (not is_pickup(tune.bars, section.first))
        count = tune.bars[last].number - before
        if count:
            yield count, section.passes, range(section.first, last + 1)


def _share(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Return the share of the items of two sequences that belongs to their longest common subsequence.

    Hyyrö's bit-parallel algorithm (2004) finds its length: one whole number holds a row of the usual table.
    """
    places: dict[Hashable, int] = {}
    for index, item in enumerate(first):
        places[item] = places.get(item, 0) | 1 << index
    every = row = (1 << len(first)) - 1
    for item in second:
        matched = row & places.get(item, 0)
        row = (row + matched | row - matched) & every
    return 2 * (len(first) - row.bit_count()) / (len(first) + len(second))


def read_form(text: str) -> tuple[tuple[Part, ...], str]:
    """Return the sections of the beginning of a form, and the digits of a number that is still under way."""
    parts: list[Part] = []
    number = ""
    for character in text:
        if character in "|:":
            parts.append(Part(int(number), character == ":"))
            number = ""
        else:
            number += character
    return tuple(parts), number


class Build(NamedTuple):
    """What the ``I:form`` line of a training text says: form, similarity and plan, each empty if it is not there."""

    form: str
    similarity: str
    plan: str


def read_build(value: str) -> Build:
    """Return what a whole ``I:form`` line says, or the beginning of one."""
    form, *words = value.removeprefix("form ").split(" ")
    plan = words.pop() if words and words[-1][:1].isalpha() else ""
    return Build(form, words[0] if words else "", plan)


def parse_form(text: str) -> str:
    """Return the form that a composer asks for: ``8:8:`` as it is, ``AABB`` or ``ABAC`` with parts of 8 bars.

    Raises NotationError for any other text.
    """
    text = "".join(text.split())
    if _FORM.fullmatch(text):
        return text
    runs = [(letter, len(list(run))) for letter, run in groupby(text)]
    letters = "".join(dict.fromkeys(text))
    if text and letters == "ABCDEFGH"[: len(letters)] and all(count <= 2 for _, count in runs):
        return "".join(str(Part(USUAL_BARS, count == 2)) for _, count in runs)
    raise NotationError(
        f"{text!r} is no form; expected the bars of each part, with : after them if it is repeated and | if not, "
        "such as 8:8:, or letters such as AABB for parts of 8 bars"
    )


def returning_parts(text: str) -> str:
    """Return a letter for each section of a form in which one comes back, such as ABAC; empty for other forms."""
    letters = "".join(letter for letter, _ in groupby("".join(text.split())))
    return letters if letters.isalpha() and len(set(letters)) < len(letters) else ""
