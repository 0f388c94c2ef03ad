"""What the critic of plans sees of a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.notation.plan import CHARACTERS
from folkrnn.notation.plan_ngrams import plan_ngrams


def shared(one: str, other: str) -> float:
    """The share of the n-grams of a plan that another one has too."""
    first, second = set(plan_ngrams(one)), set(plan_ngrams(other))
    return len(first & second) / len(first)


def test_a_plan_does_not_depend_on_its_letters() -> None:
    assert list(plan_ngrams("abac|dbde")) == list(plan_ngrams("fgfh|igik"))


@pytest.mark.parametrize("other", ["abac|dedb", "abac|dbd'e", "abac|dbd^e", "abab|dbde", "abac|dbdea", "abac|dbde|fg"])
def test_plans_differ_in_what_bars_take_up(other: str) -> None:
    assert 0 < shared(other, "abac|dbde") < 1


def test_a_rhyme_is_the_same_in_parts_of_other_lengths() -> None:
    rhyme = {ngram for ngram in plan_ngrams("abcd|efgd") if ngram not in set(plan_ngrams("abcd|efgh"))}
    assert rhyme & set(plan_ngrams("abcdef|ghijkf"))


@given(st.text(CHARACTERS, max_size=60))
def test_any_text_can_be_seen(text: str) -> None:
    assert all(isinstance(ngram, bytes) for ngram in plan_ngrams(text))


def test_long_parts_are_seen_too() -> None:
    assert list(plan_ngrams("a" * 300 + "|" + "a" * 300))
