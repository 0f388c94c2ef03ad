"""What is heard when a tune is played: pitches at exact times, repeats and endings unfolded."""

from fractions import Fraction
from typing import NamedTuple

from folkrnn.notation.repeats import performed_order
from folkrnn.notation.tune import Tune


class Sound(NamedTuple):
    """One pitch: its onset from the start and its duration, both as fractions of a whole note, and its MIDI number."""

    onset: Fraction
    midi: int
    duration: Fraction


def performance(tune: Tune) -> list[Sound]:
    """The sounds of a tune, sorted by onset and pitch; tied notes are one sound, grace notes are left out."""
    sounds: list[Sound] = []
    held: dict[int, int] = {}  # MIDI number → index of the sound that is tied on
    clock = Fraction(0)
    for index in performed_order(tune):
        for note in tune.bars[index].notes:
            tied: dict[int, int] = {}
            for pitch in note.pitches:
                midi = pitch.midi
                if midi in held:
                    place = held[midi]
                    sounds[place] = sounds[place]._replace(duration=sounds[place].duration + note.duration)
                else:
                    place = len(sounds)
                    sounds.append(Sound(clock, midi, note.duration))
                if note.tie:
                    tied[midi] = place
            held = tied
            clock += note.duration
    return sorted(sounds)
