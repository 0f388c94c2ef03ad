"""Settings of a tune: cadences and plan as they were, other bars varied."""

import string

import pytest
import torch

from folkrnn.composition.composer import Composer, Composition
from folkrnn.composition.variation import variation
from folkrnn.errors import GenerationError
from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import Tune, form, read_tunes
from folkrnn.notation.canonical import canonical
from folkrnn.notation.context import CONTEXT_SIZES, plan_of
from folkrnn.notation.plan import read_plan

VOCABULARY = Vocabulary("".join(sorted("\n" + string.ascii_letters + string.digits + ":/|] [,'^")))
"""No ornaments, tuplets, nor accidentals but sharps: an untrained network would write little else."""

REEL = """X:1
T:The Given One
C:Somebody
R:reel
M:4/4
L:1/8
K:G
B2|:"G"G2BG dGBG|c2ec gcec|G2BG dGBd|"D"edcA G2B2|G2BG dGBG|c2ec gcec|gfed cBAG|FGAF G2B2:|
|:g2bg dgbg|f2af dfaf|g2bg dgbg|1efge dcBA|FGAF G2B2:|2efge dcBA|FGAF G2|]
"""
NOT_VARIED = [3, 7, 11, 12, 13]
"""The bars of the reel, from 0 and without the pickup, that are cadences or belong to the second ending."""


def one(text: str) -> Tune:
    return read_tunes(text)[0]


def sounds(tune: Tune) -> list[object]:
    return [[(note.pitches, note.duration) for note in bar.notes] for bar in tune.bars]


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    """A composer with a network that reads plans and has learned nothing."""
    settings = NetworkSettings(hidden=16, context=len(CONTEXT_SIZES))
    network = CharNetwork(settings, len(VOCABULARY), torch.Generator().manual_seed(4))
    path = tmp_path_factory.mktemp("planned") / "untrained.safetensors"
    save_checkpoint(path, Checkpoint(network, VOCABULARY))
    return Composer(path)


def settings_of(composer: Composer, text: str, count: int = 1, closeness: int = 5, seed: int = 3) -> list[Composition]:
    return list(composer.vary(one(text), closeness=closeness, count=count, seed=seed))
