"""Measures that all parts share, and which voices stand on which staff."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from folkrnn.notation.bars import completes_measure
from folkrnn.notation.layout import Group, Layout, layout
from folkrnn.notation.tune import Bar, Tune, Voice, total


class Frame(NamedTuple):
    """What the staves share in one measure.

    ``bar`` tells its number and its bar lines; ``length`` is that of the longest voice, in whole notes; ``completes``
    says that it ends a measure that another began, or is a pickup, and bears no number of its own.
    """

    bar: Bar
    length: Fraction
    completes: bool


def frames(voices: Sequence[Voice]) -> list[Frame]:
    """Return the measures of voices that are played together: bar goes with bar, in order.

    Where voices differ, the bar lines of the first one hold, but for what only another says.
    """
    count = max((len(voice.bars) for voice in voices), default=0)
    shared = [_shared([voice.bars[index] for voice in voices if index < len(voice.bars)]) for index in range(count)]
    return [
        Frame(bar, max(lengths(voices, index)), completes_measure(shared, index)) for index, bar in enumerate(shared)
    ]


def _shared(bars: Sequence[Bar]) -> Bar:
    first = bars[0]
    if len(bars) == 1:
        return first
    lines = next((bar for bar in bars if bar.plays > 1 or bar.edge), first)
    return replace(
        first,
        opens=any(bar.opens for bar in bars),
        plays=lines.plays,
        edge=lines.edge,
        ending=next((bar.ending for bar in bars if bar.ending), ()),
        drawn=next((bar.drawn for bar in bars if bar.drawn), ""),
    )


def lengths(voices: Sequence[Voice], index: int) -> Iterator[Fraction]:
    """Yield the lengths of the bars with an index, and of the overlays in them."""
    for voice in voices:
        if index < len(voice.bars):
            yield from map(total, voice.bars[index].layers)


class Staff(NamedTuple):
    """One staff: the voices that share it, the first one on top."""

    voices: tuple[Voice, ...]

    @property
    def name(self) -> str:
        """What is printed before its first system."""
        return " / ".join(voice.name for voice in self.voices if voice.name)

    @property
    def short_name(self) -> str:
        """What is printed before its other systems."""
        return " / ".join(voice.short_name for voice in self.voices if voice.short_name)


def without_unprinted(tune: Tune) -> Tune:
    """Return a tune without the voices that its ``%%score`` leaves out."""
    unnamed = _layout(tune).unnamed
    return replace(tune, voices=tuple(each for each in tune.voices if each.id not in unnamed)) if unnamed else tune


def _layout(tune: Tune) -> Layout:
    return layout([*tune.fields, *tune.book], [voice.id for voice in tune.voices])


def staves(tune: Tune) -> tuple[list[Staff], list[Group]]:
    """Return the staves of a tune, from the top, and the groups that braces and brackets make of them.

    Voices without any bar have no staff, unless all are so.
    """
    found = _layout(tune)
    voices = {voice.id: voice for voice in tune.voices}
    full = [tuple(voices[name] for name in names if voices[name].bars) for names in found.staves]
    kept = [place for place, members in enumerate(full) if members]
    groups = []
    for group in found.groups:
        inside = [new for new, place in enumerate(kept) if group.first <= place <= group.last]
        if len(inside) > 1:
            groups.append(Group(group.sign, inside[0], inside[-1]))
    # A group that holds another one begins before it.
    return [Staff(full[place]) for place in kept], sorted(groups, key=lambda group: (group.first, -group.last))
