"""One staff of music21's score as the bars of a voice."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import music21 as m21

from folkrnn.errors import NotationError
from folkrnn.importing.finish import tempo_text
from folkrnn.importing.keys import key_of_signature, key_with
from folkrnn.importing.lengths import Value, notes_of
from folkrnn.importing.marks import decorations, direction
from folkrnn.notation.clef import CLEFS, Clef, StaffSettings
from folkrnn.notation.key import Key
from folkrnn.notation.meter import FREE, Meter, parse_meter
from folkrnn.notation.pitch import STEPS, Pitch
from folkrnn.notation.text import escaped_text
from folkrnn.notation.tune import NO_MARKS, Bar, Change, Grace, Marks, Note
from folkrnn.score.harmonies import kind_text
from folkrnn.score.signatures import MODE_NAMES

HELD = "\ue001"
"""What stands at the end of a syllable that is held for the notes that follow."""

_MODES = {name: mode for mode, name in MODE_NAMES.items()} | {"ionian": "", "aeolian": "m"}
_EDGES = {"double": "||", "final": "|]", "heavy": "||", "heavy-light": "||", "heavy-heavy": "|]", "light-heavy": "|]"}
_DRAWN = {"dotted": ".|", "dashed": ".|", "none": "[|]"}


class StaffBars(NamedTuple):
    """The bars of a staff, its clef, its tempo as ``Q:`` has it, and how many lines of notes were left out."""

    bars: tuple[Bar, ...]
    clef: StaffSettings
    tempo: str
    left_out: int
    names_mode: bool


def read_staff(staff: Any, mode: str = "", all_lines: bool = False) -> StaffBars:
    """Return the bars of a staff of music21's score, of its first line of notes or of all of them.

    ``mode`` is that of the keys whose mode the score does not say.
    """
    reader = _StaffReader(staff, mode, all_lines)
    measures = list(staff.getElementsByClass(m21.stream.Measure))
    bars = tuple(map(reader.bar, measures))
    return StaffBars(bars, reader.clef, reader.tempo, reader.left_out, reader.names_mode)


class _StaffReader:
    """Reads the measures of one staff in turn; holds what lasts from one to the next."""

    def __init__(self, staff: Any, mode: str, all_lines: bool) -> None:
        self.mode, self.all_lines = mode, all_lines
        self.meter, self.key = FREE, Key()
        self.clef, self.tempo = StaffSettings(), ""
        self.left_out = 0
        self.names_mode = True
        self.begun = False
        brackets = list(staff.recurse().getElementsByClass(m21.spanner.RepeatBracket))
        self.endings = _endings(brackets)
        self.ending_lasts = {id(bracket.getLast()) for bracket in brackets}
        self.slurs = _slurs(staff)
        numbers = {lyric.number for note in staff.recurse().notes for lyric in note.lyrics}
        self.verses = {number: place for place, number in enumerate(sorted(numbers))}
        self.lines: dict[int, _LineState] = {}

    def bar(self, measure: Any) -> Bar:
        """Return one measure as a bar."""
        changes = list(self._signatures(measure))
        key = self.key
        streams = list(measure.voices) or [measure]
        streams = [stream for stream in streams if _notes(stream)] or streams[:1]
        lines = streams if self.all_lines else streams[:1]
        self.left_out = max(self.left_out, len(streams) - len(lines))
        length = Fraction(max((each.highestTime for each in streams), default=0)) / 4
        layers, closing = [], NO_MARKS
        for number, stream in enumerate(lines):
            state = self.lines.setdefault(number, _LineState(len(self.verses)))
            line = _Line(self, stream, state)
            if number == 0 and stream is not measure:
                line.elements += [each for each in measure if not isinstance(each, m21.stream.Stream)]
                # A jump holds for all lines, whichever it was written in.
                line.elements += [each for stream in streams[1:] for each in stream if _is_jump(each)]
            elif number:
                line.elements = [each for each in line.elements if not _is_jump(each)]
            layers.append(line.notes(length if len(streams) > 1 else Fraction(0)))
            if number == 0:
                changes += line.changes
                closing = line.closing
        self.begun = True
        right, left = measure.rightBarline, measure.leftBarline
        repeats = isinstance(right, m21.bar.Repeat) and right.direction == "end"
        kind = "" if right is None or repeats else right.type
        return Bar(
            notes=layers[0] or (Note((), self.meter.bar or Fraction(1, 4)),),
            meter=self.meter,
            key=key,
            changes=tuple(changes),
            opens=isinstance(left, m21.bar.Repeat) and left.direction == "start",
            plays=self._plays(measure, right) if repeats else 1,
            edge=_EDGES.get(kind, ""),
            drawn=_DRAWN.get(kind, ""),
            ending=self.endings.get(id(measure), ()),
            overlays=tuple(layers[1:]),
            closing=closing,
        )

    def _plays(self, measure: Any, line: Any) -> int:
        """Return how often the section is played that ends with a repeat; its endings say so where it has some."""
        return 2 if id(measure) in self.ending_lasts else max(2, line.times or 2)

    def _signatures(self, measure: Any) -> Iterator[Change]:
        """Take what a measure begins with: meter, key, clef; yield what changes."""
        found = measure.getElementsByClass((m21.meter.TimeSignature, m21.meter.SenzaMisuraTimeSignature)).first()
        if found is not None and (meter := _meter(found)) != self.meter:
            self.meter = meter
            if self.begun:
                yield Change(0, "M", meter, own_line=True)
        found = measure.getElementsByClass(m21.key.KeySignature).getElementsByOffset(0).first()
        if found is not None and (key := self.key_of(found)) != self.key:
            self.key = key
            if self.begun:
                yield Change(0, "K", key, own_line=True)
        clef = measure.getElementsByClass(m21.clef.Clef).first()
        if clef is not None and not self.begun:
            self.clef = _settings(clef)

    def key_of(self, found: Any) -> Key:
        """Return a key of music21."""
        if isinstance(found, m21.key.Key) and found.mode in _MODES:
            return key_with(found.sharps, _MODES[found.mode])
        if found.sharps is None:
            altered = found.alteredPitches
            return key_of_signature({STEPS.index(each.step): _alter(each) for each in altered})
        self.names_mode = False
        return key_with(found.sharps, self.mode)


class _LineState:
    """What lasts from bar to bar in a line of notes: which verses hold a syllable, grace notes that wait for theirs."""

    def __init__(self, verses: int) -> None:
        self.held = [False] * verses
        self.graces: list[Grace] = []


class _Line:
    """Reads one line of notes of one measure."""

    def __init__(self, staff: _StaffReader, stream: Any, state: _LineState) -> None:
        self.staff, self.state = staff, state
        self.elements = [each for each in stream if not isinstance(each, m21.stream.Stream)]
        self.changes: list[Change] = []
        self.values: list[Value] = []
        self.time = Fraction(0)
        self.waiting = NO_MARKS

    def notes(self, length: Fraction) -> tuple[Note, ...]:
        """Return the notes, with a hidden rest for what is left of a ``length``."""
        for element in sorted(self.elements, key=lambda each: (each.offset, each.classSortOrder, each.priority)):
            self._take(element, Fraction(element.offset) / 4)
        self._wait_until(length)
        return notes_of(self.values)

    def _take(self, element: Any, onset: Fraction) -> None:
        """Take what stands at an onset: a note, or what hangs on the next one."""
        if isinstance(element, m21.harmony.Harmony):
            self._mark(onset, chord_symbols=(_symbol(element),))
        elif isinstance(element, m21.note.GeneralNote):
            if element.duration.isGrace:
                self.state.graces += _graces(element)
            else:
                self._note(element, onset)
        elif isinstance(element, m21.key.KeySignature) and onset:
            key = self.staff.key_of(element)
            self._wait_until(onset)
            self.staff.key = key
            self._change("K", key)
        elif isinstance(element, m21.expressions.RehearsalMark) and element.content:
            self._change("P", escaped_text(str(element.content)), own_line=not onset)
        elif isinstance(element, m21.tempo.TempoIndication):
            self._tempo(element, onset)
        elif isinstance(element, m21.expressions.TextExpression) and (element.content or "").strip():
            if element.style.fontWeight == "bold" and self._tempo_words(element, onset):
                return
            sign = "_" if element.placement == "below" else "^"
            self._mark(onset, annotations=(sign + " ".join(element.content.split()),))
        elif name := direction(element):
            self._mark(onset, decorations=(name,))

    @property
    def closing(self) -> Marks:
        """What stands after the last note, and so hangs on the bar line."""
        return self.waiting

    def _change(self, letter: str, value: Any, own_line: bool = False) -> None:
        self.changes.append(Change(len(self.values), letter, value, own_line))

    def _tempo(self, element: Any, onset: Fraction) -> None:
        """Take a tempo: that at the start is that of the header."""
        text = _tempo(element)
        if text and (onset or self.staff.begun):
            self._change("Q", text)
        elif text and "=" not in self.staff.tempo:
            self.staff.tempo = " ".join(filter(None, (self.staff.tempo, text)))

    def _tempo_words(self, element: Any, onset: Fraction) -> bool:
        """Take bold words at the start, or where a tempo stands, as those of the tempo; return whether they are."""
        if onset or self.staff.begun:
            return False
        words = " ".join(element.content.split()).replace('"', "'")
        self.staff.tempo = " ".join(filter(None, (f'"{words}"', self.staff.tempo)))
        return True

    def _mark(self, onset: Fraction, **marks: tuple[str, ...]) -> None:
        """Let marks wait for the next note; a chord symbol within a note belongs to that note."""
        if marks.get("chord_symbols") and onset < self.time and self.values:
            last = self.values[-1]
            last.note = last.note._replace(chord_symbols=(*last.note.chord_symbols, *marks["chord_symbols"]))
            return
        added = {name: (*getattr(self.waiting, name), *texts) for name, texts in marks.items()}
        self.waiting = self.waiting._replace(**added)

    def _wait_until(self, onset: Fraction) -> None:
        """Write a hidden rest up to an onset."""
        if onset > self.time:
            self.values.append(Value(Note((), onset - self.time, hidden=True)))
            self.time = onset

    def _note(self, element: Any, onset: Fraction) -> None:
        length = Fraction(element.quarterLength) / 4
        if length <= 0 or onset < self.time:
            return  # what begins within another note is of another line
        self._wait_until(onset)
        pitches = tuple(sorted(map(_pitch, _members(element)), key=lambda each: each.midi))
        held = tuple(_pitch(each) for each in _members(element) if each.tie and each.tie.type in ("start", "continue"))
        opened, closed = self.staff.slurs.get(id(element), (0, 0))
        note = Note(
            pitches,
            length,
            tie=bool(held),
            tied=held if len(held) < len(pitches) else (),
            graces=tuple(self.state.graces),
            decorations=(*self.waiting.decorations, *decorations(element)),
            chord_symbols=self.waiting.chord_symbols,
            annotations=self.waiting.annotations,
            slurs_opened=opened,
            slurs_closed=closed,
            hidden=not pitches and bool(element.style.hideObjectOnPrint),
            lyrics=self._syllables(element),
        )
        self.state.graces, self.waiting = [], NO_MARKS
        self.values.append(Value(note, *_tuplet(element)))
        self.time = onset + length

    def _syllables(self, element: Any) -> tuple[str, ...]:
        """Return a syllable for each verse; ``_`` where the last one is held."""
        held = self.state.held
        words = {self.staff.verses[lyric.number]: lyric for lyric in element.lyrics if lyric.text}
        result = []
        for verse in range(len(held)):
            if element.isRest:
                held[verse] = False
                result.append("")
            elif verse in words:
                text = words[verse].text
                held[verse] = text.endswith(HELD)
                goes_on = words[verse].syllabic in ("begin", "middle")
                result.append(text.replace(HELD, "") + "-" * goes_on)
            else:
                result.append("_" if held[verse] else "")
        return tuple(result) if any(result) else ()


def _is_jump(element: Any) -> bool:
    return isinstance(element, m21.repeat.RepeatMark)


def _notes(stream: Any) -> bool:
    """Whether a stream has notes or rests of its own."""
    return any(not isinstance(each, m21.harmony.Harmony) for each in stream.getElementsByClass(m21.note.GeneralNote))


def _members(element: Any) -> Sequence[Any]:
    """Return the notes of a note, a chord or a rest."""
    if isinstance(element, m21.note.Rest):
        return ()
    return tuple(element.notes) if isinstance(element, m21.chord.ChordBase) else (element,)


def _pitch(note: Any) -> Pitch:
    """Return the pitch of a note, or the place where one without a pitch is written."""
    if isinstance(note, m21.note.Unpitched):
        return Pitch(STEPS.index(note.displayStep), note.displayOctave, 0)
    return Pitch(STEPS.index(note.pitch.step), note.pitch.octave, _alter(note.pitch))


def _alter(pitch: Any) -> Any:
    """Return an alteration in semitones, whole or as a Fraction."""
    alter = Fraction(pitch.alter).limit_denominator(16)
    return alter.numerator if alter.denominator == 1 else alter


def _tuplet(element: Any) -> tuple[tuple[int, int], bool]:
    """Return the ratio of the tuplet that an element is in, and whether it ends with it."""
    tuplets = element.duration.tuplets
    ratio = Fraction(1)
    for each in tuplets:
        ratio *= Fraction(each.numberNotesActual, each.numberNotesNormal)
    named = (
        (tuplets[0].numberNotesActual, tuplets[0].numberNotesNormal) if len(tuplets) == 1 else ratio.as_integer_ratio()
    )
    ends = bool(tuplets) and tuplets[0].type in ("stop", "startStop")
    return (named if ratio != 1 else (1, 1)), ends


def _graces(element: Any) -> Iterator[Grace]:
    """Yield the grace notes of a note or chord; their lengths are multiples of the usual one, of which there is one."""
    for place, each in enumerate(_members(element)):
        yield Grace(_pitch(each), Fraction(1), bool(element.duration.slash) and not place, chord=place > 0)


def _symbol(element: Any) -> str:
    """Return the text of a chord symbol."""
    if isinstance(element, m21.harmony.NoChord) or element.chordKind == "none":
        return element.chordKindStr.strip() or "N.C."
    root, bass = element.root(), element.bass()
    kind = element.chordKindStr if element.chordKindStr else _kind(element)
    under = f"/{_letter(bass)}" if bass is not None and bass.name != root.name and "/" not in kind else ""
    return f"{_letter(root)}{kind}{under}"


def _kind(element: Any) -> str:
    """Return the spelling of a kind of chord whose text the score does not give, with added and altered degrees."""
    names = [element.chordKind, *(mx for mx, own in m21.harmony.CHORD_ALIASES.items() if own == element.chordKind)]
    text = next(filter(None, map(kind_text, names)), "")
    for each in element.chordStepModifications:
        shift = each.interval.semitones if each.interval else 0
        sign = "#" if shift > 0 else "b" if shift < 0 else ""
        if each.modType == "add" and each.degree == 7 and shift >= 0:
            text = ("maj7" if shift else "7") + text  # 7sus4: a seventh is written first
            continue
        word = {"add": "" if sign else "add", "subtract": "no", "alter": ""}[each.modType]
        text += f"{word}{sign}{each.degree}"
    return text


def _letter(pitch: Any) -> str:
    return str(pitch.name.replace("-", "b"))


def _meter(found: Any) -> Meter:
    """Return a meter; a hidden one, and one that ABC does not have, is free."""
    if isinstance(found, m21.meter.SenzaMisuraTimeSignature) or found.style.hideObjectOnPrint:
        return FREE
    symbol = {"common": "C", "cut": "C|"}.get(found.symbol, "")
    groups = found.ratioString.split("+")
    units = {each.partition("/")[2] for each in groups}
    text = "+".join(each.partition("/")[0] for each in groups) + f"/{units.pop()}" if len(units) == 1 else ""
    try:
        plain = parse_meter(text)
        return parse_meter(symbol) if symbol and parse_meter(symbol) == plain else plain
    except NotationError:
        return FREE


def _settings(clef: Any) -> StaffSettings:
    """Return the clef of a staff as ``V:`` has it; none for the treble clef."""
    name = next((name for name, (sign, line) in CLEFS.items() if (sign, line) == (clef.sign, clef.line)), "")
    if not name or name == "treble":
        return StaffSettings()
    return StaffSettings(Clef(name, clef.sign, clef.line))


def _tempo(element: Any) -> str:
    """Return a tempo as ``Q:`` has it."""
    words = getattr(element, "text", "") or ""
    if isinstance(element, m21.tempo.MetronomeMark):
        said = "" if element.textImplicit else words
        beat = Fraction(element.referent.quarterLength) / 4
        rate = 0 if element.numberImplicit else element.number or 0
        return tempo_text(said.replace('"', "'"), beat, rate)
    return tempo_text(words.replace('"', "'"), Fraction(0), 0)


def _endings(brackets: Iterable[Any]) -> dict[int, tuple[int, ...]]:
    """Return the passes of each variant ending by the id of the measure that it begins with."""
    found: dict[int, tuple[int, ...]] = {}
    for bracket in brackets:
        first = bracket.getFirst()
        if first is not None:
            found[id(first)] = tuple(sorted({int(each) for each in bracket.numberRange}))
    return found


def _slurs(staff: Any) -> dict[int, tuple[int, int]]:
    """Return how many slurs begin and end at a note, by its id."""
    found: dict[int, tuple[int, int]] = {}
    for slur in staff.recurse().getElementsByClass(m21.spanner.Slur):
        first, last = slur.getFirst(), slur.getLast()
        if first is not None and last is not None and first is not last:
            opened, closed = found.get(id(first), (0, 0))
            found[id(first)] = opened + 1, closed
            opened, closed = found.get(id(last), (0, 0))
            found[id(last)] = opened, closed + 1
    return found
