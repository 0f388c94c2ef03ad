"""The final of a tune: the note on which its melody ends."""

from collections.abc import Sequence

from folkrnn.notation.pitch import Pitch
from folkrnn.notation.tune import Bar, Note


def final_note(bars: Sequence[Bar]) -> tuple[Bar, Note] | None:
    """Return the last note or chord that is no rest, with its bar; None if nothing sounds."""
    return next(((bar, note) for bar in reversed(bars) for note in reversed(bar.notes) if note.pitches), None)


def final_pitch(bars: Sequence[Bar]) -> Pitch | None:
    """Return the highest pitch of the last note or chord; None if nothing sounds."""
    last = final_note(bars)
    return last[1].top if last else None


def ends_on(bars: Sequence[Bar], tonic_class: int | None) -> bool:
    """Whether the melody ends on a pitch class, such as that of the tonic; False for no note or no class."""
    pitch = final_pitch(bars)
    return pitch is not None and pitch.midi % 12 == tonic_class
