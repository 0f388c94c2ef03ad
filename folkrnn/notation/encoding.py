"""The characters of a file: which encoding its bytes are in."""

import re
from collections.abc import Iterator

_CHARSET = re.compile(rb"(?:^|[\r\n])(?:%%|I:[ \t]*)abc-charset[ \t]+([\w.:-]+)", re.ASCII)
_ASCII = b"A a 1 %: +~ " + rb"\x41"
"""Signs that not every encoding has at ASCII's places; such an encoding is none for a text that names it."""

_LINE_END = re.compile(rb"[\r\n]")
_BLOCK = 2**16

_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
"""What Windows-1252 has in place of Latin-1's control characters; five codes are unassigned in it."""

_LATIN_1 = re.compile(r"(?:iso)?[-_]?(?:8859|latin)[-_]?1|us-ascii|ascii", re.IGNORECASE)


def decode(data: bytes) -> str:
    """Return the text of a tunebook, in the encoding that ``encoding_of`` names."""
    encoding = encoding_of(data)
    if not encoding:
        return "".join(map(_block, _blocks(data)))
    return data.decode(encoding, errors="replace")


def encoding_of(data: bytes) -> str:
    """Return the encoding of a tunebook as Python names it; empty if each line is for itself.

    It is UTF-8, or UTF-16 with a byte-order mark. Other bytes are in the encoding that ``abc-charset`` names, if they
    can be. Else each line is UTF-8 if it can be, for books are put together of several files, and otherwise
    Windows-1252, which is also what files call Latin-1 (WHATWG Encoding Standard).
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        data.decode()
    except UnicodeDecodeError:
        return _charset(data)
    return "utf-8-sig"


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield data in blocks of whole lines: a long text as a list of its lines would take several times its size."""
    start = 0
    while start < len(data):
        end = _LINE_END.search(data, start + _BLOCK)
        yield data[start : (start := end.end() if end else len(data))]


def _block(data: bytes) -> str:
    """Return whole lines as text, each in the encoding it is in."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(map(_line, data.splitlines(keepends=True)))


def _line(data: bytes) -> str:
    """Return a line as text, whatever encoding it is in."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_WINDOWS)


def _charset(data: bytes) -> str:
    """Return the encoding that bytes name; empty if none is named, known and possible."""
    named = _CHARSET.search(data)
    name = named[1].decode("latin-1") if named else ""
    if not name or _LATIN_1.fullmatch(name):
        return ""
    try:
        data.decode(name)
        return name if _ASCII.decode(name) == _ASCII.decode("ascii") else ""
    except (LookupError, ValueError):
        return ""
