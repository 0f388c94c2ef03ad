"""How a tune is arranged before it is shown or heard: its chord symbols, and the instrument that reads it."""

from folkrnn.notation import Tune
from folkrnn.notation.fingering import FINGERED, check_playable, with_fingering
from folkrnn.notation.harmony import has_chords, with_chords, without_chords
from folkrnn.notation.ranges import TRANSPOSING, written_for
from folkrnn.notation.tunings import STRINGED

INSTRUMENTS = (*TRANSPOSING, *STRINGED, *FINGERED)
"""The instruments for which tunes are written: in their key, with tablature, or with fingering."""

WRITTEN, SUGGESTED, NONE = CHORDS = ("written", "suggested", "none")
"""Which chord symbols a tune has: its own; its own or else suggested ones; none."""


def harmonised(tune: Tune, chords: str) -> Tune:
    """Return a tune with the chord symbols that one of ``CHORDS`` names."""
    if chords == NONE:
        return without_chords(tune)
    return with_chords(tune) if chords == SUGGESTED and not has_chords(tune) else tune


def for_instrument(tune: Tune, instrument: str | None) -> Tune:
    """Return a tune as an instrument reads it: in its key, checked for its tablature, or with its fingering.

    Raises NotationError for the first note that the instrument lacks.
    """
    if instrument in TRANSPOSING:
        return written_for(tune, instrument)
    if instrument in FINGERED:
        return with_fingering(tune, instrument)
    if instrument in STRINGED:
        check_playable(tune, instrument)
    return tune
