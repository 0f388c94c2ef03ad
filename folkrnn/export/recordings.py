"""Sound in compressed files: FLAC, Ogg Vorbis and MP3, written by soundfile."""

import io
from typing import Any

from folkrnn.export.packages import needed
from folkrnn.export.performance import perform
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.export.sound import SAMPLE_RATE, Recording, Stereo, recorded
from folkrnn.notation import Tune
from folkrnn.notation.articles import shown_title

ENCODINGS = {"flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}
"""The names that soundfile has for each format: the file's and the encoding's."""


def to_recording(tune: Tune, name: str, playback: PlaybackSettings = DEFAULT_PLAYBACK) -> bytes:
    """Return a tune as a file of a format in ENCODINGS.

    Raises ExportError where soundfile is missing, and what ``sound.sound_of`` raises.
    """
    _library(name)
    return compressed(recorded(perform(tune, playback)), name)


def compressed(recording: Recording, name: str) -> bytes:
    """Return a recording as a file of a format in ENCODINGS. Raises ExportError where soundfile is missing."""
    return _encoded(_library(name), recording.tune, recording.sound, *ENCODINGS[name])


def _library(name: str) -> Any:
    return needed("soundfile", f"a file in {name}")


def _encoded(library: Any, tune: Tune, sound: Stereo, kind: str, encoding: str) -> bytes:
    """Return a sound as a file with title and composer of its tune."""
    buffer = io.BytesIO()
    with library.SoundFile(buffer, "w", SAMPLE_RATE, len(sound), encoding, format=kind) as file:
        file.title = shown_title(tune.title) or "Untitled"
        file.artist = tune.field("C") or "Traditional"
        # A second at a time: the encoder of Vorbis takes all that it is given on its stack.
        for start in range(0, sound.shape[1], SAMPLE_RATE):
            file.write(sound[:, start : start + SAMPLE_RATE].T)
    return buffer.getvalue()
