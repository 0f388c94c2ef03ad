"""What stands at the left of a staff: clefs, keys and meters; and the lines between bars."""

import math
from typing import Any

import music21 as m21

from folkrnn.notation.clef import Clef
from folkrnn.notation.key import Key
from folkrnn.notation.meter import Meter
from folkrnn.notation.pitch import STEPS, Alter
from folkrnn.notation.tune import Bar

MODE_NAMES = {
    "": "major", "m": "minor", "dor": "dorian", "phr": "phrygian",
    "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
}  # fmt: skip
"""How music21 and MusicXML call the modes."""


class Transposition(m21.base.Music21Object):  # type: ignore[misc]  # music21 has no types
    """How many ``semitones`` higher than written a part sounds from here on."""

    def __init__(self, semitones: int = 0) -> None:
        super().__init__()
        self.semitones = semitones


class DottedLine(m21.base.Music21Object):  # type: ignore[misc]
    """A dotted line within a bar."""


def clef_sign(clef: Clef | None) -> Any:
    """Return a clef; without one, the treble clef."""
    if clef is None or (clef.sign, clef.line, clef.shift) == ("G", 2, 0):
        return m21.clef.TrebleClef()
    sign = m21.clef.Clef()
    # An octave that is only drawn (``_8``) would move the notes here.
    sign.sign, sign.octaveChange = clef.sign, clef.shift
    sign.line = clef.line if clef.sign in ("G", "F", "C") else None
    return sign


def time_signature(meter: Meter) -> Any:
    """Return a time signature, hidden for a free meter."""
    if meter.free:
        hidden = m21.meter.TimeSignature("4/4")
        hidden.style.hideObjectOnPrint = True
        return hidden
    signature = m21.meter.TimeSignature(str(meter))
    signature.symbol = {"C": "common", "C|": "cut"}.get(meter.symbol, "")
    return signature


def key_signature(key: Key) -> Any:
    """Return a key with its mode, or a bare signature where explicit accidentals rule.

    Pipers know the sharps of ``HP`` and leave them out.
    """
    if key.pipes == "HP":
        return m21.key.KeySignature(0)
    if key.standard and key.tonic and abs(key.fifths) <= 7:
        return m21.key.Key(key.tonic.replace("b", "-"), MODE_NAMES[key.mode])
    for fifths in range(-7, 8):
        if key.signature == _plain_signature(fifths):
            return m21.key.KeySignature(fifths)
    signature = m21.key.KeySignature(None)
    signature.alteredPitches = [
        m21.pitch.Pitch(step=STEPS[step], accidental=accidental(alter)) for step, alter in key.signature.items()
    ]
    return signature


def accidental(alter: Alter) -> Any:
    """Return the accidental of an alteration; a microtone that has no sign gets that of the next wider quarter tone."""
    if isinstance(alter, int):
        return m21.pitch.Accidental(alter)
    sign = math.copysign(math.ceil(2 * abs(alter)) / 2, alter)
    shown = m21.pitch.Accidental(sign)
    if alter != sign:
        shown.setAttributeIndependently("alter", float(alter))
    return shown


def _plain_signature(fifths: int) -> dict[int, int]:
    """Return the alterations by step of a signature of sharps (positive) or flats (negative)."""
    sharps = [STEPS.index(letter) for letter in "FCGDAEB"]
    steps = sharps[:fifths] if fifths >= 0 else sharps[fifths:]
    return dict.fromkeys(steps, 1 if fifths > 0 else -1)


def draw_bar_lines(measure: Any, bar: Bar, last: bool, fermata: str) -> None:
    """Draw repeats, double, final, dotted and invisible bar lines; the ``last`` is a final one unless it says more.

    A ``fermata`` (``upright`` or ``inverted``, empty for none) hangs on the line at the end.
    """
    if bar.opens and not bar.implied:
        measure.leftBarline = m21.bar.Repeat(direction="start")
    if bar.plays > 1:
        measure.rightBarline = m21.bar.Repeat(direction="end", times=bar.plays if bar.plays > 2 else None)
    elif bar.edge:
        measure.rightBarline = m21.bar.Barline("final" if bar.edge == "|]" else "double")
    elif bar.drawn:
        measure.rightBarline = m21.bar.Barline("dotted" if bar.drawn == ".|" else "none")
    elif last:
        measure.rightBarline = m21.bar.Barline("final")
    elif fermata:
        measure.rightBarline = m21.bar.Barline("regular")
    if fermata:
        measure.rightBarline.pause = m21.expressions.Fermata()
        measure.rightBarline.pause.type = fermata
