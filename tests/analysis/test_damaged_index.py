"""An index file that is damaged, in whatever way, is one line; it is made again, and no tune fails for it."""

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from folkrnn.analysis.originality import INDEX_FORMAT, Index
from folkrnn.errors import ModelError
from folkrnn.notation import read_tunes

Arrays = dict[str, Any]
Damage = Callable[[Arrays], object]


def arrays() -> Arrays:
    """The arrays of a sound index of two tunes."""
    music = "DEFG ABcd|efga gfed|cBAG FEDC|DEFG ABcd|]"
    tunes = read_tunes("".join(f"X:{n}\nT:Tune {n}\nM:4/4\nL:1/8\nK:{key}\n{music}\n\n" for n, key in enumerate("GD")))
    index = Index.of((tune, tune.title) for tune in tunes)
    return {"format": np.array(INDEX_FORMAT)} | {name: getattr(index, name) for name in Index.__dataclass_fields__}


def saved(path: Path, held: Arrays) -> Path:
    np.savez_compressed(path, **held)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ModelError, match=r"index\.npz") as caught:
        Index.load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def set_to(name: str, change: Callable[[Any], Any]) -> Damage:
    return lambda held: held.update({name: change(held[name])})


DAMAGES: dict[str, Damage] = {
    "owners beyond the tunes": set_to("owners", lambda array: array + 2),
    "owners below 0": set_to("owners", lambda array: array - 9),
    "places below 0": set_to("places", lambda array: array - 99),
    "owners of another length": set_to("owners", lambda array: array[:-1]),
    "hashes in disorder": set_to("hashes", lambda array: array[::-1].copy()),
    "hashes of another kind": set_to("hashes", lambda array: array.astype(float)),
    "hashes in a table": set_to("hashes", lambda array: array.reshape(-1, 1)),
    "one number": set_to("hashes", lambda _: np.array(7, np.uint64)),
    "narrow grids": set_to("grids", lambda array: array[:, :5]),
    "points of too few tunes": set_to("points", lambda array: array[:1]),
    "names that are numbers": set_to("names", lambda array: np.arange(len(array))),
    "names that are objects": set_to("names", lambda array: array.astype(object)),
    "titles in disorder": set_to("titles", lambda _: np.array(["b", "a"])),
    "no tunes": lambda held: held.update(names=held["names"][:0], grids=held["grids"][:0], points=held["points"][:0]),
    "no points": lambda held: held.pop("points"),
    "no format": lambda held: held.pop("format"),
    "another format": lambda held: held.update(format=np.array(INDEX_FORMAT + 1)),
    "many formats": lambda held: held.update(format=np.array([INDEX_FORMAT, 1])),
    "a format that is text": lambda held: held.update(format=np.array("two")),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_arrays_that_no_index_has_are_one_line(tmp_path: Path, name: str) -> None:
    held = arrays()
    DAMAGES[name](held)
    refused(saved(tmp_path / "index.npz", held))


def test_a_sound_index_with_short_tunes_only_loads(tmp_path: Path) -> None:
    index = Index.of([(read_tunes("X:1\nK:C\nCDE|\n")[0], "Short")])
    index.save(tmp_path / "index.npz")
    assert len(Index.load(tmp_path / "index.npz")) == 1


def test_any_damaged_byte_is_one_line_or_harmless(tmp_path: Path) -> None:
    content = saved(tmp_path / "index.npz", arrays()).read_bytes()
    rng = random.Random(5)
    refusals = []
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(rng.choice((1, 1, 3, 20))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "index.npz").write_bytes(damaged[: rng.choice((len(damaged), rng.randrange(len(damaged))))])
        try:
            Index.load(tmp_path / "index.npz")
        except ModelError as error:
            refusals.append(str(error))
    assert len(refusals) > 200
    assert not any("\n" in message for message in refusals)


@pytest.mark.parametrize("shape", [(10**12,), (10**9, 10**9), (-1,)])
def test_a_declared_shape_takes_no_memory(tmp_path: Path, shape: tuple[int, ...]) -> None:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<u8", "fortran_order": False, "shape": shape})
    saved(tmp_path / "index.npz", arrays() | {"hashes": np.zeros(0, np.uint64)})
    with zipfile.ZipFile(tmp_path / "index.npz") as sound:
        members = {name: sound.read(name) for name in sound.namelist()}
    with zipfile.ZipFile(tmp_path / "index.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, file.getvalue() if name == "hashes.npy" else content)
    assert "declares" in refused(tmp_path / "index.npz")


def test_an_index_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkrnn.analysis.originality.MOST_BYTES", 1000)
    assert "unpacks to" in refused(saved(tmp_path / "index.npz", arrays()))
