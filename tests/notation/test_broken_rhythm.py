from fractions import Fraction

import pytest
from abc_tools import eighths, one, pitches, places


@pytest.mark.parametrize(
    ("text", "lengths"),
    [("A>B", ["3/2", "1/2"]), ("A<B", ["1/2", "3/2"]), ("A>>B", ["7/4", "1/4"]), ("A<<B", ["1/4", "7/4"]),
     ("A>>>B", ["15/8", "1/8"]), ("A2>B2", [3, 1]), ("A3>B", ["9/2", "1/2"]), ("A > B", ["3/2", "1/2"]),
     ("A>B<c", ["3/2", "1/4", "3/2"]), ("[CE]>G", ["3/2", "1/2"]), ("A>[CE]", ["3/2", "1/2"]), ("z>A", ["3/2", "1/2"]),
     ("A>z", ["3/2", "1/2"])],
)  # fmt: skip
def test_a_broken_pair_lengthens_one_note_and_shortens_the_other(text: str, lengths: list[str | int]) -> None:
    assert eighths(one(text, meter="none")) == [Fraction(length) for length in lengths]


@pytest.mark.parametrize(
    "text",
    ["A>{c}B", "A{c}>B", "A>{cde}B", 'A>"G7"B', "A>~B", "A>!trill!B", "(A>B)", "A>(B", "A>[K:C]B", "A>\\\nB", "A>\nB"],
)
def test_what_stands_between_does_not_break_the_pair(text: str) -> None:
    assert eighths(one(text, meter="none")) == [Fraction(3, 2), Fraction(1, 2)]


def test_a_broken_pair_inside_a_tuplet_keeps_the_tuplets_time() -> None:
    assert eighths(one("(3A>BcA", meter="none")) == [1, Fraction(1, 3), Fraction(2, 3), 1]


@pytest.mark.parametrize(("text", "column"), [(">A", 1), ("A|>B", 3), ("A>|B", 3), ("A>>>>B", 2), ("A>>B><c", 6)])
def test_a_broken_pair_without_two_notes_in_the_bar_is_an_error(text: str, column: int) -> None:
    assert places(one(text, meter="none"))[0] == ("broken-rhythm", "error", 6, column)


def test_a_broken_pair_cut_off_by_the_end_is_an_error() -> None:
    assert [place[:2] for place in places(one("AB>", meter="none"))] == [("broken-rhythm", "error")]


def test_a_broken_pair_fills_the_bar() -> None:
    tune = one("A>BA>BA>BA>B|A<AA<AA2>A2|")
    assert (tune.findings, len(pitches(tune).split())) == ((), 14)
