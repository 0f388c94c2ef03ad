import pytest
from abc_tools import codes, one


def words(body: str) -> list[tuple[str, ...]]:
    return [note.lyrics for note in one(body, meter="none").notes()]


def verse(line: str, music: str = "ABcd|efga|") -> str:
    """The words under the notes, ``.`` where there is none."""
    return " ".join((lyrics[0] if lyrics and lyrics[0] else ".") for lyrics in words(f"{music}\nw:{line}"))


@pytest.mark.parametrize(
    ("line", "under"),
    [
        (" one two three", "one two three . . . . ."),
        (" syll-a-ble word", "syll- a- ble word . . . ."),
        (" time__ now", "time _ _ now . . . ."),
        (" a * b", "a . b . . . . ."),
        (" a~b c", "a b c . . . . . ."),
        (" a b|c", "a b . . c . . ."),
        (" a b c d|e", "a b c d e . . ."),
        (" a\\-b c", "a-b c . . . . . ."),
        (" of the--day", "of the- . day . . . ."),
        (" syll-a -ble", "syll- a . ble . . . ."),
        (" syll-a- -ble", "syll- a- . ble . . . ."),
        ("", ". . . . . . . ."),
        (" a b c d e f g h i j", "a b c d e f g h"),
    ],
)
def test_words_stand_under_their_notes(line: str, under: str) -> None:
    assert verse(line) == under


def test_rests_and_grace_notes_have_no_words() -> None:
    assert verse(" one two", "A z {g} B c") == "one . two ."


def test_tied_notes_have_a_word_each() -> None:
    assert verse(" one two", "A-A") == "one two"


def test_two_lines_of_words_are_two_verses() -> None:
    assert words("AB|\nw: one two\nw: eins zwei") == [("one", "eins"), ("two", "zwei")]


def test_a_verse_that_skips_a_note_keeps_its_place() -> None:
    assert words("AB|\nw: one *\nw: eins zwei") == [("one", "eins"), ("", "zwei")]
    assert words("AB|\nw: one\nw: eins zwei") == [("one", "eins"), ("", "zwei")]


def test_words_belong_to_the_line_of_music_before_them() -> None:
    assert words("AB|\nw: one two\ncd|\nw: three four") == [("one",), ("two",), ("three",), ("four",)]


def test_a_line_of_music_without_words_stays_without() -> None:
    assert words("AB|\ncd|\nw: one two") == [(), (), ("one",), ("two",)]


def test_words_run_on_through_a_continued_line() -> None:
    assert words("AB|\\\ncd|\nw: one two three") == [("one",), ("two",), ("three",), ()]


def test_words_may_start_inside_a_bar() -> None:
    assert words("AB\nw: one two\ncd|\nw: three four") == [("one",), ("two",), ("three",), ("four",)]


def test_words_below_the_tune_belong_to_no_note() -> None:
    tune = one("A8|\nW: a whole verse")
    assert ([note.lyrics for note in tune.notes()], codes(tune)) == ([()], [])


def test_words_before_any_music_are_passed_over() -> None:
    assert words("w: too early\nAB") == [(), ()]


def test_words_may_begin_with_a_bar_line() -> None:
    tune = one("AB|cd|\nw:|one two", meter="1/4")
    assert codes(tune) == []
    assert [note.lyrics for note in tune.notes()] == [("one",), ("two",), (), ()]
