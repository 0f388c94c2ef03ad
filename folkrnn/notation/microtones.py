"""Microtones in a tune: where it has any, and what it is without them."""

from dataclasses import replace

from folkrnn.notation.pitch import Pitch, nearest_semitone
from folkrnn.notation.tune import Bar, Note, Tune


def has_microtones(bar: Bar) -> bool:
    """Whether a note of a bar, or a grace note, is a microtone."""
    return any(
        not isinstance(pitch.alter, int)
        for note in bar.notes
        for pitch in (*note.pitches, *(grace.pitch for grace in note.graces))
    )


def in_semitones(tune: Tune) -> Tune:
    """Return the tune with the nearest semitone in place of each microtone."""

    def whole(note: Note) -> Note:
        pitches = tuple(dict.fromkeys(map(_whole, note.pitches)))
        return note._replace(pitches=pitches, graces=tuple(g._replace(pitch=_whole(g.pitch)) for g in note.graces))

    return tune.with_bars(tuple(replace(bar, notes=tuple(map(whole, bar.notes))) for bar in tune.bars))


def _whole(pitch: Pitch) -> Pitch:
    return pitch._replace(alter=nearest_semitone(pitch.alter))
