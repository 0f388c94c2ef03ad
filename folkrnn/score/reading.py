"""music21's own reading of a tune: a second opinion on what its text says.

Nothing here asks folkrnn's reader or its repeats. music21's ABC reader makes its measures, repeat signs and
brackets of the text; what it understood is unfolded and told as sounds, to be held against ``performance``.
"""

import contextlib
import io
import multiprocessing
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from multiprocessing.connection import Connection
from types import FrameType
from typing import NamedTuple, NoReturn

import music21 as m21

from folkrnn.errors import ScoreError
from folkrnn.notation.performance import Sound, TimedChord, joined

VERSION_LINE = "%abc-2.1"
"""Without this line music21 lets no accidental last through its bar."""

_SILENT = re.compile(r'(?P<field>\[[A-Z]:[^\]]*\])|"[^"]*"|![^!]*!|\{[^}]*\}|\((?!\d)|[ ).~H-Wh-x]')
_FIELDS = re.compile(r"(?P<bar_line>(?:\|:|:+\||\|[|\]]?)+[\d,]*)?(?P<fields>(?:\[[A-Z]:[^\]]*\])+)")
_LATE = "music21 found no end within {:g} seconds"


def second_reading(text: str, seconds: float = 10) -> list[Sound]:
    """The sounds that music21 reads from a tune's canonical text, sorted by onset and pitch.

    Onsets and durations are fractions of a whole note; repeats and endings are unfolded as music21 understood
    them, tied notes are one sound, grace notes are left out. What music21 is given of the text is in ``reduced``.

    Raises ScoreError, in one line, for whatever music21 refuses and after ``seconds`` of work.
    """
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        return _within(text, seconds)
    return _elsewhere(text, seconds)


# ── the time limit ──────────────────────────────────────────────────────────────────────────────


class _Late(BaseException):
    """Time is up. No Exception, so that no ``except Exception`` inside music21 can swallow it."""


def _within(text: str, seconds: float) -> list[Sound]:
    """Read with an alarm set; only the main thread gets alarms, and not on every system."""

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            return _read(text)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Late:
        raise ScoreError(_LATE.format(seconds)) from None
    finally:
        signal.signal(signal.SIGALRM, before)


def _elsewhere(text: str, seconds: float) -> list[Sound]:
    """Read in a process of its own, which is killed if it takes too long."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, text), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise ScoreError(_LATE.format(seconds))
        answer: list[Sound] | ScoreError = ours.recv()
    except EOFError:
        raise ScoreError("music21 ended the process that read the tune") from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(answer, ScoreError):
        raise answer
    return answer


def _answer(connection: Connection, text: str) -> None:
    try:
        connection.send(_read(text))
    except ScoreError as error:
        connection.send(error)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _read(text: str) -> list[Sound]:
    """Let music21 read a text; the one place where what it raises becomes a ScoreError."""
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
    """A canonical text as music21's ABC reader can take it: every note, length, bar line, repeat and ending stays.

    What does not sound goes: words, spaces, decorations, slurs, and grace notes, which music21 counts as notes of a
    tuplet. So does the meter, which changes no pitch and no time: music21 would split bars and beam notes by it. A
    hidden rest becomes a plain one. A key inside the music gets a line of its own, before the bar line it follows:
    music21 ignores it in brackets, and loses a repeat sign that stands before such a line. Two more bar lines at
    the end show music21 the bars of a tune that has repeat signs but fewer than two plain bar lines.
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


def _whole_notes(quarters: float | Fraction) -> Fraction:
    return Fraction(quarters) / 4


def _order(measures: Sequence[_Measure]) -> Iterator[int]:
    """The indices of the measures in the order in which they are played.

    music21's ABC reader knows two passes and two endings. It does not say where a second ending stops, and no one
    need know: on the second pass the first ending is left out and the music goes on.
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
    """The sounds of measures one after the other, tied notes joined."""

    def chords() -> Iterator[TimedChord]:
        clock = Fraction(0)
        for measure in measures:
            for onset, duration, numbers, tied in measure.notes:
                yield clock + onset, duration, numbers, tied
            clock += measure.length

    return sorted(joined(chords()))
