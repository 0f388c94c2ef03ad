"""Processes that train together give what one process gives."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from folkrnn.model.checkpoint import read_tensors
from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.locations import STATE_FILE
from folkrnn.model.training import STATE_FORMAT

PROGRAM = """
import sys
from pathlib import Path

import torch

from folkrnn.model.network import NetworkSettings
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.training import train_network

torch.set_num_threads(1)
bodies = {"A": "ABcd|", "B": "dcBA efga|", "C": "fd|"}
tunes = [f"X:1\\nT:{name}\\nM:4/4\\nL:1/8\\nK:D\\n|:{body}:|\\n" for name, body in bodies.items()]
settings = TrainingSettings(
    minutes=None, max_steps=int(sys.argv[2]), batch=6, window=16, warmup=5, long_batch=4, average=0.3
)
network = NetworkSettings(hidden=16, recurrent_dropout=0.3)
train_network(
    tunes * 8, tunes, network=network, training=settings, run_dir=Path(sys.argv[1]),
    dtype=torch.float32, resume=len(sys.argv) > 3,
)
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed engine")
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(program)]
    subprocess.run([sys.executable, str(program), str(tmp_path / "one"), "40"], check=True)
    subprocess.run([sys.executable, *launch, str(tmp_path / "two"), "40"], check=True, capture_output=True)
    (one, about), (two, about_two) = (
        read_tensors(tmp_path / name / STATE_FILE, STATE_FORMAT) for name in ("one", "two")
    )
    assert about["step"] == about_two["step"] == 40
    assert set(one) == set(two)
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, atol=1e-4, rtol=1e-3, msg=name)
    curves = [(tmp_path / name / "curve.csv").read_text().splitlines() for name in ("one", "two")]
    assert len(curves[0]) == len(curves[1])


def test_one_process_is_alone_and_main(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    alone = ProcessGroup.from_environment()
    assert alone == ProcessGroup(0, 1)
    assert (alone.is_main, alone.rows(7), alone.broadcast(0.25)) == (True, range(7), 0.25)
    tensor = torch.ones(2, 3, 4)
    alone.all_reduce([tensor])
    assert torch.equal(tensor, torch.ones(2, 3, 4))
    assert alone.all_gather(tensor, 3) is tensor


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12])
def test_every_row_belongs_to_one_process_and_the_shares_are_even(size: int) -> None:
    shares = [ProcessGroup(rank, size).rows(10) for rank in range(size)]
    assert [row for share in shares for row in share] == list(range(10))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_only_the_first_process_is_main() -> None:
    assert [ProcessGroup(rank, 3).is_main for rank in range(3)] == [True, False, False]
