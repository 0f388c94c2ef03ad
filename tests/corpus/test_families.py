"""Families: settings of one tune are found by their titles and by the runs of intervals that they share."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from numpy.typing import NDArray

from folkrnn.corpus.families import (
    FEW_TUNES,
    MIN_SHARED,
    RUN_INTERVALS,
    families,
    families_of_runs,
    runs,
    runs_of_pitches,
)
from folkrnn.notation import Tune, read_tunes, transpose

SCALE = "CDEFGABcdefg"


def tune(notes: Sequence[str]) -> Tune:
    return read_tunes(f"X:1\nT:t\nM:none\nL:1/8\nK:C\n{''.join(notes)}|]\n")[0]


def melody(seed: int, count: int = 40) -> list[str]:
    return random.Random(seed).choices(SCALE, k=count)


def test_runs_are_intervals_in_semitones() -> None:
    scale = runs(tune("CDEFGABcde")).tolist()
    assert len(scale) == 1
    assert runs(transpose(tune("CDEFGABcde"), 1, 2)).tolist() == scale
    assert runs(tune("cBAGFEDCB,A,")).tolist() != scale != runs(tune("CDEFGABcdd")).tolist()
    assert runs(tune("CDEFGABcd")).tolist() == []
    assert runs(tune(["z"])).tolist() == []


def test_a_chord_counts_by_its_top_note_and_a_rest_not_at_all() -> None:
    assert runs(tune(["[CEG]", "z", *"ABcdefgab"])).tolist() == runs(tune("GABcdefgab")).tolist()


@pytest.mark.parametrize("count", [RUN_INTERVALS, RUN_INTERVALS + 1, RUN_INTERVALS + 5])
def test_there_is_a_run_for_each_note_that_enough_notes_follow(count: int) -> None:
    notes = list("CDEGFAcBdegfab")[:count]
    assert len(runs(tune(notes))) == max(0, count - RUN_INTERVALS)


def sharing(count: int, length: int) -> list[Tune]:
    """Return two tunes of ``length`` runs each, the first ``count`` of which they share."""
    first, second = melody(1, length + RUN_INTERVALS), melody(2, length + RUN_INTERVALS)
    second[: count + RUN_INTERVALS] = first[: count + RUN_INTERVALS]
    if second[count + RUN_INTERVALS] == first[count + RUN_INTERVALS]:
        second[count + RUN_INTERVALS] = "c" if first[count + RUN_INTERVALS] != "c" else "d"
    tunes = [tune(first), tune(second)]
    assert [len(runs(each)) for each in tunes] == [length, length]
    assert len(set(runs(tunes[0]).tolist()) & set(runs(tunes[1]).tolist())) == count
    return tunes


@pytest.mark.parametrize(("shared", "found"), [(7, [0, 1]), (8, [0, 0]), (9, [0, 0])])
def test_two_tunes_are_one_family_from_a_share_of_their_runs_on(shared: int, found: list[int]) -> None:
    assert MIN_SHARED * 20 == 8
    assert families(sharing(shared, 20), ["one", "other"]) == found


def test_the_share_is_that_of_the_tune_with_fewer_runs() -> None:
    whole = melody(3, 60)
    assert families([tune(whole), tune(whole[20:34])], ["one", "other"]) == [0, 0]
    assert families([tune(whole[20:34]), tune(whole)], ["one", "other"]) == [0, 0]


@pytest.mark.parametrize("others", [FEW_TUNES - 2, FEW_TUNES - 1])
def test_runs_that_many_melodies_have_do_not_count(others: int) -> None:
    common = melody(4, RUN_INTERVALS + 3)
    tunes = [tune(common)] + [tune([*common, *melody(100 + seed, 30)]) for seed in range(others)]
    assert len(set(families(tunes, [str(index) for index in range(len(tunes))]))) == 1
    tunes += [tune([*common, *melody(900 + seed, 30)]) for seed in range(FEW_TUNES + 1 - len(tunes))]
    assert len(set(families(tunes, [str(index) for index in range(len(tunes))]))) == FEW_TUNES + 1


def settings(seed: int, count: int, share: float, length: int = 60) -> list[NDArray[np.int64]]:
    """Return the pitches of settings of a melody: each in some key, a share of its notes moved."""
    rng = np.random.default_rng(seed)
    pitches = rng.integers(60, 80, length)
    return [
        pitches + rng.integers(-6, 7) + np.where(rng.random(length) < share, rng.choice([-2, 2], length), 0)
        for _ in range(count)
    ]


@pytest.mark.parametrize(("share", "least"), [(0.0, 1000), (0.01, 1000), (0.03, 985)])
def test_a_thousand_settings_of_one_melody_are_one_family_and_other_melodies_are_not(share: float, least: int) -> None:
    made = [*settings(1, 1000, share), *(settings(seed, 1, 0)[0] for seed in range(2, 1002))]
    found = families_of_runs(map(runs_of_pitches, made), [str(index) for index in range(len(made))])
    assert Counter(found[:1000]).most_common(1)[0][1] >= least
    assert len(set(found[1000:]) - set(found[:1000])) == 1000


def test_settings_of_a_melody_with_a_figure_that_all_melodies_have() -> None:
    figure = np.array([60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79])
    made = [
        np.concatenate([figure + pitches[0] - 60, pitches]) for seed in range(60) for pitches in settings(seed, 50, 0.0)
    ]
    found = families_of_runs(map(runs_of_pitches, made), [""] * len(made))
    assert found == [index // 50 * 50 for index in range(len(made))]


@settings_of_hypothesis(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.02, 0.1]))
def test_families_of_few_tunes_are_those_of_a_comparison_of_all_pairs(seed: int, share: float) -> None:
    made = [runs_of_pitches(each) for part in range(8) for each in settings(seed + part, 4, share, 30)]
    sets = [set(each.tolist()) for each in made]
    expected = list(range(len(made)))
    for one, other in combinations(range(len(made)), 2):
        if len(sets[one] & sets[other]) >= MIN_SHARED * min(len(sets[one]), len(sets[other])) > 0:
            old, new = sorted((expected[one], expected[other]))[::-1]
            expected = [new if family == old else family for family in expected]
    assert families_of_runs(made, [""] * len(made)) == expected


def test_titles_join_families_and_the_first_member_names_them() -> None:
    tunes = [tune(melody(seed)) for seed in range(5)]
    assert families(tunes, ["a", "b", "a", "c", "b"]) == [0, 1, 0, 3, 1]
    assert families(tunes, ["", "untitled", "", "untitled", "c"]) == [0, 1, 2, 3, 4]


def test_families_are_joined_over_a_third_tune() -> None:
    first, second = melody(5), melody(6)
    tunes = [tune(first), tune(second), tune([*first, *second])]
    assert families(tunes, ["a", "b", "c"]) == [0, 0, 0]
    assert families([*tunes[:2], tune(melody(7))], ["a", "b", "c"]) == [0, 1, 2]


def test_no_tunes_have_no_families() -> None:
    assert families([], []) == []
