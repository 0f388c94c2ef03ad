"""Arrays in one file that are read where they lie: nothing is copied or unpacked, and processes share the memory.

A file begins with MAGIC, a checksum and the length of its header. The header, JSON, gives the type, the shape and the
place of each array; the arrays follow, at multiples of ALIGNMENT bytes. It is written whole or not at all.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from folkrnn.errors import ModelError
from folkrnn.files import whole_file

MAGIC = b"folkrnn\0"
ALIGNMENT = 64
_START = struct.Struct("<8sIIQ")  # MAGIC, the format, the checksum of the header, its length

Arrays = Mapping[str, NDArray[Any]]
Types = Mapping[str, tuple[type[np.generic], int]]
"""The type and the number of dimensions of each array of a file."""


@dataclass(frozen=True, eq=False)
class Texts(Sequence[str]):
    """Texts that lie in one array of bytes, each with ``after`` bytes of a separator; ``edges`` (N + 1,) divide them.

    A long text costs its own length, not that of all.
    """

    content: NDArray[np.uint8]
    edges: NDArray[np.int64]
    after: int

    @classmethod
    def of(cls, texts: list[str], separator: str) -> "Texts":
        """Return texts with a separator after each."""
        encoded = [(text + separator).encode(errors="replace") for text in texts]
        edges = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=edges[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), edges, len(separator.encode()))

    def __len__(self) -> int:
        return len(self.edges) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        first, stop = self.edges[range(len(self))[index]], self.edges[range(1, len(self) + 1)[index]]
        return self.content[first : stop - self.after].tobytes().decode(errors="replace")

    def is_sound(self) -> bool:
        """Whether every text lies within the content."""
        lengths = np.diff(self.edges)
        return bool(
            len(self.edges)
            and self.edges[0] == 0
            and self.edges[-1] == len(self.content)
            and (not len(lengths) or lengths.min() >= self.after)
        )


def save_arrays(path: Path, arrays: Arrays, version: int) -> None:
    """Write arrays to a file of the format ``version``, and make its folder. Raises ModelError if that fails."""
    about, end, checksum = {}, 0, 0
    for name, array in arrays.items():
        about[name] = [array.dtype.str, list(array.shape), end]
        end += _padded(array.nbytes)
        checksum += _sum_of(array)
    header = json.dumps({"arrays": about, "size": end, "checksum": checksum % 2**64}).encode()
    header += b" " * (_padded(_START.size + len(header)) - _START.size - len(header))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(_START.pack(MAGIC, version, crc32(header), len(header)) + header)
            for array in arrays.values():
                file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
                file.write(bytes(_padded(array.nbytes) - array.nbytes))
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror or error}") from None


def load_arrays(path: Path, types: Types, version: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file, mapped, which must have these types and numbers of dimensions.

    Raise ModelError for a file of another format, or one that was not written so, byte for byte.
    """
    try:
        content = np.asarray(np.memmap(path, np.uint8, "r"))
        magic, found, header_sum, length = _START.unpack(content[: _START.size].tobytes())
        if magic != MAGIC or found != version:
            raise ModelError(f"{path}: an index of another folkrnn; expected it to be removed, then it is made again")
        header = content[_START.size : _START.size + length].tobytes()
        if crc32(header) != header_sum:
            raise ValueError("its header was changed")
        about = json.loads(header)
        data = content[_START.size + length :]
        if len(data) != about["size"] or _sum_of(data) != about["checksum"]:
            raise ValueError("its content was cut or changed")
        if about["arrays"].keys() != types.keys():
            raise ValueError("it holds other arrays")
        return {name: _array(data, about["arrays"][name], *types[name]) for name in types}
    except ModelError:
        raise
    except Exception as error:  # of damaged files numpy and json raise whatever comes first
        raise unreadable(path, " ".join(str(error).split())[:200]) from None


def unreadable(path: Path, reason: object) -> ModelError:
    """Return the error of a file that is no index."""
    return ModelError(f"{path}: not a readable index of a corpus ({reason}); expected one that folkrnn wrote")


def _array(
    data: NDArray[np.uint8], about: tuple[str, list[int], int], expected: type[np.generic], dimensions: int
) -> NDArray[Any]:
    """Return the array of a type and a shape at a place of the data. Raises ValueError if it is not as expected."""
    kind, shape, first = about
    dtype = np.dtype(kind)
    size = dtype.itemsize
    for extent in shape:
        size *= extent
    if dtype != np.dtype(expected) or len(shape) != dimensions or not 0 <= first <= first + size <= len(data):
        raise ValueError("its arrays are not those of an index")
    return data[first : first + size].view(dtype).reshape(shape)


def _sum_of(array: NDArray[Any]) -> int:
    """Return the sum of an array's bytes, taken as numbers of 64 bits, modulo 2**64."""
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = len(content) // 8 * 8
    rest = int.from_bytes(content[whole:].tobytes(), "little")
    return (int(content[:whole].view("<u8").sum(dtype=np.uint64)) + rest) % 2**64


def _padded(size: int) -> int:
    """Return the next multiple of ALIGNMENT."""
    return -(-size // ALIGNMENT) * ALIGNMENT
