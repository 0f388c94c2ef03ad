import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from folkrnn.cli import main
from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import CONTEXT_SIZES

TUNE = """X:1
T:The Test of Time
R:jig
M:6/8
L:1/8
K:D
|: A | dfd cec | BdB AFA | GBG FAF | E2 F E2 :|
|: A | dfd cec | BdB AFA | GBG Ace | d3 d2 :|
"""


@dataclass
class Result:
    status: int
    out: str
    err: str


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Result]:
    """Run the command line in this process and give its status and output."""

    def call(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Result(int(caught.value.code or 0), out.decode("utf-8", "replace"), err.decode())

    return call


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    path = tmp_path / "tune.abc"
    path.write_text(TUNE)
    return path


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model that knows the characters of a few tunes."""
    folder = tmp_path_factory.mktemp("untrained")
    book = folder / "book.abc"
    book.write_text("X:1\nT:A Tune\nR:reel\nO:Ireland\nM:4/4\nL:1/8\nK:D\nDEFG ABcd|dcBA GFED|D8|D8|\n")
    arguments = ["train", str(book), "-o", str(folder / "run"), "--hidden", "16", "--layers", "1", "--max-steps", "0"]
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert not caught.value.code
    return folder / "run" / "model.safetensors"


def _saved(folder: Path, context: int) -> Path:
    """Save an untrained model that reads the first ``context`` features, and return its path."""
    vocabulary = Vocabulary("".join(sorted("\n" + string.ascii_letters + string.digits + ":/|] ,'^")))
    settings = NetworkSettings(hidden=16, context=context)
    network = CharNetwork(settings, len(vocabulary), torch.Generator().manual_seed(4))
    save_checkpoint(folder / "untrained.safetensors", Checkpoint(network, vocabulary))
    return folder / "untrained.safetensors"


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model that reads plans."""
    return _saved(tmp_path_factory.mktemp("planned"), len(CONTEXT_SIZES))


@pytest.fixture(scope="session")
def unplanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model that reads no plans."""
    return _saved(tmp_path_factory.mktemp("unplanned"), 0)
