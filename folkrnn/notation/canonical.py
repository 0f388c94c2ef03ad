"""The canonical text of a tune: equal music is equal text.

It has one voice, unit length 1/8, meters as ``n/d``, and keys as ``D``, ``Em``, ``Ador``, ``Gmix``. The body is one
line without layout, and repeats are opened and closed explicitly. An accidental stands only where some reader would
otherwise read another pitch. The inverse is the reader itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from folkrnn.notation.form import form_and_similarity
from folkrnn.notation.key import Key
from folkrnn.notation.lexer import SYMBOLS
from folkrnn.notation.meter import EIGHTH
from folkrnn.notation.pitch import ACCIDENTAL_TEXT, Pitch
from folkrnn.notation.tune import NO_MARKS, USUAL_TUPLETS, Bar, Marks, Note, Tune, Tuplet

REMOVABLE = ("graces", "ornaments", "articulation", "slurs", "chord_symbols", "annotations", "hidden_rests")
"""What ``without`` can remove from a tune."""

UNLEARNED_FEATURES = ("articulation", "slurs", "chord_symbols", "annotations", "hidden_rests")
"""What a recipe drops, and so a model does not learn, unless it says otherwise."""

MUSICAL_FIELDS = frozenset("KM")
"""The fields within the music that canonical text holds: key and meter."""

_ORNAMENTS = frozenset({"roll", "trill", "turn", "uppermordent", "lowermordent", "mordent", "pralltriller", "slide"})
_SHORTHAND = {name: symbol for symbol, name in reversed(SYMBOLS.items()) if symbol not in "JR"}
_SPACE = re.compile(r"\s+")


def decoration_text(name: str) -> str:
    """Return the text of a decoration: its shorthand, or its name between exclamation marks."""
    return _SHORTHAND.get(name) or f"!{name}!"


ORNAMENT_TEXTS = {name: decoration_text(name) for name in sorted(_ORNAMENTS)}
"""How canonical text writes the ornaments."""

LONGEST_PAIR = Fraction(1, 4)
"""The longest notes, as they would be if they were even, that are written as broken rhythm."""

_Altered = dict[tuple[int, int], frozenset[int]]
"""The alterations that readers may give a (step, octave), after the accidentals so far in a bar."""


def canonical(tune: Tune) -> str:
    """Return the canonical text of a tune without errors: header lines, one body line, a final newline.

    It leaves out lyrics, part labels, tempo, and all fields but T, R, O, M and K. ``without`` removes more.
    """
    lines = ["X:1", f"T:{_one_line(tune.title)}"]
    lines += [f"{letter}:{_one_line(tune.field(letter))}" for letter in "RO" if tune.field(letter).strip()]
    lines += [f"M:{tune.meter}", "L:1/8", f"I:form {form_and_similarity(tune)}", f"K:{plain_key(tune.key)}", body(tune)]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def plain_key(key: Key) -> Key:
    """Return a key without explicit accidentals; the notes then carry them."""
    if key.pipes:
        return Key("A", "mix")
    return Key(key.tonic, key.mode)


def body(tune: Tune) -> str:
    """Return the music on one line, without spaces."""
    return "".join(line + text for line, text in bar_texts(tune))


def bar_texts(
    tune: Tune,
    spaces: Callable[[Sequence[Bar], int], frozenset[int]] = lambda bars, index: frozenset(),
    longest_pair: Fraction = LONGEST_PAIR,
) -> Iterator[tuple[str, str]]:
    """Yield the bars as (bar line before, music) pairs; the last pair is the closing bar line and no music.

    ``spaces`` gives, for one of some bars, the indices of the notes that follow a space. A pair in the ratio 3:1 is
    written as broken rhythm if each note of it would be at most ``longest_pair`` if they were even.
    """
    before: Bar | None = None
    signature = plain_key(tune.key).signature
    for index, bar in enumerate(tune.bars):
        line = bar_line(before, bar)
        signature, text = _bar_text(bar, signature, before, spaces(tune.bars, index), longest_pair)
        yield line, text
        before = bar
    yield bar_line(before, None), ""


def bar_line(before: Bar | None, bar: Bar | None) -> str:
    """Return the sign between two bars, or at an end of the tune, with the passes of an ending that begins there."""
    if before is None:
        line = ""
    elif before.plays > 1:
        line = ":" * (before.plays - 1) + "|"
    elif bar is None:
        line = "|]"
    else:
        line = "||" if before.edge and not bar.opens and not bar.ending else "|"
    if bar is not None and bar.opens:
        line = (line if line not in ("", "|") else "") + "|:"
    if bar is not None and bar.ending:
        line = (line or "|") + ",".join(map(str, bar.ending))
    return line


def _bar_text(
    bar: Bar, signature: dict[int, int], before: Bar | None, spaces: frozenset[int], longest_pair: Fraction
) -> tuple[dict[int, int], str]:
    parts: list[str] = []
    altered: _Altered = {}
    tied = before.notes[-1] if before is not None and before.notes[-1].tie else None
    changes = [change for change in bar.changes if change.field in MUSICAL_FIELDS]
    pair = ""  # the sign between this note and the last, while a broken pair is under way
    pair_unit = EIGHTH
    for index, note in enumerate(bar.notes):
        if index in spaces and not pair:
            parts.append(" ")
        while changes and changes[0].index <= index:
            change = changes.pop(0)
            if isinstance(change.value, Key):
                key = plain_key(change.value)
                signature = key.signature
                parts.append(f"[K:{key}]")
            else:
                parts.append(f"[M:{change.value}]")
        length = note.written
        if pair:
            pair, length = "", pair_unit
        else:
            pair, pair_unit = broken_pair(bar, index, longest_pair)
            length = pair_unit if pair else length
        if note.tuplet and note.tuplet.index == 0:
            parts.append(_tuplet_sign(note.tuplet, bar.notes[index : index + note.tuplet.size]))
        parts.extend(_before(note, signature, altered))
        parts.append(_pitches(note, signature, altered, tied))
        tied = None
        parts.append(length_text(length))
        if note.tie and not note.tied:
            parts.append("-")
        parts.append(")" * note.slurs_closed + pair)
    return signature, "".join(parts)


def broken_pair(bar: Bar, index: int, longest: Fraction = LONGEST_PAIR) -> tuple[str, Fraction]:
    """Return ``>`` or ``<`` if a note and the next are a broken pair, with the length that both are written with."""
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
        or any(change.index == index + 1 and change.field in MUSICAL_FIELDS for change in bar.changes)
    )  # fmt: skip
    sign, unit = (">", 2 * second.duration) if before > after else ("<", 2 * first.duration)
    return (sign, unit) if plain and unit.numerator == 1 and unit <= longest else ("", EIGHTH)


def _tuplet_sign(tuplet: Tuplet, notes: Sequence[Note]) -> str:
    """Return the sign before a tuplet; the short sign needs notes, grace notes among them, of one written length."""
    actual, normal, size, _ = tuplet
    lengths = {note.written for note in notes} | {EIGHTH for note in notes if note.graces}
    usual = size == actual and USUAL_TUPLETS.get(actual) == normal
    return f"({actual}" if usual and len(lengths) == 1 else f"({actual}:{normal}:{size}"


def _before(note: Note, signature: dict[int, int], altered: _Altered) -> Iterator[str]:
    """Yield what stands before a note, in the order of the standard: slurs, graces, quoted texts, decorations."""
    yield "(" * note.slurs_opened
    if note.graces:
        yield "{"
        for grace in note.graces:
            yield _accidental(grace.pitch, signature, altered, apart=True) + grace.pitch.letters
        yield "}"
    for text in (*note.chord_symbols, *note.annotations):
        yield f'"{text}"'
    for name in sorted(set(note.decorations)):
        yield decoration_text(name)


def _pitches(note: Note, signature: dict[int, int], altered: _Altered, tied: Note | None) -> str:
    if not note.pitches:
        return "x" if note.hidden else "z"
    apart = len(note.pitches) > 1
    texts = [_accidental(pitch, signature, altered, tied, apart) + pitch.letters for pitch in note.pitches]
    if note.tied:
        texts = [f"{text}-" if pitch in note.held else text for text, pitch in zip(texts, note.pitches, strict=True)]
    return texts[0] if len(texts) == 1 else f"[{''.join(texts)}]"


def _accidental(
    pitch: Pitch, signature: dict[int, int], altered: _Altered, tied: Note | None = None, apart: bool = False
) -> str:
    """Return the accidental that a pitch needs, so that no reader of ABC takes it for another pitch.

    Readers differ on whether an accidental holds in other octaves, across a tie, and into or out of chords and
    grace notes (``apart``). So it is written wherever one of their rules would give another pitch.
    """
    place, by_key = pitch[:2], signature.get(pitch.step, 0)
    if pitch.alter == by_key and not altered and tied is None:  # as most are
        return ""
    before = altered.get(place, frozenset({by_key}))
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
    return ACCIDENTAL_TEXT[pitch.alter]


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


def without(tune: Tune, features: frozenset[str]) -> Tune:
    """Return the tune, in all its voices, without some of REMOVABLE; its bars, notes and lengths stay as they are."""

    def kept(decorations: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            name for name in decorations if ("ornaments" if name in _ORNAMENTS else "articulation") not in features
        )

    def strip(note: Note) -> Note:
        if not (
            note.graces or note.decorations or note.slurs_opened or note.slurs_closed or note.chord_symbols
            or note.annotations or note.hidden
        ):  # fmt: skip
            return note  # as most are
        return note._replace(
            graces=() if "graces" in features else note.graces,
            decorations=kept(note.decorations),
            slurs_opened=0 if "slurs" in features else note.slurs_opened,
            slurs_closed=0 if "slurs" in features else note.slurs_closed,
            chord_symbols=() if "chord_symbols" in features else note.chord_symbols,
            annotations=() if "annotations" in features else note.annotations,
            hidden=note.hidden and "hidden_rests" not in features,
        )

    def stripped(bar: Bar) -> Bar:
        notes = tuple(map(strip, bar.notes))
        if notes == bar.notes and not bar.overlays and bar.closing is NO_MARKS:
            return bar
        closing = Marks(
            kept(bar.closing.decorations),
            () if "chord_symbols" in features else bar.closing.chord_symbols,
            () if "annotations" in features else bar.closing.annotations,
        )
        return replace(
            bar, notes=notes, overlays=tuple(tuple(map(strip, layer)) for layer in bar.overlays), closing=closing
        )

    return tune.with_all_bars(stripped)


def without_inner_ties(tune: Tune) -> Tune:
    """Return the tune without the ties that hold some members of a chord and not the others."""

    def plain(bar: Bar) -> Bar:
        if not any(note.tied for layer in bar.layers for note in layer):
            return bar
        notes, *overlays = (
            tuple(note._replace(tie=False, tied=()) if note.tied else note for note in layer) for layer in bar.layers
        )
        return replace(bar, notes=notes, overlays=tuple(overlays))

    return tune.with_all_bars(plain)
