"""How large a tune may be. Within these limits, time and memory are bounded for whatever a file holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from folkrnn.notation.tune import Bar, Voice

MOST_PASSES = 19
"""The most passes of a repeat."""

MOST_PLAYED = 100_000
"""The most bars and notes that are played, with all repeats; some ten hours of music. An order is cut there."""

MOST_WRITTEN = 20_000
"""The most bars and notes of a tune that is drawn, played or exported otherwise than as ABC."""

MOST_VOICES = 100
"""The most voices of a tune."""

MOST_OVERLAYS = 16
"""The most overlays of a bar."""

MOST_SIGNS = 100
"""The most signs, quoted texts and grace notes before one note."""

MOST_MACROS = 100
"""The most macros of a tune."""

MOST_SYMBOL_LINES = 40
"""The most lines of symbols that a line of music can have."""

LONGEST_SYLLABLE = 1_000
"""The most characters of a syllable that are drawn; verovio crashes over some thousands."""

LONGEST_TEXT = 10_000
"""The most characters of a text that a book shows, such as a title; typst crashes over some ten thousands."""


def shortened(text: str, most: int) -> str:
    """Return a text, or the beginning of one with more than ``most`` characters and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def written(voices: Iterable[Voice]) -> int:
    """Return the number of bars and notes in all voices, with their overlays."""
    return sum(1 + len(bar.notes) + sum(map(len, bar.overlays)) for voice in voices for bar in voice.bars)


def within_limit(order: Iterable[int], bars: Sequence[Bar]) -> tuple[tuple[int, ...], bool]:
    """Return the indices of an order up to MOST_PLAYED, and whether it is cut there."""
    kept: list[int] = []
    left = MOST_PLAYED
    for index in order:
        left -= 1 + len(bars[index].notes)
        if left < 0:
            return tuple(kept), True
        kept.append(index)
    return tuple(kept), False


@dataclass
class Growth:
    """How much more a file may still become than its text.

    ``bars`` are those of rests, ``characters`` those of macros, ``header_lines`` the lines of the file header that its
    tunes take over.
    """

    bars: int = 50_000
    characters: int = 1_000_000
    header_lines: int = 1_000_000

    @classmethod
    def of(cls, text: str) -> "Growth":
        """Return how much a text may grow: a long one by as much again, in each respect."""
        return cls(50_000 + len(text) // 200, 1_000_000 + len(text), 1_000_000 + len(text) // 20)
