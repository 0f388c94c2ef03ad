"""Parts of a score: one for each staff, with the voices and overlays that share it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import music21 as m21

from folkrnn.errors import ScoreError
from folkrnn.notation.articles import shown_title
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.clef import StaffSettings
from folkrnn.notation.key import Key
from folkrnn.notation.layout import Group
from folkrnn.notation.meter import Meter
from folkrnn.notation.places import Place
from folkrnn.notation.repeats import sections
from folkrnn.notation.tempo import parse_tempo
from folkrnn.notation.text import plain_text
from folkrnn.notation.tune import DOTTED, Bar, Change, Tune, Voice, total
from folkrnn.score.beams import Event, beam, bracket_tuplets
from folkrnn.score.harmonies import chord_symbol, chord_symbols
from folkrnn.score.jumps import Sounds
from folkrnn.score.lines import LineWriter, fill, silence
from folkrnn.score.measures import Frame, Staff, frames, staves
from folkrnn.score.signatures import (
    DottedLine,
    Transposition,
    clef_sign,
    draw_bar_lines,
    key_signature,
    time_signature,
)
from folkrnn.score.words import label, printable, tempo_marks, words

_SYMBOLS = {"{": "brace", "[": "bracket", "(": "line"}
_FERMATAS = {"fermata": "upright", "invertedfermata": "inverted"}
_FOR_ALL = ("Q", "P", "T")


def parts(tune: Tune) -> list[Any]:
    """Return music21's parts of a tune, one a staff, and the groups of staves.

    Raises ScoreError for a tune without bars.
    """
    found, groups = staves(tune)
    if not found:
        raise ScoreError(f"tune {tune.number} {tune.title!r} has no bars")
    shared = frames([voice for staff in found for voice in staff.voices])
    context = _Context(tune, shared, Sounds(tune))
    written = [PartWriter(staff, place, context).part() for place, staff in enumerate(found)]
    return written + [_brace(group, written) for group in groups]


def _brace(group: Group, written: Sequence[Any]) -> Any:
    """Return the brace or bracket of a group of staves."""
    members = written[group.first : group.last + 1]
    return m21.layout.StaffGroup(members, symbol=_SYMBOLS[group.sign], barTogether=True)


@dataclass
class _Context:
    """What all parts of a tune know: its measures, and what has been said for all."""

    tune: Tune
    frames: Sequence[Frame]
    sounds: Sounds


class _VoiceState:
    """A voice of a staff: its lines of notes, the key that holds in it, and its index in the tune."""

    def __init__(self, voice: Voice, number: int, spanners: list[Any], sounds: Sounds, verses: int) -> None:
        self.voice = voice
        self.number = number
        self.key = voice.bars[0].key
        depth = max(len(bar.layers) for bar in voice.bars)
        self.lines = [
            LineWriter(
                [bar.layers[level] if level < len(bar.layers) else None for bar in voice.bars],
                self.key, spanners, sounds, verses,
            )
            for level in range(depth)
        ]  # fmt: skip


class PartWriter:
    """Writes one staff into one music21 part; holds what carries over from bar to bar."""

    def __init__(self, staff: Staff, place: int, context: _Context):
        self.staff, self.place, self.context = staff, place, context
        self.spanners: list[Any] = []
        sung = accumulate(map(_verses, staff.voices), initial=0)
        numbers = {voice.id: number for number, voice in enumerate(context.tune.voices)}
        self.voices = [
            _VoiceState(voice, numbers[voice.id], self.spanners, context.sounds, verses)
            for voice, verses in zip(staff.voices, sung, strict=False)
        ]
        self.meter: Meter | None = None
        self.key: Key | None = None
        self.settings = self._first_settings()

    def _first_settings(self) -> StaffSettings:
        """Return the clef and the transposition of the first note."""
        voice = self.staff.voices[0]
        changes = (each.value for each in voice.bars[0].changes if not each.index)
        return next((value for value in changes if isinstance(value, StaffSettings)), voice.staff)

    def part(self) -> Any:
        """Return the finished part."""
        part = m21.stream.Part(id=f"staff{self.place + 1}")
        part.insert(0, self._instrument())
        first = self.settings
        measures, onset = [], Fraction(0)
        for index, frame in enumerate(self.context.frames):
            measures.append(self._measure(index, frame))
            part.insert(4 * onset, measures[-1])
            onset += frame.length
        self._open(measures[0], first)
        self._say_repeats(measures)
        for each in self.spanners:
            part.insert(0, each)
        return part

    def _instrument(self) -> Any:
        """Return the instrument: the fiddle, named as the staff is."""
        violin = m21.instrument.Violin()
        violin.partId = f"P{self.place + 1}"
        violin.partName, violin.partAbbreviation = printable(self.staff.name), printable(self.staff.short_name)
        # Without an id of ours music21 draws one at random, and no two exports of a tune are alike.
        violin.instrumentId = f"P{self.place + 1}-I1"
        return violin

    def _open(self, measure: Any, settings: StaffSettings) -> None:
        """Add what stands only at the start: the clef and the header's tempo."""
        measure.insert(0, clef_sign(settings.clef))
        if settings.semitones:
            measure.insert(0, Transposition(settings.semitones))
        if self.place == 0:
            for mark in tempo_marks(parse_tempo(self.context.tune.tempo, self.context.tune.unit)):
                measure.insert(0, mark)

    def _say_repeats(self, measures: Sequence[Any]) -> None:
        """Draw the brackets of endings; where there are none, say how often a section is played if not twice."""
        for section in sections([frame.bar for frame in self.context.frames]):
            for passes, first, last in section.endings:
                number = ", ".join(map(str, passes))
                self.spanners.append(m21.spanner.RepeatBracket(measures[first : last + 1], number=number))
                line = measures[last].rightBarline
                if len(passes) > 1 and isinstance(line, m21.bar.Repeat):
                    line.times = section.passes
            if section.passes > 2 and not section.endings and self.place == 0:
                measures[section.last].insert(0, words(f"{section.passes}×"))

    def _measure(self, index: int, frame: Frame) -> Any:
        """Return one measure with its bar lines."""
        measure = m21.stream.Measure(number=frame.bar.number)
        present = [state for state in self.voices if index < len(state.voice.bars)]
        if present:
            self._write(index, frame, measure, present)
        else:
            silence(measure, frame.bar, frame.length)
        if self.place == 0:
            self._say(index, measure)
        _pad(measure, frame)
        signs = {name for state in present for name in state.voice.bars[index].closing.decorations}
        fermata = next((kind for name, kind in _FERMATAS.items() if name in signs), "")
        draw_bar_lines(measure, frame.bar, index + 1 == len(self.context.frames), fermata)
        return measure

    def _write(self, index: int, frame: Frame, measure: Any, present: Sequence[_VoiceState]) -> None:
        """Write the bars of the voices into a measure; each line of notes gets a music21 voice if there are more."""
        first = present[0].voice.bars[index]
        self._set_meter(measure, first.meter)
        self._set_key(measure, Fraction(0), first.key)
        layers = [(state, level) for state in present for level in range(len(state.voice.bars[index].layers))]
        places = [measure]
        if len(layers) > 1:
            places = [m21.stream.Voice(id=str(number)) for number in range(1, len(layers) + 1)]
        altered: set[tuple[int, int]] = set()
        for number, ((state, level), place) in enumerate(zip(layers, places, strict=True)):
            line, bar = state.lines[level], state.voice.bars[index]
            state.key = bar.key if level == 0 else state.key
            line.point(("down" if number else "up") if len(layers) > 1 else "")
            line.accidentals.begin(bar.key, altered)
            events = self._line(_Where(index, measure, place, number == 0), state, level)
            _group(bar.meter, events, _missing(state.voice.bars, index))
            onset = total(bar.layers[level])
            fill(place, onset, frame.length)
            if level == 0:
                line.marks.close(index, place, frame.length, bar.closing, events[-1].element if events else None)
            altered |= line.accidentals.places
        for state in present:
            for line in state.lines[len(state.voice.bars[index].layers) :]:
                line.rest()
        if len(layers) > 1:
            for place in places:
                measure.insert(0, place)

    def _line(self, place: "_Where", state: _VoiceState, level: int) -> list[Event]:
        """Write the notes of one line of a bar, and what changes between them; return the values that show them."""
        bar, line = state.voice.bars[place.index], state.lines[level]
        changes: dict[int, list[Change]] = {}
        if level == 0:
            changes = {at: list(found) for at, found in groupby(bar.changes, lambda change: change.index)}
            for onset, symbol in chord_symbols(bar):
                place.stream.insert(4 * onset, symbol)
            if bar.bracket:
                line.marks.bracket(place.index, place.stream, bar.bracket)
        else:
            for onset, note in replace(bar, notes=bar.layers[level]).timed_notes():
                for symbol in (each for text in note.chord_symbols for each in chord_symbol(text)):
                    place.stream.insert(4 * onset, symbol)
        events: list[Event] = []
        onset = Fraction(0)
        for at, note in enumerate(bar.layers[level]):
            for change in changes.get(at, ()):
                self._change(place, onset, change, state)
            events += line.write(Place(state.number, place.index, level, at), place.stream, onset, note, bar, state.key)
            onset += note.duration
        return events

    # Fields

    def _set_meter(self, measure: Any, meter: Meter) -> None:
        """Write the time signature where it changes; a free meter has a hidden one."""
        if meter != self.meter:
            measure.insert(0, time_signature(meter))
            self.meter = meter

    def _set_key(self, place: Any, onset: Fraction, key: Key) -> None:
        """Write the key signature where it changes."""
        if _differs(key, self.key) and _shows_keys(self.settings):
            place.insert(4 * onset, key_signature(key))
        self.key = key

    def _change(self, place: "_Where", onset: Fraction, change: Change, state: _VoiceState) -> None:
        """Write what stands between notes; music21 has no place for a meter inside a bar."""
        value = change.value
        if isinstance(value, Key):
            if place.leads:
                self._set_key(place.at(onset), onset, value)
            if _differs(value, state.key):
                state.lines[0].accidentals.begin(value)
            state.key = value
        elif isinstance(value, Meter):
            if not onset and place.leads:
                self._set_meter(place.measure, value)
        elif isinstance(value, StaffSettings):
            if place.leads:
                self._set_staff(place.at(onset), onset, value)
        elif change.field == DOTTED and place.leads:
            place.stream.insert(4 * onset, DottedLine())

    def _say(self, index: int, measure: Any) -> None:
        """Write above the top staff what holds for all: tempi, labels of parts and titles, each only once."""
        tune = self.context.tune
        said = set()
        for bar in (voice.bars[index] for voice in tune.voices if index < len(voice.bars)):
            for change in bar.changes:
                what = change.field, change.value
                if change.field in _FOR_ALL and what not in said:
                    said.add(what)
                    onset = total(bar.notes[: change.index])
                    for element in _texts(change.field, str(change.value), tune):
                        measure.insert(4 * onset, element)

    def _set_staff(self, place: Any, onset: Fraction, settings: StaffSettings) -> None:
        """Write the clef and the transposition where they change."""
        if settings.clef != self.settings.clef:
            place.insert(4 * onset, clef_sign(settings.clef))
        if settings.semitones != self.settings.semitones:
            place.insert(4 * onset, Transposition(settings.semitones))
        self.settings = settings


class _Where(NamedTuple):
    """Where a line of notes is written: the ``index`` of its bar, its measure, and its music21 stream there.

    ``leads`` says that it is the first line of its staff, whose key, meter and clef are printed.
    """

    index: int  # type: ignore[assignment]  # a tuple's own index() is of no use here
    measure: Any
    stream: Any
    leads: bool

    def at(self, onset: Fraction) -> Any:
        """Return the stream for a signature: at the start of a bar the measure itself."""
        return self.stream if onset else self.measure


def _texts(letter: str, text: str, tune: Tune) -> Iterable[Any]:
    """Return what is printed for a tempo (Q), the label of a part (P) or a title (T) inside the music."""
    if letter == "Q":
        return tempo_marks(parse_tempo(text, tune.unit))
    said = plain_text(text)
    return [label(said) if letter == "P" else words(shown_title(said))]


def _shows_keys(settings: StaffSettings) -> bool:
    """Return whether a staff has key signatures: one for drums has none."""
    return settings.clef is None or settings.clef.sign != "percussion"


def _verses(voice: Voice) -> int:
    """Return how many lines of words a voice has at most."""
    return max((len(note.lyrics) for bar in voice.bars for note in bar.notes), default=0)


def _differs(key: Key, before: Key | None) -> bool:
    """Return whether a key is to be printed after another."""
    return before is None or key.signature != before.signature or (key != before and key.standard)


def _pad(measure: Any, frame: Frame) -> None:
    """Say which part of a short measure is missing."""
    full = frame.bar.meter.bar
    if full is None or frame.length >= full:
        return
    if frame.completes:
        measure.paddingLeft = float(4 * (full - frame.length))
        # Its number is that of the measure before it, so it is not shown.
        measure.showNumber = m21.stream.enums.ShowNumber.NEVER
    else:
        measure.paddingRight = float(4 * (full - frame.length))


def _missing(bars: Sequence[Bar], index: int) -> Fraction:
    """Return what is missing before the first note of a bar that completes a measure; else 0."""
    full = bars[index].meter.bar
    return full - bars[index].duration if full is not None and completes_measure(bars, index) else Fraction(0)


def _group(meter: Meter, events: Sequence[Event], lead: Fraction) -> None:
    """Beam the values of a line in a bar, and number its tuplets, ``lead`` after the start of the full bar."""
    if lead:
        events = [event._replace(onset=lead + event.onset) for event in events]
    beam(meter, events)
    bracket_tuplets(events)
