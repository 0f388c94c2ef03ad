"""Where tunes come from: the folk collections of the music21 wheel, files, folders, standard input."""

import logging
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from folkrnn.corpus.recipe import SourceSettings
from folkrnn.errors import CorpusError, InputError
from folkrnn.files import reading
from folkrnn.importing import is_importable, read_music
from folkrnn.notation import Tune, read_tunes, write_tune
from folkrnn.notation.encoding import decode

_log = logging.getLogger(__name__)

MAX_CONTROL_SHARE = 0.05
"""A file with a larger share of control characters than this is not text."""


def music21_collection(name: str) -> list[Path]:
    """Return the ABC files of a collection in the installed music21, without importing it. Raise CorpusError."""
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise CorpusError("music21 is not installed; expected it for the collections it carries")
    folder = Path(spec.origin).parent / "corpus" / name
    files = sorted(folder.glob("*.abc")) if "/" not in name and "\\" not in name else []
    if not files:
        raise CorpusError(f"music21 has no collection {name!r} of ABC files")
    return files


MOST_BYTES = 64 * 2**20
"""The longest tunebook that is read: some 200,000 tunes."""


def read_text(path: str | Path) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raise InputError, in one line, for a file that does not exist, cannot be read, is empty or is no text.
    """
    name = "standard input" if str(path) == "-" else str(path)
    with reading(name, "an ABC file"):
        if str(path) == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(f"{name}: is too long; expected a tunebook of at most {MOST_BYTES >> 20} MiB")
    text = decode(data)
    if not text.strip():
        raise InputError(f"{name}: is empty; expected tunes in ABC notation")
    head = text[:4096]
    if sum(character < " " and character not in "\t\n\r\f\v\x1a" for character in head) > MAX_CONTROL_SHARE * len(head):
        raise InputError(f"{name}: is not text; expected tunes in ABC notation")
    return text


def tunes_in(text: str, name: str) -> list[Tune]:
    """Return the tunes of the text of a file of this name. Raises InputError if there is none."""
    tunes = read_tunes(text, name)
    if not tunes:
        shown = name or "the text"
        raise InputError(f"{shown}: holds no tune; expected one that begins with X: and has a K: field")
    return tunes


def source_files(source: SourceSettings) -> list[str]:
    """Return the files of a source in the order of their names; ``-`` is standard input.

    Of a folder these are the ABC files, or if it has none, the MusicXML and MIDI files: where both lie together, the
    others are mostly made of the ABC. Raise CorpusError for a folder or a collection without any.
    """
    if source.collection:
        return [str(file) for file in music21_collection(source.collection)]
    if source.path == "-" or not os.path.isdir(source.path):  # false, not an error, where it cannot tell
        return [source.path]
    inside = sorted(file for file in Path(source.path).rglob("*") if file.is_file())
    found = [file for file in inside if file.suffix.lower() == ".abc"] or [*filter(is_importable, inside)]
    if not found:
        raise CorpusError(f"{source.path}: the folder holds no .abc files, and none that can be imported")
    return [str(file) for file in found]


def source_texts(source: SourceSettings) -> Iterator[tuple[str, str]]:
    """Yield the (name, text) pairs of a source's files; those of collections have bare file names.

    A MusicXML or MIDI file has the text of the tune that it holds. A file of a folder that cannot be read is passed
    over, with a warning in the log.
    """
    found = source_files(source)
    if sum(map(is_importable, found)) > 1:
        _log.info("%s: importing %s files", source.path, len(found))
    for file in found:
        try:
            text = write_tune(read_music(file)) if is_importable(file) else read_text(file)
        except InputError as error:
            if file == source.path:
                raise
            _log.warning("%s", error)
        else:
            yield (Path(file).name if source.collection else file), text
