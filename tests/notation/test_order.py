"""The order in which a tune is played: part orders and jumps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkrnn.notation import NOTE, WARNING, Tune, performed_order, read_tunes
from folkrnn.notation.order import MOST_JUMPS, MOST_PARTS, Jump, check_order, parse_part_order, sign_of

PARTS = "P:A\nA|\nP:B\nB|\nP:C\nc|"


def tune(body: str, order: str = "", header: str = "") -> Tune:
    parts = f"P:{order}\n" if order else ""
    return read_tunes(f"X:1\nT:Test\n{parts}{header}M:1/4\nL:1/4\nK:C\n{body}\n")[0]


def played(body: str, order: str = "", once: bool = False) -> str:
    """Return the letter of the first note of each measure as it is played."""
    read = tune(body, order)
    return "".join(read.bars[index].notes[0].pitches[0].letters for index in performed_order(read, once))


def said(body: str, order: str = "") -> list[tuple[str, str, int, str]]:
    return [(each.code, each.level, each.line, each.message) for each in check_order(tune(body, order), 3)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("ABC", "ABc"), ("AAB", "AAB"), ("A(AB)2", "AABAB"), ("A3B", "AAAB"), ("A.B.(AB)3", "ABABABAB"),
        ("((AB)2C)2", "ABABcABABc"), ("A B, C", "ABc"), ("A-B-A", "ABA"), ("(AB)x2", "ABAB"), ("aab", "AAB"),
        ("A2(B)", "AAB"), ("CBA", "cBA"), ("A\u00d72", "AA"), ("A0B", "B"),
    ],
)  # fmt: skip
def test_parts_are_played_in_the_order_of_the_header(order: str, expected: str) -> None:
    assert played(PARTS, order) == expected


def test_parts_have_their_own_repeats_each_time() -> None:
    assert played("P:A\n|:A|1E:|2F|\nP:B\n|:B:|", "ABA") == "AEAFBBAEAF"
    assert played("P:A\n|:A|1E:|2F|\nP:B\n|:B:|", "ABA", once=True) == "AFB"


def test_words_may_name_parts() -> None:
    assert played("P:Intro\nG|\nP:A\nA|\nP:Coda\nc|", "Intro A A Coda") == "GAAc"
    assert played("P:Part A\nA|\nP:Part B (slow)\nB|", "ABA") == "ABA"


def test_what_stands_before_the_first_label_is_played_first() -> None:
    assert played("G|\nP:A\nA|\nP:B\nB|", "BAB") == "GBAB"
    # An opening without a label is the part that the order begins with, where no label names it.
    assert played("G|\nP:B\nB|", "ABA") == "GBG"
    assert said("G|\nP:B\nB|", "ABA") == []


def test_a_part_may_be_empty() -> None:
    assert played("P:A\nP:B\nB|\nP:C\nc|\nP:D", "BACD") == "Bc"
    assert said("P:A\nP:B\nB|\nP:C\nc|\nP:D", "BACD") == []


def test_without_an_order_the_parts_are_played_as_they_stand() -> None:
    assert played(PARTS) == "ABc"
    assert said(PARTS) == []


@pytest.mark.parametrize("order", ["Intro, then A", "(AB", "AB)", "3A", "Modern Version.", "A?B", "()"])
def test_words_that_are_no_order_are_said(order: str) -> None:
    assert played(PARTS, order) == "ABc"
    assert said(PARTS, order) == [
        ("part-order", NOTE, 3, f"P:{order} is no order of parts; the tune is played as it stands")
    ]


def test_a_part_that_is_missing_is_passed_over_and_said() -> None:
    assert played("P:A\nA|\nP:B\nB|", "ADB") == "AB"
    assert said("P:A\nA|\nP:B\nB|", "ADB") == [
        ("part-order", WARNING, 3, "P:ADB names a part D, which the music does not have")
    ]
    assert played("P:A\nA|", "XY") == "A"


def test_a_part_that_is_never_played_is_said() -> None:
    assert played(PARTS, "AC") == "Ac"
    assert said(PARTS, "AC") == [("part-order", NOTE, 3, "P:AC never plays the part B")]


def test_an_order_without_labels_is_said() -> None:
    assert played("A|B|", "AABB") == "AB"
    assert said("A|B|", "AABB") == [("part-order", NOTE, 3, "P:AABB orders parts, but no P: in the music begins one")]


@pytest.mark.parametrize("order", ["A2000", "((((A9)9)9)9)9", "A" * 5000, "(A999)999", "A" + "9" * 5000])
def test_an_order_of_too_many_parts_is_cut(order: str) -> None:
    assert played("P:A\nA|", order) == "A" * MOST_PARTS
    assert [(level, "more than 1,000 parts" in message) for _, level, _, message in said("P:A\nA|", order)] == [
        (WARNING, True)
    ]


def test_a_finding_has_the_line_of_the_order() -> None:
    (read,) = read_tunes("X:1\nT:Test\n% a remark\nP:AD\nM:1/4\nL:1/4\nK:C\nP:A\nA|\n")
    assert [(each.code, each.line) for each in read.findings] == [("part-order", 4)]


def test_labels_count_in_any_voice() -> None:
    (read,) = read_tunes("X:1\nT:Test\nP:ABA\nM:1/4\nL:1/4\nV:1\nV:2\nK:C\n[V:1]A|B|\nV:2\nP:A\nC|\nP:B\nD|\n")
    assert performed_order(read) == (0, 1, 0)


# Jumps


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C|D!fine!|E|F!D.C.!|]", "CDEFCD"),
        ("C|D!fine!|E|F!D.C.alfine!|]", "CDEFCD"),
        ('C|"Fine"D|E|"^D.C. al Fine"F|]', "CDEFCD"),
        ('C|D"_FINE"|E|F"D. C. al FINE."|]', "CDEFCD"),
        ('C|D"Fine"|E|F"Da Capo"|]', "CDEFCD"),
        ('C|D"Fine"|E|F"D.C.""al Fine"|]', "CDEFCD"),
        ("C|D|E!dacapo!|]", "CDECDE"),
        ("C|D!D.C.!|E|]", "CDCDE"),  # without Fine to the end, once
        ("C|!segno!D|E!D.S.!|]", "CDEDE"),
        ('C|SD|E"D.S."|F|]', "CDEDEF"),
        ("C!segno!|D|E!D.S.!|]", "CDEDE"),
        ("!segno!C|D!fine!|E|F!D.S.alfine!|G|]", "CDEFCD"),
        ("C|!segno!D|E!coda!|F!D.S.alcoda!|!coda!G|A|]", "CDEFDEGA"),
        ("C|D!tocoda!|E!D.C.alcoda!|!coda!G|]", "CDECDG"),
        ("C|D!dacoda!|E!D.C.alcoda!|OG|]", "CDECDG"),
        ('C|D"To Coda"|E"^D.C. al Coda"|"Coda"G|]', "CDECDG"),
        ('C|D"To Coda"|E"^D.C. al Coda"|["Coda"G|]', "CDECDG"),
        ('C|D"To Coda"|E"^D.C. al Coda"|\nP:Coda\nG|]', "CDECDG"),
        ('C|"To Coda"!coda!D|E"^D.C. al Coda"|!coda!G|]', "CDECDG"),
        ("C|!coda!D|E!D.C.alcoda!|!coda!G|]", "CDECG"),  # above the note that begins a bar: before it
        ("C|D!coda!|E!D.C.!|!coda!G|]", "CDECDG"),
        # Repeats and endings are played before the jump, and not after it; those of a coda are.
        ("|:C:|D!fine!|:E:|F!D.C.!|]", "CCDEEFCD"),
        ("|:C|1D:|2E!fine!||F!D.C.!|]", "CDCEFCE"),
        ("|:C|D!D.C.!:|", "CDCDCD"),
        ("|:C|D!coda!:|E!D.C.alcoda!|!coda!|:G:|", "CDCDECDGG"),
        # Above the first note of a section, Fine ends the section before.
        ('|:C|D:|"Fine"|:E|F:|"D.C. al Fine"', "CDCDEFEFCD"),
        # Several jumps are followed one after the other, each once.
        ("C|D!D.C.!|E|F!D.C.alfine!|G!fine!|", "CDCDEFCDEFG"),
        # What is missing: a segno, a Fine, a coda.
        ("C|D!D.S.!|]", "CDCD"),
        ("C|D!D.C.alfine!|]", "CDCD"),
        ("C|D!D.C.alcoda!|E|]", "CDCDE"),
        ("C|D!fine!|E|]", "CDE"),
    ],
)  # fmt: skip
def test_jumps_are_followed(body: str, expected: str) -> None:
    assert played(body) == expected


def test_jumps_are_left_out_where_each_part_is_played_once() -> None:
    assert played("|:C:|D!fine!|E!D.C.!|]", once=True) == "CDE"


def test_parts_and_jumps_go_together() -> None:
    assert played("P:A\n|:A:|\nP:B\nB!fine!|\nP:C\nc!D.C.!|", "ABC") == "AABcAB"


def test_a_sign_counts_once_in_whatever_voices_it_stands() -> None:
    (read,) = read_tunes("X:1\nT:Test\nM:1/4\nL:1/4\nV:1\nV:2\nK:C\n[V:1]A!fine!|B!D.C.!|\n[V:2]C!fine!|D!D.C.!|\n")
    assert performed_order(read) == (0, 1, 0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("C|D!D.S.!|]", "D.S. has no segno to go to; it leads to the beginning"),
        ("C|D!D.C.alfine!|]", "there is no Fine where the tune would end after the jump; it is played to its end"),
        ("C|D!D.C.alcoda!|]", "the coda lacks the sign that leads to it, or its own; the tune is played to its end"),
        ("C|D!fine!|]", "the Fine has no effect, for no D.C. or D.S. leads back"),
        ('C|D"To Coda"|]', "the coda has no effect, for no D.C. or D.S. leads back"),
        ("C|!coda!D|]", "the coda has no effect, for no D.C. or D.S. leads back"),
    ],
)  # fmt: skip
def test_signs_without_their_partners_are_said(body: str, message: str) -> None:
    assert said(body) == [("jump", NOTE, 6, message)]


def test_there_is_a_limit_to_jumps() -> None:
    body = "C!D.C.!|" * 40
    assert len(performed_order(tune(body))) <= 40 * (MOST_JUMPS + 1)
    assert any("more than 12 jumps" in message for *_, message in said(body))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D.C.", Jump(False, "")), ("^D.C. al Fine", Jump(False, "fine")), ("D.S.alcoda", Jump(True, "coda")),
        ("Da Capo", Jump(False, "")), ("_Dal Segno al Coda", Jump(True, "coda")),
        ("D.C. alla Coda", Jump(False, "coda")),
        ("(Fine)", "fine"), ("To Coda", "to coda"), ("Coda", "coda"), ("segno", "segno"),
        ("D.C. and then home", None), ("fine tune", None), ("Am", None), ("D", None), ("roll", None), ("", None),
    ],
)  # fmt: skip
def test_only_exact_words_are_signs(text: str, expected: object) -> None:
    assert sign_of(text) == expected


# Properties


@given(st.text("ABCab()0123456789 .,x*-\u0663", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_order_is_bounded_and_never_raises(order: str) -> None:
    names = parse_part_order(order, ["A", "B"])
    assert names is None or 0 < len(names) <= MOST_PARTS + 1
    read = tune(PARTS, order.strip())
    assert all(0 <= index < len(read.bars) for index in performed_order(read))
    check_order(read)


SIGNS = ["", "!fine!", "!segno!", "!coda!", "!D.C.!", "!D.S.alcoda!", "!D.C.alfine!", '"To Coda"', '"D.S."']


BAR = st.tuples(st.sampled_from(SIGNS), st.sampled_from(SIGNS), st.sampled_from(["|", ":|", "|:", "||", "|1", ":|2"]))


@given(st.lists(BAR, min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_jumps_come_to_an_end(bars: list[tuple[str, str, str]]) -> None:
    read = tune("".join(f"{before}C{behind}{line}" for before, behind, line in bars))
    order = performed_order(read)
    assert 0 < len(order) <= len(read.bars) * 3 * (2 * MOST_JUMPS + 1)
    assert all(0 <= index < len(read.bars) for index in order)
    check_order(read)
