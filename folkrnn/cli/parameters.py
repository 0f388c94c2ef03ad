"""The types of parameters: each reads a text, or fails with a line that says what would be right."""

import math
from difflib import get_close_matches
from typing import Any

import click

from folkrnn.errors import ExportError
from folkrnn.export import format_named
from folkrnn.export.formats import writable
from folkrnn.export.rendering import MAX_TIMES
from folkrnn.notation.ranges import TRANSPOSING

_MOST_DIGITS = 9
"""The most digits of a number of a tune or a bar: Python refuses to read numbers of thousands of them."""


def _is_number(text: str) -> bool:
    """Whether a text is a whole number; a superscript is none."""
    return text.isdecimal() and len(text) <= _MOST_DIGITS


class Choice(click.Choice[str]):
    """One of some words; for a misspelt one the nearest is named."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return what is wrong with a word that is not among them, and what would be right."""
        near = get_close_matches(str(value), self.choices, 1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"{value!r} is unknown{meant}; expected one of {', '.join(self.choices)}"


class Number(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """A finite number, from ``lowest`` up; ``wrong`` is what is said of anything else."""

    name = "number"
    lowest = -math.inf
    wrong = "is no number; expected one such as 100 or 0.6"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the number, or fail with a line that says what would be right."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number >= self.lowest):
            self.fail(f"{value!r:.60} {self.wrong}", param, ctx)
        return number


class Temperature(Number):
    """A finite number from 0 up."""

    name = "temperature"
    lowest = 0.0
    wrong = "is no temperature; expected a number from 0 (greedy) up, such as 0.9"


class Formats(click.ParamType):  # type: ignore[type-arg]
    """Names of formats with commas between them, such as abc,mid,pdf."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the list, or fail with a line that names the formats, or the package that one lacks."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(
                writable(format_named(part)) for part in value.split(",") if part.strip() or not value.strip(" ,")
            )
        except ExportError as error:
            self.fail(str(error), param, ctx)


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """Numbers and ranges with commas between them, such as 1,3-5."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read the list, or fail with a line that says what would be right."""
        if isinstance(value, tuple):
            return value
        numbers: list[int] = []
        for part in value.split(","):
            first, dash, last = part.strip().partition("-")
            numeric = _is_number(first) and (_is_number(last) if dash else not last)
            if not numeric or not 0 <= int(last or first) - int(first) <= 10**6:
                self.fail(f"{value!r:.60} is no list of tunes; expected one such as 1,3-5", param, ctx)
            numbers.extend(range(int(first), int(last or first) + 1))
        return tuple(numbers)


class Parts(click.ParamType):  # type: ignore[type-arg]
    """Transposing instruments with commas between them, such as Bb,Eb."""

    name = "parts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the list, or fail with a line that names the instruments."""
        if isinstance(value, tuple):
            return value
        parts = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
        for part in parts:
            if part not in TRANSPOSING:
                self.fail(f"{part!r} is no instrument here; expected some of {','.join(TRANSPOSING)}", param, ctx)
        return parts


class Times(click.ParamType):  # type: ignore[type-arg]
    """How often tunes are played: a number, or one for each, such as 2,3,3."""

    name = "times"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read the numbers, or fail with a line that says what would be right."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(_is_number(part) and 1 <= int(part) <= MAX_TIMES for part in parts):
            self.fail(
                f"{value!r:.60} says not how often; expected 3, or 2,3,3, from 1 to {MAX_TIMES} times", param, ctx
            )
        return tuple(map(int, parts))


class BarRange(click.ParamType):  # type: ignore[type-arg]
    """A bar, or two with a hyphen between them, such as 9-16."""

    name = "bars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read the range, or fail with a line that says what would be right."""
        first, dash, last = str(value).partition("-")
        if not (_is_number(first) and (_is_number(last) if dash else not last)):
            self.fail(f"{value!r:.60} names no bars; expected such as 9-16", param, ctx)
        return int(first), int(last or first)
