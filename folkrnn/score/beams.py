"""Beams, and the numbers and brackets of tuplets."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from folkrnn.notation.beaming import beat_starts
from folkrnn.notation.meter import EIGHTH, Meter
from folkrnn.notation.tune import Note
from folkrnn.score.lengths import Piece


class Event(NamedTuple):
    """One value on the staff: its ``onset`` in the full bar, in whole notes, and music21's object."""

    onset: Fraction
    piece: Piece
    element: Any
    note: Note


def beam_types(values: Sequence[tuple[Fraction, int]]) -> list[list[str]]:
    """Return the beams of the values of one group, each given as (onset, number of beams).

    A beam is ``start``, ``continue``, ``stop``, ``partial-left`` or ``partial-right``, the outermost first.
    """
    return [[_beam_type(values, index, level) for level in range(count)] for index, (_, count) in enumerate(values)]


def _beam_type(values: Sequence[tuple[Fraction, int]], index: int, level: int) -> str:
    """Return what the beam of a level does at one value of a group."""
    left = index > 0 and values[index - 1][1] > level
    right = index + 1 < len(values) and values[index + 1][1] > level
    if left or right:
        return "continue" if left and right else "stop" if left else "start"
    if index in (0, len(values) - 1):
        return "partial-right" if index == 0 else "partial-left"
    # A lone short value belongs to the half of the beat it stands in: after a dotted one it looks back.
    onset, count = values[index]
    return "partial-left" if onset % Fraction(1, 2 ** (count + 1)) else "partial-right"


def beam(meter: Meter, events: Sequence[Event]) -> None:
    """Beam the values of a bar by the beat."""
    starts = beat_starts(
        meter,
        (event.onset for event in events if event.piece.written < EIGHTH or event.piece.ratio != (1, 1)),
    )
    length = meter.bar or Fraction(1, 4)

    def group(event: Event) -> tuple[int, Fraction]:
        if event.note.is_rest or not event.piece.beams:
            return -1, event.onset
        bars, within = divmod(event.onset, length)
        return int(bars), max(start for start in starts if start <= within)

    for _, found in groupby(events, group):
        members = list(found)
        if len(members) > 1:
            set_beams([each.element for each in members], [(each.onset, each.piece.beams) for each in members])


def set_beams(elements: Sequence[Any], values: Sequence[tuple[Fraction, int]]) -> None:
    """Beam music21's notes as one group; the values are those of ``beam_types``."""
    for element, types in zip(elements, beam_types(values), strict=True):
        for each in types:
            element.beams.append(*each.split("-"))


def bracket_tuplets(events: Sequence[Event]) -> None:
    """Number each tuplet, and bracket it unless one beam holds it together."""
    run: list[Event] = []
    for place, event in enumerate(events):
        if not event.note.tuplet:
            continue
        run.append(event)
        after = events[place + 1].note if place + 1 < len(events) else None
        if after is event.note:
            continue
        if after is None or not after.tuplet or after.tuplet.index == 0:
            _bracket(run)
            run = []


def _bracket(run: Sequence[Event]) -> None:
    beamed = [event.element.beams.getTypes()[:1] for event in run if not event.note.is_rest]
    whole = len(beamed) == len(run) and beamed[0] == ["start"] and beamed[-1] == ["stop"]
    first, last = (run[place].element.duration.tuplets[0] for place in (0, -1))
    for tuplet in {id(first): first, id(last): last}.values():
        tuplet.bracket = not whole
        tuplet.placement = None  # beside the beam or the stems, wherever those come to stand
    if first is last:
        first.type = "startStop"
        return
    first.type, last.type = "start", "stop"
