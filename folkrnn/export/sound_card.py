"""Tunes played on the sound card, by sounddevice."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from folkrnn.errors import ExportError
from folkrnn.export.packages import needed
from folkrnn.export.performance import Performance
from folkrnn.export.sound import SAMPLE_RATE, sound_of

_BLOCK = SAMPLE_RATE // 10
"""The samples that are handed over at once: Ctrl-C is heard within a tenth of a second."""

_INSTALL = "pip install sounddevice" + (" && sudo apt install libportaudio2" if sys.platform == "linux" else "")


def sound_card() -> Any:
    """Return sounddevice, with which the sound card is played.

    Raises ExportError where it is missing, or where there is no sound card to play on.
    """
    library = needed("sounddevice", "the sound card", _INSTALL)
    try:
        library.query_devices(kind="output")
    except Exception as error:  # ValueError or its own PortAudioError
        raise ExportError(f"there is no sound card to play on ({' '.join(str(error).split())})") from error
    return library


def play_on_card(
    performances: Iterable[Performance],
    library: Any,
    begin: Callable[[Performance], None] = lambda _: None,
) -> None:
    """Play performances one after the other with the ``library`` that ``sound_card`` returned.

    ``begin`` is called with each before it is played. Raises ExportError if the card stops, and what
    ``sound.sound_of`` raises.
    """
    for performance in performances:
        sound = sound_of(performance)
        begin(performance)
        try:
            with library.OutputStream(samplerate=SAMPLE_RATE, channels=len(sound), dtype="float32") as stream:
                for start in range(0, sound.shape[1], _BLOCK):
                    stream.write(sound[:, start : start + _BLOCK].T.copy())
        except library.PortAudioError as error:
            raise ExportError(f"the sound card cannot be played on: {' '.join(str(error).split())}") from error
