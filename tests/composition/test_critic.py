"""A critic tells a machine's tunes from real ones, and has them written again as often as it should."""

import random
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch

from folkrnn.errors import ModelError
from folkrnn.evaluation.critic import FEWEST, MOST, SEEN, STRICTNESS, Critic, critic_of, seen
from folkrnn.generation.generator import Drafts, GeneratedText
from folkrnn.model import Checkpoint, load_checkpoint
from folkrnn.model.checkpoint import save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import Tune, read_tunes


def reel(seed: int, repeats: bool) -> Tune:
    """A tune of eight bars at random, or of four that come twice."""
    rng = random.Random(seed)
    bars = ["".join(rng.choices("DEFGABcd", k=8)) for _ in range(8)]
    body = "|".join(bars[:4] * 2 if repeats else bars)
    return read_tunes(f"X:1\nT:{seed}\nR:reel\nM:4/4\nL:1/8\nK:G\n{body}|]\n")[0]


def tunes(count: int, *, repeats: bool, first: int = 0) -> list[Tune]:
    return [reel(first + number, repeats) for number in range(count)]


def test_it_tells_tunes_apart_that_it_has_not_seen() -> None:
    values = [np.array([seen(tune) for tune in tunes(100, repeats=repeats)]) for repeats in (True, False)]
    critic, right = critic_of(*values)
    assert right > 0.9
    for repeats in (True, False):
        assert all((critic.odds(tune) < 0) == repeats for tune in tunes(10, repeats=repeats, first=1000))
    again, _ = critic_of(*values)
    assert critic.odds(reel(5, True)) == again.odds(reel(5, True))


def test_what_it_sees_is_the_same_in_any_key() -> None:
    low, high = (
        read_tunes(f"X:1\nT:A\nM:4/4\nL:1/8\nK:{key}\n{body}|]\n")[0]
        for key, body in (("C", "CDEF GABc|c4 z2 C2"), ("D", "DEFG ABcd|d4 z2 D2"))
    )
    first, second = seen(low), seen(high)
    assert len(first) == SEEN
    assert first[:-3].tolist() == second[:-3].tolist()
    assert (second[-3:] - first[-3:]).tolist() == pytest.approx([2, 2, 2])


def test_a_tune_without_notes_can_be_seen() -> None:
    assert np.isfinite(seen(read_tunes("X:1\nT:A\nM:4/4\nL:1/8\nK:C\nz8|]\n")[0])).all()


def test_nothing_is_learned_from_too_few_tunes() -> None:
    values = np.zeros((FEWEST - 1, SEEN))
    with pytest.raises(ModelError, match=f"cannot learn from {FEWEST - 1} tunes; expected {FEWEST}"):
        critic_of(values, values)


@pytest.mark.parametrize(("times", "kept"), [(0.5, 1.0), (1.0, 1 / STRICTNESS), (4.0, 1 / (4 * STRICTNESS))])
def test_drafts_are_refused_as_often_as_there_are_too_many(
    times: float, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Critic, "odds", lambda self, tune: log(times))
    drafts = Critic().drafts(Drafts())
    texts = [GeneratedText(0, f"X:1\nT:{number}\nL:1/8\nK:C\nc|\n", True) for number in range(2000)]
    accepted = [drafts.accept(text) for text in texts]
    assert sum(accepted) / len(texts) == pytest.approx(kept, abs=0.04)
    assert accepted == [drafts.accept(text) for text in texts]
    assert all(drafts.accept(replace(text, draft=MOST - 1)) for text in texts)
    assert not any(Critic().drafts(Drafts(accept=lambda text: False)).accept(text) for text in texts)


def test_it_comes_with_the_model(tmp_path: Path) -> None:
    critic, _ = critic_of(*(np.array([seen(tune) for tune in tunes(30, repeats=each)]) for each in (True, False)))
    vocabulary = Vocabulary("\nabc")
    network = CharNetwork(NetworkSettings(hidden=8), len(vocabulary), torch.Generator())
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, Checkpoint(network, vocabulary, critic=critic.state_dict()))
    loaded = load_checkpoint(path)
    assert Critic.of(loaded).odds(reel(3, True)) == pytest.approx(critic.odds(reel(3, True)), rel=0.01, abs=0.02)
    foreign = replace(loaded, critic={"weight": torch.zeros(3)})
    with pytest.raises(ModelError, match="critic is of another folkrnn"):
        Critic.of(foreign)
