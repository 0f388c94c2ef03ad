"""Families: settings of one tune are found by their titles and by the runs of intervals that they share."""

import random
from collections.abc import Sequence

import pytest

from folkrnn.corpus.families import MAX_RUN_TUNES, MIN_SHARED, RUN_INTERVALS, families, runs
from folkrnn.notation import Tune, read_tunes, transpose

SCALE = "CDEFGABcdefg"


def tune(notes: Sequence[str]) -> Tune:
    return read_tunes(f"X:1\nT:t\nM:none\nL:1/8\nK:C\n{''.join(notes)}|]\n")[0]


def melody(seed: int, count: int = 40) -> list[str]:
    return random.Random(seed).choices(SCALE, k=count)


def test_runs_are_intervals_in_semitones() -> None:
    assert runs(tune("CDEFGABcde")) == {(2, 2, 1, 2, 2, 2, 1, 2, 2)}
    assert runs(transpose(tune("CDEFGABcde"), 1, 2)) == runs(tune("CDEFGABcde"))
    assert runs(tune("CDEFGABcd")) == frozenset()
    assert runs(tune(["z"])) == frozenset()


def test_a_chord_counts_by_its_top_note_and_a_rest_not_at_all() -> None:
    assert runs(tune(["[CEG]", "z", *"ABcdefgab"])) == runs(tune("GABcdefgab"))


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
    assert len(runs(tunes[0]) & runs(tunes[1])) == count
    return tunes


@pytest.mark.parametrize(("shared", "found"), [(7, [0, 1]), (8, [0, 0]), (9, [0, 0])])
def test_two_tunes_are_one_family_from_a_share_of_their_runs_on(shared: int, found: list[int]) -> None:
    assert MIN_SHARED * 20 == 8
    assert families(sharing(shared, 20), ["one", "other"]) == found


def test_the_share_is_that_of_the_tune_with_fewer_runs() -> None:
    whole = melody(3, 60)
    assert families([tune(whole), tune(whole[20:34])], ["one", "other"]) == [0, 0]
    assert families([tune(whole[20:34]), tune(whole)], ["one", "other"]) == [0, 0]


@pytest.mark.parametrize("others", [MAX_RUN_TUNES - 2, MAX_RUN_TUNES - 1])
def test_runs_that_many_tunes_have_do_not_count(others: int) -> None:
    common = melody(4, RUN_INTERVALS + 3)
    tunes = [tune(common)] + [tune([*common, *melody(100 + seed, 30)]) for seed in range(others)]
    assert len(set(families(tunes, [str(index) for index in range(len(tunes))]))) == 1
    tunes += [tune([*common, *melody(900 + seed, 30)]) for seed in range(MAX_RUN_TUNES + 1 - len(tunes))]
    assert len(set(families(tunes, [str(index) for index in range(len(tunes))]))) == MAX_RUN_TUNES + 1


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
