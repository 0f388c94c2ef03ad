"""The last steps of an import: what was read becomes ABC, and the reader of ABC has the last word.

So an imported tune is like any other: its repeats are opened and closed, its bars are numbered, and what is wrong
with it is found. Lines and columns of the findings are those of its ABC.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from folkrnn.errors import InputError
from folkrnn.notation.bars import number_bars
from folkrnn.notation.findings import NOTE, Finding
from folkrnn.notation.meter import EIGHTH
from folkrnn.notation.reading import read_tunes
from folkrnn.notation.tune import Bar, Field, Tune, Voice
from folkrnn.notation.writer import write_tune


class Piece(NamedTuple):
    """What was read of a file: the ``fields`` of a header, and the voices.

    ``remarks`` are sentences on what was left out or decided.
    """

    fields: tuple[Field, ...]
    voices: tuple[Voice, ...]
    remarks: tuple[str, ...] = ()


def finished(piece: Piece, name: str) -> Tune:
    """Return the tune that a file of some name holds. Raises InputError where ABC cannot hold it."""
    voices = tuple(replace(voice, bars=number_bars(_whole(voice.bars))) for voice in piece.voices)
    first = voices[0].bars[0]
    draft = Tune(
        fields=piece.fields, meter=first.meter, key=first.key, unit=EIGHTH, voices=voices, number="1", source=name
    )
    found = read_tunes(write_tune(draft), name)
    if len(found) != 1 or not found[0].bars:
        raise InputError(f"{name}: cannot be written as ABC; expected a melody")
    remarks = tuple(Finding("import", NOTE, 1, 1, 0, remark) for remark in piece.remarks)
    return replace(found[0], findings=(*remarks, *found[0].findings))


def _whole(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Return bars with two short ones joined that are one bar with no sign between them.

    Programs divide bars so where a line of the page ends within one.
    """
    result: list[Bar] = []
    for bar in bars:
        if result and _is_rest_of(bar, result[-1]):
            result[-1] = _together(result[-1], bar)
        else:
            result.append(bar)
    return tuple(result)


def _is_rest_of(bar: Bar, before: Bar) -> bool:
    """Whether a bar holds what another leaves of the meter, and nothing marks an edge between them."""
    edge = before.edge or before.plays > 1 or bar.opens or bar.ending or bar.bracket or bar.overlays or before.overlays
    full = before.meter.bar
    return not edge and not bar.changes and bar.is_short and before.is_short and before.duration + bar.duration == full


def _together(first: Bar, second: Bar) -> Bar:
    return replace(
        first, notes=(*first.notes, *second.notes), plays=second.plays, edge=second.edge, drawn=second.drawn,
        closing=second.closing,
    )  # fmt: skip


def remark_on_others(count: int) -> tuple[str, ...]:
    """Return the remark that some other voices are left out; none for none."""
    if not count:
        return ()
    return (f"{count} other voice{'s' * (count > 1)} of the file {'are' if count > 1 else 'is'} left out",)


def tempo_text(words: str, beat: Fraction, rate: float) -> str:
    """Return the value of a ``Q:`` field: words, beats a minute, or both."""
    said = f'"{words}"' if words else ""
    counted = f"{beat.numerator}/{beat.denominator}={rate:.10g}" if rate else ""
    return " ".join(filter(None, (said, counted)))
