"""Sound in compressed files: FLAC, Ogg Vorbis and MP3, written by soundfile."""

import io
from typing import Any

from folkrnn.export.packages import needed
from folkrnn.export.performance import Performance, perform
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.export.sound import SAMPLE_RATE, Stereo, sound_of
from folkrnn.notation import Tune
from folkrnn.notation.articles import shown_title

ENCODINGS = {"flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}
"""The names that soundfile has for each format: the file's and the encoding's."""


def to_recording(tune: Tune, name: str, playback: PlaybackSettings = DEFAULT_PLAYBACK) -> bytes:
    """Return a tune as a file of a format in ENCODINGS.

    Raises what ``recording`` raises.
    """
    return recording(perform(tune, playback), name)


def recording(performance: Performance, name: str) -> bytes:
    """Return a performance as a file of a format in ENCODINGS.

    Raises ExportError where soundfile is missing, and what ``sound.sound_of`` raises.
    """
    library = needed("soundfile", f"a file in {name}")
    return _encoded(library, performance.tune, sound_of(performance), *ENCODINGS[name])


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
