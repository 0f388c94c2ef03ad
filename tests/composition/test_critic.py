"""A critic tells a machine's tunes from real ones, and has them written again as often as it should."""

import random
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from folkrnn.composition.acceptors import MAX_CRITIC_DRAFTS, REJECTION_RATIO, PassesCritic
from folkrnn.composition.critic import (
    CRITIC_FEATURES,
    CRITIC_SEES,
    MIN_REAL_TUNES,
    Critic,
    critic_features,
    real_tunes,
    train_critic,
)
from folkrnn.corpus import CorpusTune
from folkrnn.errors import ModelError
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import Tune, canonical, read_tunes


def reel(seed: int, repeats: bool) -> Tune:
    """A tune of eight bars at random, or of four that come twice."""
    rng = random.Random(seed)
    bars = ["".join(rng.choices("DEFGABcd", k=8)) for _ in range(8)]
    body = "|".join(bars[:4] * 2 if repeats else bars)
    return read_tunes(f"X:1\nT:{seed}\nR:reel\nM:4/4\nL:1/8\nK:G\n{body}|]\n")[0]


def tunes(count: int, *, repeats: bool, first: int = 0) -> list[Tune]:
    return [reel(first + number, repeats) for number in range(count)]


def features(count: int) -> list[NDArray[np.float64]]:
    """The critic's features of tunes with repeats, and of as many without."""
    return [np.array([critic_features(tune) for tune in tunes(count, repeats=each)]) for each in (True, False)]


def test_it_tells_tunes_apart_that_it_has_not_seen() -> None:
    real, written = features(100)
    critic, right = train_critic(real, written)
    assert right > 0.9
    for repeats in (True, False):
        assert all((critic.log_odds(tune) < 0) == repeats for tune in tunes(10, repeats=repeats, first=1000))
    again, _ = train_critic(real, written)
    assert critic.log_odds(reel(5, True)) == again.log_odds(reel(5, True))


def test_what_it_sees_is_the_same_in_any_key() -> None:
    low, high = (
        read_tunes(f"X:1\nT:A\nM:4/4\nL:1/8\nK:{key}\n{body}|]\n")[0]
        for key, body in (("C", "CDEF GABc|c4 z2 C2"), ("D", "DEFG ABcd|d4 z2 D2"))
    )
    first, second = critic_features(low), critic_features(high)
    assert len(first) == CRITIC_FEATURES
    span = [CRITIC_SEES.index(f"{which} pitch") for which in ("lowest", "mean", "highest")]
    assert (second[span] - first[span]).tolist() == pytest.approx([2, 2, 2])
    first[span] = second[span]
    assert np.array_equal(first, second, equal_nan=True)


def test_a_tune_without_notes_can_be_seen() -> None:
    silent = read_tunes("X:1\nT:A\nM:4/4\nL:1/8\nK:C\nz8|]\n")[0]
    assert np.isfinite(Critic().log_odds(silent))


def test_a_critic_of_an_earlier_model_sees_what_it_learned() -> None:
    bundled = load_checkpoint(bundled_model())
    assert len(bundled.critic["mean"]) in (84, CRITIC_FEATURES)
    values = torch.from_numpy(critic_features(reel(3, True))).float().unsqueeze(0)
    changed = values.clone()
    changed[:, 84:] += 1
    with torch.no_grad():
        critic = Critic(84)
        assert torch.equal(critic(values), critic(changed))


def test_nothing_is_learned_from_too_few_tunes() -> None:
    values = np.zeros((MIN_REAL_TUNES - 1, CRITIC_FEATURES))
    with pytest.raises(ModelError, match=f"cannot learn from {MIN_REAL_TUNES - 1} tunes; expected {MIN_REAL_TUNES}"):
        train_critic(values, values)


@pytest.mark.parametrize(("times", "kept"), [(0.5, 1.0), (1.0, 1 / REJECTION_RATIO), (4.0, 1 / (4 * REJECTION_RATIO))])
def test_drafts_are_refused_as_often_as_there_are_too_many(
    times: float, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Critic, "log_odds", lambda self, tune: log(times))
    accepts = PassesCritic(Critic())
    texts = [GeneratedText(0, f"X:1\nT:{number}\nL:1/8\nK:C\nc|\n", True) for number in range(2000)]
    accepted = [accepts(text) is None for text in texts]
    assert sum(accepted) / len(texts) == pytest.approx(kept, abs=0.04)
    assert accepted == [accepts(text) is None for text in texts]
    assert all(accepts(replace(text, draft=MAX_CRITIC_DRAFTS - 1)) is None for text in texts)
    refusals = [refusal for text in texts if (refusal := accepts(replace(text, draft=MAX_CRITIC_DRAFTS - 2)))]
    assert len(refusals) == len(texts) - sum(accepted)
    assert not any(refusal.required for refusal in refusals)


def test_it_comes_with_the_model(tmp_path: Path) -> None:
    real, written = features(30)
    critic, _ = train_critic(real, written)
    vocabulary = Vocabulary("\nabc")
    network = CharNetwork(NetworkSettings(hidden=8), len(vocabulary), torch.Generator())
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, Checkpoint(network, vocabulary, critic=critic.state_dict()))
    loaded = load_checkpoint(path)
    assert Critic.of(loaded).log_odds(reel(3, True)) == pytest.approx(
        critic.log_odds(reel(3, True)), rel=0.01, abs=0.02
    )
    foreign = replace(loaded, critic={"weight": torch.zeros(3)})
    with pytest.raises(ModelError, match="critic is of another folkrnn"):
        Critic.of(foreign)


def corpus_tune(number: int, rhythm: str) -> CorpusTune:
    text = canonical(replace(reel(number, False), fields=(("T", str(number)), ("R", rhythm))))
    return CorpusTune(text, "test", f"{number}", str(number), "train", 64, True)


@pytest.mark.parametrize(
    ("dances", "songs", "count", "chosen"),
    [(40, 100, 60, (30, 30)), (20, 100, 60, (20, 20)), (0, 100, 60, (0, 60)), (100, 0, 60, (60, 0))],
)
def test_half_of_its_tunes_are_dances(dances: int, songs: int, count: int, chosen: tuple[int, int]) -> None:
    learned = [corpus_tune(number, "reel" if number < dances else "song") for number in range(dances + songs)]
    found = ["R:reel" in tune.text for tune in real_tunes(learned, count, seed=1)]
    assert (sum(found), len(found) - sum(found)) == chosen
