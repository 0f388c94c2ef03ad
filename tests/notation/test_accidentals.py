import pytest
from abc_tools import one, pitches, places


def test_an_accidental_lasts_through_the_bar() -> None:
    assert pitches(one("^FGFF|F8|")) == "^F G ^F ^F F"


def test_an_accidental_holds_in_all_octaves() -> None:
    assert pitches(one("^Ff F,f'|")) == "^F ^f ^F, ^f'"


@pytest.mark.parametrize(
    "line", ["%%propagate-accidentals octave", "I:propagate-accidentals octave", "[I:propagate-accidentals octave]"]
)
def test_an_accidental_can_be_kept_in_its_octave(line: str) -> None:
    assert pitches(one(f"{line}\n^FFf|")) == "^F ^F f"


def test_an_accidental_can_be_kept_to_its_note() -> None:
    assert pitches(one("%%propagate-accidentals not\n^FFf|")) == "^F F f"


@pytest.mark.parametrize(("written", "read"), [("^F", "^F"), ("^^F", "^^F"), ("_B", "_B"), ("__B", "__B"), ("=F", "F")])
def test_every_accidental_is_understood(written: str, read: str) -> None:
    assert pitches(one(written, key="D")) == read


def test_a_bar_line_that_is_not_written_ends_no_accidental() -> None:
    tune = one("^F2F2\nF4|F4", meter="2/4")
    assert pitches(tune) == "^F ^F ^F F"
    assert "^F2 F2 | ^F4 | F4" in str(tune)


def test_a_natural_takes_the_signature_away_until_the_bar_line() -> None:
    assert pitches(one("F=FF|F|", key="D", meter="none")) == "^F F F ^F"


def test_the_later_accidental_counts() -> None:
    assert pitches(one("^F_FF=FF", meter="none")) == "^F _F _F F F"


@pytest.mark.parametrize("line", ["|", "||", ":|", "|]", "::", "|1", ":|2"])
def test_every_bar_line_ends_an_accidental(line: str) -> None:
    assert pitches(one(f"^F{line}F", meter="none")) == "^F F"


def test_an_inline_field_does_not_end_an_accidental() -> None:
    assert pitches(one("^F[M:3/4]F", meter="none")) == "^F ^F"


def test_a_tied_note_keeps_its_accidental_across_the_bar_line() -> None:
    assert pitches(one("^F8-|F4F4|")) == "^F ^F F"


def test_the_accidental_of_a_tie_holds_for_its_own_octave_only() -> None:
    assert pitches(one("[^FA]8-|[FAf]8|")) == "[^FA] [^FAf]"


@pytest.mark.parametrize("text", ["^_G", "^^^G", "=_A", "^|", "_z"])
def test_an_accidental_without_a_note_is_an_error(text: str) -> None:
    assert places(one(f"A{text}B", meter="none"))[0] == ("unreadable", "error", 6, 2)
