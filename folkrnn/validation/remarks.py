"""Remarks that keep no one from playing: the range and the last note."""

from collections.abc import Iterator

from folkrnn.notation.findings import NOTE, Finding
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import STEPS, Pitch
from folkrnn.notation.tune import Bar, Note, Tune

LOWEST, HIGHEST = 55, 100
"""The fiddle's range in MIDI numbers: its open G string (G3) to E7."""

_SIGNS = {1: "#", 2: "##", -1: "b", -2: "bb"}


def remarks(tune: Tune) -> list[Finding]:
    """The notes-to-know about a tune: at most one ``range`` and one ``final-note``."""
    return [*_range(tune), *_final_note(tune)]


def pitch_name(pitch: Pitch) -> str:
    """A pitch as musicians write it, such as ``F#4``."""
    return f"{STEPS[pitch.step]}{_SIGNS.get(pitch.alter, '')}{pitch.octave}"


def _range(tune: Tune) -> Iterator[Finding]:
    outside = [
        (bar, note, pitch)
        for bar in tune.bars
        for note in bar.notes
        for pitch in note.pitches
        if not LOWEST <= pitch.midi <= HIGHEST
    ]
    if outside:
        bar, note, _ = outside[0]
        names = ", ".join(dict.fromkeys(pitch_name(pitch) for _, _, pitch in outside))
        yield _remark("range", bar, note, f"outside the fiddle's range G3 to E7: {names}")


def _final_note(tune: Tune) -> Iterator[Finding]:
    sounding = [(bar, note) for bar in tune.bars[-1:] for note in bar.notes if note.pitches]
    if not sounding:
        return
    bar, note = sounding[-1]
    key = last_key(bar)
    if key.tonic_class is not None and all(pitch.midi % 12 != key.tonic_class for pitch in note.pitches):
        name = pitch_name(note.pitches[0])
        yield _remark("final-note", bar, note, f"the last note is {name}, which is not the tonic of {key}")


def last_key(bar: Bar) -> Key:
    """The key at the end of a bar."""
    changes = [change.value for change in bar.changes if isinstance(change.value, Key)]
    return changes[-1] if changes else bar.key


def _remark(code: str, bar: Bar, note: Note, message: str) -> Finding:
    return Finding(code, NOTE, note.line, note.column, bar.number, message)
