import pytest
from abc_tools import codes, one, order, places, problems

from folkrnn.notation import form, sections, write_tune
from folkrnn.notation.repeats import order_of


def played(text: str) -> str:
    return order(one(text, meter="none"))


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("A|B|C|", "ABC"),
        ("|:A|B:|", "ABAB"),
        ("|:A|B:|C|", "ABABC"),
        ("|:A:|:B:|", "AABB"),
        ("|:A::B:|", "AABB"),
        ("|:A:|:B:|:C:|", "AABBCC"),
        ("|:A:||:B:|", "AABB"),
        ("|:A:| |:B:|", "AABB"),
        ("|:A:|\n|:B:|", "AABB"),
        ("|:A:|]B|", "AAB"),
        ("[|:A:|]", "AA"),
        ("|::A::|", "AAA"),
        ("|::A::|B|", "AAAB"),
        ("|:::A:::|", "AAAA"),
        ("A||B|", "AB"),
        ("[|A|B|]", "AB"),
        ("A.|B|", "AB"),
        ("A[|]B|", "AB"),
        ("A[]B|", "AB"),
        ("|[:A:|]B|", "AAB"),
        ("|:A:][:B:]", "AABB"),
        ("[:A:]B|", "AAB"),
        ("|:A|::|B:|", "AABB"),
        ("A|:|B:|", "ABB"),
        ("|:A:||::B::|", "AABBB"),
        ("A|||B|||", "AB"),
        ("|:A:|$|:B:|$", "AABB"),
    ],
)
def test_bars_are_played_in_order(text: str, bars: str) -> None:
    assert (played(text), problems(one(text, meter="none"))) == (bars, [])


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("A|B:|", "ABAB"),
        ("A|B:|C|D:|", "ABABCDCD"),
        ("A::B:|", "AABB"),
        ("A||B:|", "ABB"),
        ("|:A:|B|C:|", "AABCBC"),
        ("A|B:|C||D:|", "ABABCDD"),
        ("|:A|1 B:|2 C|]D|E:|", "ABACDEDE"),
    ],
)
def test_a_repeat_that_is_not_opened_goes_back_to_the_last_section_edge(text: str, bars: str) -> None:
    assert (played(text), problems(one(text, meter="none"))) == (bars, [])


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("|:A|1 B:|2 C|]", "ABAC"),
        ("|:A|[1 B:|[2 C|]", "ABAC"),
        ("|:A|[1B:|[2C||", "ABAC"),
        ("|:A|1. B:|2. C|]", "ABAC"),
        ("|:A|1.2 B:|3 C|]", "ABABAC"),
        ("|:A|1, 2 B:|3 C|]", "ABABAC"),
        ("|:A|[1B:|\n[2C|]", "ABAC"),
        ("|:A|\n|1 B:|\n|2 C|]", "ABAC"),
        ("|:A|1B:|\\\n2C|]", "ABAC"),
        ('|:A|["1st time"B:|["2nd time"C|]', "ABAC"),
        ('|:A|["1,2"B:|["3."C|]', "ABABAC"),
        ("|:A [1 B :| [2 C |]", "ABAC"),
        ("|:A|1B:|2C:|", "ABAC"),
        ("|:A| 1 B:| 2 C|]", "ABAC"),
        ("A|1 B:|2 C|]", "ABAC"),
        ("|:A|1 B|D:|2 C|E|]", "ABDACE"),
        ("|:A|1 B:|2 C|D|", "ABACD"),
        ("|:A|1 B:|2 C||D|", "ABACD"),
        ("|:A|1 B:|2 C|:D:|", "ABACDD"),
        ("|:A|1 B:|2 C:|:D|1 E:|2 F|]", "ABACDEDF"),
        ("|:A|[1,3 B:|[2,4 C:|]", "ABACABAC"),
        ("|:A|[1-3 B:|[4 C|]", "ABABABAC"),
        ("|:A|[1,2 B:|[3 C|]", "ABABAC"),
        ("|:A|1 B:|2 C:|3 D|]", "ABACAD"),
        ("|:A|[1-2,4 B:|[3 C:|]", "ABABACAB"),
    ],
)
def test_endings_are_played_on_their_passes(text: str, bars: str) -> None:
    assert (played(text), problems(one(text, meter="none"))) == (bars, [])


def test_a_double_bar_before_an_ending_does_not_move_the_repeat() -> None:
    assert played("A||1 B:|2 C|]") == "ABAC"


def test_every_repeat_is_opened_and_closed() -> None:
    tune = one("A|B:|C||D:|", meter="none")
    assert [(bar.opens, bar.plays) for bar in tune.bars] == [(True, 1), (False, 2), (False, 1), (True, 2)]


@pytest.mark.parametrize(
    ("text", "bar", "column"), [("|:A|B|", 1, 3), ("A|B|:C|D|", 3, 6), ("|:A|B|:C:|", 1, 3), ("|:A|1 B|2 C|]", 2, 7)]
)
def test_a_repeat_left_open_is_a_warning_at_its_bar(text: str, bar: int, column: int) -> None:
    tune = one(text, meter="none")
    assert places(tune) == [("unbalanced-repeat", "warning", 6, column)]
    assert tune.findings[0].bar == bar


@pytest.mark.parametrize("text", ["A[0 B", "A[100 B", "A|99 B", "A[2-1 B", "A[1-2-4 B", "A|1,2-3-4,5 B"])
def test_endings_with_impossible_numbers_are_an_error(text: str) -> None:
    assert [place[:2] for place in places(one(text, meter="none"))] == [("bad-ending", "error")]


def test_an_ending_that_begins_a_section_is_noted_and_repeats_nothing() -> None:
    tune = one("|:A:|2 B|]", meter="none")
    assert (order(tune), codes(tune)) == ("AAB", ["stray-ending"])
    assert "|: A :|2 B |]" in str(tune)


def test_a_number_is_an_ending_only_behind_a_bar_line() -> None:
    assert problems(one("A|B\n2C|", meter="none")) == ["unreadable"]


def test_a_colon_alone_is_no_bar_line() -> None:
    assert codes(one("A : B|", meter="none")) == ["unreadable"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("A8|A8|", "2|"), ("|:A8|A8:|", "2:"), ("|:A8|A8:|:A8|A8|A8:|", "2:3:"), ("A8||A8|A8|]", "1|2|"),
     ("|:A2|A8|A6:|", "2:"), ("|:A8|1 B8:|2 c8|]", "2:"), ("|::A8::|", "1::"), ("A2|A8|A6|", "2|")],
)  # fmt: skip
def test_the_form_counts_the_bars_of_each_section(text: str, expected: str) -> None:
    assert form(one(text)) == expected


def once(text: str) -> str:
    bars = one(text, meter="none").bars
    return "".join(bars[index].notes[0].pitches[0].letters for index in order_of(bars, once=True))


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("A|B|C|", "ABC"),
        ("|:A|B:|C|", "ABC"),
        ("|:A|1 B:|2 C|]D|", "ACD"),
        ("|:A|[1,3 B:|[2,4 C:|]", "AC"),
        ("|:A|[1-3 B:|[4 C|]", "AC"),
        ("|::A::|B|", "AB"),
        ("|:A:|:B|1 C:|2 D|]", "ABD"),
    ],
)
def test_without_repeats_the_last_endings_are_played(text: str, bars: str) -> None:
    assert once(text) == bars


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A|B|", [(0, 1, 1, ())]),
        ("|:A|B:|C|", [(0, 1, 2, ()), (2, 2, 1, ())]),
        ("A||B|", [(0, 0, 1, ()), (1, 1, 1, ())]),
        ("|:A||B:|", [(0, 1, 2, ())]),  # a double bar inside a written repeat
        ("A|:B:|", [(0, 0, 1, ()), (1, 1, 2, ())]),
        ("|:A|1 B:|2 C|]D|", [(0, 2, 2, (((1,), 1, 1), ((2,), 2, 2))), (3, 3, 1, ())]),
        ("|:A|1 B|D:|2 C|E|F|", [(0, 4, 2, (((1,), 1, 2), ((2,), 3, 4))), (5, 5, 1, ())]),
        ("|:A|[1,3 B:|[2 C|]", [(0, 2, 3, (((1, 3), 1, 1), ((2,), 2, 2)))]),
        ("|:A|1 B:|2 C|1 D:|2 E|]", [(0, 2, 2, (((1,), 1, 1), ((2,), 2, 2))), (3, 4, 2, (((1,), 3, 3), ((2,), 4, 4)))]),
        ("|::A::|", [(0, 0, 3, ())]),
    ],
)
def test_a_tune_is_divided_into_sections(text: str, found: list[tuple[object, ...]]) -> None:
    assert list(sections(one(text, meter="none").bars)) == found


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("|:A|1 B:|2 C:|D|", [(True, 1, ""), (False, 2, ""), (False, 1, "||"), (False, 1, "")]),
        ("|:A|1 B|2 C|]", [(True, 1, ""), (False, 2, ""), (False, 1, "|]")]),
        ("|:A||B:|]", [(True, 1, "||"), (False, 2, "")]),
        ("|:A|B|", [(False, 1, ""), (False, 1, "")]),
        ("A|1 B|C|", [(False, 1, ""), (False, 1, ""), (False, 1, "")]),
        ("|:A|[1-3 B:|[4 C:|", [(True, 1, ""), (False, 2, ""), (False, 1, "||")]),
    ],
)
def test_repeats_are_balanced(text: str, bars: list[tuple[bool, int, str]]) -> None:
    assert [(bar.opens, bar.plays, bar.edge) for bar in one(text, meter="none").bars] == bars


@pytest.mark.parametrize("body", ["A4 :| B4 :| c4 |]", "A4 :| B4 :| c4 :|", "|: A4 :| B4 |1 c4 :|2 d4 |]"])
def test_parts_that_follow_plain_repeat_signs_are_written_without_opening_signs(body: str) -> None:
    tune = one(body, meter="1/2")
    assert codes(tune) == []
    assert body in " ".join(write_tune(tune).split())


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("A4 |1 B4 :|2 c4 || d4 :|", "|: d4 :|"),
        ("A4 || B4 :| c4 :|", "|: B4 :| |: c4 :|"),
        ("V:1\nA4 :| B4 :|\nV:2\nA,4 :| B,4 :|", "[V:1] A4 :| [V:2] A,4 :| [V:1] |: B4 :| [V:2] |: B,4 :|"),
    ],
)
def test_where_readers_go_back_to_different_places_an_opening_sign_is_written_and_named(
    body: str, written: str
) -> None:
    tune = one(body, meter="1/2")
    assert set(codes(tune)) == {"unwritten-repeat"}
    assert written in " ".join(write_tune(tune).split())
