"""The form of a tune, and the similarity of its parts."""

import pytest
from abc_tools import one

from folkrnn.errors import NotationError
from folkrnn.notation import form, similarity
from folkrnn.notation.form import Part, form_and_similarity, parse_form, pattern, read_form, returning_parts


@pytest.mark.parametrize(
    ("body", "tenths"),
    [
        ("AB|]", None),  # one part
        ("AB||AB|]", 10),
        ("AB||cd|]", 0),
        ("AB||AB2|]", 5),  # B and B2 differ
        ("AB||Bc|]", 5),
        ("AB||BA|]", 5),  # the order counts: one note in common
        ("ABc||def|]", 0),
        ("ABc||Ade|]", 3),  # 1/3
        ("ABc||ABd|]", 7),  # 2/3
        ("ABcd||Aefg|]", 2),  # 2.5 is rounded to the even number
        ("ABcd||ABce|]", 8),  # 7.5 too
        ("ABcd||AB|]", 7),  # 2 · 2 / (4 + 2)
        ("AB||ABcd|]", 7),
        ("A||BBBA|]", 4),  # 2 · 1 / (1 + 4)
        ("[CE]G||[CE]G|]", 10),
        ("[CE]G||EG|]", 5),  # a chord is no note
        ("zA||zB|]", 5),  # a rest counts
        ("AA||A|]", 7),
        ("AB||AB||AB|]", 10),
        ("AB||AB||cd|]", 5),  # (1 + 0) / 2
        ("AB||cd||AB|]", 5),  # (0 + 1) / 2: the best of the earlier parts
        ("AB||cd||cd|]", 5),
        ("AB||AB||AB||cd|]", 7),  # (1 + 1 + 0) / 3
        ("|:AB:|cd|]", 0),
        ("|:A|1B:|2c||A|B|]", 10),  # of several endings the first
        ("|:A|1B:|2c||A|c|]", 5),
    ],
)
def test_the_similarity_is_the_share_of_notes_in_common_in_tenths(body: str, tenths: int | None) -> None:
    assert similarity(one(body, meter="none")) == tenths


@pytest.mark.parametrize(
    ("body", "text"),
    [("A8|A8|]", "2|"), ("|:A8:|", "1:"), ("A8||A8|]", "1|1| 10"), ("|:A8:|:B8|c8:|", "1:2: 0")],
)
def test_the_similarity_stands_after_a_form_of_several_parts(body: str, text: str) -> None:
    assert form_and_similarity(one(body)) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("|:A8|1 B8|c8:|2 d8||e8|f8|", "3:2|"),  # a double bar ends the last ending
        ("|:A8|1 B8|c8:|2 d8|e8|f8|", "3:1|"),  # else it is as long as the first
        ("|:A8|1 B8:|2 c8|:d8:|", "2:1:"),
        ("|:A8|1 B8:|2 c8|]d8|]", "2:1|"),
        ("|:A8|1 B8:|2 c8:|3 d8|]e8|", "2::1|"),
        ("|:A2:|:B8|c8:|", "1:2:"),  # a short bar that is a section counts
        ("|:A2|:B8|c8:|", "2:"),  # one that leads into the repeat does not
        ("A2||B8|c6|]", "1|2|"),
        ("A2|:B8|c6:|", "2:"),
        ("A8|A6|:A2|B8|B6:|", "2|2:"),
        ("A8|A6||A2|B8|B6|]", "2|2|"),
        ("A8|A6|:A2|B8:|", "2|1:"),
        ("|:::A8:::|", "1:::"),
        ("A8|", "1|"),
    ],
)
def test_the_form_of_sections_endings_and_pickups(body: str, text: str) -> None:
    assert form(one(body)) == text


@pytest.mark.parametrize(
    ("body", "letters"),
    [
        ("AB|]", "A"),
        ("|:AB:|:cd:|", "AABB"),
        ("AB||cd||AB|]", "ABA"),
        ("|::AB::|cd|]", "AAAB"),
        ("ABcde||ABcdf|]", "AA"),  # 0.8 in common
        ("ABcd||ABcf|]", "AB"),  # 0.75
        ("AB||cd||AB||ef||cd|]", "ABACB"),
        ("||".join(f"A{number}" for number in range(1, 29)) + "|]", "ABCDEFGHIJKLMNOPQRSTUVWXYZZZ"),
    ],
)
def test_parts_with_most_notes_in_common_have_one_letter(body: str, letters: str) -> None:
    assert pattern(one(body, meter="none")) == letters


def test_the_beginning_of_a_form_is_read() -> None:
    assert read_form("8:16|4") == ((Part(8, True), Part(16, False)), "4")
    assert read_form("12") == ((), "12")
    assert read_form("8:") == (((8, True),), "")
    assert read_form("") == ((), "")
    assert [str(part) for part in (Part(8, True), Part(12, False))] == ["8:", "12|"]


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ("8:8:", "8:8:"), (" 8: 16| ", "8:16|"), ("999|", "999|"), ("AABB", "8:8:"), ("AAB", "8:8|"), ("A", "8|"),
        ("ABB", "8|8:"), ("ABCDEFGH", "8|" * 8), ("AA BB", "8:8:"),
    ],
)  # fmt: skip
def test_a_form_may_be_given_in_bars_or_letters(wish: str, text: str) -> None:
    assert parse_form(wish) == text


@pytest.mark.parametrize(
    "wish", ["", " ", "8", "0:", "08:", "1000:", "8:8", "8;", "AAA", "ACB", "B", "aabb", "ABCDEFGHI", "8:x", "A8:"]
)
def test_another_form_is_refused(wish: str) -> None:
    with pytest.raises(NotationError, match="is no form; expected the bars of each part"):
        parse_form(wish)


@pytest.mark.parametrize(
    ("wish", "shape", "returning"),
    [
        ("ABAC", "8|8|8|8|", "ABAC"), ("ABA", "8|8|8|", "ABA"), ("AABBA", "8:8:8|", "ABA"), ("AABB", "8:8:", ""),
        ("8:8:", "8:8:", ""), ("ABCDABCD", "8|8|8|8|8|8|8|8|", "ABCDABCD"),
    ],
)  # fmt: skip
def test_a_part_may_come_back(wish: str, shape: str, returning: str) -> None:
    assert parse_form(wish) == shape
    assert returning_parts(wish) == returning
