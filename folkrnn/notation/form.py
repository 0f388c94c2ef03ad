"""The form of a tune: its sections, their bars and repeats, and how alike the sections are.

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
from folkrnn.notation.tune import Bar, Tune

USUAL_BARS = 8
"""The bars of a part whose length is not told, as in ``AABB``."""

MAX_SIMILARITY = 10
"""The likeness of parts that are the same."""

SAME_PART = 0.8
"""Parts that have so much in common, as ``likeness`` counts it, are one part in a ``pattern``."""

_FORM = re.compile(r"(?:[1-9]\d{0,2}[:|])+")


class Part(NamedTuple):
    """One section of the form: how many bars it counts, and whether it is repeated."""

    bars: int
    repeated: bool

    def __str__(self) -> str:
        return f"{self.bars}{':' if self.repeated else '|'}"


def form(tune: Tune) -> str:
    """The form of a tune. Pickups do not count; of several endings only the first does."""
    return "".join(f"{count}{':' * (passes - 1) or '|'}" for count, passes, _ in _counted(tune))


def similarity(tune: Tune) -> int | None:
    """How alike the sections are, from 0 to 10; None where there is but one.

    Each section but the first is held against the earlier one that is most like it: of the notes of both, counted
    by pitch and length, what share belongs to their longest common subsequence? The mean share, in tenths. (TunesFormer
    controls the likeness of sections on a scale as long, by their edit distance; Wu et al., 2023.)
    """
    parts = [_notes(bars) for _, _, bars in _counted(tune)]
    if len(parts) < 2:
        return None
    shares = [max(_share(earlier, part) for earlier in parts[:index]) for index, part in enumerate(parts) if index]
    return round(MAX_SIMILARITY * sum(shares) / len(shares))


def pattern(tune: Tune) -> str:
    """The parts as played, a letter for each, such as AABB: one letter where SAME_PART of the notes are in common."""
    letters = ""
    heard: list[list[Hashable]] = []
    for _, passes, bars in _counted(tune):
        part = _notes(bars)
        like = next((index for index, earlier in enumerate(heard) if _share(earlier, part) >= SAME_PART), len(heard))
        heard += [part] if like == len(heard) else []
        letters += chr(ord("A") + min(like, 25)) * passes
    return letters


def _notes(bars: Sequence[Bar]) -> list[Hashable]:
    return [(note.pitches, note.duration) for bar in bars for note in bar.notes]


def form_and_similarity(tune: Tune) -> str:
    """Both in one text, ``8:8: 4``; the form alone where there is one section."""
    alike = similarity(tune)
    return form(tune) if alike is None else f"{form(tune)} {alike}"


def _counted(tune: Tune) -> Iterator[tuple[int, int, Sequence[Bar]]]:
    """Each section that counts bars: how many, how often it is played, and its bars up to its first ending."""
    for section in sections(tune.bars):
        last = section.endings[0].last if section.endings else section.last
        before = tune.bars[section.first].number - (not is_pickup(tune.bars, section.first))
        count = tune.bars[last].number - before
        if count:
            yield count, section.passes, tune.bars[section.first : last + 1]


def _share(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """The share of the items of two sequences that belongs to their longest common subsequence.

    Its length is found by Hyyrö's bit-parallel algorithm (2004): one whole number holds a row of the usual table.
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
    """The sections that the beginning of a form tells, and the digits of a number that is still under way."""
    parts: list[Part] = []
    number = ""
    for character in text:
        if character in "|:":
            parts.append(Part(int(number), character == ":"))
            number = ""
        else:
            number += character
    return tuple(parts), number


def parse_form(text: str) -> str:
    """A form that a composer asks for: ``8:8:`` as it is, ``AABB`` as the same, for a part has 8 bars.

    Raises NotationError for any other text.
    """
    text = "".join(text.split())
    if _FORM.fullmatch(text):
        return text
    runs = [(letter, len(list(run))) for letter, run in groupby(text)]
    letters = "".join(letter for letter, _ in runs)
    if text and letters == "ABCDEFGH"[: len(letters)] and all(count <= 2 for _, count in runs):
        return "".join(str(Part(USUAL_BARS, count == 2)) for _, count in runs)
    raise NotationError(
        f"{text!r} is no form; expected the bars of each part, with : behind them if it is repeated and | if not, "
        "such as 8:8:, or letters such as AABB for parts of 8 bars"
    )
