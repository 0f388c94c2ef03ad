"""A performance played by the recorded instruments of a sound font, with tinysoundfont."""

from typing import Any

import numpy as np

from folkrnn.errors import ExportError
from folkrnn.export.midi import pitch_bend
from folkrnn.export.packages import needed
from folkrnn.export.performance import COUNT_IN, DRUM_CHANNEL, Performance, PlayedNote
from folkrnn.export.sound import SAMPLE_RATE, TAIL, Stereo, check_length, normalised
from folkrnn.export.soundfonts import INSTALL, PACKAGE, find_soundfont


def played_with(performance: Performance, soundfont: str, rate: int = SAMPLE_RATE) -> Stereo:
    """Return a performance as sound, played by the instruments of a sound font, as in ``find_soundfont``.

    Raises ExportError for a file that is no sound font, where tinysoundfont is missing, and for what lasts too long.
    """
    check_length(performance)
    path = find_soundfont(soundfont)
    library = needed(PACKAGE, "a sound font", INSTALL)
    synth = library.Synth(samplerate=rate)
    try:
        font = synth.sfload(str(path))
    except Exception as error:
        raise ExportError(f"{path} cannot be loaded as a sound font: {error}; expected a whole one") from error
    count = int((performance.seconds + TAIL) * rate)
    buffer = memoryview(bytearray(count * 8))
    done = 0
    player = _Player(synth, font, performance)
    for tick, starting in _events(performance):
        at = min(count, round(performance.seconds_at(tick) * rate))
        if at > done:
            synth.generate(at - done, buffer[8 * done : 8 * at])
            done = at
        player.play(starting)
    if count > done:
        synth.generate(count - done, buffer[8 * done :])
    return normalised(np.frombuffer(buffer, np.float32).reshape(-1, 2).T.copy())


def _events(performance: Performance) -> list[tuple[int, tuple[list[PlayedNote], list[PlayedNote]]]]:
    """Return the ticks at which something happens, each with the notes that end there and those that begin."""
    found: dict[int, tuple[list[PlayedNote], list[PlayedNote]]] = {}
    for note in performance.notes:
        found.setdefault(note.end, ([], []))[0].append(note)
        found.setdefault(note.start, ([], []))[1].append(note)
    return sorted(found.items(), key=lambda each: each[0])


class _Player:
    """Plays notes on the channels of a synthesiser, whose programs and bends it remembers."""

    def __init__(self, synth: Any, font: int, performance: Performance) -> None:
        self._synth, self._font = synth, font
        self._channels = [part.channel for part in performance.parts]
        self._programs: dict[int, int] = {}
        self._bends: dict[int, int] = {}
        if any(part.kind == COUNT_IN for part in performance.parts):
            self._select(DRUM_CHANNEL, 0, drums=True)

    def play(self, notes: tuple[list[PlayedNote], list[PlayedNote]]) -> None:
        """End some notes and begin others."""
        ending, beginning = notes
        for note in ending:
            self._synth.noteoff(self._channels[note.part], note.pitch)
        for part in dict.fromkeys(note.part for note in beginning):
            chord = [note for note in beginning if note.part == part]
            channel, program, bend = self._channels[part], chord[0].program, pitch_bend(chord)
            if program >= 0 and self._programs.get(channel) != program:
                self._select(channel, program)
                self._programs[channel] = program
            if self._bends.get(channel, 0) != bend:
                self._synth.pitchbend(channel, min(16383, 8192 + bend))
                self._bends[channel] = bend
            for note in chord:
                self._synth.noteon(channel, note.pitch, note.velocity)

    def _select(self, channel: int, program: int, drums: bool = False) -> None:
        """Give a channel an instrument; a font that lacks it plays with what it has."""
        try:
            self._synth.program_select(channel, self._font, 0, program, drums)
        except RuntimeError:
            self._synth.program_unset(channel)
            for bank, preset in ((0, 0), *((bank, preset) for bank in range(128) for preset in range(128))):
                if self._synth.sfpreset_name(self._font, bank, preset) is not None:
                    self._synth.program_select(channel, self._font, bank, preset)
                    return
