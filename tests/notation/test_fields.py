from fractions import Fraction

import pytest
from abc_tools import codes, eighths, one, pitches, places

from folkrnn.notation import Meter, read_tunes
from folkrnn.notation.writer import write_tune


def header(*lines: str) -> str:
    return "\n".join(("X:1", *lines, "K:C", "A|")) + "\n"


def test_fields_are_kept_in_their_order() -> None:
    (tune,) = read_tunes(header("T:One", "T:Two", "C:Trad.", "R:reel", "O:Ireland"))
    assert tune.fields == (
        ("X", "1"), ("T", "One"), ("T", "Two"), ("C", "Trad."), ("R", "reel"), ("O", "Ireland"), ("K", "C")
    )  # fmt: skip
    assert (tune.title, tune.all_fields("T"), tune.rhythm, tune.origin) == ("One", ("One", "Two"), "reel", "Ireland")


def test_spaces_after_the_colon_do_not_count() -> None:
    assert read_tunes(header("T:  Spaced   "))[0].title == "Spaced"


def test_a_continued_field_is_one_field() -> None:
    assert read_tunes(header("N:first", "+:second", "+:third"))[0].field("N") == "first second third"


@pytest.mark.parametrize(
    ("meter", "unit"),
    [("2/4", 16), ("5/8", 16), ("3/8", 16), ("1/4", 16), ("3/4", 8), ("6/8", 8), ("4/4", 8), ("C", 8), ("none", 8)],
)
def test_without_a_unit_length_the_meter_gives_it(meter: str, unit: int) -> None:
    (tune,) = read_tunes(header(f"M:{meter}"))
    assert tune.unit == Fraction(1, unit)


def test_without_meter_and_unit_length_the_unit_is_an_eighth_and_bars_are_free() -> None:
    (tune,) = read_tunes(header())
    assert (tune.unit, tune.meter.free) == (Fraction(1, 8), True)


def test_a_meter_after_the_unit_length_does_not_change_it() -> None:
    assert read_tunes(header("L:1/4", "M:2/4"))[0].unit == Fraction(1, 4)


def test_a_meter_change_does_not_change_the_unit_length() -> None:
    assert eighths(one("A4|[M:2/4]A4|", unit="1/8")) == [4, 4]


@pytest.mark.parametrize("field", ["[L:1/4]", "\nL:1/4\n", "[L: 1/4 ]"])
def test_the_unit_length_changes_alone_and_inline(field: str) -> None:
    assert eighths(one(f"A{field}A", meter="none")) == [1, 2]


@pytest.mark.parametrize("field", ["[K:D]", "\nK:D\n"])
def test_the_key_changes_alone_and_inline(field: str) -> None:
    assert pitches(one(f"F{field}F", meter="none")) == "F ^F"


@pytest.mark.parametrize("field", ["[M:3/4]", "\nM:3/4\n"])
def test_the_meter_changes_alone_and_inline(field: str) -> None:
    tune = one(f"A8|{field}A6|A6|")
    assert (codes(tune), [str(bar.meter) for bar in tune.bars]) == ([], ["4/4", "3/4", "3/4"])


def test_a_field_before_the_bar_line_holds_for_the_next_bar() -> None:
    tune = one("A8[M:3/4]|F6|[K:D]F6|F6|")
    assert [[(change.index, change.field) for change in bar.changes] for bar in tune.bars] == [
        [], [(0, "M")], [(0, "K")], []
    ]  # fmt: skip
    assert tune.bars[1].meter == Meter((3,), 4)


def test_the_key_at_the_first_note_is_the_tunes_key() -> None:
    assert str(one("[K:G]F|").key) == "G"


def test_part_labels_tempo_and_titles_are_kept_where_they_stand() -> None:
    tune = one("P:A\nA8|\nP:B\nQ:1/4=100\nB8|[P:C]c8|")
    assert [[(change.field, change.value) for change in bar.changes] for bar in tune.bars] == [
        [("P", "A")], [("P", "B"), ("Q", "1/4=100")], [("P", "C")]
    ]  # fmt: skip


def test_remarks_and_notes_are_no_music() -> None:
    tune = one("A4[r:a remark]B4|\nr:another\nN:a note\nc8|[N:inline]d8|")
    assert (pitches(tune), codes(tune)) == ("A B c d", [])


@pytest.mark.parametrize(("line", "letters"), [("F::A8|", "F A"), ("A:|B8|", "A B"), ("F:|\nA8|", "F A")])
def test_a_letter_before_a_repeat_sign_is_a_note_not_a_field(line: str, letters: str) -> None:
    assert pitches(one(f"G8|\n{line}", meter="none")) == f"G {letters}"


def test_a_backslash_continues_the_line_of_music() -> None:
    tune = one("ABcd\\\nefga|\\\nA8|")
    assert (codes(tune), len(tune.bars)) == ([], 2)


@pytest.mark.parametrize(
    ("line", "code"),
    [("M:4/0", "bad-meter"), ("M:often", "bad-meter"), ("L:1/0", "bad-unit-length"), ("L:1/7", "bad-unit-length"),
     ("L:x", "bad-unit-length")],
)  # fmt: skip
def test_a_bad_field_is_an_error_at_its_line(line: str, code: str) -> None:
    assert places(read_tunes(header("T:t", line))[0]) == [(code, "error", 3, 1)]


def test_a_bad_inline_field_is_an_error_at_its_column() -> None:
    assert places(one("A4[K:zz]A4|")) == [("bad-key", "error", 6, 3)]


def test_a_number_that_is_none_is_noted() -> None:
    assert places(read_tunes("X:one\nK:C\nA|\n")[0]) == [("bad-number", "note", 1, 1)]


def test_a_tune_without_a_key_is_an_error() -> None:
    (tune,) = read_tunes("X:1\nT:t\nABc|\n")
    assert ("no-key", "error") in [place[:2] for place in places(tune)]
    assert tune.bars == ()


def test_a_tune_without_notes_is_an_error() -> None:
    assert codes(read_tunes("X:1\nT:t\nK:C\n")[0]) == ["no-notes"]


def test_a_field_that_music_cannot_hold_is_a_warning() -> None:
    assert places(one("A8|\nE:what\nA8|")) == [("not-a-field", "warning", 7, 1)]


def test_a_tunes_own_field_takes_the_place_of_the_file_headers() -> None:
    first, second = read_tunes("O:Ireland\nR:reel\n\nX:1\nT:One\nO:Scotland\nK:D\nD8|\n\nX:2\nT:Two\nK:D\nD8|\n")
    assert (first.origin, first.rhythm) == ("Scotland", "reel")
    assert (second.origin, second.rhythm) == ("Ireland", "reel")


def test_a_backslash_continues_a_line_of_the_header() -> None:
    (tune,) = read_tunes(header("N:first \\", "second", "%%player 1 2 \\", " 3 4"))
    assert tune.field("N") == "first second"
    assert "N:first\n+:second\n%%player 1 2 \\\n 3 4\n" in write_tune(tune)


def test_a_title_in_the_music_may_go_on_and_hold_brackets() -> None:
    tune = one("G8|\nT:One [or\n+:two]\nA4\nN:a [note]\nA4|")
    assert tune.bars[1].texts("T") == ("One [or two]",)
    assert "\nT:One [or\n+:two]\nN:a [note]\nA4 A4 |]" in write_tune(tune)


def test_an_exclamation_mark_ends_a_line_if_the_tune_says_so() -> None:
    (tune,) = read_tunes(header("I:linebreak !", "L:1/4").replace("A|", 'GA!Bc!trill!|!dc!BA|"^Hey!"G4!|'))
    assert pitches(tune) == "G A B c d c B A G"
    assert (tune.bars[0].closing.decorations, tune.bars[2].notes[0].annotations) == (("trill",), ("^Hey!",))
    assert "I:linebreak $\n" in write_tune(tune)
    assert write_tune(tune).endswith("|]$\n")


def test_what_a_voice_line_says_later_is_kept_there() -> None:
    (tune,) = read_tunes(header("V:1 name=One", "V:2").replace("A|", "V:1\nA8|\nV:2\nC8|\nV:1 stem=up\nB8|"))
    assert write_tune(tune).endswith("[V:1] A8 |\n[V:2] C8 |]\nV:1 stem=up\nB8 |]\n")


def test_a_comment_between_voices_stands_before_the_music_and_one_behind_music_behind_it() -> None:
    (tune,) = read_tunes(header().replace("A|", "V:1\nA8| % one\n% two\nV:2\nC8|\n"))
    assert write_tune(tune).endswith("% two\n[V:1] A8 |]\n[V:2] C8 |]\n% one\n")


def test_a_key_and_a_clef_behind_the_music_are_one_line() -> None:
    assert write_tune(one("A8|\nK:D bass\n")).endswith("\nK:D clef=bass\n")


def test_tags_of_a_web_page_are_no_music() -> None:
    (tune,) = read_tunes("X:1\nK:C\nCDEF|GABc|\n</pre>\n<p class='tune'>\n")
    assert pitches(tune) == "C D E F G A B c"
    assert places(tune) == [("html", "note", 4, 1), ("html", "note", 5, 1)]
