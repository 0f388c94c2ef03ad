"""Tunes from the files of other programs: MusicXML (``.musicxml``, ``.xml``, ``.mxl``) and MIDI.

``read_music`` gives tunes as the reader of ABC gives them, from a file of another kind. music21 reads the scores.
"""

from pathlib import Path

from folkrnn.errors import FolkrnnError, InputError
from folkrnn.importing.files import ENDINGS, MIDI_ENDINGS, file_bytes, is_importable, xml_root
from folkrnn.notation import Tune

__all__ = ["ENDINGS", "import_tune", "is_importable", "read_music"]


def read_music(path: str | Path, *, all_voices: bool = False) -> Tune:
    """Return the tune of a MusicXML or MIDI file: its melody, or all its voices.

    Raises InputError, in one line, for a file that cannot be read or has no notes.
    """
    return import_tune(file_bytes(path), str(path), all_voices=all_voices)


def import_tune(data: bytes, name: str, *, all_voices: bool = False) -> Tune:
    """Return the tune that the content of a file of some name holds; see ``read_music``."""
    try:
        return _imported(data, name, all_voices)
    except InputError:
        raise
    except FolkrnnError as error:
        raise InputError(f"{name}: {error}") from None


def _imported(data: bytes, name: str, all_voices: bool) -> Tune:
    # What each kind needs is imported when it is read: music21 loads slowly.
    if Path(name).suffix.lower() in MIDI_ENDINGS:
        from folkrnn.importing.midi import midi_tune

        return midi_tune(data, name, all_voices)
    from folkrnn.importing.musicxml import musicxml_tune

    return musicxml_tune(xml_root(data, name), name, all_voices)
