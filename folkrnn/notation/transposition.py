"""Transposition: a tune in another key, spelled as that key spells it."""

from dataclasses import replace

from folkrnn.errors import NotationError
from folkrnn.notation.chords import move_symbol
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import SEMITONES, STEPS, Pitch
from folkrnn.notation.tune import Bar, Change, Note, Tune


def transpose_pitch(pitch: Pitch, steps: int, semitones: int) -> Pitch:
    """Return the pitch an interval away: ``steps`` staff places and ``semitones`` semitones, negative for down.

    Raises NotationError where only a triple accidental could spell it.
    """
    octave, step = divmod(pitch.octave * 7 + pitch.step + steps, 7)
    alter = pitch.midi + semitones - (12 * (octave + 1) + SEMITONES[step])
    if abs(alter) > 2:
        raise NotationError(
            f"{pitch} moved by {semitones} semitones has no spelling; expected at most double accidentals"
        )
    return Pitch(step, octave, alter)


def interval_between(old: Key, new_tonic: str) -> tuple[int, int]:
    """Return the smallest interval, as (steps, semitones), from a key to another tonic; a tritone goes up.

    Raises NotationError for a key without tonic.
    """
    if not old.tonic:
        raise NotationError(f"the key {old} has no tonic to transpose from")
    before, after = _tonic(old.tonic), _tonic(new_tonic)
    steps, semitones = after.step - before.step, after.midi - before.midi
    # Of the intervals up and down to the same tonic, the smaller one.
    if semitones > 6:
        return steps - 7, semitones - 12
    return (steps + 7, semitones + 12) if semitones < -5 else (steps, semitones)


def _tonic(name: str) -> Pitch:
    return Pitch(STEPS.index(name[0]), 4, name.count("#") - name.count("b"))


def transpose(tune: Tune, steps: int, semitones: int) -> Tune:
    """Return the tune an interval away, in all its voices, with its keys, grace notes and chord symbols.

    Raises NotationError where a key or a pitch has no usual spelling there.
    """

    def move(pitch: Pitch) -> Pitch:
        return transpose_pitch(pitch, steps, semitones)

    def moved(note: Note) -> Note:
        return note._replace(
            pitches=tuple(map(move, note.pitches)),
            graces=tuple(g._replace(pitch=move(g.pitch)) for g in note.graces),
            chord_symbols=symbols(note.chord_symbols),
            tied=tuple(map(move, note.tied)),
        )

    def symbols(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(move_symbol(symbol, move) for symbol in texts)

    def moved_bar(bar: Bar) -> Bar:
        changes = tuple(
            c._replace(value=transpose_key(c.value, steps, semitones)) if isinstance(c.value, Key) else c
            for c in bar.changes
        )
        return replace(
            bar,
            notes=tuple(map(moved, bar.notes)),
            overlays=tuple(tuple(map(moved, notes)) for notes in bar.overlays),
            key=transpose_key(bar.key, steps, semitones),
            changes=changes,
            closing=bar.closing._replace(chord_symbols=symbols(bar.closing.chord_symbols)),
        )

    voices = tuple(replace(voice, bars=tuple(map(moved_bar, voice.bars))) for voice in tune.voices)
    return replace(tune, key=transpose_key(tune.key, steps, semitones), voices=voices)


def transpose_key(key: Key, steps: int, semitones: int) -> Key:
    """Return the key an interval away; no key stays none. Raises NotationError if it has no usual signature."""
    if key == Key():
        return key
    if not key.tonic or not key.standard:
        raise NotationError(f"the key {key} cannot be transposed; expected a tonic and a mode")
    moved = transpose_pitch(_tonic(key.tonic), steps, semitones)
    new = Key(STEPS[moved.step] + ("#" * moved.alter if moved.alter > 0 else "b" * -moved.alter), key.mode)
    if abs(moved.alter) > 1 or abs(new.fifths) > 7:
        raise NotationError(f"the key {key} moved by {semitones} semitones has no usual signature")
    return new
