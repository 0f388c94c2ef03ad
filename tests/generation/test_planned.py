"""A tune keeps the plan that stands in its header."""

import string
from itertools import pairwise

import pytest
import torch

from folkrnn.composition.acceptors import KeepsRequest
from folkrnn.composition.requests import Request
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import form, read_tunes
from folkrnn.notation.context import CONTEXT_SIZES, opening_plan, plan_of
from folkrnn.notation.form import read_build
from folkrnn.notation.grammar import Wish
from folkrnn.notation.idiom import DEFAULT_IDIOM
from folkrnn.notation.plan import broken_plan, parse_plan, read_plan
from folkrnn.validation import validate_tune

VOCABULARY = Vocabulary("".join(sorted("\n" + string.ascii_letters + string.digits + ":/|] ,'^")))
"""No ornaments, chords, tuplets, nor accidentals but sharps: an untrained network would write little else."""


def network() -> CharNetwork:
    """A network that reads plans and has learned nothing."""
    settings = NetworkSettings(hidden=16, context=len(CONTEXT_SIZES))
    return CharNetwork(settings, len(VOCABULARY), torch.Generator().manual_seed(4))


def made(count: int, prompt: Prompt, **options: object) -> list[GeneratedText]:
    options = {"seed": 3, "max_characters": 1500, "idiom": DEFAULT_IDIOM} | options
    return list(generate_texts(network(), VOCABULARY, [prompt] * count, **options))  # type: ignore[arg-type]


def build_of(text: GeneratedText) -> str:
    """The plan in the header that was written."""
    return read_build(next(line[2:] for line in text.written.split("\n") if line.startswith("I:"))).plan


@pytest.mark.parametrize(
    ("meter", "shape", "plan"),
    [
        ("4/4", "8:8:", "abacabad|efegefad"),
        ("6/8", "8:8:", "abcdabef|ghgighef"),
        ("3/4", "8|8|", "aabbccdd|eebbaacc"),
        ("2/4", "4:4:4:", "abac|dbde|abac"),
        ("6/8", "6|", "abcabd"),
    ],
)
def test_bars_come_back_as_the_plan_says_and_others_differ(meter: str, shape: str, plan: str) -> None:
    asked = Request({"M": meter, "I": shape, "R": "reel"}, plan=plan)
    for text in made(3, asked.prompt, policy=DraftPolicy((KeepsRequest(asked),))):
        (tune,) = read_tunes(text.text)
        assert not text.violation
        assert validate_tune(tune).playable
        assert form(tune) == shape
        assert broken_plan(plan, plan_of(text.text)) == ""


def test_without_one_the_model_writes_a_plan_that_goes_with_the_form() -> None:
    for text in made(4, Prompt({"I": "form 8:8:"}, wish=Wish(planned=True))):
        plan = build_of(text)
        assert [len(part) for part in read_plan(plan)] == [8, 8]
        assert parse_plan(plan) == plan
        assert "plan" not in text.text
        assert plan not in text.text


def test_parts_come_back_as_the_letters_of_a_form_say() -> None:
    asked = Request({"I": "4|4|4|4|", "M": "4/4"}, pattern="ABAC")
    for text in made(2, asked.prompt, policy=DraftPolicy((KeepsRequest(asked),))):
        first, second, third, fourth = read_plan(plan_of(text.text))
        assert first == third
        assert first not in (second, fourth)


def test_similarity_and_plan_may_both_be_written() -> None:
    for text in made(3, Prompt({"M": "2/4"}, wish=Wish(similarity=4, planned=True))):
        line = next(line for line in text.written.split("\n") if line.startswith("I:"))
        assert read_build(line[2:]).similarity == "4"
        assert read_build(line[2:]).plan


def test_a_prompt_without_a_plan_gets_none() -> None:
    for text in made(4, Prompt({"M": "2/4"})):
        assert build_of(text) == ""


@pytest.mark.parametrize(
    ("shape", "opening", "plan"),
    [("4:4:", "aba", "aba"), ("4:4:", "abac|a", "abac|a"), ("2:4:", "abac", "ab|"), ("4:", "", "a")],
)
def test_a_plan_begins_with_the_bars_that_are_given(shape: str, opening: str, plan: str) -> None:
    for text in made(4, Prompt({"I": f"form {shape}"}, wish=Wish(planned=True, opening=opening))):
        assert build_of(text).startswith(plan)


def test_the_plan_of_what_is_given_counts_whole_bars() -> None:
    header = "X:1\nT:A\nM:2/4\nI:form 99|\nK:D\nL:1/8\n"
    assert opening_plan(header, "A|DFAd|efge|DFA") == "ab"
    assert opening_plan(header, "A|DFAd|efge|DFAd|") == "aba"
    assert opening_plan(header, "DF") == ""


def test_the_same_seed_writes_the_same_planned_tunes_whatever_their_number() -> None:
    prompt = Prompt({"I": "form 4:4: abac|deda"})
    many = [text.written for text in made(6, prompt)]
    assert [text.written for text in made(3, prompt, batch=2)] == many[:3]
    assert all(one != other for one, other in pairwise(many))
