"""Files that are written whole or not at all."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there in one step.

    The folder must exist; a file of that name is replaced. Raises OSError, and then leaves nothing behind.
    """
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside its place for writing, and move it there in one step at the end of the block.

    A block that raises leaves nothing behind. The folder must exist; a file of that name is replaced. Raises OSError.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # The temporary file is private to its owner; the result is an ordinary file.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


_umask_lock = threading.Lock()


def _umask() -> int:
    """Return the mask that new files are made with.

    It can only be read by setting it, and a second thread must not read what this one has set.
    """
    with _umask_lock:
        mask = os.umask(0o077)
        os.umask(mask)
        return mask
