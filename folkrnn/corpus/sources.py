"""Where tunes come from: the folk collections of the music21 wheel, files, folders, standard input."""

import sys
from importlib.util import find_spec
from pathlib import Path

from folkrnn.errors import CorpusError


def music21_collection(name: str) -> list[Path]:
    """The ABC files of one collection in the installed music21, found without importing music21."""
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise CorpusError("music21 is not installed; expected it for the collections it carries")
    folder = Path(spec.origin).parent / "corpus" / name
    files = sorted(folder.glob("*.abc")) if "/" not in name and "\\" not in name else []
    if not files:
        raise CorpusError(f"music21 has no collection {name!r} of ABC files")
    return files
