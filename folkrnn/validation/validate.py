"""Whether a tune is playable: our reader's findings, then music21's independent reading."""

import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from folkrnn.errors import ScoreError
from folkrnn.notation import (
    ERROR,
    NOTE,
    Bar,
    Finding,
    Note,
    Sound,
    Tune,
    canonical,
    is_playable,
    order_of,
    performance,
)
from folkrnn.notation.tune import total
from folkrnn.processes import ProcessQueue
from folkrnn.validation.remarks import remarks
from folkrnn.validation.report import Report

if TYPE_CHECKING:
    from folkrnn.cluster import Cluster

MAX_SERIAL_TUNES = 50
"""This process reads this many tunes faster than new processes start."""

MOST_SECONDS = 10.0
"""The time that music21 is given for a tune, with all its voices."""

_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def validate_tune(tune: Tune, second: bool = True) -> Report:
    """Return the report on a tune; nothing is raised.

    music21 reads only a tune in which our reader found neither error nor warning, each of its voices alone. Without
    ``second`` it reads none, and our reader alone decides whether the tune is playable.
    """
    findings = list(tune.findings)
    agrees = None
    if second and is_playable(findings):
        opinion = _opinions(tune)
        findings += opinion
        agrees = _agreement(opinion)
    if tune.bars:
        findings += remarks(tune)
    return Report(tune.title, tune.number, tune.source, tuple(findings), agrees)


class ReportQueue:
    """Tunes that come one by one, and their reports, in the same order.

    This process validates the first MAX_SERIAL_TUNES, unless there will be ``many``; then ``jobs`` processes share the
    tunes, if they are more than one (see ``processes.ProcessQueue``). It is used in a ``with`` block.
    """

    def __init__(self, jobs: int = 1, second: bool = True, *, many: bool = False) -> None:
        self._check = partial(validate_tune, second=second)
        self._jobs = jobs if second else 1
        self._serial = 0 if many else MAX_SERIAL_TUNES
        self._queue: ProcessQueue[Tune, Report] | None = None

    def __enter__(self) -> "ReportQueue":
        return self

    def __exit__(self, *reason: object) -> None:
        if self._queue:
            self._queue.__exit__(*reason)

    def put(self, tune: Tune) -> list[Report]:
        """Take a tune and return the reports that are ready."""
        if self._jobs < 2 or self._serial:
            self._serial = max(0, self._serial - 1)
            return [self._check(tune)]
        if self._queue is None:
            self._queue = ProcessQueue(self._check, self._jobs)
        return self._queue.put(tune)

    def rest(self) -> Iterator[Report]:
        """Yield the reports that are still to come."""
        if self._queue:
            yield from self._queue.rest()


def validate_all(
    tunes: Iterable[Tune], jobs: int = 1, second: bool = True, cluster: "Cluster | None" = None
) -> Iterator[Report]:
    """Yield the report of each tune, in order, while the tunes arrive; see ``ReportQueue``, or by a ``cluster``."""
    if cluster:
        yield from cluster.map(partial(validate_tune, second=second), tunes)
        return
    many = isinstance(tunes, Sized) and len(tunes) > MAX_SERIAL_TUNES
    with ReportQueue(jobs, second, many=many) as reports:
        for tune in tunes:
            yield from reports.put(tune)
        yield from reports.rest()


def _opinions(tune: Tune) -> list[Finding]:
    """Return the findings of music21's reading of each voice, and of each overlay, which is a voice too.

    All of them share one limit of time, after which none begins.
    """
    end = time.monotonic() + MOST_SECONDS
    found = _unread_overlays(tune)
    for voice in tune.voices:
        if not voice.sounds:
            continue
        first = voice.bars[0]
        alone = replace(tune.alone(voice), meter=first.meter, key=first.key)
        opinion = _second_opinion(alone, end)
        for layer in range(max(len(bar.overlays) for bar in voice.bars)):
            bars = tuple(map(partial(_overlay_bar, layer), voice.bars))
            for finding in _second_opinion(alone.with_bars(bars), end):
                opinion.append(finding._replace(message=f"overlay {layer + 1}: {finding.message}"))
        found += [each._replace(voice=voice.id) for each in opinion] if len(tune.voices) > 1 else opinion
    return found


def _overlay_bar(layer: int, bar: Bar) -> Bar:
    """Return a bar with an overlay in place of its own notes, or a rest where none fills it."""
    notes = bar.overlays[layer] if layer < len(bar.overlays) else ()
    if total(notes) != bar.duration:
        notes = (Note((), bar.duration, line=bar.line, column=bar.column),)
    return replace(bar, notes=notes, overlays=(), changes=tuple(each._replace(index=0) for each in bar.changes))


def _unread_overlays(tune: Tune) -> list[Finding]:
    """Return a note if an overlay does not fill its bar, so that music21 was not given it."""
    unread = [
        bar
        for voice in tune.voices
        for bar in voice.bars
        if any(total(notes) != bar.duration for notes in bar.overlays)
    ]
    message = "music21 was not asked about what follows the &, which does not fill the bar"
    return [Finding("overlay-unread", NOTE, bar.line, bar.column, bar.number, message) for bar in unread[:1]]


def _second_opinion(tune: Tune, end: float) -> list[Finding]:
    """Return the findings of music21's reading of one voice: one error, or a note for each fault of its own.

    After ``end``, by the monotonic clock, no further reading begins.
    """
    # music21 takes half a second to load, and no tune with errors needs it.
    from folkrnn.score.music21_faults import for_music21
    from folkrnn.score.reader_process import late
    from folkrnn.score.reading import second_reading

    readable, tune, faults = for_music21(tune)
    try:
        if time.monotonic() > end:
            raise late(MOST_SECONDS)
        theirs = second_reading(canonical(readable))
    except ScoreError as error:
        return [Finding("second-reader", ERROR, tune.line, 1, 0, str(error))]
    difference = first_difference(performance(tune), theirs)
    if difference is not None:
        onset, message = difference
        bar, note = _note_at(tune, onset)
        message = f"in bar {bar.number} {message}"
        return [Finding("readers-disagree", ERROR, note.line, note.column, bar.number, message)]
    return faults


def _agreement(opinion: Sequence[Finding]) -> bool | None:
    codes = [finding.code for finding in opinion if finding.level == ERROR]
    return None if "second-reader" in codes else not codes


def first_difference(ours: Sequence[Sound], theirs: Sequence[Sound]) -> tuple[Fraction, str] | None:
    """Return the onset at which two readings first differ in pitch or onset, and a sentence; None if they agree."""
    for our, their in zip_longest(ours, theirs):
        if our is None:
            return their.onset, f"music21 reads {_midi_name(their)}, which we do not"
        if their is None:
            return our.onset, f"music21 does not read {_midi_name(our)}"
        if our.onset != their.onset:
            early, late = ("music21", "we") if their.onset < our.onset else ("we", "music21")
            sounds = {"music21": _midi_name(their), "we": _midi_name(our)}
            verb = "reads" if early == "music21" else "read"
            return min(our.onset, their.onset), f"{early} {verb} {sounds[early]} before {late} read the next note"
        if our.midi != their.midi:
            return our.onset, f"music21 reads {_midi_name(their)} where we read {_midi_name(our)}"
    return None


def _midi_name(sound: Sound) -> str:
    return f"{_NAMES[sound.midi % 12]}{sound.midi // 12 - 1}"


def _note_at(tune: Tune, onset: Fraction) -> tuple[Bar, Note]:
    """Return the bar and the note that are played at a time; the last ones for a time after the end."""
    clock = Fraction(0)
    for index in order_of(tune.bars):
        bar = tune.bars[index]
        for start, note in bar.timed_notes(clock):
            if start + note.duration > onset:
                return bar, note
        clock += bar.duration
    return bar, note
