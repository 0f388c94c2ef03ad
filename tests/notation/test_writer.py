"""The writer for people: what it writes is the same music, set out as a tunebook sets it out."""

import pytest

from folkrnn.notation import canonical, read_tunes, write_tune, write_tunebook

HEAD = "X:1\nT:Test\nM:{}\nL:1/8\nK:D\n"


def rewritten(meter: str, body: str) -> str:
    (tune,) = read_tunes(HEAD.format(meter) + body + "\n")
    text = write_tune(tune)
    (again,) = read_tunes(text)
    assert canonical(again) == canonical(tune)
    assert [finding.code for finding in again.findings] == [finding.code for finding in tune.findings]
    return text


@pytest.mark.parametrize("bars", range(1, 10))
def test_endings_survive_wherever_the_line_breaks(bars: int) -> None:
    rewritten("4/4", f"|:{'D8|' * bars}1 E8:|2 F8||{'G8|' * bars}")
    rewritten("4/4", f"|:{'D8|' * bars}1,3 E8:|2 F8|]")


def test_four_bars_stand_on_a_line() -> None:
    lines = rewritten("4/4", "D8|" * 12).splitlines()[5:]
    assert [line.count("|") for line in lines] == [4, 4, 4]


def test_notes_are_grouped_by_the_beat() -> None:
    assert "| DEF GAB |" in rewritten("6/8", "D6|DEFGAB|D6|")
    assert "| DEFG ABcd |" in rewritten("4/4", "D8|DEFGABcd|D8|")
    assert "| DE FG AB |" in rewritten("3/4", "D6|DEFGAB|D6|")


def test_a_short_last_bar_is_grouped_from_its_beginning_and_a_pickup_from_its_end() -> None:
    text = rewritten("6/8", "|:A|dfdcec|AFED2:|")
    assert "| AFE D2 :|" in text
    assert "|: A | dfd" in text
    assert "|: c ABc | d6" in rewritten("6/8", "|:cABc|d6|D2:|")


def test_a_long_pair_is_not_broken_rhythm_to_people() -> None:
    assert "AFE D3" in rewritten("6/8", "AFED3|D6|")
    assert "A>B" in rewritten("2/4", "A>BA2|D4|")


@pytest.mark.parametrize(("meter", "shown"), [("C", "M:C"), ("C|", "M:C|"), ("4/4", "M:4/4"), ("2+3/8", "M:2+3/8")])
def test_the_meter_keeps_its_sign(meter: str, shown: str) -> None:
    assert shown in rewritten(meter, "D5|").splitlines() if meter == "2+3/8" else rewritten(meter, "D8|").splitlines()


def test_words_come_back_below_their_notes() -> None:
    text = rewritten("2/4", "D2E2|F4|\nw: one two-three\nW: and more")
    assert "w: one two- three" in text
    assert text.endswith("W:and more\n")


def test_a_tunebook_says_which_standard_it_follows() -> None:
    tunes = read_tunes(HEAD.format("2/4") + "D4|\n\n" + HEAD.format("2/4") + "E4|\n")
    book = write_tunebook(tunes)
    assert book.startswith("%abc-2.1\n")
    assert [tune.number for tune in read_tunes(book)] == ["1", "2"]
