"""Files that are written whole or not at all, and what is said of those that cannot be read."""

import errno
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from secrets import token_hex
from types import ModuleType
from typing import BinaryIO

from folkrnn.errors import InputError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None


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


PART = ".folkrnn.part"
"""The ending of a file that is not finished; it is hidden beside its place."""


def write_whole(path: Path, content: bytes, *, overwrite: bool = True) -> None:
    """Write a file beside its place and move it there in one step.

    The folder must exist. Raises FileExistsError without ``overwrite`` if a file of that name is there, and OSError
    where it cannot be written, and then leaves nothing behind.
    """
    with whole_file(path, overwrite=overwrite) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, *, overwrite: bool = True, keep_mode: bool = False, sync: bool = True) -> Iterator[BinaryIO]:
    """Open a file beside its place for writing, and move it there in one step at the end of the block.

    A block that raises leaves nothing behind, and what a killed process left in the folder is cleared away. The folder
    must exist. A file of that name is replaced, with its permissions if ``keep_mode``. Without ``overwrite`` no file is
    ever replaced, whenever it came to be there: that raises FileExistsError. Without ``sync`` the file may be lost or
    empty if the power fails. Raises OSError where it cannot be written.
    """
    _clear_parts(path.parent)
    # Its name is known before it is there: so it goes even if a signal comes right after it was made.
    temporary = path.with_name(f".{path.name[:40]}.{token_hex(8)}{PART}")
    try:
        with os.fdopen(_new_part(temporary), "wb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        # The temporary file is private to its owner; the result is an ordinary file.
        kept = keep_mode and path.exists()
        os.chmod(temporary, path.stat().st_mode & 0o777 if kept else 0o666 & ~_umask())
        if overwrite:
            os.replace(temporary, path)
        else:
            _move_to_new(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_together(contents: Mapping[Path, bytes], *, overwrite: bool = True) -> None:
    """Write some files of which none takes its place before all of them are on the disk; the last one comes last.

    The folders must exist. Raises what ``write_whole`` raises.
    """
    with ExitStack() as staged:  # they take their places in the opposite order
        for path, content in reversed(list(contents.items())):
            file = staged.enter_context(whole_file(path, overwrite=overwrite))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def append_whole(file: BinaryIO, part: bytes) -> None:
    """Add a part at the end of an open file, whole or not at all. Raises OSError, as on a full disk."""
    file.flush()
    # What a buffer could not write it would try again when it is closed, and the parts before would be lost with it.
    handle = file.fileno()
    end = os.fstat(handle).st_size
    try:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError:
        os.ftruncate(handle, end)
        raise


def sync_folder(folder: Path) -> None:
    """Have the names of a folder's files written to the disk, where the system can do that. Raises OSError."""
    if sys.platform == "win32":  # it has no such call, and keeps a journal of names
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _new_part(part: Path) -> int:
    """Make a hidden file and return its handle; a lock says that somebody writes it."""
    while True:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        # Until it was locked another process may have taken it for one left behind.
        if not _locked(handle) or os.fstat(handle).st_nlink:
            return handle
        os.close(handle)


def _locked(handle: int) -> bool:
    """Lock an open file, if nobody else has; the lock ends with the process. False where there are no such locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@cache
def _clear_parts(folder: Path) -> None:
    """Clear a folder once: who writes many files there need not look each time."""
    clear_parts(folder)


def clear_parts(folder: Path) -> None:
    """Remove the unfinished files of processes that are gone; Windows itself keeps those of others."""
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError):
            handle = os.open(part, os.O_RDONLY)
            try:
                gone = fcntl is None or _locked(handle)
            finally:
                os.close(handle)
            if gone:
                part.unlink()


def _move_to_new(temporary: Path, path: Path) -> None:
    """Move a file to a place where none is. Raises FileExistsError if there is one, even if it came just now."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
    except OSError:  # no links on this file system: an empty file that nobody else can have made holds the place
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(temporary, path)


_umask_lock = threading.Lock()


def _umask() -> int:
    """Return the mask that new files are made with.

    It can only be read by setting it, and a second thread must not read what this one has set.
    """
    with _umask_lock:
        mask = os.umask(0o077)
        os.umask(mask)
        return mask
