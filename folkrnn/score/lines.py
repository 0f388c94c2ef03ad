"""One line of notes on a staff: those of a voice, or of the overlays in its bars."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

import music21 as m21

from folkrnn.errors import ScoreError
from folkrnn.notation.key import Key
from folkrnn.notation.note_values import LONGEST
from folkrnn.notation.pitch import STEPS, Alter, Pitch
from folkrnn.notation.places import Place
from folkrnn.notation.tune import Bar, Grace, Note
from folkrnn.score.beams import Event, set_beams
from folkrnn.score.jumps import Sounds
from folkrnn.score.lengths import WHOLE, Piece, duration, pieces
from folkrnn.score.marks import MarkWriter
from folkrnn.score.signatures import accidental

_ENCLOSURES = {"courtesy": "parentheses", "editorial": "bracket"}
"""How accidentals are shown that are reminders, or an editor's."""


class Accidentals:
    """The accidentals in force in a bar, and which of the next notes show theirs."""

    def __init__(self, key: Key) -> None:
        self.begin(key)

    def begin(self, key: Key, elsewhere: Iterable[tuple[int, int]] = ()) -> None:
        """Begin a bar or a key; at places that another voice altered ``elsewhere`` nothing is taken for granted."""
        self._signature = key.signature
        self._altered: dict[tuple[int, int], Alter | None] = dict.fromkeys(elsewhere)

    @property
    def places(self) -> set[tuple[int, int]]:
        """The places (step, octave) with an accidental of their own."""
        return set(self._altered)

    def pitch(self, pitch: Pitch, shown: bool = True, enclosure: str = "") -> Any:
        """Return a pitch whose accidental is displayed where key and bar do not imply it.

        The accidental of a note tied from before is not displayed (``shown``) and does not last in this bar. In
        an ``enclosure`` (``parentheses`` or ``bracket``) it always is.
        """
        place = pitch.step, pitch.octave
        implied = self._altered.get(place, self._signature.get(pitch.step, 0))
        result = m21.pitch.Pitch(step=STEPS[pitch.step], octave=pitch.octave)
        display = shown and (enclosure != "" or implied != pitch.alter)
        if display:
            self._altered[place] = pitch.alter
        if display or pitch.alter:
            result.accidental = accidental(pitch.alter)
            result.accidental.displayStatus = display
            if enclosure:
                result.accidental.displayStyle = enclosure
        return result


class LineWriter:
    """Writes the notes of a line, bar after bar; holds what carries over from one to the next.

    ``layers`` holds the notes of each bar, or None where the line is silent. ``verses`` is how many lines of words the
    lines above have.
    """

    def __init__(
        self, layers: Sequence[tuple[Note, ...] | None], key: Key, spanners: list[Any], sounds: Sounds, verses: int = 0
    ) -> None:
        self.marks = MarkWriter(spanners, sounds, verses)
        self.accidentals = Accidentals(key)
        self._stem = ""
        self._spanners = spanners
        self._tied: tuple[Pitch, ...] = ()
        self._joined: Any = None
        flat: list[Note | None] = []
        for layer in layers:
            flat += (None,) if layer is None else layer
        self._following = iter([*flat[1:], None])

    def point(self, stem: str) -> None:
        """Let all stems point ``up`` or ``down``; empty: each as it likes."""
        self._stem = stem
        self.marks.below = stem == "down"

    def rest(self) -> None:
        """Pass over a bar in which the line is silent."""
        next(self._following, None)
        self._tied, self._joined = (), None

    def write(self, written: Place, place: Any, onset: Fraction, note: Note, bar: Bar, key: Key) -> list[Event]:
        """Write one note of a bar with all that hangs on it into a measure or voice.

        ``written`` is its place in the tune, by which it is called in the document.
        """
        index = written.bar
        self.marks.name(index, place, onset, note)
        for grace in self._graces(note.graces, key):
            place.insert(4 * onset, grace)
        following = next(self._following, None)
        events = _rests(onset, note, bar) if note.is_rest else self._tied_values(onset, note, following)
        for value, event in enumerate(events):
            _call(event.element, written, value)
            place.insert(4 * event.onset, event.element)
        self.marks.decorate(index, place, onset, note, events[0].element)
        self.marks.slur(note, events[0].element, events[-1].element)
        self.marks.sing(note, events[0].element)
        return events

    def _tied_values(self, onset: Fraction, note: Note, following: Note | None) -> list[Event]:
        """Return the tied values that show one note or chord."""
        held = set(note.held) & set(following.pitches) if following else set()
        values = pieces(note.duration, note.tuplet[:2] if note.tuplet else (1, 1))
        enclosure = next((sign for name, sign in _ENCLOSURES.items() if name in note.decorations), "")
        events = []
        for place, piece in enumerate(values):
            before = note.pitches if place else self._tied
            after = note.pitches if place < len(values) - 1 else held
            element = self._sounding(note.pitches, duration(piece), before, after, enclosure)
            events.append(Event(onset, piece, element, note))
            onset += piece.sounding
        self._join(note, following, held, events[-1].element)
        self._tied = tuple(held)
        return events

    def _sounding(self, pitches: Iterable[Pitch], length: Any, before: Any, after: Any, enclosure: str) -> Any:
        """Return a note or chord; its pitches in ``before`` and ``after`` are tied to either side."""
        notes = []
        for pitch in pitches:
            shown = self.accidentals.pitch(pitch, pitch not in before, enclosure)
            single = m21.note.Note(shown, duration=length)
            if kind := _tie_type(pitch in before, pitch in after):
                single.tie = m21.tie.Tie(kind)
            notes.append(single)
        element = notes[0] if len(notes) == 1 else m21.chord.Chord(notes, duration=length)
        if self._stem:
            element.stemDirection = self._stem
        return element

    def _join(self, note: Note, following: Note | None, held: set[Pitch], element: Any) -> None:
        """Draw a tie between different pitches as the slur it stands for."""
        if self._joined is not None:
            self._spanners.append(m21.spanner.Slur([self._joined, element]))
        differs = note.tie and not held and following is not None and not following.is_rest
        self._joined = element if differs else None

    def _graces(self, graces: Sequence[Grace], key: Key) -> list[Any]:
        """Return the grace notes before a note: one is an eighth, several are sixteenths, those of pipes 32nds.

        A length that is written multiplies these.
        """
        unit = Fraction(1, 32 if key.pipes else 8 if sum(not grace.chord for grace in graces) == 1 else 16)
        written: list[tuple[Piece, Any]] = []
        for members in _together(graces):
            piece = _grace_value(unit, members[0].duration)
            length = duration(piece)
            notes = [m21.note.Note(self.accidentals.pitch(grace.pitch), duration=length) for grace in members]
            element = (notes[0] if len(notes) == 1 else m21.chord.Chord(notes, duration=length)).getGrace()
            element.duration.slash = members[0].slashed
            written.append((piece, element))
        for beamed, found in groupby(written, lambda each: each[0].beams > 0):
            group = list(found)
            if beamed and len(group) > 1:
                values = [(Fraction(place), piece.beams) for place, (piece, _) in enumerate(group)]
                set_beams([element for _, element in group], values)
        return [element for _, element in written]


def _call(element: Any, place: Place, value: int) -> None:
    """Give a note, rest or chord, and each note of a chord, the name of its place."""
    element.id = place.value_id(value)
    if isinstance(element, m21.chord.Chord):
        for member, single in enumerate(element.notes):
            single.id = place.value_id(value, member)


def _together(graces: Sequence[Grace]) -> Iterator[list[Grace]]:
    """Yield grace notes one by one, those of a chord together."""
    members: list[Grace] = []
    for grace in graces:
        if members and not grace.chord:
            yield members
            members = []
        members.append(grace)
    if members:
        yield members


def _grace_value(unit: Fraction, factor: Fraction) -> Piece:
    """Return the note value of a grace note; the plain one where none shows its length."""
    try:
        values = pieces(unit * factor)
    except ScoreError:
        values = ()
    if len(values) == 1 and values[0].ratio == (1, 1) and values[0].written <= Fraction(1, 2):
        return values[0]
    return pieces(unit)[0]


def _rests(onset: Fraction, note: Note, bar: Bar) -> list[Event]:
    """Return the values that show a rest: one in the middle of the bar if it fills it."""
    if note.duration == bar.meter.bar == bar.duration:
        return [Event(onset, WHOLE, _rest(m21.duration.Duration(4 * note.duration), note.hidden, full=True), note)]
    events = []
    for piece in pieces(note.duration, note.tuplet[:2] if note.tuplet else (1, 1)):
        events.append(Event(onset, piece, _rest(duration(piece), note.hidden), note))
        onset += piece.sounding
    return events


def _rest(length: Any, hidden: bool, full: bool = False) -> Any:
    rest = m21.note.Rest(duration=length)
    rest.fullMeasure = full
    rest.style.hideObjectOnPrint = hidden
    return rest


def fill(place: Any, onset: Fraction, length: Fraction) -> None:
    """Fill what is left of a measure of some ``length`` with rests that are not printed."""
    while onset < length:
        for piece in pieces(min(length - onset, LONGEST)):
            place.insert(4 * onset, _rest(duration(piece), hidden=True))
            onset += piece.sounding


def silence(place: Any, bar: Bar, length: Fraction) -> None:
    """Write the rest of a staff that has nothing to play in a measure as long as a ``bar`` of another staff."""
    if length == bar.meter.bar:
        place.insert(0, _rest(m21.duration.Duration(4 * length), hidden=False, full=True))
    else:
        fill(place, Fraction(0), length)


def _tie_type(before: bool, after: bool) -> str:
    return {(False, True): "start", (True, True): "continue", (True, False): "stop"}.get((before, after), "")
