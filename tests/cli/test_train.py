"""Training from the command line: going on with a model, and with a run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from folkrnn.model.checkpoint import load_checkpoint

Run = Callable[..., Any]


def book(path: Path, title: str, count: int = 24) -> Path:
    tunes = [
        f"X:{n}\nT:{title} {n}\nR:polka\nM:2/4\nL:1/8\nK:D\nD{'ABcdefga'[n % 8]}FG|A{'ABcdefga'[n // 8]}cd|d2D2|D4|\n"
        for n in range(count)
    ]
    path.write_text("\n".join(tunes))
    return path


SMALL = ["--hidden", 16, "--layers", 1, "--batch", 4]


def test_a_model_goes_on_from_another_in_its_own_tunes(run: Run, tmp_path: Path) -> None:
    first = tmp_path / "first"
    assert run("train", book(tmp_path / "a.abc", "Tune"), "-o", first, "--max-steps", 40, *SMALL).status == 0
    ours = book(tmp_path / "b.abc", "Bjørn")
    new = tmp_path / "new"
    result = run("train", ours, "-o", new, "--from", first / "model.safetensors", "--max-steps", 40)
    assert result.status == 0
    old, model = (load_checkpoint(folder / "model.safetensors") for folder in (first, new))
    assert "ø" in model.vocabulary
    assert set(old.vocabulary.characters) < set(model.vocabulary.characters)
    assert model.network.settings == old.network.settings
    assert model.corpus.values["R"] == ["polka"]


def test_what_a_model_brings_is_not_asked_for_again(run: Run, tmp_path: Path) -> None:
    first = tmp_path / "first"
    run("train", book(tmp_path / "a.abc", "Tune"), "-o", first, "--max-steps", 0, *SMALL)
    model = first / "model.safetensors"
    result = run("train", tmp_path / "a.abc", "-o", tmp_path / "b", "--from", model, "--hidden", 32)
    assert result.status == 2
    assert "brings its own cell, layers and units" in result.err.splitlines()[-1]
    assert run("train", tmp_path / "a.abc", "-o", tmp_path / "b", "--from", tmp_path / "none").status == 2


def test_a_run_goes_on_with_its_own_settings(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from folkrnn.model.trainer import Trainer

    tunes = book(tmp_path / "a.abc", "Tune")
    settings = [*SMALL, "--max-steps", 30, "--learning-rate", 0.02, "--seed", 5]
    assert run("train", tunes, "-o", tmp_path / "whole", *settings).status == 0
    step = Trainer.step

    def stopping(self: Trainer, *arguments: Any) -> float:
        if self.step_number == 17:
            raise KeyboardInterrupt
        return step(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", stopping)
        assert run("train", tunes, "-o", tmp_path / "part", *settings).status == 130
    assert run("train", tunes, "-o", tmp_path / "part", "--resume").status == 0
    whole, part = (load_checkpoint(tmp_path / name / "model.safetensors") for name in ("whole", "part"))
    assert all(map(torch.equal, whole.network.parameters(), part.network.parameters()))
    assert run("train", tunes, "-o", tmp_path / "part", "--resume", "--hidden", 8).status == 2


def test_dtype_and_recurrent_dropout_are_options_and_a_run_keeps_its_dtype(run: Run, tmp_path: Path) -> None:
    tunes, folder = book(tmp_path / "a.abc", "Tune"), tmp_path / "run"
    asked = [*SMALL, "--max-steps", 3, "--dtype", "float32", "--recurrent-dropout", 0.3]
    assert run("train", tunes, "-o", folder, *asked).status == 0
    model = load_checkpoint(folder / "model.safetensors")
    assert model.training.dtype == "float32"
    assert model.network.settings.recurrent_dropout == 0.3
    result = run("train", tunes, "-o", folder, "--resume", "--dtype", "bfloat16")
    assert result.status == 2
    assert "training dtype='bfloat16' should be left out: a run goes on in its own" in result.err.splitlines()[-1]
    assert run("train", tunes, "-o", tmp_path / "b", "--dtype", "float16").status == 2


def test_sizes_have_names(run: Run, tmp_path: Path) -> None:
    run("train", book(tmp_path / "a.abc", "Tune"), "-o", tmp_path / "run", "--size", "small", "--max-steps", 0)
    settings = load_checkpoint(tmp_path / "run" / "model.safetensors").network.settings
    assert (settings.layers, settings.hidden) == (2, 256)


def test_too_few_tunes_for_a_critic_are_told_before_the_training(run: Run, tmp_path: Path) -> None:
    result = run("train", book(tmp_path / "a.abc", "Tune"), "-o", tmp_path / "run", *SMALL, "--critic", 5)
    assert result.status == 2
    assert "a critic cannot learn from 5 tunes; expected 20" in result.err.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_a_critic_is_learned_and_heeded(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkrnn.composition.critic.ROUNDS", 1)  # an untrained model writes slowly
    folder = tmp_path / "critical"
    result = run("train", book(tmp_path / "a.abc", "Tune", 40), "-o", folder, "--max-steps", 0, *SMALL, "--critic", 20)
    assert result.status == 0
    assert "the critic is right about" in result.err
    model = folder / "model.safetensors"
    asked = ["generate", "--model", model, "-n", 4, "--seed", 1, "--format", "abc", "--json"]
    heeded = json.loads(run(*asked, "-o", tmp_path / "heeded").out)
    unheeded = json.loads(run(*asked, "-o", tmp_path / "unheeded", "--no-critic", "--max-copied", 1).out)
    assert [row["drafts"] for row in unheeded] == [1] * 4
    assert max(row["drafts"] for row in heeded) > 1  # for an untrained model writes nothing like a polka
    assert all(row["playable"] == "yes" for row in heeded)


@pytest.mark.parametrize(("given", "minutes"), [([], None), (["--minutes", 5], 5.0)])
def test_a_run_of_so_many_steps_does_not_look_at_the_clock(
    run: Run, tmp_path: Path, given: list[object], minutes: float | None
) -> None:
    options = [*SMALL, "--max-steps", 0, *given]
    assert run("train", book(tmp_path / "a.abc", "Tune"), "-o", tmp_path / "run", *options).status == 0
    settings = load_checkpoint(tmp_path / "run" / "model.safetensors").training.settings
    assert settings is not None
    assert settings.minutes == minutes
