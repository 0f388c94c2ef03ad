import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save, save_file

from folkrnn.errors import ModelError
from folkrnn.model import checkpoint as checkpoint_module
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, with_vocabulary
from folkrnn.model.locations import bundled_model
from folkrnn.model.metadata import MODEL_FORMAT
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance, TrainingProvenance, ValidationFigures
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import CONTEXT_SIZES


def a_checkpoint() -> Checkpoint:
    vocabulary = Vocabulary.from_texts(["abcé|"])
    network = CharNetwork(NetworkSettings(hidden=16), len(vocabulary), torch.Generator().manual_seed(1))
    return Checkpoint(
        network,
        vocabulary,
        CorpusProvenance({"name": "irish", "drop": ["slurs"]}, "0123", True, {"R": ["jig", "reel"]}),
        TrainingProvenance(TrainingSettings(minutes=None, max_steps=9), 3, 0.5, 1.5),
        ValidationFigures(1.5, {"test": {"all": {"bits_per_note": 2.5, "tunes": 7}}}),
    )


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


def features(shape: tuple[int, int], count: int) -> torch.Tensor:
    """Return possible context features, (B, T, count), of some tunes."""
    rng = torch.Generator().manual_seed(3)
    each = [torch.randint(size, shape, generator=rng) for size in CONTEXT_SIZES[:count]]
    return torch.stack(each, 2) if each else torch.empty(*shape, 0, dtype=torch.long)


@pytest.mark.parametrize("context", [0, 2, len(CONTEXT_SIZES)])
def test_new_characters_and_features_change_nothing_at_first(context: int) -> None:
    old = a_checkpoint()
    new = with_vocabulary(old, "aXÝ", replace(old.network.settings, context=context))
    assert new.vocabulary.characters == "\nXabc|Ýé"
    ids = torch.randint(len(old.vocabulary), (3, 12, 1), generator=torch.Generator().manual_seed(2))
    renamed = torch.tensor([new.vocabulary.id(character) for character in old.vocabulary.characters])
    before = old.network(ids)[0]
    after = new.network(torch.cat([renamed[ids], features((3, 12), context)], 2))[0]
    torch.testing.assert_close(after[:, :, renamed], before)
    unlikely = old.network.output.bias.min()
    assert torch.equal(new.network.output.bias[[1, 6]], unlikely.expand(2))


def test_a_model_that_reads_features_keeps_what_they_mean() -> None:
    old = with_vocabulary(a_checkpoint(), "", NetworkSettings(hidden=16, context=2))
    for layer in old.network.recurrent_layers():
        layer.input.data.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(5))
    new = with_vocabulary(old, "XYZ", replace(old.network.settings, context=len(CONTEXT_SIZES)))
    read = torch.randint(len(old.vocabulary), (2, 9, 1), generator=torch.Generator().manual_seed(2))
    renamed = torch.tensor([new.vocabulary.id(character) for character in old.vocabulary.characters])
    before = old.network(torch.cat([read, features((2, 9), 2)], 2))[0]
    after = new.network(torch.cat([renamed[read], features((2, 9), len(CONTEXT_SIZES))], 2))[0]
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
            checkpoint_module.write_tensors(path, {"w": torch.zeros(3)}, MODEL_FORMAT, {"version": 1})
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


def metadata_of(path: Path) -> dict[str, Any]:
    """Return the JSON of a model file."""
    return checkpoint_module.read_tensors(path, MODEL_FORMAT)[1]


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Save a model, then change its JSON."""
    save_checkpoint(path, a_checkpoint())
    tensors, about = checkpoint_module.read_tensors(path, MODEL_FORMAT)
    change(about)
    checkpoint_module.write_tensors(path, tensors, MODEL_FORMAT, about)
    return path


def test_the_bundled_models_json_comes_back_but_for_renamed_and_later_entries(tmp_path: Path) -> None:
    before = metadata_of(bundled_model())
    save_checkpoint(tmp_path / "again", load_checkpoint(bundled_model()))
    network = before.pop("network")
    after = metadata_of(tmp_path / "again")
    renamed = {{"told": "context"}.get(name, name): value for name, value in network.items()}
    assert after.pop("network") == {"recurrent_dropout": 0.0, **renamed}
    training = before.pop("training")
    assert after.pop("training") == {"average": 0.0, "dances": 1, "dtype": "", "keep_best": True, **training}
    assert after == before


@pytest.mark.parametrize("name", ["told", "context"])
def test_the_number_of_context_features_is_read_under_its_old_name_too(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model"
    save_checkpoint(path, with_vocabulary(a_checkpoint(), "", NetworkSettings(hidden=16, context=3)))
    tensors, about = checkpoint_module.read_tensors(path, MODEL_FORMAT)
    about["network"][name] = about["network"].pop("context")
    checkpoint_module.write_tensors(path, tensors, MODEL_FORMAT, about)
    assert load_checkpoint(path).network.settings.context == 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda about: about.update(corpus=5), "corpus=5 should be an object"),
        (lambda about: about.update(corpus=None), "corpus=None should be an object"),
        (lambda about: about["corpus"].update(values=5), "corpus values=5 should be an object, each entry a list"),
        (lambda about: about["corpus"].update(values={"R": "jig"}), "corpus values={'R': 'jig'} should be"),
        (lambda about: about["corpus"].update(values={"R": [1]}), "corpus values={'R': [1]} should be"),
        (lambda about: about["corpus"].update(recipe=[]), "corpus recipe=[] should be an object"),
        (lambda about: about["corpus"].update(recipe={"drop": 5}), "corpus recipe drop=5 should be a list"),
        (lambda about: about["corpus"].update(digest=5), "corpus digest=5 should be a text"),
        (lambda about: about["corpus"].update(transposed=1), "corpus transposed=1 should be true or false"),
        (lambda about: about.update(training=[]), "training=[] should be an object"),
        (lambda about: about["training"].update(steps="3"), "training steps='3' should be a whole number"),
        (lambda about: about["training"].update(steps=True), "training steps=True should be a whole number"),
        (lambda about: about["training"].update(minutes="9"), "training minutes='9' should be a number or null"),
        (lambda about: about["training"].update(batch=0), "training batch=0 should be at least 1"),
        (lambda about: about.update(validation="x"), "validation='x' should be an object"),
        (lambda about: about["validation"].update(bits_per_character="x"), "bits_per_character='x' should be"),
        (lambda about: about["validation"].update(test={"all": 5}), "validation test={'all': 5} should be"),
        (lambda about: about.update(network=5), "network=5 should be an object"),
        (lambda about: about["network"].update(hidden="16"), "network hidden='16' should be a whole number"),
        (lambda about: about["network"].update(context=999), "network context=999 should be"),
        (lambda about: about.update(vocabulary="ba"), "vocabulary characters='ba' should be"),
        (lambda about: about.update(version=1), "model format 1 where this folkrnn reads format 2"),
        (lambda about: about.pop("vocabulary"), "not a complete folkrnn model"),
        (lambda about: about["corpus"].update(values="v" * 999), "…"),
    ],
)
def test_damaged_json_is_one_clear_line(tmp_path: Path, change: Callable[[dict[str, Any]], object], named: str) -> None:
    path = changed(tmp_path / "model", change)
    with pytest.raises(ModelError) as caught:
        load_checkpoint(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_json_that_is_no_object_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(save({"w": torch.zeros(3)}, {"format": MODEL_FORMAT, "about": "3"}))
    with pytest.raises(ModelError, match=r"model: about=3 should be an object$"):
        load_checkpoint(path)


def test_missing_provenance_has_defaults_and_unknown_entries_are_ignored(tmp_path: Path) -> None:
    def change(about: dict[str, Any]) -> None:
        del about["corpus"], about["training"], about["validation"]
        about["colour"] = "red"
        about["network"]["colour"] = "red"

    loaded = load_checkpoint(changed(tmp_path / "model", change))
    assert (loaded.corpus, loaded.training) == (CorpusProvenance(), TrainingProvenance())
    assert (loaded.validation, loaded.validation.bits_per_note()) == (ValidationFigures(), None)
    path = changed(tmp_path / "other", lambda about: [about[part].update(colour=1) for part in ("corpus", "training")])
    assert (load_checkpoint(path).corpus, load_checkpoint(path).training) == (
        a_checkpoint().corpus,
        a_checkpoint().training,
    )


def test_bits_per_note_are_those_of_a_split_and_a_group() -> None:
    figures = a_checkpoint().validation
    assert figures.bits_per_note("test") == 2.5
    assert (figures.bits_per_note(), figures.bits_per_note("test", "fiddle")) == (None, None)
