"""Packages that are wanted for some things only: imported when they are needed, or named in one line."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from folkrnn.errors import ExportError


def installed(package: str) -> bool:
    """Return whether a package is there, without loading it."""
    return find_spec(package) is not None


def needed(package: str, purpose: str, command: str = "") -> Any:
    """Import and return a package; raise ExportError, which says what brings it, where that cannot be done.

    ``purpose`` is what needs it, and ``command`` what installs it, unless pip does it by its name.
    """
    try:
        return import_module(package)
    except (ImportError, OSError) as error:  # OSError: the package is there, a library of the system is not
        raise missing(package, purpose, command, str(error)) from error


def missing(package: str, purpose: str, command: str = "", reason: str = "") -> ExportError:
    """Return the error for a package that is not there."""
    why = f" ({reason})" if reason and installed(package) else ""
    return ExportError(f"{purpose} needs {package}{why}; expected it from `{command or f'pip install {package}'}`")
