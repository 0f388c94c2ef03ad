"""music21's own reading of a tune's canonical text, as sounds.

Nothing here uses folkrnn's reader or its repeats. music21's ABC reader makes measures, repeat signs and brackets from
the text. What it understood is unfolded here and returned as sounds, to be compared with ``performance``.
"""

import contextlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import music21 as m21

from folkrnn.errors import ScoreError
from folkrnn.notation.performance import Sound, TimedChord, joined

VERSION_LINE = "%abc-2.1"
"""Without this line music21 lets no accidental last through its bar."""

_SILENT = re.compile(r'(?P<field>\[[A-Z]:[^\]]*\])|"[^"]*"|![^!]*!|\{[^}]*\}|\((?!\d)|[ ).~H-Wh-x]')
_FIELDS = re.compile(r"(?P<bar_line>(?:\|:|:+\||\|[|\]]?)+[\d,]*)?(?P<fields>(?:\[[A-Z]:[^\]]*\])+)")


def read_sounds(text: str) -> list[Sound]:
    """Return the sounds that music21 reads from a canonical text, sorted by onset and pitch.

    This is the one place where whatever music21 raises becomes a ScoreError of one line.
    """
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            handler = m21.abcFormat.ABCFile().readstr(reduced(text))
            score = m21.abcFormat.translate.abcToStreamScore(handler)
            part = score.parts[0]
            _tie_chords(part, handler.tokens)
            measures = list(_measures(part))
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ScoreError(f"music21 cannot read the tune: {type(error).__name__}: {reason}") from error
    return _heard(measures[index] for index in _order(measures))


def reduced(text: str) -> str:
    """Return a canonical text in a form that music21's ABC reader understands.

    Every note, length, bar line, repeat and ending stays. What does not sound is left out: words, spaces, decorations,
    slurs, and grace notes, which music21 counts as notes of a tuplet. The meter is left out too, for music21 would
    split bars and beam notes by it. A hidden rest becomes a plain one.

    music21 ignores a key in brackets, so a key inside the music gets a line of its own. That line comes before the bar
    line that the key follows, since music21 loses a repeat sign before such a line. Two more bar lines at the end show
    music21 the bars of a tune that has repeat signs but fewer than two plain bar lines.
    """
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("K:")), -1) + 1
    header = [line for line in lines[:start] if line.startswith(("X:", "L:", "K:"))]
    music = [_FIELDS.sub(_own_line, _SILENT.sub(_kept, line)) for line in lines[start:]]
    return "\n".join([VERSION_LINE, *header, *music]) + "| |\n"


def _kept(match: re.Match[str]) -> str:
    return match["field"] or ("z" if match[0] == "x" else "")


def _own_line(match: re.Match[str]) -> str:
    keys = [field for field in match["fields"][1:-1].split("][") if field.startswith("K:")]
    return "".join(f"\n{key}\n" for key in keys) + (match["bar_line"] or "")


def _tie_chords(part: m21.stream.Part, tokens: Sequence[m21.abcFormat.ABCToken]) -> None:
    """Give the chords of a part their ties, which music21 reads but does not pass on."""
    if not any(token.tie for token in tokens if isinstance(token, m21.abcFormat.ABCChord)):
        return  # as in most tunes; the way through a part takes music21 long
    sounding = [token for token in tokens if isinstance(token, m21.abcFormat.ABCNote) and not token.isRest]
    for token, note in zip(sounding, part.recurse().notes, strict=True):
        if token.tie and note.isChord:
            note.tie = m21.tie.Tie(token.tie)


class _Measure(NamedTuple):
    """One measure as music21 understood it.

    ``length`` in whole notes; ``notes`` as (onset in the measure, duration, MIDI numbers, tied to the next);
    ``passes`` are those of the bracket over it, none where there is no bracket.
    """

    length: Fraction
    notes: tuple[tuple[Fraction, Fraction, tuple[int, ...], bool], ...]
    opens: bool
    closes: bool
    passes: Sequence[int]


def _measures(part: m21.stream.Part) -> Iterator[_Measure]:
    # Without bar lines music21 makes no measures: the notes lie in the part itself.
    measures = list(part.getElementsByClass(m21.stream.Measure)) or [part]
    passes: dict[int, list[int]] = {}
    for bracket in part.getElementsByClass(m21.spanner.RepeatBracket):
        bounds = [measures.index(measure) for measure in bracket.getSpannedElements()]
        passes |= dict.fromkeys(range(min(bounds), max(bounds) + 1), bracket.numberRange)
    for index, measure in enumerate(measures):
        yield _Measure(
            _whole_notes(measure.highestTime),
            tuple(_notes(measure)),
            _repeats(measure, "leftBarline", "start"),
            _repeats(measure, "rightBarline", "end"),
            passes.get(index, []),
        )


def _notes(measure: m21.stream.Stream) -> Iterator[tuple[Fraction, Fraction, tuple[int, ...], bool]]:
    for note in measure.notes:
        tied = note.tie is not None and note.tie.type in ("start", "continue")
        numbers = tuple(pitch.midi for pitch in note.pitches)
        yield _whole_notes(note.offset), _whole_notes(note.quarterLength), numbers, tied


def _repeats(measure: m21.stream.Stream, side: str, direction: str) -> bool:
    return getattr(getattr(measure, side, None), "direction", None) == direction


@lru_cache(maxsize=4096)
def _whole_notes(quarters: float | Fraction) -> Fraction:
    return Fraction(quarters) / 4


def _order(measures: Sequence[_Measure]) -> Iterator[int]:
    """Yield the indices of the measures in the order in which they are played.

    music21's ABC reader knows two passes and two endings. It does not say where a second ending stops. That does no
    harm: on the second pass the first ending is left out and the music goes on.
    """
    index = start = 0
    number = 1
    while index < len(measures):
        measure = measures[index]
        if measure.opens and index != start:
            start, number = index, 1
        if not measure.passes or number in measure.passes:
            yield index
            if measure.closes:
                start, index, number = (start, start - 1, 2) if number == 1 else (index + 1, index, 1)
        index += 1


def _heard(measures: Iterable[_Measure]) -> list[Sound]:
    """Return the sounds of measures one after the other, tied notes joined."""

    def chords() -> Iterator[TimedChord]:
        clock = Fraction(0)
        for measure in measures:
            for onset, duration, numbers, tied in measure.notes:
                yield clock + onset, duration, numbers, numbers if tied else ()
            clock += measure.length

    return sorted(joined(chords()))
