"""Mending: ties that were meant as slurs, in recipes that ask for it."""

from dataclasses import replace

import pytest

from folkrnn.corpus import Recipe, SourceSettings, load_recipe
from folkrnn.corpus.build import clean, reason_to_drop
from folkrnn.corpus.mending import with_slurs
from folkrnn.corpus.recipe import parse_recipe
from folkrnn.errors import CorpusError
from folkrnn.notation import Tune, canonical, performance, read_tunes

SOURCE = SourceSettings(path="x.abc")
RECIPE = Recipe("mine", (SOURCE,), drop=())


def tune_of(music: str) -> Tune:
    (tune,) = read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/8\nK:C\n{music}\n")
    return tune


@pytest.mark.parametrize(
    ("music", "mended"),
    [
        ("A4-B4|c8|", "(A4B4)|c8|]"),
        ("A8-|B8|", "(A8|B8)|]"),
        ("A2-B2-c4|d8|", "(A2(B2)c4)|d8|]"),
        ("A4-A4-|B8|", "A4-(A4|B8)|]"),
        ("[AC]4-[Bd]4|c8|", "([CA]4[Bd]4)|c8|]"),
    ],
)
def test_a_tie_between_two_pitches_becomes_a_slur(music: str, mended: str) -> None:
    tune = with_slurs(tune_of(music))
    assert canonical(tune).splitlines()[-1] == mended
    assert tune.findings == ()


@pytest.mark.parametrize("music", ["A4-A4|c8|", "[AC]4-[Ac]4|c8|", "A4-z4|c8|", "A8-:|B8|", "A4-"])
def test_other_ties_stay_as_they_are(music: str) -> None:
    tune = tune_of(music)
    assert with_slurs(tune) == tune


def test_a_slur_sounds_as_the_tie_did() -> None:
    tune = tune_of("A2-B2-c4|d8|")
    assert [(sound.onset, sound.midi) for sound in performance(with_slurs(tune))] == [
        (sound.onset, sound.midi) for sound in performance(tune)
    ]


def test_only_a_recipe_that_mends_slurs_keeps_such_a_tune() -> None:
    tune = tune_of("A4-B4|c8|")
    mending = replace(RECIPE, mend=("slurs",))
    assert reason_to_drop(clean(tune, RECIPE, SOURCE), RECIPE) == "tie-between-pitches"
    assert reason_to_drop(clean(tune, mending, SOURCE), mending) == ""
    dropping = replace(mending, drop=("slurs",))
    assert canonical(clean(tune, dropping, SOURCE)).splitlines()[-1] == "A4B4|c8|]"


def test_mending_is_part_of_what_decides_a_corpus_only_where_it_is_asked_for() -> None:
    mending = replace(RECIPE, mend=("slurs",))
    assert "mend" not in RECIPE.settings()
    assert mending.settings()["mend"] == ["slurs"]
    assert mending.digest != RECIPE.digest
    assert load_recipe("default").mend == ("slurs",)


def test_a_recipe_names_what_it_cannot_mend() -> None:
    text = 'name = "x"\n[[source]]\npath = "a.abc"\n[clean]\nmend = ["{}"]\n'
    assert parse_recipe(text.format("slurs"), "x.toml").mend == ("slurs",)
    with pytest.raises(CorpusError, match=r"clean\.mend has 'bars'; expected some of slurs"):
        parse_recipe(text.format("bars"), "x.toml")
