"""Contours: tunes that are alike all the way are one family, in any key and however many notes are moved."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from folkrnn.corpus.contours import Contour, contour, contour_of_grid
from folkrnn.corpus.families import families, families_of_runs, runs_of_pitches
from folkrnn.corpus.melody import GRID_BARS, HELD, MAX_POINTS, grid_of
from folkrnn.notation import Tune, read_tunes, transpose

SCALE = np.array([60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79])


def tune(music: str, meter: str = "4/4") -> Tune:
    return read_tunes(f"X:1\nT:t\nM:{meter}\nL:1/8\nK:C\n{music}\n")[0]


def melody(seed: int, notes: int = 128) -> NDArray[np.int64]:
    """Return pitches of quarter notes and eighths, sixteen bars unless another number is given."""
    steps = np.random.default_rng(seed).integers(-3, 4, notes).cumsum()
    return np.asarray(SCALE[np.abs(steps) % len(SCALE)], np.int64)


def moved(pitches: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    other = rng.choice([-4, -2, -1, 1, 2, 3], len(pitches))
    return pitches + rng.integers(-6, 7) + np.where(rng.random(len(pitches)) < share, other, 0)


def of_eighths(pitches: NDArray[np.int64], points: int = 16) -> Contour:
    """Return the contour of eighth notes."""
    grid = np.zeros(GRID_BARS * MAX_POINTS, np.uint8)
    grid[: 2 * len(pitches) : 2] = pitches
    grid[1 : 2 * len(pitches) : 2] = HELD
    return contour_of_grid(grid, points)


def found(*contours: Contour) -> list[int]:
    """Return the families of tunes by their contours alone."""
    return families_of_runs([np.zeros(0, np.uint64)] * len(contours), [""] * len(contours), contours)


def test_a_contour_has_the_pitch_of_each_eighth_and_where_it_moves() -> None:
    made = contour(tune("C2 D>D zEFF|G8|]"))
    assert made.points == 8
    assert (made.entries & 0x7F).tolist() == [60, 60, 62, 62, 62, 64, 65, 65, *[67] * 8]
    assert np.flatnonzero(made.entries >= 0x80).tolist() == [0, 2, 5, 6, 8]


def test_a_tune_of_rests_has_no_contour() -> None:
    assert contour(tune("z8|z8|]")).entries.tolist() == []
    assert found(contour(tune("z8|]")), contour(tune("z8|]"))) == [0, 1]
    assert families([], [], wide=True) == []


def test_a_contour_of_a_tune_is_that_of_its_grid() -> None:
    jig = tune("EAA ABd|e3 d2B|BAB d2e|g3 e3|]", "6/8")
    made, other = contour(jig), contour_of_grid(grid_of(jig), 12)
    assert made.points == other.points == 6
    assert made.entries.tolist() == other.entries.tolist()


@pytest.mark.parametrize("share", [0.05, 0.08, 0.1, 0.15])
def test_five_hundred_settings_are_one_family_and_other_melodies_are_not(share: float) -> None:
    settings = [moved(melody(1), share, seed) for seed in range(500)]
    others = [melody(seed) for seed in range(2, 502)]
    families_found = found(*map(of_eighths, [*settings, *others]))
    assert Counter(families_found[:500]).most_common(1)[0][1] >= 499
    assert len(set(families_found[500:]) - set(families_found[:500])) == 500


def test_a_family_is_no_smaller_among_tunes_with_the_same_figures() -> None:
    figure = melody(1, 32)
    made = [
        moved(np.concatenate([melody(number, 96), figure]), 0.08, seed) for number in range(2, 42) for seed in range(10)
    ]
    assert found(*map(of_eighths, made)) == [index // 10 * 10 for index in range(len(made))]


def test_two_tunes_are_one_in_any_key_and_from_any_bar() -> None:
    pitches = melody(1)
    assert found(of_eighths(pitches), of_eighths(pitches + 7)) == [0, 0]
    assert found(of_eighths(pitches), of_eighths(np.concatenate([melody(2, 32), pitches]))) == [0, 0]
    assert found(of_eighths(np.concatenate([melody(2, 32), pitches])), of_eighths(pitches)) == [0, 0]


def test_passing_notes_and_repeated_notes_change_no_family() -> None:
    quarters = "C2E2 G2A2|c2B2 A2G2|A2F2 D2F2|E2C2 G,4|C2D2 E2G2|A2c2 e2d2|c2A2 G2E2|D2B,2 C4|"
    other = "CDEE GGAB|c2B2 AGGF|A2FE D2FF|EDCC G,4|C2D2 EFG2|AAcd e2d2|cBA2 GFED|DDB,2 C4|"
    many = [tune(quarters * 2), tune(other * 2)]
    assert families(many, ["one", "other"], wide=True) == [0, 0]
    assert families(many, ["one", "other"]) == [0, 1]


def test_a_part_of_a_tune_is_no_setting_of_another_with_the_same_part() -> None:
    part = melody(1, 64)
    one, other = (np.concatenate([part, melody(seed, 64)]) for seed in (2, 3))
    assert found(of_eighths(one), of_eighths(other)) == [0, 1]
    assert found(of_eighths(one), of_eighths(part)) == [0, 0]


def test_few_notes_show_nothing() -> None:
    assert found(of_eighths(melody(1, 16)), of_eighths(melody(1, 16))) == [0, 1]
    assert found(of_eighths(melody(1, 64)), of_eighths(melody(1, 64))) == [0, 0]
    drone = np.tile([60, 60, 67, 60, 60, 60, 67, 67], 16)
    assert found(of_eighths(drone), of_eighths(drone)) == [0, 1]


def test_tunes_in_bars_of_another_length_are_not_compared() -> None:
    assert found(of_eighths(melody(1)), of_eighths(melody(1), 12)) == [0, 1]


def test_wide_families_are_close_ones_and_more() -> None:
    pitches = [moved(melody(number), 0.04, seed) for number in range(20) for seed in range(5)]
    runs = [runs_of_pitches(each) for each in pitches]
    close = families_of_runs(runs, [""] * len(runs))
    wide = families_of_runs(runs, [""] * len(runs), list(map(of_eighths, pitches)))
    assert wide == [index // 5 * 5 for index in range(len(runs))]
    assert [wide[family] for family in close] == wide


def test_a_tune_in_another_key_has_the_same_family() -> None:
    first = tune("GABc d2BG|ceAA B2AG|GABc d2BG|cAFA G4|d2Bd gdBG|c2Ac ecAF|GABc d2BG|cAFA G4|")
    assert families([first, transpose(first, 2, 3)], ["a", "b"], wide=True) == [0, 0]
