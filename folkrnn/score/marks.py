"""What hangs on notes and bar lines: decorations, hairpins, slurs, words to sing, chord symbols and texts."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import music21 as m21

from folkrnn.notation.limits import LONGEST_SYLLABLE, shortened
from folkrnn.notation.tune import Marks, Note
from folkrnn.score.harmonies import chord_symbol
from folkrnn.score.jumps import Sounds, read_jump
from folkrnn.score.words import annotation, printable, words

_SYLLABIC = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}
_DYNAMICS = {"pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sfz", "sf", "fz", "fp"}


class Snap(m21.articulations.TechnicalIndication):  # type: ignore[misc]  # music21 has no types
    """A snap pizzicato; music21 writes none of its own."""


def _fermata(kind: str) -> Any:
    fermata = m21.expressions.Fermata()
    fermata.type = kind
    return fermata


def _breath(symbol: str) -> Any:
    breath = m21.articulations.BreathMark()
    breath.symbol = symbol
    return breath


def _tremolo(marks: int) -> Any:
    tremolo = m21.expressions.Tremolo()
    tremolo.numberOfMarks = marks
    return tremolo


_ARTICULATIONS: dict[str, Callable[[], Any]] = {
    "staccato": m21.articulations.Staccato,
    "dot": m21.articulations.Staccato,
    "wedge": m21.articulations.Staccatissimo,
    "tenuto": m21.articulations.Tenuto,
    "accent": m21.articulations.Accent,
    ">": m21.articulations.Accent,
    "emphasis": m21.articulations.Accent,
    "marcato": m21.articulations.StrongAccent,
    "^": m21.articulations.StrongAccent,
    "upbow": m21.articulations.UpBow,
    "downbow": m21.articulations.DownBow,
    "open": m21.articulations.OpenString,
    "thumb": m21.articulations.StringThumbPosition,
    "snap": Snap,
    "+": m21.articulations.Stopped,
    "plus": m21.articulations.Stopped,
    "slide": m21.articulations.Scoop,
    **{str(finger): partial(m21.articulations.Fingering, finger) for finger in range(6)},
}
"""What only notes bear."""

_PAUSES: dict[str, Callable[[], Any]] = {
    "breath": m21.articulations.BreathMark,
    "shortphrase": partial(_breath, "tick"),
    "mediumphrase": partial(_breath, "tick"),
    "longphrase": m21.articulations.Caesura,
}
"""Signs after a note; on a bar line they belong to the note before it."""

_EXPRESSIONS: dict[str, Callable[[], Any]] = {
    "roll": m21.expressions.Turn,
    "turn": m21.expressions.Turn,
    "turnx": m21.expressions.Turn,
    "invertedturn": m21.expressions.InvertedTurn,
    "invertedturnx": m21.expressions.InvertedTurn,
    "trill": m21.expressions.Trill,
    "trill(": m21.expressions.Trill,
    "mordent": m21.expressions.Mordent,
    "lowermordent": m21.expressions.Mordent,
    "uppermordent": m21.expressions.InvertedMordent,
    "pralltriller": m21.expressions.InvertedMordent,
    "fermata": partial(_fermata, "upright"),
    "invertedfermata": partial(_fermata, "inverted"),
    **{"/" * count: partial(_tremolo, count) for count in (1, 2, 3, 4)},
}
_BELOW = {"fermata": "invertedfermata"}
"""How signs are drawn below the notes."""

_TEXTS = {
    "D.C.": "D.C.", "dacapo": "D.C.", "D.C.alfine": "D.C. al Fine", "D.C.alcoda": "D.C. al Coda",
    "dacapoalfine": "Da Capo al Fine",
    "D.S.": "D.S.", "D.S.alfine": "D.S. al Fine", "D.S.alcoda": "D.S. al Coda",
    "fine": "Fine", "dacoda": "To Coda",
    "8va(": "8va", "8vb(": "8vb", "15ma(": "15ma", "15mb(": "15mb",
    "8va)": "loco", "8vb)": "loco", "15ma)": "loco", "15mb)": "loco",
    "ped": "Ped.", "ped-up": "✱",
}  # fmt: skip
"""Decorations that are printed as words. An octave sign is a word too, for the notes sound as they are written."""

_SPANNERS: dict[str, Callable[..., Any]] = {
    "crescendo": m21.dynamics.Crescendo,
    "<": m21.dynamics.Crescendo,
    "diminuendo": m21.dynamics.Diminuendo,
    ">": m21.dynamics.Diminuendo,
    "trill": m21.expressions.TrillExtension,
}
"""What reaches from a decoration that ends in ``(`` to one that ends in ``)``."""


class Syllable(m21.note.Lyric):  # type: ignore[misc]
    """A syllable that may be ``held`` for the notes that follow."""

    held = False


class MarkWriter:
    """Writes what hangs on the notes of one line; holds those that are still open.

    ``verses`` is how many lines of words the lines above have on the same staff. ``below`` says that signs hang below
    the notes, as under a line whose stems all point down.
    """

    def __init__(self, spanners: list[Any], sounds: Sounds, verses: int = 0):
        self.below = False
        self._verses = verses
        self._spanners = spanners
        self._sounds = sounds
        self._slurs: list[Any] = []
        self._open: list[tuple[str, Any]] = []
        self._unfinished_words: set[int] = set()
        self._sung: dict[int, Syllable] = {}

    def name(self, index: int, place: Any, onset: Fraction, marks: Note | Marks) -> None:
        """Write the annotations at an onset in a measure or voice."""
        for text in marks.annotations:
            if element := annotation(text):
                self._say(index, place, onset, element, text)

    def bracket(self, index: int, place: Any, text: str) -> None:
        """Write the text of a bracket at the start of its bar."""
        self._say(index, place, Fraction(0), words(text), text)

    def _say(self, index: int, place: Any, onset: Fraction, element: Any, text: str) -> None:
        if sound := self._sounds.at(index, read_jump(text)):
            element.editorial["sound"] = sound
        place.insert(4 * onset, element)

    def decorate(self, index: int, place: Any, onset: Fraction, note: Note, element: Any) -> None:
        """Write the decorations of a note; those that mean nothing to a reader of the page are left out."""
        for name in note.decorations:
            if self._sign(index, place, onset, name):
                continue
            if name in _ARTICULATIONS and not note.is_rest:
                element.articulations.append(_ARTICULATIONS[name]())
            elif name in _PAUSES:
                element.articulations.append(_PAUSES[name]())
            elif name in _EXPRESSIONS:
                element.expressions.append(self._expression(name))
            elif name == "arpeggio" and len(note.pitches) > 1:
                element.expressions.append(m21.expressions.ArpeggioMark())
            if name[-1:] in ("(", ")"):
                self._reach(name, element)

    def _expression(self, name: str) -> Any:
        expression = _EXPRESSIONS[_BELOW.get(name, name) if self.below else name]()
        if self.below and name not in _BELOW:
            expression.placement = "below"
        return expression

    def close(self, index: int, place: Any, onset: Fraction, marks: Marks, last: Any) -> None:
        """Write what hangs on the bar line at an onset, after the ``last`` note or rest, but for a fermata."""
        for name in marks.decorations:
            if self._sign(index, place, onset, name):
                continue
            if name in _PAUSES and last is not None:
                last.articulations.append(_PAUSES[name]())
            elif name[-1:] == ")" and last is not None:
                self._reach(name, last)
        for text in marks.chord_symbols:
            for symbol in chord_symbol(text):
                place.insert(4 * onset, symbol)
        self.name(index, place, onset, marks)

    def _sign(self, index: int, place: Any, onset: Fraction, name: str) -> bool:
        """Write a decoration that is a dynamic, a jump or a text; return whether it is one."""
        jump = read_jump(name)
        if jump and self._sounds.is_drawn(index, onset, jump):
            return True
        if name in _DYNAMICS:
            element: Any = m21.dynamics.Dynamic(name)
        elif name in ("segno", "coda"):
            element = m21.repeat.Segno() if name == "segno" else m21.repeat.Coda()
        elif name in _TEXTS:
            element = words(_TEXTS[name])
        else:
            return False
        if sound := self._sounds.at(index, jump):
            element.editorial["sound"] = sound
        place.insert(4 * onset, element)
        return True

    def _reach(self, name: str, element: Any) -> None:
        """Open or close a crescendo, a diminuendo, a long trill."""
        kind, end = name[:-1], name[-1]
        if kind not in _SPANNERS:
            return
        if end == "(":
            self._open.append((kind, _SPANNERS[kind](element)))
            return
        place = next((place for place, (each, _) in reversed([*enumerate(self._open)]) if each == kind), -1)
        if self._open:
            spanner = self._open.pop(place)[1]
            spanner.addSpannedElements(element)
            self._spanners.append(spanner)

    def slur(self, note: Note, first: Any, last: Any) -> None:
        """Open and close slurs; one that never closes, or closes where it opens, is not drawn."""
        earlier = len(self._slurs)
        self._slurs += [first] * note.slurs_opened
        for _ in range(min(note.slurs_closed, earlier)):
            earlier -= 1
            self._spanners.append(m21.spanner.Slur([self._slurs.pop(earlier), last]))

    def sing(self, note: Note, element: Any) -> None:
        """Write the syllables, one a verse; a hyphen at the end joins one to the next, ``_`` holds the last one."""
        for verse, text in enumerate(note.lyrics, start=1):
            if text == "_" and verse in self._sung:
                self._sung[verse].held = True
                continue
            content = shortened(printable(text).rstrip("-_ ").strip("*"), LONGEST_SYLLABLE)
            if not content:
                continue
            begun, goes_on = verse in self._unfinished_words, text.endswith("-")
            syllable = Syllable(content, self._verses + verse, applyRaw=True, syllabic=_SYLLABIC[begun, goes_on])
            element.lyrics.append(syllable)
            self._sung[verse] = syllable
            (self._unfinished_words.add if goes_on else self._unfinished_words.discard)(verse)
