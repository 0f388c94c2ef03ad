from fractions import Fraction

import pytest
from abc_tools import codes, eighths, one, places


@pytest.mark.parametrize(
    ("meter", "sign", "notes", "total"),
    [("4/4", "(2", 2, 3), ("4/4", "(3", 3, 2), ("4/4", "(4", 4, 3), ("4/4", "(5", 5, 2), ("4/4", "(6", 6, 2),
     ("4/4", "(7", 7, 2), ("4/4", "(8", 8, 3), ("4/4", "(9", 9, 2), ("6/8", "(5", 5, 3), ("9/8", "(7", 7, 3),
     ("12/8", "(9", 9, 3), ("6/8", "(3", 3, 2), ("6/8", "(2", 2, 3), ("3/8", "(5", 5, 2)],
)  # fmt: skip
def test_a_tuplet_takes_the_time_the_standard_gives_it(meter: str, sign: str, notes: int, total: int) -> None:
    lengths = eighths(one(sign + "A" * notes + "B", meter=meter))
    assert lengths == [Fraction(total, notes)] * notes + [1]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [("(3:2:3ABcd", ["2/3", "2/3", "2/3", 1]), ("(3:2:2A2Bd", ["4/3", "2/3", 1]), ("(3:2:4ABcdA", ["2/3"] * 4 + [1]),
     ("(3::2ABc", ["2/3", "2/3", 1]), ("(3::ABcd", ["2/3"] * 3 + [1]), ("(3:4ABcd", ["4/3"] * 3 + [1]),
     ("(5:4:5ABcdeA", ["4/5"] * 5 + [1])],
)  # fmt: skip
def test_the_long_form_gives_ratio_and_number_of_notes(text: str, lengths: list[str | int]) -> None:
    assert eighths(one(text)) == [Fraction(length) for length in lengths]


def test_notes_of_a_tuplet_may_have_any_length() -> None:
    assert eighths(one("(3A2B/c3/2d")) == [Fraction(4, 3), Fraction(1, 3), 1, 1]


def test_chords_and_rests_count_as_notes_of_a_tuplet() -> None:
    assert eighths(one("(3[CE]zAB")) == [Fraction(2, 3)] * 3 + [1]


def test_grace_notes_and_spaces_do_not_count_as_notes_of_a_tuplet() -> None:
    assert eighths(one('(3 A {cd}B "Am"c d')) == [Fraction(2, 3)] * 3 + [1]


def test_a_note_knows_its_place_in_the_tuplet() -> None:
    notes = list(one("(3ABcd").notes())
    assert [note.tuplet and note.tuplet.index for note in notes] == [0, 1, 2, None]
    assert [note.written * 8 for note in notes] == [1, 1, 1, 1]


@pytest.mark.parametrize("text", ["((3ABc)d", "(3(ABc)d", "((3(AB)c)d"])
def test_slurs_and_tuplets_do_not_mix(text: str) -> None:
    tune = one(text, meter="none")
    assert (eighths(tune), codes(tune)) == ([Fraction(2, 3)] * 3 + [1], [])


@pytest.mark.parametrize("text", ["(0ABc", "(1ABc", "(99ABc", "(3:0:3ABc", "(3:2:0ABc"])
def test_an_impossible_tuplet_is_an_error(text: str) -> None:
    assert places(one(f"A{text}", meter="none"))[0] == ("bad-tuplet", "error", 6, 2)


def test_a_tuplet_without_all_its_notes_is_an_error_at_the_bar_line() -> None:
    assert places(one("A(3AB|c|", meter="none")) == [("unfinished-tuplet", "error", 6, 6)]


@pytest.mark.parametrize("end", ["A(3AB", "A|(3", "A(3"])
def test_a_tuplet_cut_off_by_the_end_is_an_error(end: str) -> None:
    assert codes(one(end, meter="none")) == ["unfinished-tuplet"]


def test_a_tuplet_inside_a_tuplet_is_an_error() -> None:
    assert codes(one("(3A(3Bcd", meter="none")) == ["unfinished-tuplet"]
