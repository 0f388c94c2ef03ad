"""The given beginning of the music: what is taken, and what is refused before a model is loaded."""

from pathlib import Path
from typing import Any

import pytest

from folkrnn.composition.checks import check_generation
from folkrnn.composition.starts import read_start
from folkrnn.errors import GenerationError
from folkrnn.notation.ranges import INSTRUMENTS


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("hello", "ABC knows no 'h', 'l' or 'o' there"),
        ("DFA h", "ABC knows no 'h' there"),
        ("DFA w2f", "ABC knows no 'w' there"),
        ("Däd", "ABC knows no 'ä' there"),
        ("A8 1", "ABC knows no '1' there"),
        ("F#A", "ABC knows no '#' there; .*; a sharp stands before its note, as in \\^F"),
        ("A? B", "ABC knows no '\\?' there"),
        ("K:D", "ABC knows no 'K' there"),
        ("I Q A", "ABC knows no 'I' or 'Q' there"),
        ("A & B", "ABC knows no '&' there"),
        ("A2 [B", "ABC knows no '\\[' there"),
    ],
)
def test_what_is_no_note_is_named(text: str, named: str) -> None:
    with pytest.raises(GenerationError, match=named) as error:
        read_start(text)
    assert "expected notes from A to G or a to g, such as 'DFA d2f'" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("{g}A2", "{g}A2"), ("[DF]2", "[DF]2"), ("A-A", "A-A"), ("~A TB c", "~ATBc"), ("(3ABC", "(3ABC"),
        ("A>B", "A>B"),
        ("!trill!A", "TA"), ("^F=G_a,", "^FG_A"), ("z2 x2", "z2z2"),
        ("|:A|[1 B:|[2 c", "|:A|1B:|2c"), ("A y B $ c `d", "ABcd"), ("A2*|B", "A2"),
    ],
)  # fmt: skip
def test_what_abc_allows_is_taken(text: str, body: str) -> None:
    assert read_start(text)[0] == body


@pytest.mark.parametrize(
    ("text", "named", "right"),
    [
        ('"G"A "^slowly"B', 'the chord symbol "G" or the annotation "^slowly"', "AB"),
        ("(AB|c)*d", "slurs", "AB|c*d"),
        (".A2 uB", "the sign . or the sign u", "A2B"),
        ("A !fermata!B", "the sign !fermata!", "AB"),
    ],
)
def test_what_the_model_does_not_write_is_refused(text: str, named: str, right: str) -> None:
    with pytest.raises(GenerationError) as caught:
        read_start(text)
    assert str(caught.value) == (
        f"start {text!r}: the model does not write {named}; expected the notes alone, such as {right!r}"
    )


@pytest.mark.parametrize(
    ("start", "named"),
    [
        ("A,,B", "A,, is lower than a whistle goes; expected notes from D to d'"),
        ("A*|c''", "c'' is higher than a whistle"),
        ("{_B,}A c", "_B, is lower than a whistle"),
    ],
)
def test_given_notes_keep_to_the_instrument_that_is_asked_for(start: str, named: str) -> None:
    with pytest.raises(GenerationError) as caught:
        check_generation(None, {"start": start, "fit": "whistle"})
    assert named in str(caught.value)
    check_generation(None, {"start": start})


def test_a_message_can_name_the_range_of_every_instrument() -> None:
    for name in INSTRUMENTS:
        with pytest.raises(GenerationError, match=f"A,,, is lower than a {name} goes; expected notes from [A-Ga-g]"):
            check_generation(None, {"start": "A,,,", "fit": name})


@pytest.mark.parametrize(
    ("text", "fields", "message"),
    [
        ("ABCDEFGA", {"M": "3/4"}, "bar 1, 'ABCDEFGA', holds 8 eighths, but a bar of 3/4 has 6 eighths"),
        ("A8", {"M": "2/4"}, "bar 1, 'A8', holds 8 eighths, but a bar of 2/4 has 4 eighths"),
        ("D2F A3|D2F A2f2", {"M": "6/8"}, "bar 2, 'D2FA2f2', holds 7 eighths, but a bar of 6/8 has 6 eighths"),
        ("A|:A7|B", {"M": "6/8"}, "bar 2, 'A7', holds 7 eighths"),
        ("A4*A4|B", {"M": "6/8"}, "bar 1, 'A4[*]A4', holds 8 eighths"),
        ("A6|B|c6", {"M": "6/8"}, "bar 2, 'B', holds 1 eighth, but a bar of 6/8 has 6 eighths"),
        ("A6 A/", {"M": "6/8"}, "bar 1, 'A6A/', holds 13/2 eighths"),
        ("A8", {"R": "jig"}, "bar 1, 'A8', holds 8 eighths, but a bar of 6/8, the meter of a jig, has 6 eighths"),
        ("A9", {"R": "Polkas"}, "a bar of 2/4, the meter of a polka, has 4 eighths"),
    ],
)
def test_a_bar_that_cannot_stand_in_the_meter_is_named(text: str, fields: dict[str, str], message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        read_start(text, fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("A6|B6|", {"M": "6/8"}),
        ("A|B6|c", {"M": "6/8"}),  # a pickup, and a bar under way
        ("|A|B6|c6|", {"M": "6/8"}),
        ("A6||B|c6", {"M": "6/8"}),
        ("A5:|:B|c6", {"M": "6/8"}),
        ("A6|B*|c6", {"M": "6/8"}),
        ("*|A6", {"M": "6/8"}),
        ("(3ABCD4|", {"M": "3/4"}),
        ("{gagagag}A6|", {"M": "6/8"}),
        ("A9|", {"M": "9/8", "R": "jig"}),  # the meter that is wished, whatever the rhythm
        ("A8|", {"R": "reel"}),  # more than one meter
        ("A9|B2|", {"R": "kolo"}),
        ("A9|", {"M": "none"}),
        ("[M:9/8]A9|", {"M": "6/8"}),
        ("A9|B2|c", {}),
    ],
)
def test_bars_that_the_meter_allows_are_taken(text: str, fields: dict[str, str]) -> None:
    assert read_start(text, fields)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"start": "hello"}, "'h', 'l' or 'o'"),
        ({"start": "A8", "meter": "6/8"}, "bar 1, 'A8', holds 8 eighths"),
        ({"start": "A8", "rhythm": "jig"}, "the meter of a jig"),
    ],
)
def test_a_bad_start_is_refused_before_the_model_is_looked_for(wishes: dict[str, str], message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        check_generation(Path("there-is-no-such-model"), wishes)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"start": "| d2"}, "'|' cannot come first; expected music before a bar line"),
        ({"start": "| d2", "rhythm": "reel", "key": "D"}, "'|' cannot come first"),
        ({"start": "A,,,,d"}, "A,,,, is lower than the grammar's lowest note, C,,"),
        ({"start": "d'''"}, "d''' is higher than the grammar's highest note, b''"),
        ({"start": "A2*|d'''"}, "d''' is higher than"),
        ({"start": "D4/3"}, "D4/3 has a length that the tunes of the corpus do not have; expected one such as D2"),
        ({"start": "d2 :|"}, "':' cannot come after 'd2'; a part that ends there is too short"),
        ({"start": "A6|B6|c6|d6:|", "form": "8:8:"}, "the form 8:8: has no such sign there"),
        ({"start": "|:D2F A3|", "form": "8|8|"}, "the first part is not repeated in the form 8|8|"),
        ({"start": "A6|B6|c6|d6||", "form": "8|8|", "meter": "6/8"}, "the form 8|8| has no such bar line there"),
        ({"start": "[M:9/8]A9"}, "the model writes no change of meter"),
        ({"start": "A-B"}, "'B' cannot come after 'A-'; a tie leads to a note of the same pitch"),
        ({"start": "A6|B|c6"}, "the bar 'B' holds 1 eighth, and is full in no 4/4"),
        ({"start": "A8A8"}, "the bar 'A8A8' holds 16 eighths, too many for"),
        ({"start": "[ACEGce]"}, "'e' cannot come after '[CEGAc'; expected music that can begin a playable tune"),
        ({"start": "A6|B6*|", "meter": "none"}, "without a meter nobody can say how long a * is"),
    ],
)
def test_a_start_that_no_tune_can_have_is_refused_without_the_weights(wishes: dict[str, str], message: str) -> None:
    with pytest.raises(GenerationError) as caught:
        check_generation(None, wishes)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"start {wishes['start']!r}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wishes",
    [
        {"start": "DFA d2f"}, {"start": "*|A6"}, {"start": "|:D2F A3|"}, {"start": "A|B6|c6"}, {"start": "^^F a''A,,"},
        {"start": "|:A6|[1 B6:|[2 c6|"}, {"start": "A4|B4|c4|d4:|e4"}, {"start": "A4", "similarity": 5},
        {"start": "(5ABCDE"}, {"start": "d2 :|", "unconstrained": True},
    ],
)  # fmt: skip
def test_a_start_that_some_tune_can_have_is_taken(wishes: dict[str, Any]) -> None:
    check_generation(None, wishes)


def test_a_start_that_begins_another_tune_is_refused() -> None:
    with pytest.raises(GenerationError, match="start 'X:2' begins a tune of its own"):
        read_start("X:2")
