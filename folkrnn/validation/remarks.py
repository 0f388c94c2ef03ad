"""Notes about a melody that stop no player: its range and its last note."""

from collections.abc import Iterator

from folkrnn.notation.final import ends_on, final_note
from folkrnn.notation.findings import NOTE, Finding
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.tune import Bar, Note, Tune

FIDDLE_LOWEST, FIDDLE_HIGHEST = 55, 100
"""The fiddle's range in MIDI numbers: its open G string (G3) to E7."""


def remarks(tune: Tune) -> list[Finding]:
    """Return the notes about the melody of a tune: at most one ``range`` and one ``final-note``."""
    return [*_range(tune), *_final_note(tune)]


def pitch_name(pitch: Pitch) -> str:
    """Return a pitch as musicians write it, such as ``F#4``; a microtone as the nearest semitone."""
    return f"{pitch.name}{pitch.octave}"


def _range(tune: Tune) -> Iterator[Finding]:
    outside = [
        (bar, note, pitch)
        for bar in tune.bars
        for note in bar.notes
        for pitch in note.pitches
        if not FIDDLE_LOWEST <= pitch.midi <= FIDDLE_HIGHEST
    ]
    if outside:
        bar, note, _ = outside[0]
        names = ", ".join(dict.fromkeys(pitch_name(pitch) for _, _, pitch in outside))
        yield _remark("range", bar, note, f"outside the fiddle's range G3 to E7: {names}")


def _final_note(tune: Tune) -> Iterator[Finding]:
    last = final_note(tune.bars)
    key = tune.bars[-1].final_key
    if last is None or key.tonic_class is None or ends_on(tune.bars, key.tonic_class):
        return
    bar, note = last
    name = pitch_name(note.pitches[-1])
    yield _remark("final-note", bar, note, f"the last note is {name}, which is not the tonic of {key}")


def _remark(code: str, bar: Bar, note: Note, message: str) -> Finding:
    return Finding(code, NOTE, note.line, note.column, bar.number, message)
