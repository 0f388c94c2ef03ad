"""What is written out for programs that play a score, such as MuseScore."""

import re

import pytest

from folkrnn.export.musicxml import to_musicxml
from folkrnn.importing import import_tune
from folkrnn.notation import Tune, canonical, performed_order, read_tunes
from folkrnn.score.explicit import explicit


def tune(body: str, key: str = "C") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:2/4\nL:1/4\nK:{key}\n{body}\n")[0]


def measure(shown: Tune, number: int) -> str:
    """Return a measure of the first part, from 1, without white space between tags."""
    document = re.sub(r">\s+<", "><", to_musicxml(shown).decode())
    return document.split("</measure>")[number - 1]


def test_a_repeat_that_musicians_need_not_see_is_written_but_not_at_the_beginning() -> None:
    shown = tune("CD:|EF:|")
    assert str(shown).count("|:") == 0
    assert 'direction="forward"' not in measure(shown, 1)
    assert 'direction="forward"' in measure(shown, 2)
    assert canonical(import_tune(to_musicxml(shown), "x.musicxml")) == canonical(shown)


def test_the_sign_at_which_one_leaves_for_the_coda_says_so() -> None:
    shown = tune("CD|EF!coda!|GA!D.C.alcoda!||!coda!Bc|]")
    assert ">To Coda<" in measure(shown, 2)
    assert "<coda" not in measure(shown, 2)
    assert "<coda" in measure(shown, 4)


def test_signs_of_jumps_stand_in_the_bar_that_they_end() -> None:
    shown = tune("CD||!fine!EF|GA|!coda!Bc|cd|!D.C.!c2||!coda!e2|]")
    moved = explicit(shown)
    assert [bar.closing.decorations for bar in moved.bars] == [("fine",), (), ("dacoda",), (), (), (), ()]
    assert performed_order(moved) == performed_order(shown)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("CD|EF!fine!|GA!D.C.!|]", "Da Capo al Fine"),
        ("CD|!segno!EF!fine!|GA!D.S.!|]", "D.S. al Fine"),
        ("CD!coda!|EF!D.C.!||!coda!GA|]", "D.C. al Coda"),
        ("CD|EF!D.C.!|]", "D.C."),
        ('CD|EF"^Fine"|GA" D.C."|]', "D.C. al Fine"),
        ('CD"^Coda"|EF|GA" D.C."|"^Coda"GA|]', "D.C. al Coda"),
    ],
)
def test_a_plain_jump_says_where_it_leads(body: str, words: str) -> None:
    assert f">{words}<" in to_musicxml(tune(body)).decode()


def test_signs_at_which_one_goes_on_stand_in_the_bar_that_they_begin() -> None:
    shown = tune("CD!segno!|EF|GA!D.S.alcoda!!coda!||BB|]")
    moved = explicit(shown)
    assert not moved.bars[0].closing.decorations
    assert moved.bars[1].notes[0].decorations == ("segno",)
    assert performed_order(moved) == performed_order(shown)


def test_an_ending_that_is_played_several_times_says_how_often_the_section_is() -> None:
    shown = tune("|:CD|1,2 EF:|3 GA|]")
    assert 'times="3"' in measure(shown, 2)
    assert "times=" not in to_musicxml(tune("|:CD|1 EF:|2 GA|]")).decode()
    assert canonical(import_tune(to_musicxml(shown), "x.musicxml")) == canonical(shown)


def test_the_bar_line_of_a_bracket_has_a_shape() -> None:
    assert "<bar-style>regular</bar-style><ending" in measure(tune("|:CD|1 EF:|2 GA|]"), 2)


def test_a_signature_of_its_own_shows_its_accidentals() -> None:
    key = measure(tune("CD|]", "D exp ^f _b"), 1)
    assert "<key-alter>1</key-alter><key-accidental>sharp</key-accidental>" in key
    assert "<key-alter>-1</key-alter><key-accidental>flat</key-accidental>" in key


def test_slurs_that_last_at_once_have_different_numbers() -> None:
    found = re.findall(
        r'<slur number="(\d)" type="(\w+)"', to_musicxml(tune("(" + "(CD)|(EF)|" * 4 + "C2)|]")).decode()
    )
    lasting: set[str] = set()
    for number, kind in found:
        assert (number in lasting) == (kind == "stop")
        lasting ^= {number}
    assert len(found) == 18
    assert not lasting
