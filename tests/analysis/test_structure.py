"""The measures of a tune are compared as a listener would."""

from fractions import Fraction

import pytest

from folkrnn.analysis.structure import TABLE, likeness, parts_of, table_of
from folkrnn.notation import Tune, form, read_tunes


def tune(body: str, meter: str = "4/4", key: str = "D") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def row(name: str, body: str, **header: str) -> float | None:
    return table_of(tune(body, **header))[name]


@pytest.mark.parametrize(
    ("body", "bars"),
    [
        ("|:A2|D8|E6:|:d2|F8|G6:|", [2, 2]),
        ("|:D8|E8|1F8:|2G8||A8|B8|]", [3, 2]),
        ("D8|E4:|:E4|F8|]", [2, 1]),
        ("D8|E4||E4|F8|]", [2, 1]),
    ],
)
def test_measures_are_counted_as_the_form_counts_bars(body: str, bars: list[int]) -> None:
    assert [len(part) for part in parts_of(tune(body))] == bars
    assert form(tune(body)).replace(":", "|").split("|")[:-1] == list(map(str, bars))


def test_of_several_endings_the_first_is_compared() -> None:
    assert [midi for midi, _ in parts_of(tune("|:D8|1F8:|2G8||"))[0][-1]] == [66]


def test_a_bar_that_a_double_bar_splits_is_one_measure() -> None:
    (part,) = parts_of(tune("|:D8|E4||F4|G8:|"))
    assert [sum(length for _, length in measure) for measure in part] == [1, 1, 1]


def test_likeness_is_the_share_of_time_in_which_the_same_happens() -> None:
    first, same, half, moved, held = parts_of(tune("D2E2 F2G2|D2E2 F2G2|D2E2 A2B2|E2F2 G2A2|D4 F4|]"))[0]
    assert likeness(first, same) == 1
    assert likeness(first, half) == 0.5
    assert likeness(first, moved) == 0
    assert likeness(first, held) == 0.5
    assert likeness((), ()) == likeness(((None, Fraction(1)),), ()) == 1


def test_equal_bars_are_counted_in_each_part_that_has_them() -> None:
    again = "DEFG A4|B8|c8|d8|DEFG A4|B8|c8|D8"
    anew = "d8|c8|d8|c8|e8|f8|g8|a8"
    assert row("bar 5 = bar 1", f"|:{again}:|:{anew}:|") == 0.5
    assert row("bar 3 = bar 1", f"|:{again}:|:{anew}:|") == 0.5
    assert row("bar 4 = bar 2", f"|:{again}:|:{anew}:|") == 0.5
    assert row("bar 7 = bar 3", f"|:{again}:|:{anew}:|") == 0.5
    assert row("bar 5 = bar 1", "|:D8|E8:|:F8|G8:|") is None


def test_parts_may_end_alike() -> None:
    assert row("last bar of B as of A", "|:A8|D8:|:B8|D8:|") == 1
    assert row("last but one of B as of A", "|:A8|D8:|:B8|D8:|") == 0
    assert row("last bar of B as of A", "|:A8|D8:|") is None


def test_bars_return_nearly_or_come_anew() -> None:
    body = "DEFG ABcd|DEFG ABcd|DEFG ABcA|f8|]"
    assert row("bars equal to an earlier one", body) == pytest.approx(1 / 3)
    assert row("bars 60–99 % like an earlier one", body) == pytest.approx(1 / 3)
    assert row("bars like none before", body) == pytest.approx(1 / 3)


def test_contour_two_bars_apart_goes_the_same_way() -> None:
    assert row("contour likeness two bars apart", "D2F2A2d2|d8|E2G2B2e2|]") == 1
    assert row("contour likeness two bars apart", "D2F2A2d2|d8|e2B2G2E2|]") == 0


def test_height_of_the_second_part_dominant_and_accidentals() -> None:
    assert row("B above A, semitones", "D8|D8||d8|d8|]") == 12
    assert row("dominant before the end", "D8|A4 D4|D8|]") == 0.5
    assert row("dominant before the end", "D8|A4 D4|D8|]", key="none") is None
    assert row("notes with accidentals", "D2 ^D2 =F2 ^F2|]") == 0.5


def test_the_longest_run_of_one_pitch() -> None:
    assert row("longest run of one pitch, notes", "D2 D2 D2 E2|]") == 3
    assert row("longest run of one pitch, notes", "z8|]") is None


@pytest.mark.parametrize("body", ["z8|]", "D8|]", "D2|]", "|::D8::|", "D8"])
def test_nothing_much_has_a_table_too(body: str) -> None:
    assert set(table_of(tune(body))) == set(TABLE)
