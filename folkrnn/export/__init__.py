"""Tunes as files: ABC, MIDI, sound, MusicXML, SVG, PNG, PDF and HTML.

    FORMATS              the formats by name: how their files end and what renders them.
    format_named(…)      returns the name of a format as people type it.
    export_tunes(…)      writes tunes in some formats.
    Delivery(…)          writes tunes that come one after the other.
    PlaybackSettings(…)  how tunes are played.
    BookLayout(…)        how a book is laid out.
    SetSettings(…)       how tunes are made one set.
    Tablature(…)         for which instrument tablature is drawn, and where.
    ExportSettings(…)    all of these.

Each format has a module with one function, such as ``folkrnn.export.midi.to_midi``. It is imported when a file of that
format is made, for music21, verovio and typst load slowly.
"""

from folkrnn.export.delivery import Delivery
from folkrnn.export.filenames import file_names
from folkrnn.export.formats import FORMATS, Format, format_for, format_named, format_of
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.export.settings import DEFAULT_SETTINGS, BookLayout, ExportSettings, SetSettings
from folkrnn.export.tablature import Tablature
from folkrnn.export.writing import (
    Output,
    contents_of,
    export_tunes,
    pieces_of,
    plan_outputs,
    render_count,
    render_outputs,
    write_file,
)

__all__ = [
    "DEFAULT_PLAYBACK", "DEFAULT_SETTINGS", "FORMATS", "BookLayout", "Delivery", "ExportSettings", "Format", "Output",
    "PlaybackSettings", "SetSettings", "Tablature", "contents_of", "export_tunes", "file_names", "format_for",
    "format_named", "format_of", "pieces_of", "plan_outputs", "render_count", "render_outputs", "write_file",
]  # fmt: skip
