"""Messages between the server and its worker processes: JSON, and bytes beside it.

A frame is the lengths of both as numbers of four bytes each, then both. Nothing that a process says is unpickled.
"""

import json
import struct
from typing import Any, BinaryIO

HEADER = struct.Struct(">II")
"""The lengths of a message and of the bytes beside it."""

Message = dict[str, Any]


def frame(message: Message, content: bytes = b"") -> bytes:
    """Return a message, with bytes beside it, as a frame."""
    text = json.dumps(message, separators=(",", ":")).encode()
    return b"".join((HEADER.pack(len(text), len(content)), text, content))


def read_frame(source: BinaryIO) -> tuple[Message, bytes] | None:
    """Return the next message and its bytes; None at the end of the stream, even amid a frame."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length, more = HEADER.unpack(header)
    text, content = source.read(length), source.read(more)
    return (json.loads(text), content) if len(text) == length and len(content) == more else None
