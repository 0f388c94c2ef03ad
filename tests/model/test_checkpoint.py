import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from folkrnn.errors import ModelError
from folkrnn.model import checkpoint as checkpoint_module
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, with_vocabulary
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import CONTEXT_SIZES


def a_checkpoint() -> Checkpoint:
    vocabulary = Vocabulary.from_texts(["abcé|"])
    network = CharNetwork(NetworkSettings(hidden=16), len(vocabulary), torch.Generator().manual_seed(1))
    return Checkpoint(network, vocabulary, {"recipe": "irish"}, {"steps": 3}, {"bits_per_character": 1.5})


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    saved, path = a_checkpoint(), tmp_path / "model.safetensors"
    save_checkpoint(path, saved)
    loaded = load_checkpoint(path)
    assert loaded.vocabulary == saved.vocabulary
    assert loaded.network.settings == saved.network.settings
    assert (loaded.corpus, loaded.training, loaded.validation) == (
        saved.corpus,
        saved.training,
        saved.validation,
    )
    for ours, theirs in zip(loaded.network.parameters(), saved.network.parameters(), strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-6)
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_default_model_file_is_small(tmp_path: Path) -> None:
    network = CharNetwork(NetworkSettings(), 90, torch.Generator())
    characters = "\n" + "".join(chr(32 + i) for i in range(89))
    save_checkpoint(tmp_path / "m", Checkpoint(network, Vocabulary(characters)))
    assert 5e6 < (tmp_path / "m").stat().st_size < 12e6


def values(shape: tuple[int, int], told: int) -> torch.Tensor:
    """Something that might be told at each place of some tunes."""
    rng = torch.Generator().manual_seed(3)
    each = [torch.randint(size, shape, generator=rng) for size in CONTEXT_SIZES[:told]]
    return torch.stack(each, 2) if each else torch.empty(*shape, 0, dtype=torch.long)


@pytest.mark.parametrize("told", [0, 2, len(CONTEXT_SIZES)])
def test_new_characters_and_places_change_nothing_at_first(told: int) -> None:
    old = a_checkpoint()
    new = with_vocabulary(old, "aXÝ", replace(old.network.settings, told=told))
    assert new.vocabulary.characters == "\nXabc|Ýé"
    ids = torch.randint(len(old.vocabulary), (3, 12, 1), generator=torch.Generator().manual_seed(2))
    renamed = torch.tensor([new.vocabulary.id(character) for character in old.vocabulary.characters])
    before = old.network(ids)[0]
    after = new.network(torch.cat([renamed[ids], values((3, 12), told)], 2))[0]
    torch.testing.assert_close(after[:, :, renamed], before)
    unlikely = old.network.output.bias.min()
    assert torch.equal(new.network.output.bias[[1, 6]], unlikely.expand(2))


def test_a_model_that_knows_places_keeps_what_they_mean() -> None:
    old = with_vocabulary(a_checkpoint(), "", NetworkSettings(hidden=16, told=2))
    for layer in old.network.recurrent_layers():
        layer.input.data.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(5))
    new = with_vocabulary(old, "XYZ", replace(old.network.settings, told=len(CONTEXT_SIZES)))
    read = torch.randint(len(old.vocabulary), (2, 9, 1), generator=torch.Generator().manual_seed(2))
    renamed = torch.tensor([new.vocabulary.id(character) for character in old.vocabulary.characters])
    before = old.network(torch.cat([read, values((2, 9), 2)], 2))[0]
    after = new.network(torch.cat([renamed[read], values((2, 9), len(CONTEXT_SIZES))], 2))[0]
    torch.testing.assert_close(after[:, :, renamed], before)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("the file was unpickled",)


@pytest.mark.parametrize(
    "kind", ["missing", "folder", "empty", "text", "pickle", "torch", "truncated", "foreign", "lacking"]
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad.safetensors"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.touch()
        case "text":
            path.write_text("X:1\nT:The Rakes\n")
        case "pickle":
            path.write_bytes(pickle.dumps(Bomb()))
        case "torch":
            torch.save({"weights": Bomb()}, path)
        case "truncated":
            save_checkpoint(path, a_checkpoint())
            path.write_bytes(path.read_bytes()[:-100])
        case "foreign":
            save_file({"w": torch.zeros(3)}, path)
        case "lacking":
            checkpoint_module.write_tensors(path, {"w": torch.zeros(3)}, checkpoint_module.FORMAT, {"version": 1})
    with pytest.raises(ModelError) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, a_checkpoint())
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("folkrnn.files.os.fsync", full)
    with pytest.raises(ModelError, match="No space left"):
        save_checkpoint(path, a_checkpoint())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
