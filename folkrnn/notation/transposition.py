"""Transposition: a tune in another key, spelled as that key spells it."""

from contextlib import suppress
from dataclasses import replace

from folkrnn.errors import NotationError
from folkrnn.notation.chords import move_symbol
from folkrnn.notation.key import Key
from folkrnn.notation.pitch import SEMITONES, STEPS, Alter, Pitch
from folkrnn.notation.spelling import plain_key
from folkrnn.notation.tune import Bar, Note, Tune

_NEAREST = (0, 1, -1)
"""The steps more or less by which an interval may be spelled, in the order in which they are tried."""


def transpose_pitch(pitch: Pitch, steps: int, semitones: int) -> Pitch:
    """Return the pitch an interval away: ``steps`` staff places and ``semitones`` semitones, negative for down.

    A microtone keeps its fraction. Raises NotationError where only a triple accidental could spell it.
    """
    octave, step = divmod(pitch.octave * 7 + pitch.step + steps, 7)
    alter = pitch.alter + semitones + 12 * (pitch.octave - octave) + SEMITONES[pitch.step] - SEMITONES[step]
    if not -2 <= alter <= 2:
        raise NotationError(
            f"{pitch} moved by {semitones} semitones has no spelling; expected at most double accidentals"
        )
    return Pitch(step, octave, alter)


def interval_between(old: Key, new_tonic: str) -> tuple[int, int]:
    """Return the smallest interval, as (steps, semitones), from a key to another tonic; a tritone goes up.

    Raises NotationError for a key without tonic; the pipes' is A.
    """
    tonic = plain_key(old).tonic
    if not tonic:
        raise NotationError(f"the key {old} has no tonic to transpose from")
    before, after = _tonic(tonic), _tonic(new_tonic)
    steps, semitones = after.step - before.step, after.midi - before.midi
    # Of the intervals up and down to the same tonic, the smaller one.
    if semitones > 6:
        return steps - 7, semitones - 12
    return (steps + 7, semitones + 12) if semitones < -5 else (steps, semitones)


def _tonic(name: str) -> Pitch:
    return Pitch(STEPS.index(name[0]), 4, name.count("#") - name.count("b"))


def transpose(tune: Tune, steps: int, semitones: int) -> Tune:
    """Return the tune an interval away, in all its voices, with its keys, grace notes and chord symbols.

    A key without a usual signature there, and a pitch that would need a triple accidental, are spelled a step higher
    or lower: D sharp becomes E flat.
    """
    key, _ = _moved_key(tune.key, steps, semitones)
    voices = tuple(
        replace(voice, bars=tuple(_moved_bar(bar, steps, semitones) for bar in voice.bars)) for voice in tune.voices
    )
    return replace(tune, key=key, voices=voices)


def _moved_bar(bar: Bar, steps: int, semitones: int) -> Bar:
    first_key, places = _moved_key(bar.key, steps, semitones)
    keys = [_moved_key(c.value, steps, semitones) if isinstance(c.value, Key) else None for c in bar.changes]
    turns = {change.index: key[1] for change, key in zip(bar.changes, keys, strict=True) if key}
    overlays = tuple(tuple(_moved_note(note, places, semitones) for note in notes) for notes in bar.overlays)
    notes = []
    for index, note in enumerate(bar.notes):
        places = turns.get(index, places)
        notes.append(_moved_note(note, places, semitones))
    symbols = tuple(_moved_symbol(symbol, places, semitones) for symbol in bar.closing.chord_symbols)
    changes = tuple(
        change._replace(value=key[0]) if key else change for change, key in zip(bar.changes, keys, strict=True)
    )
    return replace(
        bar,
        notes=tuple(notes),
        key=first_key,
        changes=changes,
        overlays=overlays,
        closing=bar.closing._replace(chord_symbols=symbols),
    )


def _moved_note(note: Note, steps: int, semitones: int) -> Note:
    def move(pitch: Pitch) -> Pitch:
        return _moved_pitch(pitch, steps, semitones)

    return note._replace(
        pitches=tuple(map(move, note.pitches)),
        graces=tuple(g._replace(pitch=move(g.pitch)) for g in note.graces),
        chord_symbols=tuple(_moved_symbol(symbol, steps, semitones) for symbol in note.chord_symbols),
        tied=tuple(map(move, note.tied)),
    )


def _moved_symbol(symbol: str, steps: int, semitones: int) -> str:
    return move_symbol(symbol, lambda pitch: _moved_pitch(pitch, steps, semitones))


def _moved_pitch(pitch: Pitch, steps: int, semitones: int) -> Pitch:
    for more in _NEAREST:
        with suppress(NotationError):
            return transpose_pitch(pitch, steps + more, semitones)
    raise AssertionError("a step higher or lower there is always a spelling")


def _moved_key(key: Key, steps: int, semitones: int) -> tuple[Key, int]:
    """Return the key an interval away, and the steps that lead to it: one more or less where it is usual only there."""
    for more in _NEAREST:
        with suppress(NotationError):
            return transpose_key(key, steps + more, semitones), steps + more
    return transpose_key(key, steps, semitones), steps


def transpose_key(key: Key, steps: int, semitones: int) -> Key:
    """Return the key an interval away; no key stays none. Raises NotationError if it has no usual signature.

    Explicit accidentals move with the key: ``Am ^g`` becomes ``Bm ^a``. Of a whole signature (``exp``) each of the
    seven steps moves. The pipes' key becomes what ``Amix`` becomes, except by octaves.
    """
    if key == Key() or (key.pipes and semitones % 12 == steps % 7 == 0):
        return key

    def moved(step: int, alter: Alter) -> tuple[int, Alter]:
        pitch = transpose_pitch(Pitch(step, 4, alter), steps, semitones)
        return pitch.step, pitch.alter

    explicit = tuple(moved(step, alter) for step, alter in key.explicit)
    if key.replaces:
        rest = (moved(step, 0) for step in range(7) if step not in dict(key.explicit))
        explicit = tuple((step, alter) for step, alter in (*explicit, *rest) if alter)
    tonic = plain_key(key).tonic
    if not tonic:
        return replace(key, explicit=explicit)
    new = Key(transpose_pitch(_tonic(tonic), steps, semitones).name, plain_key(key).mode, explicit, key.replaces)
    if len(new.tonic) > 2 or abs(new.fifths) > 7:
        raise NotationError(f"the key {key} moved by {semitones} semitones has no usual signature")
    return new
