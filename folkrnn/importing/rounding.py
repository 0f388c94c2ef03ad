"""Tuplets whose durations are rounded: some programs write a triplet as 85 + 85 + 86 of 256 divisions."""

from fractions import Fraction
from math import lcm
from xml.etree.ElementTree import Element

import music21 as m21

_MOST_DIVISIONS = 2**24
"""The most divisions of a quarter note that a part gets."""


def make_tuplets_exact(part: Element) -> None:
    """Give the notes of tuplets in a part of MusicXML the durations that their note values have.

    A duration that is further away than rounding explains stays as it is, and so does a part without such notes.
    """
    found = {note: value for note in part.iter("note") if (value := _value(note)) is not None}
    scale = lcm(*{value.denominator for value in found.values()})
    wrong: dict[Element, Fraction] = {}
    divisions = Fraction(1)
    for element in part.iter():
        if element.tag == "divisions":
            divisions = _number(element) or divisions
        elif element in found:
            duration = element.find("duration")
            exact = found[element] * divisions
            if duration is not None and 0 < abs(_number(duration) - exact) <= 1:
                wrong[duration] = exact
    if not wrong or scale * divisions > _MOST_DIVISIONS:
        return
    for element in part.iter():
        if element.tag in ("divisions", "duration", "offset"):
            number = wrong.get(element, _number(element)) * scale
            element.text = str(number if number.denominator == 1 else float(number))


def _value(note: Element) -> Fraction | None:
    """Return the note value of a note in a tuplet, in quarter notes; None for any other note."""
    ratio = note.find("time-modification")
    length = m21.duration.typeToDuration.get(note.findtext("type", ""))
    if ratio is None or not length:
        return None
    dots = len(note.findall("dot"))
    try:
        actual, normal = int(ratio.findtext("actual-notes", "")), int(ratio.findtext("normal-notes", ""))
        return Fraction(length) * (2 - Fraction(1, 2**dots)) * normal / actual
    except (ValueError, ZeroDivisionError):
        return None


def _number(element: Element) -> Fraction:
    """Return the number that an element holds; 0 for none."""
    try:
        return Fraction((element.text or "").strip())
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
