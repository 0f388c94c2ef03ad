"""A title under way: what may come next, and whether it will do."""

import random

from folkrnn.generation.titles import TitleRule, TitleWriter, other_dances
from folkrnn.notation.titles import END, TitleWords

LASS = TitleWords(
    ("Ireland",),
    {
        "": ("My", "The", "Yellow"),
        "my": ("Lass",),
        "the": ("Lass", "Lassies"),
        "lass": (END, "of"),
        "lassies": (END,),
        "of": ("Kerry",),
        "kerry": (END, "Jig", "Reels"),
        "jig": (END,),
        "reels": (END,),
        "yellow": (END,),
    },
)
LETTERS = frozenset(map(chr, range(32, 127)))


def test_a_title_follows_words_that_titles_have() -> None:
    writer = TitleWriter(LASS, LETTERS)
    assert writer.after("") == frozenset("MTY")
    assert writer.after("Th") == frozenset("e")
    assert writer.after("The") == frozenset(" ")
    assert writer.after("The ") == frozenset("L")
    assert writer.after("The Lass") == frozenset(" i\n")
    assert writer.after("The Lassies") == frozenset("\n")
    assert writer.after("My Lass") == frozenset(" \n")
    assert writer.after("My Lass of Kerry") == frozenset(" \n")


def test_words_that_the_model_cannot_write_or_that_name_another_dance_are_left_out() -> None:
    writer = TitleWriter(LASS, LETTERS - {"Y"}, other_dances("jig"))
    assert writer.after("") == frozenset("MT")
    assert writer.after("My Lass of Kerry ") == frozenset("J")
    reels = TitleWriter(LASS, LETTERS, other_dances("reel"))
    assert reels.after("My Lass of Kerry ") == frozenset("R")
    neither = TitleWriter(LASS, LETTERS, other_dances("mazurka"))
    assert neither.after("My Lass of Kerry") == frozenset("\n")


def test_a_word_without_any_that_may_follow_ends_the_title() -> None:
    words = TitleWords((), {"": ("The",), "the": ("Jig",), "jig": (END,)})
    assert TitleWriter(words, LETTERS, other_dances("reel")).after("The") == frozenset("\n")


def test_every_beginning_leads_to_a_title_of_known_words() -> None:
    writer = TitleWriter(LASS, LETTERS)
    for seed in range(50):
        rng, title = random.Random(seed), ""
        while (character := rng.choice(sorted(writer.after(title)))) != "\n":
            title += character
        assert set(title.lower().split()) <= LASS.following.keys()


def test_known_and_odd_titles_will_not_do() -> None:
    writer = TitleWriter(LASS, LETTERS, known=lambda title: title == "My Lass")
    assert writer.refusal("My Lass") == "it is known"
    assert writer.refusal("My Lass of Lass") == "it says a word twice"
    assert writer.refusal("My Lass of Kerry") == ""


def test_other_dances() -> None:
    assert {"reel", "hornpipe", "march", "step"} <= other_dances("jig")
    assert not {"jig", "double", "dance", "highland"} & other_dances("jig")
    assert "jig" not in other_dances("slip jig")
    assert not {"quick", "step", "quickstep", "march"} & other_dances("quickstep")


def test_few_words_lead_no_title() -> None:
    assert TitleRule([LASS], LETTERS).for_tune("Ireland", "jig") is None
    many = TitleWords(("Ireland",), {"": ("A",), **{f"w{n}": (END,) for n in range(60)}})
    rule = TitleRule([many], LETTERS)
    assert rule.for_tune("Ireland", "jig") is not None
    assert rule.for_tune("Ireland", "jig") is rule.for_tune("Ireland", "jig")
