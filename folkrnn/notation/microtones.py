"""Microtones in a tune: whether it has any, where, and what it is without them."""

from dataclasses import replace

from folkrnn.notation.pitch import Pitch, nearest_semitone
from folkrnn.notation.tune import Bar, Note, Tune


def first_microtone(tune: Tune) -> tuple[Bar, Note] | None:
    """Return the first note with a microtone in it or in its grace notes, and its bar; None if there is none."""
    for bar in tune.bars:
        for note in bar.notes:
            for pitch in note.pitches:
                if not isinstance(pitch.alter, int):
                    return bar, note
            for grace in note.graces:
                if not isinstance(grace.pitch.alter, int):
                    return bar, note
    return None


def in_semitones(tune: Tune) -> Tune:
    """Return the tune with the nearest semitone in place of each microtone."""

    def whole(note: Note) -> Note:
        pitches = tuple(dict.fromkeys(map(_whole, note.pitches)))
        return note._replace(pitches=pitches, graces=tuple(g._replace(pitch=_whole(g.pitch)) for g in note.graces))

    return tune.with_bars(tuple(replace(bar, notes=tuple(map(whole, bar.notes))) for bar in tune.bars))


def _whole(pitch: Pitch) -> Pitch:
    return pitch._replace(alter=nearest_semitone(pitch.alter))
