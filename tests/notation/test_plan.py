"""Plans: a letter for each bar, which says what earlier bar it takes up."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import canonical, read_tunes
from folkrnn.notation.context import CONTEXT_FEATURES, ContextReader, context_features, plan_of
from folkrnn.notation.headers import in_canonical_order, training_text, with_plan
from folkrnn.notation.plan import broken_plan, next_characters, parse_plan, read_plan, shown_plan

NAMES = [feature.name for feature in CONTEXT_FEATURES]
NEW_ONCE, SAME, VARIED, MOVED, NEW_AGAIN = range(1, 6)


def planned(body: str, meter: str = "2/4") -> str:
    """The plan of some music."""
    (tune,) = read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/8\nK:D\n{body}\n")
    return plan_of(canonical(tune))


@pytest.mark.parametrize(
    ("body", "plan"),
    [
        ("DFAd|efge|DFAd|A4|]", "abac"),
        ("DFAd|efge|DFAf|A4|]", "aba'c"),  # three of four eighths
        ("DFAd|efge|DFgf|A4|]", "abcd"),  # two of four are too few
        ("DFAd|DFAf|DFAd|DFAf|]", "aa'aa'"),
        ("DFAd|DFAf|DFAg|DFAe|DFAc|]", "aa'a''a'''b"),
        ("DFAd|DFA2|]", "aa'"),  # the same pitch sounds for three eighths
        ("DFAd|EGBe|DFAd|FAdf|]", "aa^ab"),  # the same steps from note to note
        ("DFAd|EGB2|]", "ab"),  # another rhythm
        ("D2F2|E2G2|]", "ab"),  # two notes are no figure
        ("DFAd|D=FAd|]", "aa'"),  # an accidental makes another bar
        ("AB|DFAd|efge|DFAd|A2:|", "abac"),  # a pickup has no letter
        ("|:DFAd|efge:||:cdec|DFAd:|", "ab|b^a"),
        ("|:DFAd|efge|1DFAd:|2A4:|", "aba"),  # nor have second endings
    ],
)
def test_bars_are_compared_with_the_first_bar_of_each_letter(body: str, plan: str) -> None:
    assert planned(body) == plan


def test_an_ornament_or_another_spelling_is_no_other_bar() -> None:
    assert planned("DFAd|{e}D~FAd|efge|A4|]") == "aabc"


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("abac abad | efeg efad", "abacabad|efegefad"),
        ("xyxz|xyxx", "abac|abaa"),
        ("A a", "ab"),  # capitals are letters of their own
        ("a b a'' c a'' d a'", "aba'ca'da''"),
        ("a a^ b b'", "aa^bb'"),
        ("ab|ab|", "ab|ab"),
    ],
)
def test_a_plan_is_read_whatever_its_letters_are(text: str, plan: str) -> None:
    assert parse_plan(text) == plan
    assert parse_plan(plan) == plan == parse_plan(shown_plan(plan))


@pytest.mark.parametrize("text", ["", "|", "ab||c", "ab1", "ab?", "'a", "a'^", "8:8:"])
def test_what_is_no_plan_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotationError, match=r"is no plan; expected .* 'abac abad \| efeg efad'"):
        parse_plan(text)


def test_a_variation_cannot_stand_before_its_bar() -> None:
    with pytest.raises(NotationError, match="b' stands before b, which it takes up"):
        parse_plan("ab'b")
    with pytest.raises(NotationError, match="too many variations of a; expected at most 3"):
        parse_plan("aa'a''a'''a''''")


def drawn(bars: list[int], pattern: str, seed: int) -> str:
    """A plan that is drawn among the characters that may come."""
    rng, plan = random.Random(seed), ""
    while (character := rng.choice(sorted(next_characters(plan, bars, pattern)))) != "\n":
        plan += character
    return plan


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(0, 1000))
def test_every_plan_that_may_be_written_is_one(bars: list[int], seed: int) -> None:
    plan = drawn(bars, "", seed)
    assert parse_plan(plan) == plan
    assert [len(part) for part in read_plan(plan)] == bars


@given(st.sampled_from(["ABA", "ABAC", "ABACA", "AABA"]), st.integers(0, 1000))
def test_parts_that_come_back_have_the_same_plan(pattern: str, seed: int) -> None:
    parts = drawn([4] * len(pattern), pattern, seed).split("|")
    assert all(parts[pattern.index(letter)] == part for letter, part in zip(pattern, parts, strict=True))


def test_a_broken_plan_names_the_first_bar_that_breaks_it() -> None:
    assert broken_plan("abac", "abac") == ""
    assert broken_plan("aba'c", "abcd") == ""  # a variation need only differ
    assert broken_plan("abac", "abcd") == "bar 3 is not the same as bar 1"
    assert broken_plan("abcd", "abca") == "bar 4 is the same as bar 1"
    assert broken_plan("ab|cd", "ab|c") == "it has 3 bars, and the plan has 4"


TEXT = "X:1\nT:Test\nM:2/4\nL:1/8\nI:form 4|\nK:D\nDFAd|efge|DFAd|A4|]\n"


def test_training_texts_have_plan_or_similarity_or_both() -> None:
    text = with_plan(TEXT.replace("4|\n", "2|2| 3\n"), "ab|ac")
    lines = {next(line for line in training_text(text, random.Random(seed)).split("\n") if line[0] == "I")
             for seed in range(40)}  # fmt: skip
    assert lines == {"I:form 2|2| ab|ac", "I:form 2|2| 3 ab|ac", "I:form 2|2| 3"}
    assert "\nI:form 2|2| ab|ac\n" in training_text(text)
    assert "ab|ac" not in in_canonical_order(training_text(text))
    assert with_plan(TEXT, "") == TEXT


def features(text: str, music: str) -> dict[str, list[int]]:
    """The features of the plan after each character of the music."""
    rows = context_features(text)[-len(music) :]
    return {name: rows[:, NAMES.index(name)].tolist() for name in NAMES[29:]}


def test_the_network_is_told_what_each_bar_takes_up() -> None:
    music = "DFAd|efge|DFAf|EGBe|DFAd|]\n"
    told = features(
        with_plan(TEXT.replace("form 4", "form 5").replace("DFAd|efge|DFAd|A4|]\n", music), "aba'a^a"), music
    )
    assert [told["plan"][place] for place in range(0, 25, 5)] == [NEW_AGAIN, NEW_ONCE, VARIED, MOVED, SAME]
    assert told["plan, next bar"][0] == NEW_ONCE
    events = told["planned event"]
    assert events[10:13] == [events[20], events[21], events[22]] == [13, 15, 18]  # F A d, after D, F and A
    assert told["planned event, moved"][15:18] == [14, 16, 19]  # a step higher
    assert told["planned notes changed"][10:14] == [1, 1, 1, 2]
    assert told["planned first event, next bar"][5] == 11  # D


def test_the_rest_of_a_bar_that_returns_is_known() -> None:
    reader = ContextReader()
    for character in with_plan(TEXT, "abac").partition("A4")[0][:-3]:
        reader.advance(character)
    assert reader.shall_return
    assert reader.rest_of_bar == "Ad"
    for character in "Ad":
        reader.advance(character)
    assert not reader.ends_off_plan("|")
    assert reader.rest_of_bar == ""
    reader.advance("|")
    assert not reader.next.shall_return


@pytest.mark.parametrize(
    ("plan", "bar", "off"),
    [("aba'c", "DFAd", True), ("aba'c", "DFAf", False), ("aba'c", "gfed", True), ("abcd", "gfec", False),
     ("abcd", "DFAd", True), ("aba^c", "EGBe", False), ("aba^c", "DFAd", True)],
)  # fmt: skip
def test_a_bar_that_is_not_what_the_plan_says_is_known_at_its_end(plan: str, bar: str, off: bool) -> None:
    reader = ContextReader()
    for character in with_plan(TEXT, plan).partition("DFAd|A4")[0] + bar:
        reader.advance(character)
    assert reader.ends_off_plan("|") is off


@pytest.mark.parametrize(("plan", "off"), [("abab", True), ("aabb", True), ("abac", False), ("aab'b''", False)])
def test_no_pickup_comes_before_a_part_that_ends_with_a_bar_from_within(plan: str, off: bool) -> None:
    # It would shorten the last bar, which could then not be the same.
    reader = ContextReader()
    for character in with_plan(TEXT, plan).partition("DFAd|")[0] + "A":
        reader.advance(character)
    assert reader.ends_off_plan("|") is off


@given(st.text(alphabet="I:form 128|ab'^ T\n", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert context_features(f"X:1\nI:form {text}\nK:D\n").shape[1] == len(NAMES)
