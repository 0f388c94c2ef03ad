"""Tunes as files: ABC, MIDI, MusicXML, SVG and PDF.

    FORMATS           what each format is called, how its files end and what makes them
    export(…)         write tunes in some formats, never over an existing file unless told to
    Delivery(…)       the same for tunes that come one after the other
    Settings(…)       what the formats are told beside the tunes: how they are played

Each format has a module with one function, such as ``folkrnn.export.midi.to_midi``; it is imported
when a file of that format is made, for music21, verovio and typst take their time to load.
"""

from folkrnn.export.playing import Playing
from folkrnn.export.settings import DEFAULT, Book, Settings
from folkrnn.export.writing import (
    FORMATS,
    Delivery,
    Format,
    Output,
    export,
    file_names,
    format_of,
    made,
    piece_count,
    plan,
    write,
)

__all__ = [
    "DEFAULT", "FORMATS", "Book", "Delivery", "Format", "Output", "Playing", "Settings", "export", "file_names",
    "format_of", "made", "piece_count", "plan", "write",
]  # fmt: skip
