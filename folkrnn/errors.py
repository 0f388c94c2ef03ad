"""The errors folkrnn raises: one tree, so that a caller can catch as much of it as it wants.

    FolkrnnError
    ├── InputError       a file or an option that cannot be used.
    ├── NotationError    text that no tune can have.
    ├── CorpusError      a recipe or a source that cannot be read.
    ├── ModelError       a model file, a network shape or a training run that cannot be used.
    ├── GenerationError  a prompt or a sampling option that cannot be met.
    ├── ScoreError       a tune that music21 cannot represent.
    ├── ClusterError     workers that cannot be reached, or that end.
    └── ExportError      a format, a place or a name that cannot be written.
        └── TargetExistsError    a file that exists already.

Every message is one line that names what was given and what would be right.
"""

from os import PathLike, fspath


class FolkrnnError(Exception):
    """Anything that stops folkrnn from doing what it should."""


class InputError(FolkrnnError):
    """A file or an option that cannot be used."""


class NotationError(FolkrnnError):
    """Text that is no key, meter, length or tune where one is required."""


class CorpusError(FolkrnnError):
    """A corpus recipe or source that cannot be read."""


class ModelError(FolkrnnError):
    """A model file, a network shape or a training run that cannot be used."""


class GenerationError(FolkrnnError):
    """A prompt or a sampling option that cannot be met."""


class ScoreError(FolkrnnError):
    """A tune that music21 cannot represent."""


class ClusterError(FolkrnnError):
    """A cluster, or a package for large corpora, that cannot be used."""


class ExportError(FolkrnnError):
    """A format, a place or a name that cannot be written."""


class TargetExistsError(ExportError):
    """A file that exists already where another is to be written; ``path`` names it."""

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{fspath(self.path)}: exists already; expected overwrite=True or another name"


class ShelfError(FolkrnnError):
    """A folder of tunes that cannot be read or changed as wished; then it is as it was."""
