"""The sounds of a melody at exact times, with repeats and endings unfolded; part orders and jumps do not count."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from folkrnn.notation.repeats import order_of
from folkrnn.notation.tune import Tune


class Sound(NamedTuple):
    """One pitch: its onset from the start and its duration, both as fractions of a whole note, and its MIDI number."""

    onset: Fraction
    midi: int
    duration: Fraction


TimedChord = tuple[Fraction, Fraction, Sequence[int], Sequence[int]]
"""The onset and duration of a note or chord, its MIDI numbers (none for a rest), and those tied to the next."""


def joined(chords: Iterable[TimedChord]) -> list[Sound]:
    """Return the sounds of successive chords, with tied pitches joined, in the order in which they begin.

    A tie joins a pitch only to the same pitch of the chord directly after it. A melody gives the top notes alone.
    """
    sounds: list[Sound] = []
    held: dict[int, int] = {}  # MIDI number → index of the sound that is tied on
    for onset, duration, midis, ties in chords:
        if not ties and not held:  # as most are
            for midi in midis:
                sounds.append(Sound(onset, midi, duration))
            continue
        tied: dict[int, int] = {}
        for midi in midis:
            index = held.get(midi)
            if index is None:
                index = len(sounds)
                sounds.append(Sound(onset, midi, duration))
            else:
                sounds[index] = sounds[index]._replace(duration=sounds[index].duration + duration)
            if midi in ties:
                tied[midi] = index
        held = tied
    return sounds


def performance(tune: Tune) -> list[Sound]:
    """Return the sounds of the melody by onset and pitch; tied notes are one sound, grace notes are left out."""
    return joined(_performed_chords(tune))


def _performed_chords(tune: Tune) -> Iterator[TimedChord]:
    onset = Fraction(0)
    for index in order_of(tune.bars):
        for note in tune.bars[index].notes:
            held = [pitch.midi for pitch in note.held] if note.tie else ()
            yield onset, note.duration, sorted(pitch.midi for pitch in note.pitches), held
            onset += note.duration
