"""The context features after each character of a tune."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.notation.context import (
    CONTEXT_FEATURES,
    CONTEXT_METERS,
    CONTEXT_ORIGINS,
    CONTEXT_RHYTHMS,
    CONTEXT_SIZES,
    MAX_BARS_LEFT,
    ContextReader,
    context_features,
)
from folkrnn.notation.repetition import LAGS, recurrence

LAST = MAX_BARS_LEFT + 1
"""What the last part adds to its bars left."""

(
    TIME_LEFT, FOLLOWING, FOLLOWED, DEGREE, FOUND, AHEAD, MATCH, AFTER_NOTES, NOTES_BEFORE, AFTER_STEPS, STEPS_BEFORE,
) = range(18, 29)  # fmt: skip
"""Where these stand among the values."""

NOTES = {letter: 10 + step for step, letter in enumerate("CDEFGABcdefgab")}


def counted(form: str, body: str, meter: str = "4/4") -> list[int]:
    """The bars left behind each character of a body."""
    header = f"X:1\nT:Test\nK:D\nM:{meter}\nI:form {form}\nL:1/8\n"
    places = context_features(header + body)[:, 0].tolist()
    assert set(places[: len(header) - 1]) == {0}
    return [place - 1 for place in places[len(header) :]]


def test_each_bar_line_counts_one_down_and_the_last_part_is_told_apart() -> None:
    told = counted("2:2| 4", "|:A8|B8:|c8|d8|]\n")
    bars = dict(zip("ABcd", (told["|:A8|B8:|c8|d8|]".index(letter)] for letter in "ABcd"), strict=True))
    assert bars == {"A": 2, "B": 1, "c": LAST + 2, "d": LAST + 1}


@pytest.mark.parametrize(
    ("form", "body", "meter", "last"),
    [
        ("2|", "d|A8|B7|]", "4/4", LAST + 1),  # a pickup does not count
        ("2|", "d2|A6|B4|]", "3/4", LAST + 1),
        ("3:", "|:A8|B8|1c8:|2d8|]", "4/4", LAST + 1),  # the second ending is as long as the first
        ("2:2: 3", "|:A8|[K:G]B8:||:c8|[K:A]d8:|", "4/4", LAST + 1),  # a key is no bar line
        ("2|", "[Ac]8|[Bd]8|]", "4/4", LAST + 1),  # nor is the end of a chord
        ("2:2| 1", "A2|:A8|B6:|c8|d8|]", "4/4", LAST + 1),
        ("20|", "A8|" * 19 + "B8|]", "4/4", LAST + 1),
        ("2:", "|:d|A8|B7:|", "4/4", LAST + 1),  # a pickup behind the sign of a repeat
        ("2|", "(3:2:3A2B2c2A4|B8|]", "4/4", LAST + 1),  # the colons of a tuplet are no bar lines
    ],
)
def test_the_last_bar_is_the_last(form: str, body: str, meter: str, last: int) -> None:
    assert counted(form, body, meter)[len(body.rstrip("|:]")) - 1] == last


def test_far_bars_are_not_told_apart() -> None:
    assert counted("40|", "A8|B8|")[0] == LAST + MAX_BARS_LEFT


@given(st.text(alphabet="XTROMLIK:1/8form |]\nD2345A[({}z-", max_size=80), st.booleans())
def test_any_text_has_codes(text: str, headed: bool) -> None:
    header = "X:1\nT:\nK:D\nM:4/4\nI:form 4:4| 3\nL:1/8\n" if headed else ""
    values = context_features(header + text)
    assert values.shape == (len(header + text), len(CONTEXT_SIZES))
    assert (values < CONTEXT_SIZES).all()


def test_what_the_header_has_said_is_told_from_then_on() -> None:
    def values(text: str) -> list[int]:
        return context_features(text)[-1, :7].tolist()

    assert values("X:1\nR:jig") == [0, 0, 0, 0, 0, 0, 0]
    assert values("X:1\nR:jig\n") == [0, 0, 1 + CONTEXT_RHYTHMS.index("jig"), 0, 0, 0, 0]
    told = values("X:1\nR:jig\nK:Edor\nO:Atlantis\nM:6/8\nI:form 8:8: 3\n")
    assert told == [
        0,
        1 + CONTEXT_METERS.index("6/8"),
        1 + CONTEXT_RHYTHMS.index("jig"),
        len(CONTEXT_ORIGINS) + 1,
        1 + 4,
        1 + 2,
        1 + 3,
    ]
    assert values("X:1\nK:none\n")[4:] == [0, CONTEXT_SIZES[5] - 1, 0]


@pytest.mark.parametrize(
    ("body", "meter", "left"),
    [
        ("A8|B4", "4/4", 4),
        ("A8|B8", "4/4", 0),
        ("d|A8|B4", "4/4", 3),  # the last bar leaves room for the pickup
        ("d|A8|B4c3", "4/4", 0),
        ("d|A4", "4/4", 4),  # an earlier one does not
        ("A3B3|c2", "6/8", 4),
    ],
)
def test_the_time_left_of_a_bar_is_told(body: str, meter: str, left: int) -> None:
    header = f"X:1\nT:Test\nK:D\nM:{meter}\nI:form 2|\nL:1/8\n"
    assert context_features(header + body)[-1, TIME_LEFT] == 1 + 2 * left


def test_a_bar_that_is_over_or_without_a_meter_has_no_time_left() -> None:
    header = "X:1\nT:Test\nK:D\nM:{}\nI:form 2|\nL:1/8\n"
    assert context_features(header.format("4/4") + "A9")[-1, TIME_LEFT] == CONTEXT_SIZES[TIME_LEFT] - 1
    assert context_features(header.format("none") + "A4")[-1, TIME_LEFT] == 0
    assert context_features(header.format("4/4"))[-2, TIME_LEFT] == 0


@pytest.mark.parametrize(
    ("body", "following", "followed"),
    [
        ("AB|AB", {1}, set()),
        ("AB|A", {1}, set()),
        ("AB|A2", set(), set()),  # the bar before has a B there
        ("A2|A", {1}, set()),  # a note under way may become longer
        ("AB|Ac", set(), set()),
        ("AB|cd|AB", {2}, set()),
        ("AB|AB|", {1, 2}, {1}),
        ("AB|AB|A", {1, 2}, {1}),
        ("AB|AB|c", set(), {1}),
        ("AB|cd|AB|cd|", {1, 2, 4}, {2}),  # a bar of which nothing is written follows all there are
        ("e|AB|A:||:e|A", {1, 2, "part"}, {"part"}),
    ],
)
def test_the_bars_that_this_one_and_the_last_have_followed_are_told(
    body: str, following: set[object], followed: set[object]
) -> None:
    header = "X:1\nT:Test\nK:D\nM:2/8\nI:form 2:2|\nL:1/8\n"
    told = context_features(header + body)[-1]
    bars = (*LAGS, "part")
    assert {bar for digit, bar in enumerate(bars) if told[FOLLOWING] >> digit & 1} == following
    assert {bar for digit, bar in enumerate(bars) if told[FOLLOWED] >> digit & 1} == followed


@pytest.mark.parametrize(
    ("body", "found", "bars", "notes"),
    [
        ("AB|cd|ef|", "A", 0, 0),  # nothing has come back, so it may be the beginning
        ("AB|cd|", "", 0, 0),  # both bars stand beside it
        ("AB|cd|ef|gf|ed|A", "B", 0, 1),
        ("AB|cd|ef|gf|ed|AB", "", 0, 2),  # behind the end of that bar
        ("AB|cd|ef|gf|ed|a", "", 0, 0),  # no bar begins like this
        ("AB|cd|ef|gf|ed|AB|", "c", 1, 0),
        ("AB|cd|ef|gf|ed|AB|cd|", "e", 2, 0),
        ("AB|cd|ef|gf|ed|AB|cd|e", "f", 2, 1),
        ("AB|cd|ef|gf|ed|AB|cd|A", "B", 0, 1),  # another bar than was expected
        ("A/B/c|cd|ef|gf|ed|A/B/", "c", 0, 2),
        ("A/B/c|cd|ef|gf|ed|A/", "B", 0, 1),
        ("A/B/c|cd|ef|gf|ed|A", "", 0, 0),  # an eighth, unless it becomes shorter
    ],
)
def test_the_bar_that_goes_on_best_from_what_was_heard_is_told(body: str, found: str, bars: int, notes: int) -> None:
    told = context_features("X:1\nT:Test\nK:D\nM:2/8\nI:form 9|\nL:1/8\n" + body)[-1]
    assert told[FOUND] == (NOTES[found] if found else 0)
    assert told[MATCH] == (1 + 4 * bars + notes if found or notes else 0)
    assert (told[AHEAD] > 0) == bool(found)


@pytest.mark.parametrize(
    ("body", "after_notes", "notes", "after_steps", "steps"),
    [
        ("AB|", "", 0, "", 0),
        ("AB|A", "B", 1, "", 0),
        ("AB|cA|B", "c", 2, "G", 1),
        ("AB|cA|A2", "A", 1, "", 0),  # the last time that it was there
        ("ce|de|d", "e", 2, "e", 1),
        ("ce|gd|f", "", 0, "c", 1),  # a third up led to three steps down, the last time
        ("ce|gd|fa|", "", 0, "e", 2),
        ("ce|zd|f", "", 0, "z", 1),
        ("cz|d", "", 0, "", 0),
        ("cz|dz|", "d", 1, "", 1),
    ],
)
def test_what_followed_on_the_last_notes_and_steps_is_told(
    body: str, after_notes: str, notes: int, after_steps: str, steps: int
) -> None:
    told = context_features("X:1\nT:Test\nK:D\nM:2/8\nI:form 9|\nL:1/8\n" + body)[-1]
    heard = NOTES | {"": 0, "z": 2}
    assert (told[AFTER_NOTES], told[NOTES_BEFORE]) == (heard[after_notes], notes)
    assert (told[AFTER_STEPS], told[STEPS_BEFORE]) == (heard[after_steps], steps)


@pytest.mark.parametrize(
    ("body", "off"),
    [
        ("A8|B8", True),
        ("A8|D8", False),
        ("A8", False),
        ("A8|[K:E]B8", True),
        ("A8|z8", False),
        ("A8|D4B4", True),
        ("A8|B4z4", True),
        ("A8|D4z4", False),
    ],
)
def test_a_part_may_be_about_to_end_off_the_tonic(body: str, off: bool) -> None:
    place = ContextReader()
    for character in "X:1\nT:Test\nK:D\nM:4/4\nI:form 2|2|\nL:1/8\n" + body:
        place.advance(character)
    assert place.ends_off_tonic("|") is off
    assert not place.ends_off_tonic("A")


@pytest.mark.parametrize(
    ("body", "follows"),
    [("A2B2|", False), ("A2B2|A", True), ("A2B2|A2B2", True), ("A2B2|G", False), ("A2B2|A2B2|", False), ("A2", False)],
)
def test_a_bar_that_takes_up_an_earlier_one_is_known(body: str, follows: bool) -> None:
    place = ContextReader()
    for character in "X:1\nT:Test\nK:D\nM:4/8\nI:form 9|\nL:1/8\n" + body:
        place.advance(character)
    assert place.follows is follows


def test_degrees_are_counted_from_the_tonic_of_the_header() -> None:
    header = "X:1\nT:Test\nK:{}\nM:4/4\nI:form 2|\nL:1/8\n"
    body = "Ad^c,zE|"
    assert context_features(header.format("Amin") + body)[-len(body) :, DEGREE].tolist() == [1, 4, 4, 3, 3, 0, 5, 0]
    assert context_features(header.format("none") + body)[-len(body) :, DEGREE].tolist() == [0] * len(body)


def test_a_copy_goes_on_alone() -> None:
    place = ContextReader()
    for character in "X:1\nT:\nK:D\nM:4/4\nI:form 2|\nL:1/8\nA8":
        place.advance(character)
    twin = place.copy()
    for character in "|B8":
        twin.advance(character)
    assert place.values[0] - twin.values[0] == 1


def test_the_document_lists_the_features_that_the_code_has() -> None:
    text = (Path(__file__).parents[2] / "docs" / "context-features.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]
    assert rows == [[feature.name, str(feature.size), feature.meaning] for feature in CONTEXT_FEATURES]


def test_the_sizes_are_those_that_networks_have_learned() -> None:
    assert (
        36, 14, 19, 11, 13, 9, 12, 35, *(31, 12) * 5, 36, 32, 32, 8, 31, 12, 13, 31, 7, 31, 7,
        18, 28, 28, 6, 6, 31, 12, 31, 31, 6,
    ) == CONTEXT_SIZES  # fmt: skip
    assert len({feature.name for feature in CONTEXT_FEATURES}) == len(CONTEXT_SIZES) == 39


def after(body: str, form: str = "9|", meter: str = "2/8", key: str = "D") -> list[int]:
    """The context features after a body."""
    return context_features(f"X:1\nT:Test\nK:{key}\nM:{meter}\nI:form {form}\nL:1/8\n{body}")[-1].tolist()


@pytest.mark.parametrize(
    ("body", "found", "grade"),
    [
        # The candidates are the bars three, five, six and seven back.
        ("AB|de|Ac|fg|ga|A", "B", 2),  # first the first bar of the tune
        ("ee|AB|de|Ac|fg|ga|A", "c", 2),  # else the latest
        ("ga|AB|de|Ac|fg|ga|A", "B", 6),  # but before both the one after a bar like the last
        ("ga|AB|de|Ac|fg|ga|Ac", "", 3),  # unless it goes on otherwise
        ("ff|gg|AB|gg|Ac|de|ed|ff|gg|A", "B", 10),  # or the one after two such bars
        ("ff|ga|AB|gg|Ac|de|ed|ff|gg|A", "c", 6),
        ("AB|gg|Ac|de|ed|ff|gg|A", "c", 6),
    ],
)
def test_the_best_match_is_in_the_likeliest_place(body: str, found: str, grade: int) -> None:
    features = after(body)
    assert (features[FOUND], features[MATCH]) == (NOTES[found] if found else 0, grade)


@pytest.mark.parametrize(
    ("body", "grade"),
    [("A/B/c/d/|ee|ff|gg|aa|", 0), ("A/B/c/d/|ee|ff|gg|aa|A/B/", 3), ("A/B/c/d/|ee|ff|gg|aa|A/B/c/", 4),
     ("A/B/c/d/|ee|ff|gg|aa|A/B/c/d/", 4)],
)  # fmt: skip
def test_the_grade_of_a_match_counts_three_notes_at_most(body: str, grade: int) -> None:
    assert after(body)[MATCH] == (grade or 1)


@pytest.mark.parametrize(
    ("items", "most", "found"),
    [
        (b"", 6, (0, 0)), (b"a", 6, (0, 0)), (b"ab", 6, (0, 0)), (b"aba", 6, (ord("b"), 1)),
        (b"abcab", 6, (ord("c"), 2)), (b"abcab", 1, (ord("c"), 1)), (b"acabxab", 6, (ord("x"), 2)),
        (b"acaba", 6, (ord("b"), 1)), (b"aaa", 6, (ord("a"), 2)), (b"abcdefgabcdefg", 6, (ord("a"), 6)),
    ],
)  # fmt: skip
def test_the_longest_match_continues_and_of_equal_ones_the_last(
    items: bytes, most: int, found: tuple[int, int]
) -> None:
    assert recurrence(items, most) == found


@pytest.mark.parametrize(
    ("body", "form", "lefts"),
    [
        ("|:A|B|1c:|2d|]e|f|]", "3:2|", [3, 2, 1, 1, LAST + 2, LAST + 1]),
        ("|:A|1B|c:|2d|e|]f|]", "3:1|", [3, 2, 1, 2, 1, LAST + 1]),
        ("|:A|1B:|2c||d|]", "2:1|", [2, 1, 1, LAST + 1]),
        ("A||B|]", "1|1|", [1, LAST + 1]),
        ("|:A||B:|", "2:", [LAST + 2, LAST + 1]),  # a double bar inside a repeat ends no part
        ("A:||:B:|", "1:1:", [1, LAST + 1]),
        ("A|:B:|", "1|1:", [1, LAST + 1]),
        ("A|B|c|]", "2|", [LAST + 2, LAST + 1, LAST]),  # more bars than the form says
    ],
)
def test_the_bars_left_count_down_through_parts_and_endings(body: str, form: str, lefts: list[int]) -> None:
    features = context_features(f"X:1\nT:\nK:C\nM:1/8\nI:form {form}\nL:1/8\n{body}")[-len(body) :, 0] - 1
    assert [features[index] for index, character in enumerate(body) if character.isalpha()] == lefts


def test_each_character_has_its_features() -> None:
    body = "|:D2|1A>B:|2[Ac]z|]"
    rows = context_features(f"X:1\nT:\nK:D\nM:2/8\nI:form 2:\nL:1/8\n{body}")[-len(body) :].tolist()
    assert "".join(chr(ord("a") + row[0] - LAST - 1) for row in rows) == "ccccbbbbbaabbbbbbaa"
    assert [row[7] for row in rows] == [1, 1, 3, 5, 1, 1, 3, 4, 5, 1, 1, 1, 1, 3, 3, 3, 5, 1, 1]
    assert [row[TIME_LEFT] for row in rows] == [5, 5, 3, 1, 5, 5, 3, 2, 1, 5, 5, 5, 5, 3, 3, 3, 1, 5, 5]
    assert [row[DEGREE] for row in rows] == [0, 0, 1, 1, 0, 0, 5, 5, 6, 0, 0, 0, 0, 5, 5, 5, 0, 0, 0]


@pytest.mark.parametrize(
    ("ticks", "pickup"), [("A5", True), ("A6", False), ("A11/2", True), ("A13/2", False)]
)  # three quarters of the meter
def test_a_first_bar_of_less_than_three_quarters_is_a_pickup(ticks: str, pickup: bool) -> None:
    assert after(f"{ticks}|", "4|", "4/4")[0] == 1 + LAST + (4 if pickup else 3)


def test_what_the_header_says_of_the_key_and_the_form() -> None:
    def header(text: str) -> list[int]:
        return context_features(f"X:1\n{text}\n")[-1, 1:7].tolist()

    assert header("K:Cb") == [0, 0, 0, 1 + 11, 1, 0]
    assert header("K:Am") == [0, 0, 0, 1 + 9, 2, 0]
    assert header("K:Gmix") == [0, 0, 0, 1 + 7, 6, 0]
    assert header("K:Bloc") == [0, 0, 0, 1 + 11, 7, 0]
    assert header("K:HP") == [0, 0, 0, 0, 8, 0]
    assert header("K:what") == [0] * 6
    assert header("M:none") == [1, 0, 0, 0, 0, 0]
    assert header("M:7/8") == [13, 0, 0, 0, 0, 0]
    assert header("R:schottische") == [0, 17, 0, 0, 0, 0]
    assert header("R:Jig") == [0, 18, 0, 0, 0, 0]
    assert header("O:China") == [0, 0, 9, 0, 0, 0]
    assert [header(f"I:form 8|8| {tenths}")[5] for tenths in (0, 10, 11)] == [1, 11, 0]
    assert header("I:form 8|")[5] == 0
    assert header("Z:jig") == [0] * 6


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ("|:AB|cd:||:", "A"), ("|:AB|cd:||:e", "B"), ("|:AB|cd:||:ef|", "c"), ("|:AB|cd:||:ef|g", "d"),
        ("|:AB|cd:||:ef|ga|", ""),  # the part before has no third bar
        ("|:AB|cd", ""),  # nor is there a part before the first
    ],
)  # fmt: skip
def test_a_bar_is_aligned_with_the_one_as_far_into_the_part_before(body: str, event: str) -> None:
    assert after(body, "2:3:")[16] == (NOTES[event] if event else 0)
