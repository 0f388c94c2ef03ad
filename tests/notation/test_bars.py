from fractions import Fraction

import pytest
from abc_tools import codes, one, pitches, places, problems

from folkrnn.notation import NOTE, is_pickup
from folkrnn.notation.bars import carried, completes_measure, ends_section, starts_section


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


@pytest.mark.parametrize(
    "text",
    ["A2|A8|A4|", "|:A2|A8|A4:|", "|:A2|A8|1 A6:|2 A4|]", "A8|A4||B8|B8|]", "A8|A6|1 B8:|2 B8|]", "|:A2:|A8|A8|]",
     "A8||A6||B8|]", "A8|A7|\nP:B\nB2|B8|]", "A2|A8|A6||B8|B4||c8|]"],
)  # fmt: skip
def test_a_pickup_and_a_last_bar_that_do_not_add_up_are_a_warning(text: str) -> None:
    found = one(text).findings
    assert "warning" in {finding.level for finding in found}
    assert {finding.code for finding in found} == {"pickup-mismatch"}


@pytest.mark.parametrize(
    "text",
    ["A2|A8|A8|", "|:A2|A8|A8:|", "|:A2|A8|1 A8:|2 A8|]", "|:A2|A8|1 A6:|2 A8|]", "A2|:A8|A6 B2:|:A8|1 A6 B2:|2 A8|]",
     "A2||A8|A8|]", "A8|A8||B2|B8|B8|]", "|:A2|A8|A4|1 A2:|2 A4|]"],
)  # fmt: skip
def test_a_pickup_that_nothing_takes_back_is_a_note(text: str) -> None:
    found = one(text).findings
    assert {(finding.code, finding.level) for finding in found} == {("pickup-mismatch", "note")}
    assert all("nothing takes back the upbeat to bar" in finding.message for finding in found)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        # its own pickup, and the next section has none, or another
        ("|:A2|A8|A6:|B8|B8|]", ["bar 2 leaves room for an upbeat, but none follows", "the upbeat to bar 1"]),
        ("|:A2|A8|A6:|B4|B8|B6|]", ["bar 2 leaves room for another upbeat than the one to bar 3"]),
        ("|:A8|A4:|A4|A8|]", ["bar 2 leaves room for an upbeat, but none follows"]),  # the next one's
        (
            "A2|A8|A8:|B8|B6:|",
            ["bar 4 leaves room for an upbeat, but none follows", "the upbeat to bar 1"],
        ),  # the first
        ("A2|A8|A6|\nP:B\nB8|B8|", ["bar 2 leaves room for an upbeat, but none follows", "the upbeat to bar 1"]),
    ],
)
def test_a_last_bar_that_some_pickup_makes_full_is_a_note(text: str, sentences: list[str]) -> None:
    found = [finding for finding in one(text).findings if finding.code != "unwritten-repeat"]
    assert {(finding.code, finding.level) for finding in found} == {("pickup-mismatch", "note")}
    messages = " ".join(finding.message for finding in found)
    assert all(sentence in messages for sentence in sentences)


@pytest.mark.parametrize("heading", ["P:B", "T:Trio", "K:D"])
def test_a_line_with_a_part_a_title_or_a_key_is_a_section_edge(heading: str) -> None:
    assert codes(one(f"A2|A8|A6|\n{heading}\nB2|B8|B6|")) == []
    tune = one(f"A8|A8|\n{heading}\nB2|B8|B6|\n")
    assert ([bar.number for bar in tune.bars], codes(tune)) == ([1, 2, 2, 3, 4], ["pickup-mismatch"] * 2)


def test_a_key_amid_a_line_or_a_tempo_is_no_section_edge() -> None:
    assert codes(one("A8|A6|[K:D]B2|B8|")) == ["bar-too-short", "bar-too-short"]
    assert codes(one("A8|A6|\nQ:1/4=90\nB2|B8|")) == ["bar-too-short", "bar-too-short"]


def test_a_pickup_may_stand_before_its_part_label() -> None:
    tune = one("A2|\nP:A\nA8|A6|\nP:B\nB2|B8|B6|]")
    assert ([bar.number for bar in tune.bars], codes(tune)) == ([0, 1, 2, 2, 3, 4], [])


def test_a_part_that_begins_within_a_bar_ends_it() -> None:
    tune = one("A2|A8|A6\nP:B\nB2|B8|B6|]")
    assert ([bar.number for bar in tune.bars], codes(tune)) == ([0, 1, 2, 2, 3, 4], ["unwritten-bar-line"])
    assert "A6 ||\nP:B\nB2 |" in str(tune)
    # Where the next line begins with its bar line, nothing is missing.
    assert codes(one("A2|A8|A6\nP:B\n|B2|B8|B6|]")) == []


def test_a_rest_behind_the_last_repeat_may_fill_the_last_bar() -> None:
    (found,) = one("|:A2|A8|A6:|z2|]").findings
    assert (found.level, "bar 3 rests where an upbeat has its place" in found.message) == (NOTE, True)
    assert problems(one("|:A2|A8|A6:|B3|]")) == ["pickup-mismatch"]


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


def pickups(text: str) -> str:
    """One sign a bar: ``p`` for a pickup, ``c`` for another bar that completes a measure, else ``.``."""
    bars = one(text).bars
    return "".join(
        "p" if is_pickup(bars, index) else "c" if completes_measure(bars, index) else "." for index in range(len(bars))
    )


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("A2|A8|A6|", "p.."),
        ("A8|A8|", ".."),
        ("A2|", "c"),  # nothing follows
        ("A2|:A8|A6:|", "p.."),
        ("|:A2|:A8|A8:|", "p.."),  # leads into the repeat that opens after it
        ("|:A2:|:A8|A8:|", "c.."),  # a section of its own, for it is repeated
        ("A2||A8|A6|]", "c.."),  # the same, for nothing opens after it
        ("A8|A6|:A2|A8|A6:|", "..p.."),
        ("A8|A6||A2|A8|A6|]", "..p.."),
        ("A2|A8|A6:|B2|B8|B6|]", "p..p.."),
        ("|:A8|1A2:|2A8|]", "..."),  # an ending is no pickup
        ("|:A2|A8|1A6:|2A6|]", "p..."),
        ("A8|A4|", ".."),  # no section starts here
    ],
)
def test_pickups_are_told_from_short_bars_that_stand_alone(text: str, signs: str) -> None:
    assert pickups(text) == signs


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("A2|A8|A6|", [0, 1, 2]),
        ("A8|A8|", [1, 2]),
        ("A2|A8|A6:|B2|B8|B6|]", [0, 1, 2, 2, 3, 4]),
        ("A2||A8|A6|]", [1, 2, 3]),
        ("|:A8|1A8:|2A8|]", [1, 2, 3]),
    ],
)
def test_bars_are_numbered_as_they_are_printed(text: str, numbers: list[int]) -> None:
    assert [bar.number for bar in one(text).bars] == numbers


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("A8|B8|c8|", "100", "001"),
        ("A8||B8|c8|", "110", "101"),
        ("A8|:B8:|c8|", "111", "111"),
        ("A8|B8:|c8|", "101", "011"),
        ("|:A8|1B8:|2c8|]d8|", "1111", "1111"),
        ("A8|]B8|c8|", "110", "101"),
    ],
)
def test_section_edges_lie_beside_repeats_double_bars_and_endings(text: str, starts: str, ends: str) -> None:
    bars = one(text).bars
    assert "".join(str(int(starts_section(bars, index))) for index in range(len(bars))) == starts
    assert "".join(str(int(ends_section(bars, index))) for index in range(len(bars))) == ends


@pytest.mark.parametrize(("length", "rest"), [("0", "0"), ("1", "0"), ("5/4", "1/4"), ("7/8", "7/8"), ("9/4", "1/4")])
def test_short_bars_carry_what_is_left_of_whole_ones(length: str, rest: str) -> None:
    assert carried(Fraction(length), Fraction(1)) == Fraction(rest)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A2|A8|A8|", ["0: incomplete bars hold 1/4 together; expected 1"]),
        ("A2|A8|A4|", ["0: incomplete bars hold 3/4 together; expected 1"]),
        ("A8|A6||A4|A8|", ["2: incomplete bars hold 5/4 together; expected 1"]),
        ("|:A8|A4:|A8|A8|]", ["2: incomplete bars hold 1/2 together; expected 1"]),
        ("|:A8|A4:|A4|A8|]", ["2: incomplete bars hold 1/2 together; expected 1"]),
        ("|:A4|A8|A4:|A4|A8|A4|]", []),
        ("A4|[M:3/4]B6|", ["0: incomplete bars hold 1/2 together; expected 1"]),
        ("A4|", []),  # no full bar says what is right
        ("A4||A2|", []),
        (
            "A4|A8|A2|:A2|A8:|",  # the pickup of the repeat also stands alone on the second pass, a lesser fault
            ["0: incomplete bars hold 1/2 together; expected 1", "2: incomplete bars hold 1/2 together; expected 1"],
        ),
    ],
)
def test_short_bars_between_full_ones_add_up(text: str, found: list[str]) -> None:
    sentences = [(finding.bar, finding.message.partition(": ")[2]) for finding in one(text).findings]
    assert [f"{bar}: {sentence}" for bar, sentence in sentences] == found


def test_a_bar_of_another_length_says_both_lengths() -> None:
    assert [finding.message for finding in one("A9|A8|").findings] == ["bar 1 holds 9/8 but the meter is 4/4"]
    assert [finding.message for finding in one("A8|A7|A8|").findings] == ["bar 2 holds 7/8 but the meter is 4/4"]


def test_joins_are_judged_only_where_every_bar_is_possible() -> None:
    assert codes(one("A2|A8|A9|A8|")) == ["bar-too-long"]
