"""Settings of a tune: cadences and plan as they were, other bars varied."""

import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from folkrnn.composition.composer import Composer, Composition, without_repeats
from folkrnn.composition.variation import variation
from folkrnn.errors import GenerationError
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import Tune, form, read_tunes
from folkrnn.notation.context import CONTEXT_SIZES

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
PICKUP, CADENCES, SECOND_ENDING = [0], [4, 8, 13], [14, 15]
KEPT = [*PICKUP, *CADENCES, 12, *SECOND_ENDING]
"""The bars of the reel that always stay; bar 12 comes again in the second ending."""


def one(text: str) -> Tune:
    return read_tunes(text)[0]


def sounds(tune: Tune) -> list[tuple[object, ...]]:
    return [tuple((note.pitches, note.duration) for note in bar.notes) for bar in tune.bars]


def changed(old: Tune, new: Tune) -> list[int]:
    """The bars (indices) that differ."""
    return [index for index, pair in enumerate(zip(sounds(old), sounds(new), strict=True)) if pair[0] != pair[1]]


@pytest.fixture(scope="module", autouse=True)
def few_drafts() -> Iterator[None]:
    """An untrained network never comes near a bar, however often it tries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("folkrnn.composition.variation.MAX_NEAR_DRAFTS", 2)
        yield


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    """A composer with a network that reads plans and has learned nothing."""
    network = CharNetwork(
        NetworkSettings(hidden=16, context=len(CONTEXT_SIZES)), len(VOCABULARY), torch.Generator().manual_seed(4)
    )
    path = tmp_path_factory.mktemp("planned") / "untrained.safetensors"
    save_checkpoint(path, Checkpoint(network, VOCABULARY))
    return Composer(path)


def settings_of(composer: Composer, text: str, count: int = 1, closeness: int = 5, seed: int = 3) -> list[Composition]:
    return list(composer.vary(one(text), closeness=closeness, count=count, seed=seed))


@pytest.fixture(scope="module")
def free_settings(composer: Composer) -> list[Composition]:
    """Three settings of the reel with all varied that may be."""
    return settings_of(composer, REEL, 3, closeness=0)


# ── what stays ────────────────────────────────────────────────────────────────────────────────────────────


def test_cadences_stay_and_every_other_bar_differs(free_settings: list[Composition]) -> None:
    tune = one(REEL)
    for each in free_settings:
        assert not each.fault
        assert changed(tune, each.tune) == [index for index in range(len(tune.bars)) if index not in KEPT]
        assert [each.tune.bars[index].notes for index in KEPT] == [tune.bars[index].notes for index in KEPT]


def test_equal_bars_stay_equal(free_settings: list[Composition]) -> None:
    before = sounds(one(REEL))
    for each in free_settings:
        after = sounds(each.tune)
        for index, bar in enumerate(before):
            assert after[before.index(bar)] == after[index]
        assert len(set(after)) == len(set(before))


def test_form_lengths_repeats_and_endings_stay(free_settings: list[Composition]) -> None:
    tune = one(REEL)
    for each in free_settings:
        assert form(each.tune) == form(tune)
        for before, after in zip(tune.bars, each.tune.bars, strict=True):
            assert (after.duration, after.opens, after.plays, after.ending, after.number) == (
                before.duration, before.opens, before.plays, before.ending, before.number,
            )  # fmt: skip


def test_a_setting_has_the_title_and_says_how_it_was_made(free_settings: list[Composition]) -> None:
    new = free_settings[1].tune
    assert (new.title, new.field("C"), new.rhythm) == ("The Given One", "Somebody", "reel")
    assert new.field("N").endswith("seed 3, tune 2, temperature 1, closeness 0")


def test_a_chord_symbol_stays_on_a_bar_that_stays(free_settings: list[Composition]) -> None:
    for each in free_settings:
        symbols = [[note.chord_symbols for note in bar.notes if note.chord_symbols] for bar in each.tune.bars]
        assert [index for index, found in enumerate(symbols) if found] == [4]
        assert each.remarks == ("the new bars are without the chord symbols of the old ones",)


def test_other_voices_stay(composer: Composer) -> None:
    text = "X:1\nT:Two\nM:4/4\nL:1/4\nV:1\nV:2\nK:G\n[V:1]GABG|cBAG|dcAG|G4|]\n[V:2]G2D2|C2G2|D2D2|G4|]\n"
    tune = one(text)
    (each,) = settings_of(composer, text, closeness=0)
    assert not each.fault
    assert each.tune.voices[1] == tune.voices[1]
    assert changed(tune, each.tune) == [0, 1, 2]


def test_a_part_in_another_key_stays_in_it(composer: Composer) -> None:
    tune = one(REEL.replace("|:g2bg", "|:[K:D]g2bg"))
    for each in composer.vary(tune, closeness=0, count=2, seed=1):
        assert not each.fault
        assert [bar.final_key for bar in each.tune.bars] == [bar.final_key for bar in tune.bars]
        assert 9 not in changed(tune, each.tune)


def test_a_melody_out_of_range_is_varied_where_it_lies(composer: Composer) -> None:
    tune = one("X:1\nT:Low\nM:4/4\nL:1/8\nK:G clef=bass\nG,,2B,,2D,2B,,2|A,,2C,2E,2C,2|G,,B,,D,G, B,2G,2|G,,8|]\n")
    (each,) = composer.vary(tune, closeness=0, seed=1)
    assert not each.fault
    assert changed(tune, each.tune) == [0, 1, 2]
    assert max(pitch.midi for bar in each.tune.bars for note in bar.notes for pitch in note.pitches) < 80
    assert each.tune.bars[3].notes == tune.bars[3].notes


def test_short_bars_that_do_not_add_up_stay_short(composer: Composer) -> None:
    tune = one("X:1\nT:Odd\nM:4/4\nL:1/8\nK:G\n|:G|G2BdgdBG|D2GBAEEF|ecAcBGG:|g|fgagfddg|fgagbgeg|fdefgedB|]\n")
    for new in (*composer.vary(tune, closeness=0, seed=1), *composer.rewrite(tune, 2, seed=1, best_of=1)):
        assert [bar.duration for bar in new.tune.bars] == [bar.duration for bar in tune.bars]
        assert 0 not in changed(tune, new.tune)


# ── how much stays, and what differs from setting to setting ──────────────────────────────────────────────


@pytest.mark.parametrize(("closeness", "varied"), [(0, 6), (3, 4), (5, 3), (9, 1)])
def test_closeness_says_how_many_kinds_of_bars_stay(composer: Composer, closeness: int, varied: int) -> None:
    tune = one(REEL)
    (each,) = settings_of(composer, REEL, closeness=closeness)
    assert len({sounds(tune)[index] for index in changed(tune, each.tune)}) == varied


def test_each_setting_varies_other_bars(composer: Composer) -> None:
    tune = one(REEL)
    found = {tuple(changed(tune, each.tune)) for each in settings_of(composer, REEL, 6, closeness=9)}
    assert found == {(1, 5), (2, 6), (3,), (7,), (9, 11), (10,)}


def test_the_same_seed_gives_the_same_settings_whatever_their_number(composer: Composer) -> None:
    several = [sounds(each.tune) for each in settings_of(composer, REEL, 3)]
    assert [sounds(each.tune) for each in settings_of(composer, REEL, 2)] == several[:2]
    assert sounds(settings_of(composer, REEL, seed=4)[0].tune) not in several


def test_a_setting_that_has_come_before_is_a_fault(free_settings: list[Composition]) -> None:
    first, second, _ = free_settings
    again = replace(first, text=replace(first.text, index=2))
    *others, last = without_repeats(iter([first, second, again]))
    assert others == [first, second]
    assert last.fault == "not what was asked for: it is the same as tune 1"


# ── which drafts are refused ──────────────────────────────────────────────────────────────────────────────

SHORT = "X:1\nT:Short\nM:4/4\nL:1/8\nK:G\n|:G2BGdGBG|c2ecgcec|G2BGdGBG|G8:|\n"


@pytest.mark.parametrize(
    ("again", "draft", "reason"),
    [
        ("GABGdGBG|cdecgcec|GABGdGBG|G8", 0, ""),
        ("GABGdGBG|cdecgcec|GBBGdGBG|G8", 9, "bar 3 is not the same as bar 1"),
        ("GABGdGBG|c2ecgcec|GABGdGBG|G8", 9, "bar 2 is not varied"),
        ("GABGdGBG|cd2fg2d2|GABGdGBG|G8", 0, "bar 2 is too far from the given one"),
        ("GABGdGBG|cd2fg2d2|GABGdGBG|G8", 1, ""),
    ],
)
def test_a_draft_must_be_as_the_plan_says(composer: Composer, again: str, draft: int, reason: str) -> None:
    reworking = variation(one(SHORT), 0, 1, composer.checkpoint)
    given = SHORT.split("|:")[1].split(":|")[0]
    header = f"X:1\nT:Short\nM:4/4\nI:form 4:4: {reworking.prompt.fields['I'].split()[-1]}\nK:G\nL:1/8\n"
    text = GeneratedText(0, f"{header}|:{given}:||:{again}:|\n", True, draft=draft)
    (acceptor,) = reworking.acceptors
    refusal = acceptor(text)
    assert (refusal.reason if refusal else "") == reason


def test_the_plan_names_the_given_bars_as_sources(composer: Composer) -> None:
    reworking = variation(one(SHORT), 0, 1, composer.checkpoint)
    assert reworking.prompt.fields["I"] == "form 4:4: abac|a'b'a'c"


# ── what cannot be varied ─────────────────────────────────────────────────────────────────────────────────


def many_bars(count: int) -> str:
    notes = "CDEFGABcdefg"
    bars = [f"{notes[n % 12]}2{notes[n // 12]}2" for n in range(count)]
    return "X:1\nT:Many\nM:2/4\nL:1/8\nK:C\n" + "|".join(bars) + "|]\n"


def test_a_tune_of_52_different_bars_can_be_varied(composer: Composer) -> None:
    (each,) = settings_of(composer, many_bars(52), closeness=9)
    assert not each.fault


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (many_bars(53), "the tune has 53 different bars; expected at most 52"),
        ("X:1\nT:One\nM:none\nL:1/8\nK:D\nA4|B4|c4|d4|\n", "the tune has no meter"),
        ("X:1\nT:One\nM:2/4\nL:1/8\nK:D\nA4|A4|A4|A4|\n", "nothing is left to vary"),
        ("X:1\nT:One\nM:2/4\nL:1/8\nK:D\nA4|B5|c4|d4|\n", "bar-too-long"),
        ("X:1\nT:One\nM:2/4\nL:1/8\nK:D\nA4|B4|[M:3/4]c6|d6|\n", "near bar 3"),
        ("X:1\nT:One\nM:2/4\nL:1/8\nK:D\n", "no-notes"),
    ],
)
def test_a_tune_that_cannot_be_varied_is_refused(composer: Composer, text: str, named: str) -> None:
    with pytest.raises(GenerationError, match=named):
        composer.vary(one(text))


@pytest.mark.parametrize("closeness", [-1, 10, 2.5, True, "5"])
def test_what_is_no_closeness_is_refused(composer: Composer, closeness: object) -> None:
    with pytest.raises(GenerationError, match=r"The Given One: closeness=.* should be a whole number from 0"):
        composer.vary(one(REEL), closeness=closeness)  # type: ignore[arg-type]


def test_a_model_without_plans_is_refused(tmp_path: Path) -> None:
    network = CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator().manual_seed(4))
    save_checkpoint(tmp_path / "old.safetensors", Checkpoint(network, VOCABULARY))
    with pytest.raises(GenerationError, match=r"old\.safetensors: the model has learned no plans"):
        Composer(tmp_path / "old.safetensors").vary(one(REEL))
