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
from folkrnn.notation import Tune, iter_tunes
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


def read_text(path: str | Path) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raise InputError, in one line, for a file that does not exist, cannot be read, is empty or is no text.
    """
    name = "standard input" if str(path) == "-" else str(path)
    with reading(name, "an ABC file"):
        data = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    text = decode(data)
    if not text or text.isspace():
        raise InputError(f"{name}: is empty; expected tunes in ABC notation")
    head = text[:4096]
    if sum(character < " " and character not in "\t\n\r\f\v\x1a" for character in head) > MAX_CONTROL_SHARE * len(head):
        raise InputError(f"{name}: is not text; expected tunes in ABC notation")
    return text


def tunes_in(text: str, name: str) -> list[Tune]:
    """Return the tunes of the text of a file of this name. Raises InputError if there is none."""
    return list(iter_tunes_in(text, name))


def iter_tunes_in(text: str, name: str) -> Iterator[Tune]:
    """Yield the tunes of the text of a file of this name, one by one. Raises InputError if there is none."""
    found = False
    for tune in iter_tunes(text, name):
        found = True
        yield tune
    if not found:
        shown = name or "the text"
        raise InputError(f"{shown}: holds no tune; expected one that begins with X: and has a K: field")


def source_files(source: SourceSettings) -> list[str]:
    """Return the files of a source in the order of their names; ``-`` is standard input.

    Raise CorpusError for a folder or a collection without ABC files.
    """
    if source.collection:
        return [str(file) for file in music21_collection(source.collection)]
    if source.path == "-" or not os.path.isdir(source.path):  # false, not an error, where it cannot tell
        return [source.path]
    found = sorted(file for file in Path(source.path).rglob("*") if file.suffix.lower() == ".abc" and file.is_file())
    if not found:
        raise CorpusError(f"{source.path}: the folder holds no .abc files")
    return [str(file) for file in found]


def source_size(source: SourceSettings) -> int:
    """Return the bytes of a source's files, 0 for those that cannot be read. Raise CorpusError as ``source_files``."""
    return sum(os.path.getsize(file) for file in source_files(source) if os.path.isfile(file))


def source_texts(source: SourceSettings) -> Iterator[tuple[str, str]]:
    """Yield the (name, text) pairs of a source's files; those of collections have bare file names.

    A file of a folder that cannot be read is passed over, with a warning in the log.
    """
    for file in source_files(source):
        try:
            text = read_text(file)
        except InputError as error:
            if file == source.path:
                raise
            _log.warning("%s", error)
        else:
            yield (Path(file).name if source.collection else file), text
