"""Sound fonts: files of recorded instruments (``.sf2``, ``.sf3``), which ``sampler`` plays."""

import os
import sys
from pathlib import Path

from folkrnn.errors import ExportError
from folkrnn.export.packages import installed, missing

SYSTEM = "system"
"""The name of the sound font that the system has."""

ENDINGS = (".sf2", ".sf3")

PACKAGE, INSTALL = "tinysoundfont", "pip install --no-deps tinysoundfont"
"""What plays a sound font, and what brings it alone: it asks for PyAudio, which is not used here."""

_HEADER = 12
"""The bytes of a sound font that say what it is: RIFF, a size, sfbk."""


def system_folders() -> list[Path]:
    """Return the folders in which systems and their users keep sound fonts."""
    home = Path.home()
    if sys.platform == "win32":
        return [home / "soundfonts", Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "soundfonts"]
    if sys.platform == "darwin":
        banks = "Library/Audio/Sounds/Banks"
        return [home / banks, Path("/") / banks, Path("/opt/homebrew/share/soundfonts")]
    shared = [home / ".local/share", Path("/usr/local/share"), Path("/usr/share")]
    return [folder / name for folder in shared for name in ("soundfonts", "sounds/sf2", "sounds/sf3")]


def find_soundfont(name: str) -> Path:
    """Return the file of a sound font: ``name`` is its path, or SYSTEM for the first that the system has.

    One that is called ``default`` goes before others. Raises ExportError where there is none.
    """
    if name == SYSTEM:
        for folder in system_folders():
            fonts = [path for path in folder.glob("*") if path.suffix.lower() in ENDINGS] if folder.is_dir() else []
            if fonts:
                return min(fonts, key=lambda path: (not path.name.startswith("default"), path.name))
        raise ExportError(
            f"no sound font is on this system; expected a {' or '.join(ENDINGS)} file in one of "
            f"{', '.join(map(str, system_folders()))}, or --soundfont FILE"
        )
    path = Path(name)
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror or error}; expected a sound font") from None
    if header[:4] != b"RIFF" or header[8:] != b"sfbk":
        raise ExportError(f"{path} is no sound font; expected a {' or '.join(ENDINGS)} file")
    return path


def usable_soundfont(name: str) -> Path:
    """Return the file of a sound font, as ``find_soundfont`` does; raise ExportError, too, if nothing can play it."""
    path = find_soundfont(name)
    if not installed(PACKAGE):
        raise missing(PACKAGE, "a sound font", INSTALL)
    return path
