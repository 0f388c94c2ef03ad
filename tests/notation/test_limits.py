"""The reader's limits: what is just possible, and what is just not."""

from fractions import Fraction

import pytest
from abc_tools import codes, eighths, one, pitches, places

from folkrnn.notation import read_tunes
from folkrnn.notation.reading import parse_length


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", "1"), ("2", "2"), ("3/2", "3/2"), ("/", "1/2"), ("//", "1/4"), ("///", "1/8"), ("3/", "3/2"),
        ("/4", "1/4"),
        ("000000000002", "2"), ("1/0000000004", "1/4"), ("12/8", "3/2"),
    ],
)  # fmt: skip
def test_a_length_counts_units(text: str, units: str) -> None:
    assert parse_length(text) == Fraction(units)


@pytest.mark.parametrize("text", ["0", "/0", "0/2", "0000000000002", "2//3", "3/2/"])
def test_other_texts_are_no_length(text: str) -> None:
    assert parse_length(text) is None


@pytest.mark.parametrize(
    ("text", "length", "found"),
    [
        ("A128", "16", []), ("A129", "16", ["bad-length"]), ("A/64", "1/512", []), ("A/128", "1/512", ["bad-length"]),
        ("A/0", "1/8", ["bad-length"]), ("A3/64", "3/512", []),
    ],
)  # fmt: skip
def test_notes_are_from_a_512th_to_sixteen_whole_notes_long(text: str, length: str, found: list[str]) -> None:
    tune = one(text, meter="none")
    assert ([note.duration for note in tune.notes()], codes(tune)) == ([Fraction(length)], found)


@pytest.mark.parametrize(("text", "bars"), [("Z", 1), ("Z1", 1), ("Z2", 2), ("Z100", 100)])
def test_a_rest_of_bars_makes_bars(text: str, bars: int) -> None:
    tune = one(f"A6|{text}|A6|", meter="3/4")
    assert (len(tune.bars), codes(tune)) == (bars + 2, [])
    assert {bar.duration for bar in tune.bars} == {Fraction(3, 4)}


@pytest.mark.parametrize(("text", "found"), [("Z101", "bad-length"), ("Z0", "bad-length"), ("Z10001", "bad-length")])
def test_a_rest_of_too_many_bars_is_left_out(text: str, found: str) -> None:
    tune = one(f"A6|{text}|A6|", meter="3/4")
    assert (len(tune.bars), codes(tune)) == (2, [found])


@pytest.mark.parametrize(
    ("field", "unit"),
    [("1", "1"), ("1/1", "1"), ("1/2", "1/2"), ("1/512", "1/512"), ("1 / 16", "1/16"), ("1/256", "1/256")],
)
def test_a_unit_length_is_a_binary_fraction(field: str, unit: str) -> None:
    (tune,) = read_tunes(f"X:1\nL:{field}\nK:C\nA|\n")
    assert (tune.unit, codes(tune)) == (Fraction(unit), [])


@pytest.mark.parametrize("field", ["1/1024", "1/3", "2/4", "1/00008", "2", ""])
def test_another_unit_length_is_an_error(field: str) -> None:
    (tune,) = read_tunes(f"X:1\nM:C\nL:{field}\nK:C\nA8|\n")
    assert (tune.unit, codes(tune)) == (Fraction(1, 8), ["bad-unit-length"])


@pytest.mark.parametrize(
    ("sign", "found"),
    [
        ("(2", []), ("(64", []), ("(1", ["bad-tuplet"]), ("(65", ["bad-tuplet"]), ("(3:1", []), ("(3:64", []),
        ("(3:0", ["bad-tuplet"]), ("(3:65", ["bad-tuplet"]), ("(3:2:1", []), ("(3:2:64", []),
        ("(3:2:0", ["bad-tuplet"]), ("(3:2:65", ["bad-tuplet"]),
    ],
)  # fmt: skip
def test_a_tuplet_has_at_most_64_notes(sign: str, found: list[str]) -> None:
    # Where the tuplet is one, 64 notes are enough for any of them, and what is missing is no matter here.
    assert [code for code in codes(one(f"{sign}{'A' * 64}|", meter="none")) if code != "unfinished-tuplet"] == found


def test_a_tuplet_ends_with_its_last_note() -> None:
    notes = list(one("(3:2:4ABcdA", meter="none").notes())
    assert [note.tuplet and (*note.tuplet,) for note in notes] == [*((3, 2, 4, index) for index in range(4)), None]


@pytest.mark.parametrize(
    ("sign", "first", "second"),
    [(">", "3/2", "1/2"), (">>", "7/4", "1/4"), (">>>", "15/8", "1/8"), ("<<<", "1/8", "15/8")],
)
def test_broken_rhythm_is_three_signs_deep_at_most(sign: str, first: str, second: str) -> None:
    assert eighths(one(f"A{sign}B", meter="none")) == [Fraction(first), Fraction(second)]
    tune = one(f"A{sign[0] * 4}B", meter="none")
    assert (eighths(tune), codes(tune)) == ([1, 1], ["broken-rhythm"])


@pytest.mark.parametrize(
    ("passes", "numbers"),
    [
        ("1", (1,)),
        ("19", (19,)),
        ("1,3", (1, 3)),
        ("3,1", (1, 3)),
        ("1-3", (1, 2, 3)),
        ("2-2", (2,)),
        ("1-2,4", (1, 2, 4)),
    ],
)
def test_an_ending_is_for_its_passes(passes: str, numbers: tuple[int, ...]) -> None:
    tune = one(f"|:A|[{passes} B:|", meter="none")
    assert (tune.bars[1].ending, "bad-ending" in codes(tune)) == (numbers, False)


@pytest.mark.parametrize("passes", ["0", "20", "1-20", "3-1", "1,20"])
def test_an_ending_has_no_other_passes(passes: str) -> None:
    tune = one(f"|:A|[{passes} B:|", meter="none")
    assert (tune.bars[1].ending, codes(tune)) == ((), ["bad-ending"])


def test_accidentals_hold_as_the_tune_says() -> None:
    for rule, read in (("not", "^F F f"), ("octave", "^F ^F f"), ("pitch", "^F ^F ^f")):
        assert pitches(one(f"%%propagate-accidentals {rule}\n^FFf|")) == read
        assert pitches(one(f"I:propagate-accidentals {rule}\n^FFf|")) == read
    assert pitches(one("^FFf|")) == "^F ^F ^f"
    assert pitches(one("%%propagate-accidentals not now\n^FFf|")) == "^F ^F ^f"
    assert pitches(one("%%writefields not\n^FFf|")) == "^F ^F ^f"


def test_an_accidental_of_another_octave_holds_only_where_all_octaves_share_it() -> None:
    assert pitches(one("%%propagate-accidentals octave\n^F^^f Ff|")) == "^F ^^f ^F ^^f"
    assert pitches(one("^F^^f Ff|")) == "^F ^^f ^^F ^^f"


def test_a_tie_keeps_its_accidental_for_the_first_note_of_the_bar_alone() -> None:
    assert pitches(one("^F8-|F2F2 F4|")) == "^F ^F F F"
    assert pitches(one("^F8-|f4F4|")) == "^F f F"
    assert pitches(one("^F4-F4|F8|")) == "^F ^F F"
    assert pitches(one("^F8-|=F4F4|")) == "^F F F"


def test_verses_are_counted_from_each_line_of_music() -> None:
    music = "AB|\nw: a b\nw: c d\nw: e f\ncd|\nw: g h\n"
    assert [note.lyrics for note in one(music, meter="none").notes()] == [
        ("a", "c", "e"), ("b", "d", "f"), ("g",), ("h",)
    ]  # fmt: skip
    music = "AB|\nw: a\nw:\nw: e f\n"
    assert [note.lyrics for note in one(music, meter="none").notes()] == [("a", "", "e"), ("", "", "f")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a|b", "a . b ."), (" |a b", "a b . ."), ("a b|c", "a b c ."), ("a||b", "a . b ."), ("* a", ". a . ."),
        ("a _ b", "a _ b ."), ("a~b c", "a b c . ."), ("a- b", "a- b . ."), ("a\\-b c", "a-b c . ."),
        ("a b c d e", "a b c d"),
    ],
)  # fmt: skip
def test_a_bar_line_among_words_goes_to_the_next_bar(line: str, words: str) -> None:
    notes = one(f"AB|cd|\nw:{line}", meter="none").notes()
    assert " ".join(note.lyrics[0] if note.lyrics and note.lyrics[0] else "." for note in notes) == words


def test_a_finding_has_its_line_column_and_bar() -> None:
    assert places(one("A8|[A£]8|A8|")) == [("unreadable", "error", 6, 6)]
    assert places(one("A8|A8|\nA4}A4|")) == [("unclosed-bracket", "error", 7, 3)]
    assert [finding.bar for finding in one("A2|A8|A6:|B2|B8|}B6|").findings] == [4]
    assert [finding.bar for finding in one("}A2|A8|A6|").findings] == [0]
    assert [finding.bar for finding in one("A8|A8|}").findings] == [2]


@pytest.mark.parametrize(
    ("text", "opens", "plays", "edge"),
    [
        ("A|B", False, 1, ""), ("A||B", False, 1, "||"), ("A|]B", False, 1, "|]"), ("A[|B", False, 1, "||"),
        ("A:|B", False, 2, ""), ("A::|B", False, 3, ""), ("A|:B:|", True, 1, ""), ("A::B:|", True, 2, ""),
        ("A:|:B:|", True, 2, ""), ("A:||:B:|", True, 2, ""), ("A:::B:|", True, 2, ""), ("A::::B:|", True, 3, ""),
        ("A:|]B", False, 2, ""), ("A.|B", False, 1, ""), ("A[|]B", False, 1, ""),
    ],
)  # fmt: skip
def test_every_bar_line_says_what_ends_and_what_begins(text: str, opens: bool, plays: int, edge: str) -> None:
    first, second = one(text, meter="none").bars
    assert (second.opens, first.plays, first.edge) == (opens, plays, edge)


def test_a_bar_line_after_a_bar_line_adds_to_the_first() -> None:
    first, _ = one("A:| |B", meter="none").bars
    assert (first.plays, first.edge) == (2, "")
    first, _ = one("A| ||B", meter="none").bars
    assert (first.plays, first.edge) == (1, "||")


def test_a_bar_that_is_full_at_the_line_end_ends_there_only_outside_tuplets_and_pairs() -> None:
    assert codes(one("A8\nB8|")) == ["unwritten-bar-line"]
    assert codes(one("A7>\nB9/2|c8|"))[:1] != ["unwritten-bar-line"]
    assert codes(one("A8\\\nB8|")) == ["bar-too-long"]
    assert codes(one("A4\nB4|c8|")) == []
    assert codes(one("A8\nB8|", meter="none")) == []
