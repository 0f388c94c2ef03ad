"""Bars and plans that a model writes more often than people did are written again, one by one."""

import random
import string
from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch

from folkrnn.composition.acceptors import KeepsRequest
from folkrnn.composition.ngram_learning import learn, pieces_of
from folkrnn.composition.requests import Request
from folkrnn.errors import ModelError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.ngram_critics import BarCritic, NgramCritics, PlanCritic
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes
from folkrnn.notation.bar_ngrams import BarPlace, PlacedBar, Style
from folkrnn.notation.context import CONTEXT_SIZES, ContextReader, plan_of
from folkrnn.notation.idiom import DEFAULT_IDIOM
from folkrnn.notation.plan import broken_plan, read_plan
from folkrnn.validation import validate_tune

VOCABULARY = Vocabulary("".join(sorted("\n" + string.ascii_letters + string.digits + ":/|] ,'^")))
ASKED = {"M": "4/4", "R": "reel", "I": "4|4|"}
PLAN = "abac|dbde"
PLANNED = Request(ASKED, plan=PLAN)
REEL = Style(rhythm=2, origin=0)


class Averse(BarCritic):
    """A critic that refuses bars with a note of some letter."""

    def __init__(self, letter: str, log_odds: float = 20.0) -> None:
        super().__init__(np.zeros(self.BUCKETS + 1, np.float32))
        self.letter, self.refusing = letter, log_odds

    def log_odds(self, placed: PlacedBar) -> float:
        return self.refusing if self.letter in placed.bar.text else -20.0


def made(count: int, critic: BarCritic | None, asked: Request = PLANNED, **options: object) -> list[GeneratedText]:
    settings = NetworkSettings(hidden=16, context=len(CONTEXT_SIZES))
    network = CharNetwork(settings, len(VOCABULARY), torch.Generator().manual_seed(4))
    options = {"seed": 3, "max_characters": 1500, "idiom": DEFAULT_IDIOM} | options
    policy = DraftPolicy((KeepsRequest(asked),), critics=NgramCritics(bars=critic))
    prompts = [asked.prompt] * count
    return list(generate_texts(network, VOCABULARY, prompts, policy=policy, **options))  # type: ignore[arg-type]


def bars_with(letter: str, texts: list[GeneratedText]) -> float:
    """The share of bars with a note of some letter."""
    bars = [
        bar
        for text in texts
        for bar in text.text.partition("\nK:")[2].partition("\n")[2].split("|")
        if bar.strip("\n]")
    ]
    return sum(letter in bar for bar in bars) / len(bars)


def test_bars_that_it_refuses_are_written_again() -> None:
    plain, critical = made(6, None), made(6, Averse("B"))
    assert bars_with("B", plain) > 0.3
    assert bars_with("B", critical) < bars_with("B", plain) / 3
    for text in critical:
        assert validate_tune(read_tunes(text.text)[0]).playable
        assert broken_plan(PLAN, plan_of(text.text)) == ""
        assert len(text.bits) == len(text.written)


def test_tunes_do_not_depend_on_those_beside_them() -> None:
    together = [text.written for text in made(5, Averse("B"))]
    assert together == [text.written for text in made(5, Averse("B"), batch=2)]


def test_the_best_of_the_refused_bars_is_taken_in_the_end() -> None:
    class Never(Averse):
        def log_odds(self, placed: PlacedBar) -> float:
            return 20.0 + placed.bar.text.count("B")

    plain, critical = made(6, None), made(6, Never("B"))
    assert all(text.finished for text in critical)
    assert bars_with("B", critical) < bars_with("B", plain) / 2
    for text in critical:
        assert len(text.bits) == len(text.written)


def test_an_ending_is_refused_with_its_first_bar() -> None:
    class AverseToEndings(Averse):
        def log_odds(self, placed: PlacedBar) -> float:
            return self.refusing if placed.ending == 1 else -self.refusing

    asked = Request({"M": "2/4", "R": "reel", "I": "4:4:"})
    plain, critical = made(60, None, asked), made(60, AverseToEndings(""), asked)
    assert sum("|1" in text.written for text in plain) > 10
    assert sum("|1" in text.written for text in critical) < 5


def reels(count: int, letters: str, seed: int) -> list[str]:
    """Texts of reels whose bars are drawn from some letters."""
    rng = random.Random(seed)
    header = "X:1\nT:A\nR:reel\nM:4/4\nL:1/8\nI:form 8|\nK:G\n"
    return [header + "|".join("".join(rng.choices(letters, k=8)) for _ in range(8)) + "|]\n" for _ in range(count)]


def placed(text: str) -> list[PlacedBar]:
    reader = ContextReader()
    found = []
    for character in text:
        if reader.ends_new_bar(character):
            found.append(reader.placed_bar)
        reader.advance(character)
    return found


def bar_critic(real: list[str], written: list[str], earlier: BarCritic | None = None) -> BarCritic:
    """A critic that has learned from the bars of texts."""
    theirs, ours = ([pieces_of(text).bars for text in texts] for texts in (real, written))
    return learn(BarCritic, theirs, ours, 1, earlier)


def test_it_learns_what_real_bars_have() -> None:
    real, written = reels(80, "GABd", 1), reels(80, "GABdF", 2)
    critic = bar_critic(real, written)
    unseen = [bar for text in reels(20, "GABdF", 3) for bar in placed(text)]
    odd = [critic.log_odds(bar) for bar in unseen if "F" in bar.bar.text]
    usual = [critic.log_odds(bar) for bar in unseen if "F" not in bar.bar.text]
    assert np.mean(odd) > np.mean(usual) + 1
    assert sum(each > 0 for each in odd) / len(odd) > 0.9


def test_it_learns_what_is_odd_in_tunes_of_one_origin() -> None:
    def of(origin: str, texts: list[str]) -> list[str]:
        return [text.replace("R:reel\n", f"R:reel\nO:{origin}\n") for text in texts]

    real = of("Scotland", reels(60, "GABF", 1)) + of("Ireland", reels(60, "GABd", 2))
    written = of("Scotland", reels(60, "GABF", 3)) + of("Ireland", reels(60, "GABF", 4))
    critic = bar_critic(real, written)
    scottish, irish = (placed(of(origin, reels(1, "GABF", 5))[0]) for origin in ("Scotland", "Ireland"))
    assert np.mean([critic.log_odds(bar) for bar in irish]) > np.mean([critic.log_odds(bar) for bar in scottish]) + 1


def test_a_later_critic_adds_to_an_earlier_one() -> None:
    real = reels(10, "GABd", 1)
    first = bar_critic(real, reels(10, "GABdF", 2))
    second = bar_critic(real, reels(10, "GABdc", 3), earlier=first)
    (sharp, natural, usual) = (placed(reels(1, letters, 5)[0])[2] for letters in ("F", "c", "Bd"))
    assert second.log_odds(sharp) - second.log_odds(usual) > 0.5
    assert second.log_odds(natural) - second.log_odds(usual) > 0.5


def test_a_bar_knows_its_place() -> None:
    (text,) = reels(1, "GABd", 1)
    places = [bar.place for bar in placed(text)]
    within, half = BarPlace.WITHIN, BarPlace.HALF_WAY
    assert places == [
        BarPlace.FIRST,
        within,
        within,
        half,
        within,
        within,
        BarPlace.LAST_BUT_ONE,
        BarPlace.LAST_OF_TUNE,
    ]


def test_one_of_another_make_is_refused() -> None:
    assert NgramCritics.of({}) == NgramCritics()
    for kind in (BarCritic, PlanCritic):
        with pytest.raises(ModelError, match=f"critic of {kind.JUDGES} is of another folkrnn"):
            NgramCritics.of({kind.entry(): torch.zeros(3)})
    critic = NgramCritics.of({BarCritic.entry(): torch.full((BarCritic.BUCKETS + 1,), log(2))}).bars
    assert critic is not None
    assert critic.log_odds(placed(reels(1, "GABd", 1)[0])[0]) > 0


class AverseToPlans(PlanCritic):
    """A critic that refuses plans in which the first bar comes back as the third."""

    def __init__(self, log_odds: float = 20.0) -> None:
        super().__init__(np.zeros(self.BUCKETS + 1, np.float32))
        self.refusing = log_odds

    def log_odds(self, plan: str, style: Style) -> float:
        return self.refusing if comes_back(plan) else -20.0


def comes_back(plan: str) -> bool:
    """Whether the third bar is the same as the first."""
    return read_plan(plan)[0][2] == "a"


def planned(count: int, critic: PlanCritic | None, **options: object) -> list[GeneratedText]:
    settings = NetworkSettings(hidden=16, context=len(CONTEXT_SIZES))
    network = CharNetwork(settings, len(VOCABULARY), torch.Generator().manual_seed(4))
    asked = Request(ASKED)
    prompt = replace(asked.prompt, wish=replace(asked.prompt.wish, planned=True))
    options = {"seed": 3, "max_characters": 1500, "idiom": DEFAULT_IDIOM} | options
    policy = DraftPolicy(critics=NgramCritics(plans=critic))
    return list(generate_texts(network, VOCABULARY, [prompt] * count, policy=policy, **options))  # type: ignore[arg-type]


def test_plans_that_it_refuses_are_written_again() -> None:
    plain, critical = planned(12, None), planned(12, AverseToPlans())
    assert sum(comes_back(text.plan) for text in plain) > 3
    assert sum(comes_back(text.plan) for text in critical) == 0
    for text in critical:
        assert validate_tune(read_tunes(text.text)[0]).playable
        assert len(text.bits) == len(text.written)
    assert [text.plan for text in critical] == [text.plan for text in planned(12, AverseToPlans(), batch=2)]


def test_the_best_of_the_refused_plans_is_taken_in_the_end() -> None:
    class Never(AverseToPlans):
        def log_odds(self, plan: str, style: Style) -> float:
            return 20.0 + comes_back(plan)

    critical = planned(12, Never())
    assert all(text.finished and text.plan for text in critical)
    assert sum(comes_back(text.plan) for text in critical) == 0


def plans(count: int, letters: str, seed: int) -> list[str]:
    """Texts of reels, without music, with a second part whose last bar is the same as some bar of the first one."""
    rng = random.Random(seed)
    header = "X:1\nT:A\nR:reel\nM:4/4\nL:1/8\nI:form 4|4| 3 abcd|efg{}\nK:G\n"
    return [header.format(rng.choice(letters)) for _ in range(count)]


def test_it_learns_how_real_parts_rhyme() -> None:
    real = [pieces_of(text).plans for text in plans(80, "dddb", 1)]
    written = [pieces_of(text).plans for text in plans(80, "abcd", 2)]
    critic = learn(PlanCritic, real, written, seed=1)
    assert critic.log_odds("abcd|efgd", REEL) < 0 < critic.log_odds("abcd|efga", REEL)
    assert critic.log_odds("abcde|fghie", REEL) < critic.log_odds("abcde|fghia", REEL)  # in parts of another length too
    assert pieces_of("X:1\nT:A\nR:reel\nM:4/4\nL:1/8\nI:form 4|4| 3\nK:G\n").plans == []


def two_parts(count: int, first: str, second: str, seed: int) -> list[str]:
    rng = random.Random(seed)

    def bars(letters: str) -> str:
        return "|".join("".join(rng.choices(letters, k=8)) for _ in range(4))

    header = "X:1\nT:A\nR:reel\nM:4/4\nL:1/8\nI:form 4|4| 0\nK:G\n"
    return [f"{header}{bars(first)}||{bars(second)}|]\n" for _ in range(count)]


def test_it_hears_that_second_parts_lie_higher() -> None:
    real = two_parts(60, "GAB", "gab", 1)
    written = two_parts(30, "GAB", "GAB", 2) + two_parts(30, "gab", "gab", 3)
    critic = bar_critic(real, written)
    (good,), (bad,) = two_parts(1, "GAB", "gab", 4), two_parts(1, "gab", "GAB", 5)
    told = [critic.log_odds(bar) for bar in placed(bad)]
    assert np.mean(told[:4]) > np.mean([critic.log_odds(bar) for bar in placed(good)][:4]) + 1
    assert np.mean(told[4:]) > np.mean([critic.log_odds(bar) for bar in placed(good)][4:]) + 1


def test_it_hears_that_parts_end_alike() -> None:
    def ending_on(first: str, second: str, count: int, seed: int) -> list[str]:
        texts = two_parts(count, "GABd", "GABd", seed)
        return [f"{text.partition('||')[0][:-1]}{first}||{text.partition('||')[2][:-3]}{second}|]\n" for text in texts]

    real = ending_on("G", "G", 120, 1) + ending_on("d", "d", 120, 2)
    written = ending_on("G", "d", 120, 3) + ending_on("d", "G", 120, 4)
    critic = bar_critic(real, written)
    good, bad = (
        np.mean([critic.log_odds(placed(text)[-1]) for text in ending_on(first, last, 10, 5)])
        for first, last in (("G", "G"), ("d", "G"))
    )
    assert bad > good + 1
