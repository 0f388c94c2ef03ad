from fractions import Fraction

import pytest
from abc_tools import eighths, one, pitches, places


@pytest.mark.parametrize(
    ("length", "in_eighths"),
    [("", 1), ("1", 1), ("2", 2), ("16", 16), ("/", "1/2"), ("/2", "1/2"), ("//", "1/4"), ("/4", "1/4"), ("///", "1/8"),
     ("3/2", "3/2"), ("3/", "3/2"), ("7/4", "7/4"), ("2/1", 2), ("6/4", "3/2")],
)  # fmt: skip
def test_every_spelling_of_a_length_is_understood(length: str, in_eighths: str | int) -> None:
    assert eighths(one(f"A{length}z{length}[CE]{length}", meter="none")) == [Fraction(in_eighths)] * 3


@pytest.mark.parametrize("unit", [1, 2, 4, 8, 16, 32, 64])
def test_lengths_count_the_unit_length(unit: int) -> None:
    (note,) = one("A3", meter="none", unit=f"1/{unit}").notes()
    assert note.duration == Fraction(3, unit)


@pytest.mark.parametrize("length", ["/0", "0", "999999", "/2/3", "9" * 5000, "/" * 5000, "2//3"])
def test_a_length_that_means_nothing_is_an_error(length: str) -> None:
    tune = one(f"G{length}|", meter="none")
    assert places(tune)[0][1:3] == ("error", 6)
    assert places(tune)[0][0] in ("bad-length", "unreadable")


@pytest.mark.parametrize("length", ["/0", "999999"])
def test_a_bad_length_is_found_where_its_note_stands(length: str) -> None:
    assert places(one(f"ABG{length}|", meter="none")) == [("bad-length", "error", 6, 3)]


def test_a_bad_length_in_a_chord_is_an_error() -> None:
    assert places(one("A[CE]/0|", meter="none"))[0] == ("bad-length", "error", 6, 2)


def test_a_length_apart_from_its_note_is_unreadable() -> None:
    assert places(one("A 2", meter="none")) == [("unreadable", "error", 6, 3)]


@pytest.mark.parametrize(
    ("letter", "midi"), [("C,,", 36), ("C,", 48), ("C", 60), ("c", 72), ("c'", 84), ("c''", 96), ("c,", 60), ("C'", 72)]
)
def test_octave_marks_move_a_note(letter: str, midi: int) -> None:
    (note,) = one(letter, meter="none").notes()
    assert note.pitches[0].midi == midi


def test_rests_have_lengths_and_no_pitch() -> None:
    tune = one("z2x3Az", meter="none")
    assert (pitches(tune), eighths(tune)) == ("z z A z", [2, 3, 1, 1])
    assert [note.hidden for note in tune.notes()] == [False, True, False, False]


def test_a_bar_rest_fills_its_bars() -> None:
    tune = one("Z|A6|Z2|X|", meter="3/4")
    assert ([bar.duration for bar in tune.bars], tune.findings) == ([Fraction(3, 4)] * 5, ())
    assert [note.hidden for note in tune.notes()] == [False, False, False, False, True]


@pytest.mark.parametrize("text", ["Z0", "Z101", "Z9999"])
def test_a_bar_rest_of_no_or_too_many_bars_is_an_error(text: str) -> None:
    assert places(one(f"A8|{text}|A8|")) == [("bad-length", "error", 6, 4)]


def test_a_bar_rest_without_a_meter_is_an_error() -> None:
    assert places(one("A|Z|", meter="none")) == [("bar-rest-without-meter", "error", 6, 3)]


def test_spacers_and_layout_signs_take_no_time() -> None:
    tune = one("A y B y2 c $ d e ! f g ` a|")
    assert (pitches(tune), tune.findings) == ("A B c d e f g a", ())


def test_signs_without_a_meaning_are_left_out_with_a_note() -> None:
    tune = one("A*B;c\xa0d|")
    assert (pitches(tune), [finding.code for finding in tune.findings]) == ("A B c d", ["reserved-sign"] * 2)
