"""A tune as a music21 score, built object by object.

music21's own ABC reader is never used: what folkrnn has read is put into music21's measures, notes and
spanners as it stands, so that MusicXML, engraving and MIDI all show exactly the tune that was validated.
Lengths are fractions of a whole note everywhere in folkrnn and of a quarter note in music21.

    to_score(tune)            the tune as written
    to_performed_score(tune)  every bar in the order it is played, with nothing but notes
    musicxml(score)           a score as MusicXML
    midi(score)               a performed score as music21's MIDI
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import music21 as m21
from music21.midi import translate
from music21.musicxml import m21ToXml

from folkrnn.errors import FolkrnnError, ScoreError
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.beaming import beat_starts
from folkrnn.notation.key import Key
from folkrnn.notation.meter import EIGHTH, Meter
from folkrnn.notation.pitch import STEPS, Pitch
from folkrnn.notation.repeats import order_of, sections
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.notation.tune import Bar, Change, Note, Tune

MAX_NOTE_LENGTH = Fraction(16)
"""The longest note, in whole notes, that is turned into tied notes rather than refused."""

MUSIC21_TICKS = 10080
"""music21's MIDI ticks to a quarter note."""


def to_score(tune: Tune) -> m21.stream.Score:
    """Return the tune as written: one part, with repeats, endings, beams and signs.

    Raises ScoreError for lengths that no note can show and for whatever music21 refuses.
    """
    with _gate(tune):
        score = m21.stream.Score(id="score")
        score.insert(0, _metadata(tune))
        score.insert(0, _PartWriter(tune).part())
        return score


def to_performed_score(tune: Tune) -> m21.stream.Score:
    """Return the tune as played: repeats and endings unfolded, with neither grace notes nor signs."""
    return to_score(unfolded(tune))


def unfolded(tune: Tune, order: Sequence[int] | None = None) -> Tune:
    """Return the tune with its bars in performed order, or in another, stripped to notes, ties and changes.

    The bars are numbered as they are played.
    """
    plain = [_plain(bar) for bar in tune.bars]
    played, number = [], 0
    for index in order_of(tune.bars) if order is None else order:
        number += not completes_measure(tune.bars, index)
        played.append(replace(plain[index], number=number))
    return tune.with_bars(tuple(played))


def musicxml(score: m21.stream.Score) -> bytes:
    """Return a score of to_score as an uncompressed MusicXML document."""
    with _gate():
        exporter = m21ToXml.GeneralObjectExporter(score)
        # The score is complete, so music21 neither copies it nor guesses beams, ties or accidentals.
        exporter.makeNotation = False
        return bytes(exporter.parse())


def midi(score: m21.stream.Score) -> bytes:
    """Return the notes of a score of to_performed_score as a MIDI file of MUSIC21_TICKS ticks a quarter note."""
    with _gate():
        # Without measures music21 has no repeats to look for, which takes it long.
        notes = m21.stream.Part()
        for measure in score.parts[0].getElementsByClass(m21.stream.Measure):
            for element in measure.notes:
                notes.coreInsert(m21.common.opFrac(measure.offset + element.offset), element)
        notes.coreElementsChanged()
        return bytes(translate.streamToMidiFile(m21.stream.Score([notes])).writestr())


@contextmanager
def _gate(tune: Tune | None = None) -> Iterator[None]:
    """Turn whatever music21 raises into a ScoreError: it raises anything from IndexError to its own."""
    try:
        yield
    except FolkrnnError:
        raise
    except Exception as error:
        what = f"tune {tune.number} {tune.title!r}" if tune else "the score"
        raise ScoreError(f"music21 cannot represent {what}: {type(error).__name__}: {error}") from error


def _plain(bar: Bar) -> Bar:
    """Return a bar with notes, ties and changes only."""
    notes = tuple(
        Note(each.pitches, each.duration, each.tie, each.tuplet, line=each.line, column=each.column)
        for each in bar.notes
    )
    return replace(bar, notes=notes, opens=False, plays=1, edge="", ending=())


_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Return a text without the characters that no XML document can hold."""
    return _UNPRINTABLE.sub("", text)


def _metadata(tune: Tune) -> m21.metadata.Metadata:
    """Return title, other titles, composer and origin."""
    data = m21.metadata.Metadata(movementName=printable(tune.title) or "Untitled")
    for title in tune.all_fields("T")[1:]:
        data.add("alternativeTitle", printable(title))
    # music21 names itself as the composer of a piece without one.
    data.composer = printable(tune.field("C")) or "Traditional"
    if tune.origin:
        data.localeOfComposition = printable(tune.origin)
    return data


# Lengths ----------------------------------------------------------------------------------------------

_TYPES = {
    Fraction(2): "breve", Fraction(1): "whole", Fraction(1, 2): "half", Fraction(1, 4): "quarter",
    Fraction(1, 8): "eighth", Fraction(1, 16): "16th", Fraction(1, 32): "32nd", Fraction(1, 64): "64th",
    Fraction(1, 128): "128th", Fraction(1, 256): "256th", Fraction(1, 512): "512th",
}  # fmt: skip
_BEAM_COUNTS = {name: count for count, name in enumerate(_TYPES.values(), start=-3) if count > 0}


class Piece(NamedTuple):
    """A printable value: a note ``type`` with ``dots``, its ``written`` length, and its tuplet's ``ratio``.

    The length is in whole notes, the ratio is (actual, normal) notes.
    """

    type: str
    dots: int
    written: Fraction
    ratio: tuple[int, int]

    @property
    def sounding(self) -> Fraction:
        """The length as a fraction of a whole note."""
        return self.written * self.ratio[1] / self.ratio[0]

    @property
    def beams(self) -> int:
        """The number of beams or flags."""
        return _BEAM_COUNTS.get(self.type, 0)


@lru_cache(maxsize=4096)
def pieces(sounding: Fraction, ratio: tuple[int, int] = (1, 1)) -> tuple[Piece, ...]:
    """Return the printable values that add up to a length, longest first; more than one means a tie.

    Raises ScoreError for a length that is not positive, longer than MAX_NOTE_LENGTH or too fine to print.
    """
    if not 0 < sounding <= MAX_NOTE_LENGTH:
        raise ScoreError(f"no note is {sounding} of a whole note long; the longest is {MAX_NOTE_LENGTH} whole notes")
    actual, normal = ratio
    rest = sounding * actual / normal
    odd = rest.denominator // (rest.denominator & -rest.denominator)
    if odd > 1:
        # A length such as 1/12 outside a tuplet: a tuplet of its own shows it, 3:2 here.
        below = 1 << (odd.bit_length() - 1)
        actual, normal, rest = actual * odd, normal * below, rest * odd / below
    found: list[Piece] = []
    for value, name in _TYPES.items():
        while rest >= value:
            dots = 2 if rest >= value * 7 / 4 else 1 if rest >= value * 3 / 2 else 0
            written = value * (2 - Fraction(1, 2**dots))
            found.append(Piece(name, dots, written, (actual, normal)))
            rest -= written
    if rest:
        raise ScoreError(f"no note is {sounding} of a whole note long; the finest value is 1/512")
    return tuple(found)


# Bars -------------------------------------------------------------------------------------------------


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


# The part ---------------------------------------------------------------------------------------------


class _Event(NamedTuple):
    """One value on the staff: its ``onset`` in the full bar, in whole notes, and music21's object."""

    onset: Fraction
    piece: Piece
    element: Any
    note: Note


class _MarkWriter:
    """Writes what hangs on notes: signs, hairpins, slurs and words; holds those that are still open."""

    def __init__(self, spanners: list[Any]):
        self._spanners = spanners
        self._slurs: list[Any] = []
        self._hairpins: list[Any] = []
        self._unfinished_words: set[int] = set()

    def decorate(self, measure: Any, onset: Fraction, note: Note, element: Any) -> None:
        """Write the decorations; those without a sign in music21 are left out."""
        for name in note.decorations:
            if name in _DYNAMICS:
                measure.insert(4 * onset, m21.dynamics.Dynamic(name))
            elif name in _SIGNS:
                measure.insert(4 * onset, _SIGNS[name]())
            elif name in _ARTICULATIONS and not note.is_rest:
                element.articulations.append(_ARTICULATIONS[name]())
            elif name in _EXPRESSIONS:
                expression = _EXPRESSIONS[name]()
                if name == "fermata":
                    expression.type = "upright"
                element.expressions.append(expression)
            elif name[-1:] in ("(", ")"):
                self._hairpin(name, element)

    def _hairpin(self, name: str, element: Any) -> None:
        """Open or close a crescendo or diminuendo."""
        kind = _HAIRPINS.get(name[:-1])
        if kind and name[-1] == "(":
            self._hairpins.append(kind(element))
        elif kind and self._hairpins:
            hairpin = self._hairpins.pop()
            hairpin.addSpannedElements(element)
            self._spanners.append(hairpin)

    def slur(self, note: Note, first: Any, last: Any) -> None:
        """Open and close slurs; one that never closes, or closes where it opens, is not drawn."""
        earlier = len(self._slurs)
        self._slurs += [first] * note.slurs_opened
        for _ in range(min(note.slurs_closed, earlier)):
            earlier -= 1
            self._spanners.append(m21.spanner.Slur([self._slurs.pop(earlier), last]))

    def sing(self, note: Note, element: Any) -> None:
        """Write the syllables, one a verse; a hyphen at the end joins one to the next."""
        for verse, text in enumerate(note.lyrics, start=1):
            syllable = printable(text).rstrip("-_ ").strip("*")
            if not syllable:
                continue
            begun, goes_on = verse in self._unfinished_words, text.endswith("-")
            syllabic = _SYLLABIC[begun, goes_on]
            element.lyrics.append(m21.note.Lyric(syllable, verse, applyRaw=True, syllabic=syllabic))
            (self._unfinished_words.add if goes_on else self._unfinished_words.discard)(verse)


class _PartWriter:
    """Writes a tune's bars, in order, into one music21 part; holds what carries over from bar to bar."""

    def __init__(self, tune: Tune):
        self.tune = tune
        self.spanners: list[Any] = []
        self.meter: Meter | None = None
        self.key: Key | None = None
        self.altered: dict[tuple[int, int], int] = {}
        self.tied: tuple[Pitch, ...] = ()
        self.marks = _MarkWriter(self.spanners)
        self.joined: Any = None
        self.following = iter([*tune.notes()][1:])

    def part(self) -> Any:
        """Return the finished part."""
        part = m21.stream.Part(id="melody")
        part.insert(0, _violin())
        measures, onset = [], Fraction(0)
        for index, bar in enumerate(self.tune.bars):
            measures.append(self._measure(index, bar))
            part.insert(4 * onset, measures[-1])
            onset += bar.duration
        if measures:
            self._open(measures[0])
            _close(measures[-1])
        self._say_repeats(measures)
        for each in self.spanners:
            part.insert(0, each)
        return part

    def _say_repeats(self, measures: Sequence[Any]) -> None:
        """Draw the brackets of endings; where there are none, say how often a section is played if not twice."""
        for section in sections(self.tune.bars):
            for passes, first, last in section.endings:
                number = ", ".join(map(str, passes))
                self.spanners.append(m21.spanner.RepeatBracket(measures[first : last + 1], number=number))
            if section.passes > 2 and not section.endings:
                _add_text(measures[section.last], Fraction(0), f"{section.passes}×")

    def _open(self, measure: Any) -> None:
        """Add what stands only at the start: the clef and the header's tempo."""
        measure.insert(0, m21.clef.TrebleClef())
        _add_tempo(measure, Fraction(0), parse_tempo(self.tune.tempo, self.tune.unit))

    def _measure(self, index: int, bar: Bar) -> Any:
        """Return one bar with its bar lines."""
        measure = m21.stream.Measure(number=bar.number)
        self.altered = {}
        self._set_meter(measure, bar.meter)
        self._set_key(measure, Fraction(0), bar.key)
        lead = self._pad(measure, index, bar)
        events = []
        changes = {place: list(found) for place, found in groupby(bar.changes, lambda change: change.index)}
        for place, (onset, each) in enumerate(bar.timed_notes()):
            for change in changes.get(place, ()):
                self._change(measure, onset, change)
            for event in self._events(measure, onset, each, bar):
                events.append(event._replace(onset=lead + event.onset))
        _beam(bar.meter, events)
        _bracket_tuplets(events)
        _draw_bar_lines(measure, bar)
        return measure

    def _pad(self, measure: Any, index: int, bar: Bar) -> Fraction:
        """Say which part of a short bar is missing; return what is missing before its first note."""
        if not bar.is_short or bar.meter.bar is None:
            return Fraction(0)
        missing = bar.meter.bar - bar.duration
        if completes_measure(self.tune.bars, index):
            measure.paddingLeft = float(4 * missing)
            # Its number is that of the measure before it, so it is not shown.
            measure.showNumber = m21.stream.enums.ShowNumber.NEVER
            return missing
        measure.paddingRight = float(4 * missing)
        return Fraction(0)

    # Fields

    def _set_meter(self, measure: Any, meter: Meter) -> None:
        """Write the time signature where it changes; a free meter has a hidden one."""
        if meter != self.meter:
            measure.insert(0, _time_signature(meter))
            self.meter = meter

    def _set_key(self, measure: Any, onset: Fraction, key: Key) -> None:
        """Write the key signature where it changes."""
        if self.key is None or key.signature != self.key.signature or (key != self.key and key.standard):
            measure.insert(4 * onset, _key_signature(key))
            self.altered = {}
        self.key = key

    def _change(self, measure: Any, onset: Fraction, change: Change) -> None:
        """Write a field that stands in the music; music21 has no place for a meter inside a bar."""
        if isinstance(change.value, Key):
            self._set_key(measure, onset, change.value)
        elif isinstance(change.value, Meter):
            if not onset:
                self._set_meter(measure, change.value)
        elif change.field == "Q":
            _add_tempo(measure, onset, parse_tempo(change.value, self.tune.unit))
        elif change.field == "P":
            measure.insert(4 * onset, m21.expressions.RehearsalMark(printable(change.value)))
        else:
            _add_text(measure, onset, change.value)

    # Notes

    def _events(self, measure: Any, onset: Fraction, note: Note, bar: Bar) -> list[_Event]:
        """Write one note with all that hangs on it."""
        _add_words(measure, onset, note)
        for grace in self._graces(note):
            measure.insert(4 * onset, grace)
        following = next(self.following, None)
        events = _rests(onset, note, bar) if note.is_rest else self._tied_values(onset, note, following)
        for event in events:
            measure.insert(4 * event.onset, event.element)
        self.marks.decorate(measure, onset, note, events[0].element)
        self.marks.slur(note, events[0].element, events[-1].element)
        self.marks.sing(note, events[0].element)
        return events

    def _tied_values(self, onset: Fraction, note: Note, following: Note | None) -> list[_Event]:
        """Return the tied values that show one note or chord."""
        held = set(note.pitches) & set(following.pitches) if note.tie and following else set()
        values = pieces(note.duration, note.tuplet[:2] if note.tuplet else (1, 1))
        events = []
        for place, piece in enumerate(values):
            before = note.pitches if place else self.tied
            after = note.pitches if place < len(values) - 1 else held
            element = self._sounding(note.pitches, _duration(piece), before, after)
            events.append(_Event(onset, piece, element, note))
            onset += piece.sounding
        self._join(note, following, held, events[-1].element)
        self.tied = tuple(held)
        return events

    def _sounding(self, pitches: Iterable[Pitch], length: Any, before: Any, after: Any) -> Any:
        """Return a note or chord; its pitches in ``before`` and ``after`` are tied to either side."""
        notes = []
        for pitch in pitches:
            single = m21.note.Note(self._pitch(pitch, shown=pitch not in before), duration=length)
            if kind := _tie_type(pitch in before, pitch in after):
                single.tie = m21.tie.Tie(kind)
            notes.append(single)
        return notes[0] if len(notes) == 1 else m21.chord.Chord(notes, duration=length)

    def _join(self, note: Note, following: Note | None, held: set[Pitch], element: Any) -> None:
        """Draw a tie between different pitches as the slur it stands for."""
        if self.joined is not None:
            self.spanners.append(m21.spanner.Slur([self.joined, element]))
        differs = note.tie and not held and following is not None and not following.is_rest
        self.joined = element if differs else None

    def _pitch(self, pitch: Pitch, shown: bool = True) -> Any:
        """Return a pitch whose accidental is displayed where key and bar do not imply it.

        The accidental of a note tied from before is not displayed and does not last in this bar.
        """
        assert self.key is not None
        place = pitch.step, pitch.octave
        implied = self.altered.get(place, self.key.signature.get(pitch.step, 0))
        result = m21.pitch.Pitch(step=STEPS[pitch.step], octave=pitch.octave)
        display = shown and implied != pitch.alter
        if display:
            self.altered[place] = pitch.alter
        if display or pitch.alter:
            result.accidental = m21.pitch.Accidental(pitch.alter)
            result.accidental.displayStatus = display
        return result

    def _graces(self, note: Note) -> list[Any]:
        """Return the grace notes before a note: one is an eighth, several are beamed sixteenths."""
        pipes = self.key is not None and bool(self.key.pipes)
        name = "32nd" if pipes else "eighth" if len(note.graces) == 1 else "16th"
        length = m21.duration.Duration(type=name)
        graces = [m21.note.Note(self._pitch(grace.pitch), duration=length).getGrace() for grace in note.graces]
        for grace in graces:
            grace.duration.slash = False
        if len(graces) > 1:
            _set_beams(graces, [(Fraction(place), _BEAM_COUNTS[name]) for place in range(len(graces))])
        return graces


# music21's objects, one by one ------------------------------------------------------------------------

_WHOLE_BAR = Piece("whole", 0, Fraction(1), (1, 1))
_SYLLABIC = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}
_MODES = {
    "": "major", "m": "minor", "dor": "dorian", "phr": "phrygian",
    "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
}  # fmt: skip
_DYNAMICS = {"pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sfz", "sf", "fz", "fp"}
_ARTICULATIONS = {
    "staccato": m21.articulations.Staccato,
    "wedge": m21.articulations.Staccatissimo,
    "tenuto": m21.articulations.Tenuto,
    "accent": m21.articulations.Accent,
    ">": m21.articulations.Accent,
    "emphasis": m21.articulations.Accent,
    "marcato": m21.articulations.StrongAccent,
    "upbow": m21.articulations.UpBow,
    "downbow": m21.articulations.DownBow,
    "open": m21.articulations.OpenString,
    "breath": m21.articulations.BreathMark,
}
_EXPRESSIONS = {
    "roll": m21.expressions.Turn,
    "turn": m21.expressions.Turn,
    "invertedturn": m21.expressions.InvertedTurn,
    "trill": m21.expressions.Trill,
    "mordent": m21.expressions.Mordent,
    "lowermordent": m21.expressions.Mordent,
    "uppermordent": m21.expressions.InvertedMordent,
    "pralltriller": m21.expressions.InvertedMordent,
    "fermata": m21.expressions.Fermata,
}
_SIGNS = {
    "segno": m21.repeat.Segno,
    "coda": m21.repeat.Coda,
    "fine": m21.repeat.Fine,
    "D.C.": m21.repeat.DaCapo,
    "dacapo": m21.repeat.DaCapo,
    "D.C.alfine": m21.repeat.DaCapoAlFine,
    "D.C.alcoda": m21.repeat.DaCapoAlCoda,
    "D.S.": m21.repeat.DalSegno,
    "D.S.alfine": m21.repeat.DalSegnoAlFine,
    "D.S.alcoda": m21.repeat.DalSegnoAlCoda,
}
_HAIRPINS = {
    "crescendo": m21.dynamics.Crescendo,
    "<": m21.dynamics.Crescendo,
    "diminuendo": m21.dynamics.Diminuendo,
    ">": m21.dynamics.Diminuendo,
}
_CHORD = re.compile(r"([A-G])([#b]?)([^/\s]*)(?:/([A-Ga-g])([#b]?))?")
_KINDS = {short: kind for kind, (_, shorts) in m21.harmony.CHORD_TYPES.items() for short in shorts}
_KINDS |= {"5": "power", "dim7": "diminished-seventh", "Maj7": "major-seventh", "aug+": "augmented"}


def _violin() -> Any:
    """Return the instrument: the fiddle, whose name is left out of the score."""
    violin = m21.instrument.Violin()
    violin.partId, violin.partName, violin.partAbbreviation = "P1", "", ""
    # Without an id of ours music21 draws one at random, and no two exports of a tune are alike.
    violin.instrumentId = "P1-I1"
    return violin


def _time_signature(meter: Meter) -> Any:
    if meter.free:
        hidden = m21.meter.TimeSignature("4/4")
        hidden.style.hideObjectOnPrint = True
        return hidden
    signature = m21.meter.TimeSignature(str(meter))
    signature.symbol = {"C": "common", "C|": "cut"}.get(meter.symbol, "")
    return signature


def _key_signature(key: Key) -> Any:
    """Return a key with its mode, or a bare signature where explicit accidentals rule.

    Pipers know the sharps of ``HP`` and leave them out.
    """
    if key.pipes == "HP":
        return m21.key.KeySignature(0)
    if key.standard and key.tonic and abs(key.fifths) <= 7:
        return m21.key.Key(key.tonic.replace("b", "-"), _MODES[key.mode])
    for fifths in range(-7, 8):
        if key.signature == _plain_signature(fifths):
            return m21.key.KeySignature(fifths)
    signature = m21.key.KeySignature(None)
    signature.alteredPitches = [
        m21.pitch.Pitch(step=STEPS[step], accidental=alter) for step, alter in key.signature.items()
    ]
    return signature


def _plain_signature(fifths: int) -> dict[int, int]:
    """Return the alterations by step of a signature of sharps (positive) or flats (negative)."""
    sharps = [STEPS.index(letter) for letter in "FCGDAEB"]
    steps = sharps[:fifths] if fifths >= 0 else sharps[fifths:]
    return dict.fromkeys(steps, 1 if fifths > 0 else -1)


def _duration(piece: Piece) -> Any:
    length = m21.duration.Duration(type=piece.type, dots=piece.dots)
    if piece.ratio != (1, 1):
        length.appendTuplet(m21.duration.Tuplet(*piece.ratio, durationNormal=piece.type))
    return length


def _rests(onset: Fraction, note: Note, bar: Bar) -> list[_Event]:
    """Return the values that show a rest: one in the middle of the bar if it fills it."""
    if note.duration == bar.meter.bar == bar.duration:
        return [_Event(onset, _WHOLE_BAR, _rest(m21.duration.Duration(4 * note.duration), note, full=True), note)]
    events = []
    for piece in pieces(note.duration, note.tuplet[:2] if note.tuplet else (1, 1)):
        events.append(_Event(onset, piece, _rest(_duration(piece), note), note))
        onset += piece.sounding
    return events


def _rest(length: Any, note: Note, full: bool = False) -> Any:
    rest = m21.note.Rest(duration=length)
    rest.fullMeasure = full or "auto"
    rest.style.hideObjectOnPrint = note.hidden
    return rest


def _tie_type(before: bool, after: bool) -> str:
    return {(False, True): "start", (True, True): "continue", (True, False): "stop"}.get((before, after), "")


def _draw_bar_lines(measure: Any, bar: Bar) -> None:
    """Draw repeats, double and final bar lines."""
    if bar.opens:
        measure.leftBarline = m21.bar.Repeat(direction="start")
    if bar.plays > 1:
        measure.rightBarline = m21.bar.Repeat(direction="end", times=bar.plays if bar.plays > 2 else None)
    elif bar.edge:
        measure.rightBarline = m21.bar.Barline("final" if bar.edge == "|]" else "double")


def _close(measure: Any) -> None:
    """End the tune with a final bar line unless it says how it ends."""
    if measure.rightBarline is None:
        measure.rightBarline = m21.bar.Barline("final")


def _add_tempo(measure: Any, onset: Fraction, tempo: Tempo) -> None:
    if not tempo.rate:
        if tempo.words:
            measure.insert(4 * onset, m21.tempo.TempoText(printable(tempo.words)))
        return
    beat, rate = tempo.beat, tempo.rate
    if len(pieces(beat)) > 1:
        beat, rate = Fraction(1, 4), tempo.quarters
    number = rate.numerator if rate.denominator == 1 else float(rate)
    referent = _duration(pieces(beat)[0])
    mark = m21.tempo.MetronomeMark(text=printable(tempo.words) or None, number=number, referent=referent)
    measure.insert(4 * onset, mark)


def _add_text(measure: Any, onset: Fraction, text: str, placement: str = "above") -> None:
    expression = m21.expressions.TextExpression(printable(text))
    expression.placement = placement
    measure.insert(4 * onset, expression)


def _add_words(measure: Any, onset: Fraction, note: Note) -> None:
    """Write chord symbols and annotations at a note."""
    for symbol in note.chord_symbols:
        harmony = _chord_symbol(symbol)
        if harmony is None:
            _add_text(measure, onset, symbol)
        else:
            measure.insert(4 * onset, harmony)
    for text in note.annotations:
        sign, words = (text[0], text[1:]) if text[:1] in "^_<>@" else ("^", text)
        if words.strip():
            _add_text(measure, onset, words.strip(), "below" if sign == "_" else "above")


def _chord_symbol(text: str) -> Any:
    """Return a chord symbol that shows its text as written; None where music21 knows no such chord."""
    match = _CHORD.fullmatch(text.strip())
    if not match or match[3] not in _KINDS:
        return None
    root = match[1] + match[2].replace("b", "-")
    bass = match[4] and match[4].upper() + match[5].replace("b", "-")
    return m21.harmony.ChordSymbol(root=root, bass=bass, kind=_KINDS[match[3]], kindStr=match[3], updatePitches=False)


def _beam(meter: Meter, events: Sequence[_Event]) -> None:
    """Beam the values of a bar by the beat."""
    starts = beat_starts(
        meter,
        (event.onset for event in events if event.piece.written < EIGHTH or event.piece.ratio != (1, 1)),
    )
    length = meter.bar or Fraction(1, 4)

    def group(event: _Event) -> tuple[int, Fraction]:
        if event.note.is_rest or not event.piece.beams:
            return -1, event.onset
        bars, within = divmod(event.onset, length)
        return int(bars), max(start for start in starts if start <= within)

    for _, found in groupby(events, group):
        members = list(found)
        if len(members) > 1:
            _set_beams([each.element for each in members], [(each.onset, each.piece.beams) for each in members])


def _set_beams(elements: Sequence[Any], values: Sequence[tuple[Fraction, int]]) -> None:
    for element, types in zip(elements, beam_types(values), strict=True):
        for each in types:
            element.beams.append(*each.split("-"))


def _bracket_tuplets(events: Sequence[_Event]) -> None:
    """Number each tuplet, and bracket it unless one beam holds it together."""
    run: list[_Event] = []
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


def _bracket(run: Sequence[_Event]) -> None:
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
