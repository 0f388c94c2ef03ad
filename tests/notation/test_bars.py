from fractions import Fraction

import pytest
from abc_tools import codes, one, pitches, places

from folkrnn.notation import is_pickup


@pytest.mark.parametrize(
    "line", ["|", "||", "|]", "[|", ":|", "|:", "::", ":|:", ":||:", ".|", "[|]", "|1", ":|2", "[1", "|||"]
)
def test_every_bar_line_divides_bars(line: str) -> None:
    assert [len(bar.notes) for bar in one(f"AB{line}cde", meter="none").bars] == [2, 3]


@pytest.mark.parametrize("text", ["A8||A8|", "A8| |A8|", "|A8|A8", "A8|\n|A8|", "||A8|A8||", "A8|y|A8|"])
def test_bars_without_notes_do_not_count(text: str) -> None:
    tune = one(text)
    assert (len(tune.bars), codes(tune)) == (2, [])


def test_full_bars_have_no_findings() -> None:
    assert one("A8|B4c4|(3ABc d6|z8|").findings == ()


def test_a_bar_that_is_too_long_is_an_error_where_it_begins() -> None:
    tune = one("A8|B8|\nc9|d8|")
    assert places(tune) == [("bar-too-long", "error", 7, 1)]
    assert (tune.findings[0].bar, "9/8" in tune.findings[0].message) == (3, True)


def test_a_bar_that_is_too_short_is_an_error_where_it_begins() -> None:
    tune = one("A8|B8|c8| d7 |e8|")
    assert places(tune) == [("bar-too-short", "error", 6, 11)]
    assert tune.findings[0].bar == 4


@pytest.mark.parametrize("text", ["A2|A8|A6|", "A8|A2|", "|:A8|A6:|:A8|A8:|", "|:A2|A8|A6:|", "A8|A6||A2|A8|A8|"])
def test_a_short_bar_beside_a_section_edge_is_no_error(text: str) -> None:
    assert "bar-too-short" not in codes(one(text))


@pytest.mark.parametrize(
    "text",
    ["A2|A8|A6|", "|:A2|A8|A6:|", "|:A2|A8|A6:|:B2|B8|B6:|", "|:A2|A8|1 A6:|2 A6|]",
     "A2|A8|A6||B2|B8|B6|]", "|:A2|A8|A6:|\nB2|B8|B6|]"],
)  # fmt: skip
def test_a_pickup_and_the_last_bar_make_one_bar(text: str) -> None:
    assert codes(one(text)) == []


@pytest.mark.parametrize("text", ["A2|A8|A8|", "A2|A8|A4|", "|:A2|A8|A4:|", "A2|A8|A6:|B8|B6||B4|B8|"])
def test_a_pickup_and_a_last_bar_that_do_not_add_up_are_a_warning(text: str) -> None:
    found = one(text).findings
    assert {(finding.code, finding.level) for finding in found} == {("pickup-mismatch", "warning")}


def test_a_pickup_that_does_not_add_up_is_found_at_the_pickup() -> None:
    assert places(one("A2|A8|A8|\nA4|")) == [("pickup-mismatch", "warning", 6, 1)]
    assert places(one("A8|A4||\nA2|A8|")) == [("pickup-mismatch", "warning", 7, 1)]


def test_a_bar_split_by_a_repeat_sign_is_one_bar() -> None:
    tune = one("|:A2|A8|A6:|:A2|A8|A6:|")
    assert ([bar.number for bar in tune.bars], tune.bar_count) == ([0, 1, 2, 2, 3, 4], 4)


def test_a_bar_split_by_a_double_bar_adds_up() -> None:
    assert codes(one("A8|A6||A2|A8|")) == []


def test_a_pickup_is_told_from_a_bar() -> None:
    bars = one("A2|A8|A6|").bars
    assert [is_pickup(bars, index) for index in range(3)] == [True, False, False]
    assert [bar.number for bar in bars] == [0, 1, 2]


def test_bars_of_a_free_meter_have_any_length() -> None:
    assert one("A|A99/2|A/|", meter="none").findings == ()


def test_bars_follow_a_meter_change() -> None:
    assert codes(one("A8|[M:3/4]A6|A6|[M:C]A8|")) == []
    assert codes(one("A8|[M:3/4]A8|A6|A6|")) == ["bar-too-long"]


def test_tuplets_and_broken_pairs_fill_a_bar_exactly() -> None:
    assert one("(3ABc(3ABc(5:4:5ABcde|A>BA<BA>>BA<<B|", meter="4/4").findings == ()


def test_a_bar_line_missing_at_the_end_of_a_line_is_read_and_noted() -> None:
    tune = one("A8|B8\nc8|d8|")
    assert places(tune) == [("unwritten-bar-line", "note", 7, 1)]
    assert len(tune.bars) == 4


@pytest.mark.parametrize("text", ["A8|B4\nc4|d8|", "A8|B8\n|d8|", "A8|B8\\\n|d8|", "A8|B8\n:|"])
def test_a_bar_may_go_on_in_the_next_line(text: str) -> None:
    assert codes(one(text)) == []


def test_a_bar_has_the_meter_and_key_at_its_start() -> None:
    bars = one("A8|[K:D][M:3/4]F6|F6|").bars
    assert [(str(bar.meter), str(bar.key)) for bar in bars] == [("4/4", "C"), ("3/4", "D"), ("3/4", "D")]


def test_prose_in_the_music_is_an_error() -> None:
    tune = one("It was a dark and stormy night; the rain fell in torrents, except at intervals.")
    assert "unreadable" in codes(tune)


def test_a_bar_knows_its_length() -> None:
    bars = one("A3 B|").bars
    assert (bars[0].duration, bars[0].is_short) == (Fraction(1, 2), True)


@pytest.mark.parametrize("character", ["£", "é", "€", "/", "\x07", "♯"])
def test_an_unknown_character_is_an_error_at_its_column(character: str) -> None:
    tune = one(f"zA|{character}B", meter="none")
    assert (places(tune), pitches(tune)) == ([("unreadable", "error", 6, 4)], "z A B")
