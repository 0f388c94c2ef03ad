"""MIDI files as tunes, read by mido.

This module reads what a file holds, in ticks. Then ``quantising`` finds the grid, ``folding`` the parts that are
repeated, and ``spelling`` the names of the notes.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import mido

from folkrnn.errors import InputError, NotationError
from folkrnn.importing.cutting import Timeline
from folkrnn.importing.files import MAX_NOTES
from folkrnn.importing.finish import Piece, finished, remark_on_others, tempo_text
from folkrnn.importing.folding import folded
from folkrnn.importing.quantising import TOLERANCE, quantised
from folkrnn.importing.spelling import key_of, voices_of
from folkrnn.notation.key import Key, parse_key
from folkrnn.notation.meter import Meter, parse_meter
from folkrnn.notation.text import escaped_text
from folkrnn.notation.tune import Field, Tune

MAX_MINUTES, MAX_QUARTERS = 60, 20_000
"""The longest music that is read: a session's longest set is shorter by far."""

MAX_SILENCE = 64
"""The longest silence at the end that is read, in quarter notes."""

_DRUMS = 9
_COMMON_TIME = Meter((4,), 4)
_DEFAULT_TEMPO = 500_000  # microseconds a quarter note, where no message says otherwise


class MidiNote(NamedTuple):
    """One note: when it begins and ends, in ticks, its number and its velocity."""

    start: int
    end: int
    pitch: int
    velocity: int


@dataclass
class MidiLine:
    """The notes of one channel of one track, and the track's name."""

    name: str
    notes: list[MidiNote] = field(default_factory=list)


@dataclass
class _Content:
    """What a file holds; times are in ticks."""

    ticks_per_quarter: int
    lines: list[MidiLine] = field(default_factory=list)
    meters: dict[int, Meter] = field(default_factory=dict)
    keys: dict[int, Key] = field(default_factory=dict)
    markers: dict[int, str] = field(default_factory=dict)
    tempos: dict[int, int] = field(default_factory=dict)
    title: str = ""
    end: int = 0


def midi_tune(data: bytes, name: str, all_voices: bool = False) -> Tune:
    """Return the tune of a MIDI file: its melody, or all its voices.

    The melody is the first line that mostly has one note at a time. Drums are left out. Raises InputError for a file
    that is none, has no notes, or is longer than MAX_MINUTES.
    """
    content = _content(_file(data, name), name)
    lines = _chosen(content.lines, all_voices)
    start = _first_bar(content, lines[0])
    timeline = _timeline(content, lines, start)
    key = next((key for tick, key in sorted(content.keys.items()) if tick <= lines[0].notes[0].start), None)
    key = key_of([event for line in timeline.lines for event in line], timeline.lines[0], key)
    voices = voices_of(folded(timeline), key, len(lines))
    fields: list[Field] = [("T", escaped_text(content.title or Path(name).stem.replace("_", " ")))]
    if len(voices) > 1:
        fields += [
            ("V", f'{voice.id} name="{_quotable(line.name)}"') for voice, line in zip(voices, lines, strict=True)
        ]
    fields += [("Q", text) for text in [_tempo(content, voices[0].bars[-1].meter)] if text]
    remarks = remark_on_others(len(content.lines) - len(lines))
    return finished(Piece(tuple(fields), voices, remarks), name)


# The file -------------------------------------------------------------------------------------------------------------


def _file(data: bytes, name: str) -> Any:
    """Return mido's view of a file."""
    if data[:4] != b"MThd":
        raise InputError(f"{name}: is no MIDI file; expected one that begins with MThd")
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except Exception as error:  # mido raises anything from EOFError to KeyError
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{name}: is a damaged MIDI file: {why}") from None
    if file.type == 2:
        raise InputError(f"{name}: holds several pieces (MIDI format 2); expected format 0 or 1")
    if not 0 < file.ticks_per_beat < 0x8000:
        raise InputError(f"{name}: counts frames of film; expected ticks a quarter note")
    return file


def _content(file: Any, name: str) -> _Content:
    """Return what a file holds. Raises InputError for no notes and for too long a piece."""
    content = _Content(file.ticks_per_beat)
    for track in file.tracks:
        _read_track(track, content)
    content.lines = [line for line in content.lines if line.notes]
    if not content.lines:
        raise InputError(f"{name}: has no notes; expected a melody (drums do not count)")
    last = max(note.end for line in content.lines for note in line.notes)
    minutes = _minutes(content, last)
    if minutes > MAX_MINUTES or last > MAX_QUARTERS * content.ticks_per_quarter:
        raise InputError(f"{name}: lasts {minutes:.0f} minutes; expected a tune of at most {MAX_MINUTES}")
    count = sum(len(line.notes) for line in content.lines)
    if count > MAX_NOTES:
        raise InputError(f"{name}: has {count} notes; expected a tune of at most {MAX_NOTES}")
    content.end = min(content.end, last + MAX_SILENCE * content.ticks_per_quarter)
    content.title = content.title.strip()
    if content.title == "Untitled":
        content.title = ""
    return content


def _read_track(track: Any, content: _Content) -> None:
    """Add what a track holds."""
    lines: dict[int, MidiLine] = {}
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    struck_again: dict[tuple[int, int], int] = {}
    now, name = 0, ""
    for message in track:
        now += message.time
        if message.type in ("note_on", "note_off"):
            key = message.channel, message.note
            begins = message.type == "note_on" and message.velocity > 0
            if not begins and struck_again.get(key) == now:
                continue  # the end of the note before, which comes too late
            if begins and key in sounding:
                struck_again[key] = now
            if key in sounding:
                line = lines.setdefault(message.channel, MidiLine(""))
                start, velocity = sounding.pop(key)
                line.notes.append(MidiNote(start, now, message.note, velocity))
            if begins and message.channel != _DRUMS:
                sounding[key] = now, message.velocity
        elif message.type == "track_name":
            name = name or " ".join(message.name.split())
        elif message.is_meta:
            _read_meta(message, now, content)
    for (channel, pitch), (start, velocity) in sounding.items():
        lines.setdefault(channel, MidiLine("")).notes.append(MidiNote(start, now, pitch, velocity))
    for _, line in sorted(lines.items()):
        line.name = name
        line.notes = sorted(note for note in line.notes if note.end > note.start)
    if name and not lines and not content.title and not content.lines:
        content.title = "".join(filter(str.isprintable, _decoded(name)))
    content.lines += lines.values()
    content.end = max(content.end, now)


def _read_meta(message: Any, now: int, content: _Content) -> None:
    """Take what a message says of meter, key, tempo or part."""
    try:
        if message.type == "time_signature":
            content.meters[now] = parse_meter(f"{message.numerator}/{message.denominator}")
        elif message.type == "key_signature":
            content.keys[now] = parse_key(message.key)
        elif message.type == "set_tempo":
            content.tempos.setdefault(now, message.tempo)
        elif message.type == "marker":
            content.markers[now] = message.text
    except NotationError:
        pass  # a meter of 3/128 is none that ABC has


def _decoded(name: str) -> str:
    """Return a name as UTF-8 where it can be that; mido takes every text for Latin-1."""
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name


def _minutes(content: _Content, last: int) -> float:
    """Return how long it takes up to a tick."""
    changes = sorted({0: _DEFAULT_TEMPO, **content.tempos}.items())
    ends = [*(tick for tick, _ in changes[1:]), last]
    ticks = sum((min(end, last) - min(tick, last)) * tempo for (tick, tempo), end in zip(changes, ends, strict=True))
    return ticks / content.ticks_per_quarter / 60e6


# The choice of what is read -------------------------------------------------------------------------------------------


def _chosen(lines: Sequence[MidiLine], all_voices: bool) -> list[MidiLine]:
    """Return the lines to read, the melody first."""
    melody = next((line for line in lines if _is_melodic(line)), lines[0])
    return [melody, *(line for line in lines if line is not melody)] if all_voices else [melody]


def _is_melodic(line: MidiLine) -> bool:
    """Whether most notes of a line begin alone."""
    return 2 * len({note.start for note in line.notes}) > len(line.notes)


def _first_bar(content: _Content, melody: MidiLine) -> int:
    """Return the tick at which the music begins: whole bars of silence before it are left out."""
    first = melody.notes[0].start
    bars = [tick for tick, _ in _bar_lines(content, first + content.ticks_per_quarter)]
    before = [tick for tick in bars if tick <= first + content.ticks_per_quarter * 4 * TOLERANCE]
    return before[-1] if before else 0


def _bar_lines(content: _Content, end: int) -> Iterator[tuple[int, Meter]]:
    """Yield the tick of each bar line before ``end``, with the meter that holds from there on."""
    changes = sorted(content.meters.items())
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0, _COMMON_TIME))
    for place, (tick, meter) in enumerate(changes):
        stop = min(changes[place + 1][0] if place + 1 < len(changes) else end, end)
        length = 4 * content.ticks_per_quarter * (meter.bar or 1)
        count = 0
        while tick + count * length < stop:
            yield round(tick + count * length), meter
            count += 1


def _timeline(content: _Content, lines: Sequence[MidiLine], start: int) -> Timeline:
    """Return the music from a tick on in fractions of a whole note."""
    whole = 4 * content.ticks_per_quarter
    meters = [
        (Fraction(max(0, tick - start), whole), meter)
        for tick, meter in sorted({0: _COMMON_TIME, **content.meters}.items())
    ]
    first = [each for each in meters if each[0] == 0][-1:]
    meters = first + [each for each in meters if each[0] > 0]
    moved = [[note._replace(start=note.start - start, end=note.end - start) for note in line.notes] for line in lines]
    events = [quantised(line, _without_pickup(meters), content.ticks_per_quarter) for line in moved]
    markers = {
        Fraction(round(Fraction(tick - start, whole) * 64), 64): text
        for tick, text in content.markers.items()
        if tick >= start
    }
    return Timeline(tuple(map(tuple, events)), tuple(meters), markers, Fraction(content.end - start, whole))


def _without_pickup(meters: Sequence[tuple[Fraction, Meter]]) -> list[tuple[Fraction, Meter]]:
    """Return meters without that of a first bar which only holds a pickup."""
    if len(meters) > 1:
        (_, first), (start, second) = meters[:2]
        if first.bar and second.bar and first.bar < second.bar and start <= first.bar:
            return [(start - second.bar, second), *meters[1:]]
    return list(meters)


def _quotable(text: str) -> str:
    return _decoded(text).replace('"', "'")


def _tempo(content: _Content, meter: Meter) -> str:
    """Return the tempo at the beginning, as ``Q:`` has it; empty where the file names none."""
    if not content.tempos:
        return ""
    quarters = Fraction(60_000_000, content.tempos[min(content.tempos)])
    beat = meter.pulse[0] if meter.pulse else Fraction(1, 4)
    return tempo_text("", beat, round(float(quarters / (4 * beat)), 2))
