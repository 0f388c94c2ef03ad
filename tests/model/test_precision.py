"""The dtype of products: measured at the start of a run, told, and kept."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from folkrnn.model import precision, training
from folkrnn.model.checkpoint import load_checkpoint
from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.network import NetworkSettings
from folkrnn.model.precision import bfloat16_gain, fast_dtype
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.training import train_network

TUNES = ["X:1\nT:One\nM:4/4\nL:1/8\nK:D\n|:ABcd efga|dcBA dcBA:|\n"]


def processor(patch: pytest.MonkeyPatch, *, has: bool, gain: float) -> None:
    """Make the processor one that has bfloat16 or not, and multiplies ``gain`` times as fast with it."""
    patch.setattr(precision, "has_bfloat16", lambda device: has)
    patch.setattr(precision, "bfloat16_gain", lambda: gain)


@pytest.mark.parametrize(
    ("has", "gain", "chosen"),
    [
        (True, 2.1, torch.bfloat16),
        (True, 0.53, torch.float32),
        (True, 1.1, torch.float32),  # conversions would eat so small a gain
        (True, 1.25, torch.bfloat16),
        (False, 2.1, torch.float32),
    ],
)
def test_bfloat16_is_used_where_it_is_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, has: bool, gain: float, chosen: torch.dtype
) -> None:
    processor(monkeypatch, has=has, gain=gain)
    assert fast_dtype() == chosen


def test_a_graphics_card_is_asked_for_its_features_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, has=True, gain=0.5)
    assert fast_dtype("cuda") == torch.bfloat16


def test_the_gain_is_measured_in_a_moment_and_once() -> None:
    bfloat16_gain.cache_clear()
    begun = time.perf_counter()
    gain = bfloat16_gain()
    assert time.perf_counter() - begun < 5
    assert gain > 0
    assert bfloat16_gain() == gain


@dataclass(frozen=True)
class Group(ProcessGroup):
    """A group whose main process has told its choice."""

    told: float = 0.0

    def broadcast(self, value: float) -> float:
        return value if self.is_main else self.told


def test_all_processes_take_what_the_main_one_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, has=True, gain=2.0)
    assert fast_dtype("cpu", Group(0, 2)) == torch.bfloat16
    assert fast_dtype("cpu", Group(1, 2, told=0.0)) == torch.float32
    assert fast_dtype("cpu", Group(1, 2, told=1.0)) == torch.bfloat16


def test_the_choice_is_told_and_stands_in_the_model_and_a_resumed_run_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def train(steps: int, *, resume: bool = False) -> str:
        settings = TrainingSettings(minutes=None, max_steps=steps, batch=2, window=16)
        network = NetworkSettings(hidden=8, layers=1)
        result = train_network(TUNES, TUNES, network=network, training=settings, run_dir=tmp_path, resume=resume)
        return load_checkpoint(result.model).training.dtype

    caplog.set_level(logging.INFO, "folkrnn")
    processor(monkeypatch, has=True, gain=2.0)
    assert train(2) == "bfloat16"
    assert caplog.messages == ["bfloat16 products are 2.00 times as fast as float32 here: used"]
    caplog.clear()
    processor(monkeypatch, has=True, gain=0.5)
    assert train(9, resume=True) == "bfloat16"
    assert caplog.messages == []
    assert train(2) == "float32"
    assert caplog.messages == ["bfloat16 products are 0.50 times as fast as float32 here: not used"]


def test_a_given_dtype_is_taken_unmeasured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "fast_dtype", None)
    settings = TrainingSettings(minutes=None, max_steps=0)
    network = NetworkSettings(hidden=8, layers=1)
    train_network(TUNES, TUNES, network=network, training=settings, run_dir=tmp_path, dtype=torch.bfloat16)
    assert load_checkpoint(tmp_path / "model.safetensors").training.dtype == "bfloat16"
