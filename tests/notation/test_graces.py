import pytest
from abc_tools import codes, eighths, one, pitches, places


def graces(text: str) -> list[str]:
    return [" ".join(str(grace.pitch) for grace in note.graces) for note in one(text, meter="none").notes()]


@pytest.mark.parametrize(
    ("text", "read"),
    [("{g}A", ["g"]), ("{gef}A", ["g e f"]), ("{/g}A", ["g"]), ("{g2e/}A", ["g e"]), ("{^g}A", ["^g"]), ("A{g}", [""]),
     ("{}A", [""]), ("{g} A", ["g"]), ("{g}{e}A", ["g e"]), ("{[ge]}A", ["g e"]), ("{g}[CE]", ["g"]), ("{g}~A", ["g"]),
     ("~{g}A", ["g"]), ('{g}"G"A', ["g"]), ("{g}(3ABc", ["g", "", ""]), ("A>{g}B", ["", "g"])],
)  # fmt: skip
def test_grace_notes_belong_to_the_note_after_them(text: str, read: list[str]) -> None:
    assert graces(text) == read


def test_grace_notes_take_no_time() -> None:
    tune = one("{gef}A4{g}B4|")
    assert (eighths(tune), codes(tune)) == ([4, 4], [])


def test_an_accidental_of_a_grace_note_lasts_through_the_bar() -> None:
    assert pitches(one("{^f}gf|f", meter="none")) == "g ^f f"


def test_grace_notes_follow_the_key_and_the_bar() -> None:
    (note,) = one("{fg}A", key="D", meter="none").notes()
    assert [str(grace.pitch) for grace in note.graces] == ["^f", "g"]


@pytest.mark.parametrize("text", ["{ab", "A{", "{ab|A}"])
def test_grace_notes_without_an_end_are_an_error(text: str) -> None:
    assert places(one(text, meter="none"))[0][:2] == ("unclosed-bracket", "error")


def test_an_end_of_grace_notes_without_a_start_is_an_error() -> None:
    assert places(one("AB}c", meter="none")) == [("unclosed-bracket", "error", 6, 3)]


def test_what_cannot_stand_among_grace_notes_is_an_error() -> None:
    assert places(one("A{g9£}B", meter="none"))[0] == ("unreadable", "error", 6, 2)
