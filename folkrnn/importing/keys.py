"""The key of music that names none: the mode follows from the note on which it ends."""

from collections.abc import Sequence

from folkrnn.notation.final import final_pitch
from folkrnn.notation.key import MODES, Key
from folkrnn.notation.pitch import STEPS, Alter
from folkrnn.notation.tune import Bar

_FIFTHS_ORDER = "FCGDAEB"
_LIKELIHOOD = ("", "m", "mix", "dor")
"""The modes of tunes, the commonest first; others are so rare that another ending is likelier."""


def key_with(fifths: int, mode: str) -> Key:
    """Return the key of a mode with a number of sharps (negative: flats)."""
    accidentals, letter = divmod(fifths + MODES[mode] + 1, 7)
    if abs(accidentals) > 1:  # ABC names no such tonic
        return Key("F#" if fifths > 0 else "Gb")
    return Key(_FIFTHS_ORDER[letter] + ("#" if accidentals > 0 else "b" if accidentals else ""), mode)


def mode_of(bars: Sequence[Bar], fifths: int) -> str:
    """Return the mode in which the last note is the tonic of a signature; major if it is in none."""
    last = final_pitch(bars)
    found = (mode for mode in _LIKELIHOOD if last and key_with(fifths, mode).tonic_class == last.midi % 12)
    return next(found, "")


def key_of_signature(signature: dict[int, Alter]) -> Key:
    """Return a key without a tonic that has just these alterations by step."""
    order = [STEPS.index(letter) for letter in _FIFTHS_ORDER]
    return Key(explicit=tuple((step, signature[step]) for step in order if signature.get(step)))
