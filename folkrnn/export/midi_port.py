"""Tunes played on a MIDI port, where mido finds one."""

import io
from collections.abc import Callable, Iterable

import mido

from folkrnn.errors import ExportError
from folkrnn.export.midi import midi_file
from folkrnn.export.packages import missing
from folkrnn.export.performance import Performance


def port_names() -> list[str]:
    """Return the names of the MIDI ports. Raises ExportError where mido has no backend to find them with."""
    try:
        return list(mido.get_output_names())
    except ModuleNotFoundError as error:
        raise missing("python-rtmidi", "a MIDI port") from error
    except Exception as error:  # whatever the backend for this system raises
        raise ExportError(
            f"MIDI ports cannot be found ({type(error).__name__}: {error}); "
            "expected python-rtmidi, which `pip install python-rtmidi` brings"
        ) from error


def find_port(name: str = "") -> str:
    """Return the MIDI port of a name, or the first. Raises ExportError where there is none."""
    names = port_names()
    if not names:
        raise ExportError("there is no MIDI port; expected a synthesiser or a sequencer that is running")
    if name and name not in names:
        raise ExportError(f"there is no MIDI port {name!r}; expected one of {', '.join(names)}")
    return name or names[0]


def play_on_port(
    performances: Iterable[Performance],
    port: str = "",
    begin: Callable[[Performance], None] = lambda _: None,
) -> None:
    """Play performances one after the other on the port of this name, or on the first.

    ``begin`` is called with each before it is played. No note is left sounding, even after an error. Raises
    ExportError where there is no such port.
    """
    port = find_port(port)
    files = [(each, mido.MidiFile(file=io.BytesIO(midi_file(each)), charset="utf-8")) for each in performances]
    with mido.open_output(port) as output:
        try:
            for performance, file in files:
                begin(performance)
                for message in file.play():
                    output.send(message)
        finally:
            output.reset()
