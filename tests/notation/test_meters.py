from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import Meter, parse_meter, read_tunes

METERS = st.one_of(
    st.just(Meter()),
    st.builds(
        Meter,
        st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple),
        st.sampled_from([1, 2, 4, 8, 16, 32, 64]),
    ),
)


@pytest.mark.parametrize(
    ("text", "written", "bar"),
    [("4/4", "4/4", Fraction(1)), ("C", "4/4", Fraction(1)), ("C|", "2/2", Fraction(1)), ("6/8", "6/8", Fraction(3, 4)),
     (" 3/4 ", "3/4", Fraction(3, 4)), ("2+3/8", "2+3/8", Fraction(5, 8)), ("(2+3+2)/8", "2+3+2/8", Fraction(7, 8)),
     ("2 + 3 / 8", "2+3/8", Fraction(5, 8)), ("none", "none", None), ("", "none", None), ("free", "none", None)],
)  # fmt: skip
def test_every_spelling_of_a_meter_is_understood(text: str, written: str, bar: Fraction | None) -> None:
    meter = parse_meter(text)
    assert (str(meter), meter.bar) == (written, bar)


@pytest.mark.parametrize(
    "text", ["4/0", "0/4", "4/3", "3", "4/4/4", "C3", "65/4", "6//8", "six-eight", "9" * 5000 + "/4", "-3/4"]
)
def test_what_is_no_meter_is_refused(text: str) -> None:
    with pytest.raises(NotationError, match="is no meter"):
        parse_meter(text)


@pytest.mark.parametrize(
    ("text", "compound"), [("6/8", True), ("9/8", True), ("12/8", True), ("6/4", False), ("3/8", False), ("3/4", False)]
)
def test_dotted_beats_are_compound(text: str, compound: bool) -> None:
    assert parse_meter(text).compound is compound


@pytest.mark.parametrize(
    ("text", "eighths"),
    [("4/4", [2, 2, 2, 2]), ("C|", [4, 4]), ("6/8", [3, 3]), ("9/8", [3, 3, 3]), ("3/8", [3]), ("3/4", [2, 2, 2]),
     ("2+3/8", [2, 3]), ("7/8", [2, 2, 3]), ("none", [])],
)  # fmt: skip
def test_a_meter_has_its_beats(text: str, eighths: list[int]) -> None:
    assert [beat * 8 for beat in parse_meter(text).pulse] == eighths


@given(METERS)
def test_the_beats_fill_the_bar(meter: Meter) -> None:
    assert sum(meter.pulse) == (meter.bar or 0)


@given(METERS)
def test_a_meter_reads_back_as_it_is_written(meter: Meter) -> None:
    assert parse_meter(str(meter)) == meter


def test_an_endless_number_in_the_meter_is_an_error_of_the_tune() -> None:
    (tune,) = read_tunes(f"X:1\nM:{'9' * 5000}/4\nK:C\nA|\n")
    assert [(finding.code, finding.line) for finding in tune.findings] == [("bad-meter", 2)]


@pytest.mark.parametrize(
    ("text", "sixteenths"),
    [
        ("12/16", [3, 3, 3, 3]),
        ("6/4", [4] * 6),
        ("3/16", [1, 1, 1]),
        ("3/8", [6]),
        ("4/8", [2, 2, 2, 2]),
        ("5/8", [6, 4]),
        ("5/16", [3, 2]),
        ("7/16", [2, 2, 3]),
        ("5/4", [4] * 5),
        ("7/4", [4] * 7),
        ("3+2/8", [6, 4]),
        ("2/2", [8, 8]),
        ("15/8", [6] * 5),
    ],
)
def test_every_kind_of_meter_has_its_beats(text: str, sixteenths: list[int]) -> None:
    assert [beat * 16 for beat in parse_meter(text).pulse] == sixteenths


@pytest.mark.parametrize(
    ("text", "compound"), [("6/16", True), ("2+4/8", False), ("12/4", False), ("5/8", False), ("2/8", False)]
)
def test_other_meters_are_compound_or_not(text: str, compound: bool) -> None:
    assert parse_meter(text).compound is compound


def test_the_largest_meters() -> None:
    assert parse_meter("64/4").beats == 64
    assert parse_meter("32+32/64").bar == 1
    assert parse_meter("1/1").bar == 1
    assert parse_meter("1/64").bar == Fraction(1, 64)
    for text in ("33+32/4", "1+0/4", "4/128", "4/12"):
        with pytest.raises(NotationError):
            parse_meter(text)


def test_a_sign_makes_no_other_meter() -> None:
    assert parse_meter("C") == parse_meter("4/4")
    assert (parse_meter("C").symbol, parse_meter("C|").symbol, parse_meter("4/4").symbol) == ("C", "C|", "")
    assert parse_meter("C|") == parse_meter("2/2") != parse_meter("4/4")
