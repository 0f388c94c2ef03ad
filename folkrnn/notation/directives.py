"""Directives for players: ``%%MIDI program 73``, ``I:MIDI=transpose -12`` and others that abc2midi knows.

Those that concern the melody and the chords are followed: PLAYED names them. The others leave a remark.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from folkrnn.notation.tune import DIRECTIVE, STAFF, Bar, Change, Tune, Voice

PLAYED = {
    "program": (0, 127), "channel": (1, 16), "transpose": (-60, 60), "rtranspose": (-60, 60),
    "chordprog": (0, 127), "bassprog": (0, 127), "chordvol": (0, 127), "bassvol": (0, 127),
}  # fmt: skip
"""The directives with a number that are followed, and the least and the greatest number of each."""

_MIDI = re.compile(r"\s*MIDI\b[\s=]*(\w*)\s*([^%]*)", re.IGNORECASE)
_NUMBERS = re.compile(r"([-+]?\d{1,4})\b(?:\s+([-+]?\d{1,4})\b)?")
_STROKES = re.compile(r"(?:[fbczghijGHIJ]\d{0,2})+")
_STROKE = re.compile(r"([a-zA-Z])(\d*)")


class Instruction(NamedTuple):
    """What one directive says: its name, its number, and the channel (from 1) that it is for; 0 where it names none.

    ``strokes`` is the pattern of ``gchord``.
    """

    name: str
    number: int = 0
    channel: int = 0
    strokes: str = ""


def read_midi(text: str) -> tuple[Instruction | None, str]:
    """Read the text of a directive.

    Return what it says, None where nothing is to be followed, and a remark, empty where none is due.
    """
    match = _MIDI.match(text)
    if match is None:
        return None, ""
    name, words = match[1].lower(), match[2].strip()
    if name in ("gchordon", "gchordoff"):
        return Instruction(name), ""
    if name == "gchord":
        if not words or _STROKES.fullmatch(words):
            return Instruction(name, strokes=words), ""
        return None, f"%%MIDI gchord {words} is no pattern; expected letters such as fzczfzcz"
    if name not in PLAYED:
        remark = f"%%MIDI {name} is not followed" if name else "%%MIDI says nothing; expected one such as program 73"
        return None, remark
    numbers = _NUMBERS.match(words)
    channel, number = (0, 0)
    if numbers:
        several = name == "program" and numbers[2] is not None
        channel, number = (int(numbers[1]), int(numbers[2])) if several else (0, int(numbers[1]))
    low, high = PLAYED[name]
    if numbers is None or not low <= number <= high or not 0 <= channel <= 16:
        return None, f"%%MIDI {name} {words} cannot be followed; expected a number from {low} to {high}"
    return Instruction(name, number, channel), ""


def midi_remark(text: str) -> str:
    """Return the remark that the text of a directive is due; empty for one that is followed, or not for players."""
    return read_midi(text)[1] if "midi" in text[:12].lower() else ""


@dataclass(frozen=True, slots=True)
class Playing:
    """How a voice is played from some place on, as far as the tune says; None where it does not.

    ``transpose`` is in semitones up, ``program`` and the like are General MIDI programs from 0, ``channel`` counts from
    1. ``chords`` says whether chord symbols are heard, ``strokes`` is their pattern.
    """

    transpose: int = 0
    program: int | None = None
    channel: int | None = None
    chords: bool = True
    strokes: str = ""
    chord_program: int | None = None
    bass_program: int | None = None
    chord_volume: int | None = None
    bass_volume: int | None = None

    def after(self, said: Instruction) -> "Playing":
        """Return how the voice is played after an instruction."""
        if said.name == "rtranspose":
            return replace(self, transpose=self.transpose + said.number)
        if said.name in ("gchordon", "gchordoff"):
            return replace(self, chords=said.name == "gchordon")
        if said.name == "gchord":
            return replace(self, strokes=said.strokes)
        changed: dict[str, Any] = {_ATTRIBUTES.get(said.name, said.name): said.number}
        return replace(self, **changed)


_ATTRIBUTES = {
    "chordprog": "chord_program", "bassprog": "bass_program", "chordvol": "chord_volume", "bassvol": "bass_volume",
}  # fmt: skip

DEFAULT_PLAYING = Playing()
"""Nothing is said."""

BarPlaying = tuple[tuple[int, Playing], ...]
"""How the notes of a bar are played, from which note on (index); the first is for index 0."""


def playing(tune: Tune) -> dict[str, tuple[BarPlaying, ...]]:
    """Return how each bar of each voice is played, by the voice's id.

    What stands in the header holds for all voices, or for the one whose ``V:`` goes before it. What stands in a voice
    holds for it from there on, as it is written. A program for a channel (``program 2 73``) is for the voice that has
    it: the voices have the channels from 1 on, unless one is given another.
    """
    begun = _beginnings(tune)
    spoken = list(_spoken(tune))
    if not spoken:
        return {voice.id: (((0, begun[voice.id]),),) * len(voice.bars) for voice in tune.voices}
    channels = _channels(tune, begun, spoken)
    found = {}
    for voice in tune.voices:
        state, result = begun[voice.id], []
        for number, bar in enumerate(voice.bars):
            said = [
                (index if own is voice else 0, act)
                for own, place, index, channel, act in spoken
                if place == number and (channel == channels[voice.id] if channel else own is voice)
            ]
            inside = {0: state}
            for index, act in sorted(said, key=lambda each: each[0]):
                inside[min(index, len(bar.notes))] = state = act(state)
            result.append(tuple(inside.items()))
        found[voice.id] = tuple(result)
    return found


def _beginnings(tune: Tune) -> dict[str, Playing]:
    """Return how each voice is played at its beginning, by its id."""
    ids = [voice.id for voice in tune.voices]
    all_of_them: list[Instruction] = []
    each_of_them: dict[str, list[Instruction]] = {id: [] for id in ids}
    said = all_of_them
    for letter, text in (*tune.book, *tune.fields):
        if letter == "V":
            said = each_of_them.get(text.partition(" ")[0], all_of_them)
        elif letter in (DIRECTIVE, "I") and (found := read_midi(text)[0]):
            (all_of_them if found.channel else said).append(found)
    result = {}
    for number, voice in enumerate(tune.voices, 1):
        state = DEFAULT_PLAYING
        own = next((each.number for each in each_of_them[voice.id] if each.name == "channel"), number)
        for found in all_of_them:
            if found.channel in (0, own):
                state = state.after(found)
        if voice.staff.semitones:
            state = replace(state, transpose=voice.staff.semitones)
        for found in each_of_them[voice.id]:
            state = state.after(found)
        result[voice.id] = state
    return result


_Spoken = tuple[Voice, int, int, int, Callable[[Playing], Playing]]
"""The voice, bar and note of what is said in the music, the channel that it is for (0: the voice), what it does."""


def _spoken(tune: Tune) -> Iterator[_Spoken]:
    for voice in tune.voices:
        staff = voice.staff
        for number, bar in enumerate(voice.bars):
            for change in bar.changes:
                if change.field in (DIRECTIVE, "I") and (found := read_midi(str(change.value))[0]):
                    yield voice, number, change.index, found.channel, _follow(found)
                elif change.field == STAFF and not isinstance(change.value, str):
                    before, staff = staff, change.value  # type: ignore[assignment]
                    if staff.semitones != before.semitones:
                        yield voice, number, change.index, 0, _transpose(staff.semitones)


def _follow(said: Instruction) -> Callable[[Playing], Playing]:
    return lambda state: state.after(said)


def _transpose(semitones: int) -> Callable[[Playing], Playing]:
    return lambda state: replace(state, transpose=semitones)


def _channels(tune: Tune, begun: dict[str, Playing], spoken: list[_Spoken]) -> dict[str, int]:
    """Return the channel that each voice has for directives, from 1."""
    channels = {voice.id: begun[voice.id].channel or number for number, voice in enumerate(tune.voices, 1)}
    for own, _, _, _, act in spoken:
        channels[own.id] = act(DEFAULT_PLAYING).channel or channels[own.id]
    return channels


def note_playing(states: BarPlaying, index: int) -> Playing:
    """Return how the note of an index is played."""
    found = states[0][1]
    for first, state in states[1:]:
        if first > index:
            break
        found = state
    return found


def offset(bar: Bar, change: Change) -> Fraction:
    """Return the time in the bar, in whole notes, at which a change stands."""
    return sum((note.duration for note in bar.notes[: change.index]), Fraction(0))


def strokes(pattern: str) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Yield the letters of a ``gchord`` pattern with their onset and length, as shares of the bar; no rests."""
    found = [(letter, int(length or 1)) for letter, length in _STROKE.findall(pattern)]
    whole, place = sum(length for _, length in found), 0
    for letter, length in found:
        if letter != "z" and length:
            yield letter, Fraction(place, whole), Fraction(length, whole)
        place += length
