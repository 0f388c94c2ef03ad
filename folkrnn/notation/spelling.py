"""How music is spelled in ABC: notes with their accidentals, lengths and signs.

Canonical text and the writer for people share it; a ``Style`` says where they differ.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from folkrnn.notation.clef import StaffSettings
from folkrnn.notation.key import Key
from folkrnn.notation.lexer import SYMBOLS
from folkrnn.notation.meter import EIGHTH
from folkrnn.notation.pitch import Alter, Pitch, accidental_text
from folkrnn.notation.text import escaped_quoted
from folkrnn.notation.tune import USUAL_TUPLETS, Bar, Change, Grace, Marks, Note, Tuplet

LONGEST_PAIR = Fraction(1, 4)
"""The longest notes, as they would be if they were even, that are written as broken rhythm."""

NOWHERE: frozenset[int] = frozenset()
"""No notes of a bar."""

_SHORTHAND = {name: symbol for symbol, name in reversed(SYMBOLS.items()) if symbol not in "JR"}
_Altered = dict[tuple[int, int], frozenset[Alter]]
"""The alterations that readers may give a (step, octave), after the accidentals so far in a bar."""


def decoration_text(name: str) -> str:
    """Return the text of a decoration: its shorthand, or its name between exclamation marks."""
    return _SHORTHAND.get(name) or f"!{name}!"


def plain_key(key: Key) -> Key:
    """Return a key without explicit accidentals; the notes then carry them."""
    if key.pipes:
        return Key("A", "mix")
    return Key(key.tonic, key.mode)


def plain_field(changes: Sequence[Change]) -> str:
    """Return the keys and meters among the changes at one place, as fields in brackets."""
    return "".join(
        f"[K:{plain_key(each.value)}]" if isinstance(each.value, Key) else f"[M:{each.value}]"
        for each in changes
        if each.field in ("K", "M")
    )


class Style(NamedTuple):
    """How music is written: the key as it is written, the text of the changes at one place, that of a decoration.

    A pair in the ratio 3:1 is written as broken rhythm if each note of it would be at most ``longest_pair`` if they
    were even. ``all_signs`` says that slashes, lengths and chords of grace notes are written too, and clefs.
    """

    key: Callable[[Key], Key] = plain_key
    changes: Callable[[Sequence[Change]], str] = plain_field
    decoration: Callable[[str], str] = decoration_text
    longest_pair: Fraction = LONGEST_PAIR
    all_signs: bool = False


CANONICAL = Style()


class Pen:
    """Writes the bars of one voice in turn; it holds the key and the octaves of the clef that are in force."""

    def __init__(self, key: Key, octaves: int = 0, style: Style = CANONICAL) -> None:
        self.style = style
        self.signature: Mapping[int, Alter] = style.key(key).signature
        self.octaves = octaves

    def bar(self, bar: Bar, before: Bar | None, spaces: frozenset[int]) -> str:
        """Return the music of a bar, without its overlays; ``spaces`` are the indices of notes that follow a space."""
        parts: list[str] = []
        altered: _Altered = {}
        tied = before.notes[-1] if before is not None and before.notes[-1].tie else None
        changes = bar.changes
        taken = 0  # those that are written
        dividing = frozenset(change.index for change in changes if self.style.changes([change])) if changes else NOWHERE
        pair = ""  # the sign between this note and the last, while a broken pair is under way
        pair_unit = EIGHTH
        for index, note in enumerate(bar.notes):
            if index in spaces and not pair:
                parts.append(" ")
            if taken < len(changes) and changes[taken].index <= index:
                stop = taken
                while stop < len(changes) and changes[stop].index <= index:
                    stop += 1
                here, taken = changes[taken:stop], stop
                self._change(here)
                parts.append(self.style.changes(here))
            length = note.written
            if pair:
                pair, length = "", pair_unit
            else:
                pair, pair_unit = broken_pair(bar, index, self.style.longest_pair, dividing)
                length = pair_unit if pair else length
            if note.tuplet and note.tuplet.index == 0:
                parts.append(_tuplet_sign(note.tuplet, bar.notes[index : index + note.tuplet.size]))
            if note[4] or note[5] or note[6] or note[7] or note[8]:  # few notes have anything before them
                parts.extend(self._before(note, altered))
            parts.append(self._pitches(note, altered, tied))
            tied = None
            parts.append(length_text(length))
            if note.tie and not note.tied:
                parts.append("-")
            parts.append(")" * note.slurs_closed + pair)
        return "".join(parts)

    def overlay(self, bar: Bar, notes: tuple[Note, ...], spaces: frozenset[int]) -> str:
        """Return the music of an overlay of a bar."""
        twin = Pen.__new__(Pen)
        twin.style, twin.signature, twin.octaves = self.style, self.signature, self.octaves
        return twin.bar(replace(bar, notes=notes, changes=()), None, spaces)

    def marks(self, marks: Marks) -> str:
        """Return the text of what hangs on a bar line; abc2midi knows no one-letter decorations there."""
        return "".join(_quoted(marks)) + "".join(f"!{name}!" for name in marks.decorations)

    def _change(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change.value, Key):
                self.signature = self.style.key(change.value).signature
            elif isinstance(change.value, StaffSettings) and self.style.all_signs:
                self.octaves = change.value.octaves

    def _letters(self, pitch: Pitch) -> str:
        return pitch._replace(octave=pitch.octave - self.octaves).letters if self.octaves else pitch.letters

    def _before(self, note: Note, altered: _Altered) -> Iterator[str]:
        """Yield what stands before a note, in the order of the standard: slurs, graces, quoted texts, decorations."""
        yield "(" * note.slurs_opened
        if note.graces:
            yield from self._graces(note.graces, altered)
        yield from _quoted(note)
        for name in sorted(set(note.decorations)):
            yield self.style.decoration(name)

    def _graces(self, graces: Sequence[Grace], altered: _Altered) -> Iterator[str]:
        signs = self.style.all_signs
        yield "{/" if signs and graces[0].slashed else "{"
        for place, grace in enumerate(graces):
            text = _accidental(grace.pitch, self.signature, altered, apart=True) + self._letters(grace.pitch)
            if signs:
                text += length_text(grace.duration * EIGHTH)
                follows = place + 1 < len(graces) and graces[place + 1].chord
                text = "[" * (follows and not grace.chord) + text + "]" * (grace.chord and not follows)
            yield text
        yield "}"

    def _pitches(self, note: Note, altered: _Altered, tied: Note | None) -> str:
        if not note.pitches:
            return "x" if note.hidden else "z"
        if len(note.pitches) == 1:
            pitch = note.pitches[0]
            return _accidental(pitch, self.signature, altered, tied) + self._letters(pitch)
        texts = [
            _accidental(pitch, self.signature, altered, tied, apart=True)
            + self._letters(pitch)
            + "-" * (note.tie and pitch in note.tied)
            for pitch in note.pitches
        ]
        return f"[{''.join(texts)}]"


def _quoted(marks: Note | Marks) -> Iterator[str]:
    for text in (*marks.chord_symbols, *marks.annotations):
        yield f'"{escaped_quoted(text)}"'


def broken_pair(
    bar: Bar, index: int, longest: Fraction = LONGEST_PAIR, dividing: frozenset[int] = NOWHERE
) -> tuple[str, Fraction]:
    """Return ``>`` or ``<`` if a note and the next are a broken pair, with the length that both are written with.

    ``dividing`` are the indices of the notes before which a field is written.
    """
    if index + 1 >= len(bar.notes):
        return "", EIGHTH
    first, second = bar.notes[index], bar.notes[index + 1]
    # Whole numbers first, for few notes are in this ratio, and Fractions are slow.
    numerator, denominator = first.duration.as_integer_ratio()
    second_numerator, second_denominator = second.duration.as_integer_ratio()
    before, after = numerator * second_denominator, second_numerator * denominator
    if before != 3 * after and after != 3 * before:
        return "", EIGHTH
    plain = not (
        first.tie or first.tuplet or second.tuplet or second.graces or second.chord_symbols or second.annotations
        or second.decorations or first.slurs_closed or second.slurs_opened or not first.pitches or not second.pitches
        or index + 1 in dividing
    )  # fmt: skip
    sign, unit = (">", 2 * second.duration) if before > after else ("<", 2 * first.duration)
    return (sign, unit) if plain and unit.numerator == 1 and unit <= longest else ("", EIGHTH)


def _tuplet_sign(tuplet: Tuplet, notes: Sequence[Note]) -> str:
    """Return the sign before a tuplet; the short sign needs notes, grace notes among them, of one written length."""
    actual, normal, size, _ = tuplet
    lengths = {note.written for note in notes} | {EIGHTH for note in notes if note.graces}
    usual = size == actual and USUAL_TUPLETS.get(actual) == normal
    return f"({actual}" if usual and len(lengths) == 1 else f"({actual}:{normal}:{size}"


def _accidental(
    pitch: Pitch, signature: Mapping[int, Alter], altered: _Altered, tied: Note | None = None, apart: bool = False
) -> str:
    """Return the accidental that a pitch needs, so that no reader of ABC takes it for another pitch.

    Readers differ on whether an accidental holds in other octaves, across a tie, and into or out of chords and
    grace notes (``apart``). So it is written wherever one of their rules would give another pitch.
    """
    place, by_key = pitch[:2], signature.get(pitch.step, 0)
    if pitch.alter == by_key and not altered and tied is None and isinstance(by_key, int):  # as most are
        return ""
    # abc2midi passes over a microtone in the key.
    before = altered.get(place, frozenset({by_key} if isinstance(by_key, int) else {by_key, 0}))
    readings = before.union(*(alters for (step, _), alters in altered.items() if step == pitch.step))
    if apart:
        readings |= {by_key}
    if tied is not None:
        readings |= {by_key, *(other.alter for other in tied.pitches if other[:2] == place)}
    if readings == {pitch.alter}:
        return ""
    # A double accidental is written again at the next note: music21 lets only half of it hold.
    now = {pitch.alter, pitch.alter // 2} if abs(pitch.alter) == 2 else {pitch.alter}
    altered[place] = before | now if apart else frozenset(now)
    return accidental_text(pitch.alter)


def length_text(length: Fraction) -> str:
    """Return a length as it follows a letter at unit length 1/8: nothing, ``2``, ``3/2``, ``/``, ``/4``."""
    return _length_text(*length.as_integer_ratio())  # found sooner by whole numbers than by a Fraction


@lru_cache(maxsize=4096)
def _length_text(numerator: int, denominator: int) -> str:
    units = Fraction(8 * numerator, denominator)
    count = "" if units.numerator == 1 else str(units.numerator)
    if units.denominator == 1:
        return count
    return "/" if units == Fraction(1, 2) else f"{count}/{units.denominator}"
