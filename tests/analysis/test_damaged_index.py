"""An index file that is damaged, in whatever way, is one line; it is made again, and no tune fails for it."""

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from folkrnn.analysis.mapped import MAGIC, load_arrays, save_arrays
from folkrnn.analysis.originality import _TYPES, INDEX_FORMAT, Index
from folkrnn.errors import ModelError
from folkrnn.notation import read_tunes

Arrays = dict[str, Any]
Damage = Callable[[Arrays], object]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a sound index of two tunes."""
    music = "DEFG ABcd|efga gfed|cBAG FEDC|DEFG ABcd|]"
    tunes = read_tunes("".join(f"X:{n}\nT:Tune {n}\nM:4/4\nL:1/8\nK:{key}\n{music}\n\n" for n, key in enumerate("GD")))
    path = tmp_path_factory.mktemp("sound") / "corpus.index"
    Index.of((tune, tune.title) for tune in tunes).save(path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ModelError, match=r"corpus\.index") as caught:
        Index.load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def set_to(name: str, change: Callable[[Any], Any]) -> Damage:
    return lambda held: held.update({name: change(held[name])})


DAMAGES: dict[str, Damage] = {
    "owners beyond the tunes": set_to("owners", lambda array: array + np.int32(2)),
    "owners below 0": set_to("owners", lambda array: array - np.int32(9)),
    "places below 0": set_to("places", lambda array: array - np.int32(99)),
    "owners of another length": set_to("owners", lambda array: array[:-1]),
    "hashes of another kind": set_to("hashes", lambda array: array.astype(float)),
    "hashes in a table": set_to("hashes", lambda array: array.reshape(-1, 1)),
    "one number": set_to("hashes", lambda _: np.array(7, np.uint64)),
    "narrow grids": set_to("grids", lambda array: array[:, :5]),
    "points of too few tunes": set_to("points", lambda array: array[:1]),
    "names that are numbers": set_to("names", lambda array: array.astype(np.int64)),
    "names beyond the text": set_to("names_edges", lambda array: array * 9),
    "titles in disorder": set_to("titles_edges", lambda array: array[::-1].copy()),
    "note pairs that are missing": set_to("pair_edges", lambda array: array + 1),
    "note pairs beside no bucket": set_to("pair_tunes", lambda _: np.array([2], np.int32)),
    "no tunes": lambda held: held.update(grids=held["grids"][:0], points=held["points"][:0]),
    "no points": lambda held: held.pop("points"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_arrays_that_no_index_has_are_one_line(sound: Path, tmp_path: Path, name: str) -> None:
    held = dict(load_arrays(sound, _TYPES, INDEX_FORMAT))
    DAMAGES[name](held)
    save_arrays(tmp_path / "corpus.index", held, INDEX_FORMAT)
    refused(tmp_path / "corpus.index")


def test_an_index_of_another_folkrnn_says_so(sound: Path, tmp_path: Path) -> None:
    save_arrays(tmp_path / "corpus.index", load_arrays(sound, _TYPES, INDEX_FORMAT), INDEX_FORMAT + 1)
    assert "of another folkrnn" in refused(tmp_path / "corpus.index")


def test_a_sound_index_with_short_tunes_only_loads(tmp_path: Path) -> None:
    index = Index.of([(read_tunes("X:1\nK:C\nCDE|\n")[0], "Short")])
    index.save(tmp_path / "corpus.index")
    assert len(Index.load(tmp_path / "corpus.index")) == 1


def test_any_damaged_byte_is_one_line_or_harmless(sound: Path, tmp_path: Path) -> None:
    content = sound.read_bytes()
    path = tmp_path / "corpus.index"
    rng = random.Random(5)
    refusals = []
    for _ in range(200):
        damaged = bytearray(content)
        for _ in range(rng.choice((1, 1, 3, 20))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.unlink(missing_ok=True)  # an index that was loaded is still mapped
        path.write_bytes(damaged[: rng.choice((len(damaged), rng.randrange(len(damaged))))])
        try:
            Index.load(path)
        except ModelError as error:
            refusals.append(str(error))
    assert len(refusals) > 150
    assert not any("\n" in message for message in refusals)


HOSTILE = {
    "a shape without end": '{"arrays": {"hashes": ["<u8", [1000000000000], 0]}, "size": 0, "checksum": 0}',
    "a negative shape": '{"arrays": {"hashes": ["<u8", [-1], 0]}, "size": 0, "checksum": 0}',
    "a type that is none": '{"arrays": {"hashes": ["<u8,", [1], 0]}, "size": 0, "checksum": 0}',
    "a list": "[]",
    "nested without end": "[" * 100_000,
    "a number of thousands of digits": '{"size": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_that_lies_takes_no_memory(tmp_path: Path, name: str) -> None:
    header = HOSTILE[name].encode()
    start = struct.pack("<8sIIQ", MAGIC, INDEX_FORMAT, crc32(header), len(header))
    (tmp_path / "corpus.index").write_bytes(start + header)
    refused(tmp_path / "corpus.index")
