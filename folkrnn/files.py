"""Files that are written whole or not at all, and what is said of those that cannot be read."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from folkrnn.errors import InputError


@contextmanager
def reading(name: str | Path, expected: str) -> Iterator[None]:
    """Raise InputError, one line that names the file, where reading it in the block fails; ``expected`` is its kind."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a folder; expected {expected}") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there in one step.

    The folder must exist; a file of that name is replaced. Raises OSError, and then leaves nothing behind.
    """
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, suffix: str = ".part", keep_mode: bool = False, sync: bool = True) -> Iterator[BinaryIO]:
    """Open a file beside its place for writing, and move it there in one step at the end of the block.

    A block that raises leaves nothing behind. The folder must exist; a file of that name is replaced, with its
    permissions if ``keep_mode``. ``suffix`` ends the name of the temporary file. Without ``sync`` it may be lost or
    empty if the power fails. Raises OSError.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=suffix, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        # The temporary file is private to its owner; the result is an ordinary file.
        kept = keep_mode and path.exists()
        os.chmod(temporary, path.stat().st_mode & 0o777 if kept else 0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names of a folder's files written to the disk, where the system can do that. Raises OSError."""
    if os.name == "nt":  # it has no such call, and keeps a journal of names
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_umask_lock = threading.Lock()


def _umask() -> int:
    """Return the mask that new files are made with.

    It can only be read by setting it, and a second thread must not read what this one has set.
    """
    with _umask_lock:
        mask = os.umask(0o077)
        os.umask(mask)
        return mask
