"""The grammar takes every playable tune and nothing else, and never comes to a place without a way out."""

import random
import re

import pytest
from grammar_tools import LATIN, corpus_texts, walked, wander
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import NOTE, form, read_tunes
from folkrnn.notation.grammar import Grammar, Wish
from folkrnn.notation.headers import in_canonical_order, training_text
from folkrnn.notation.rhythms import usual_meters
from folkrnn.validation import validate_tune

WHOLE = Grammar(LATIN, cautious=False)
CAUTIOUS = Grammar(LATIN)
HEADER = "X:1\nT:Test\nM:{}\nL:1/8\nI:form {}\nK:{}\n"


def tune(body: str, form: str, meter: str = "4/4", key: str = "D") -> str:
    """A canonical text."""
    alike = " 5" if len(re.findall("[:|]", form)) > 1 else ""
    return HEADER.format(meter, form + alike, key) + body + "\n"


def test_every_playable_tune_of_the_corpus_is_taken() -> None:
    assert len(corpus_texts()) > 800
    assert [text for text in corpus_texts() if not WHOLE.takes(text)] == []


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.sampled_from([WHOLE, CAUTIOUS]), st.sampled_from([400, 500, 900]))
def test_whatever_way_is_taken_a_playable_tune_comes_out(seed: int, grammar: Grammar, longest: int) -> None:
    text = wander(grammar, longest, random.Random(seed))
    assert len(text) <= longest
    (read,) = read_tunes(text)
    assert validate_tune(read).findings == tuple(f for f in validate_tune(read).findings if f.level == NOTE)
    assert re.search(rf"\nI:form {re.escape(form(read))}[ \n]", text)


@pytest.mark.parametrize(
    "meter", ["2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8", "3/2", "7/8", "2+3/8", "1/4", "none"]
)
def test_every_meter_can_be_filled(meter: str) -> None:
    rng = random.Random(meter)
    for _ in range(8):
        (read,) = read_tunes(wander(CAUTIOUS, 700, rng, f"X:1\nT:\nM:{meter}\n"))
        assert validate_tune(read).playable


@settings(max_examples=150)
@given(st.data())
def test_what_is_no_longer_playable_is_no_longer_taken(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(corpus_texts()))
    begin = text.rindex("\n", 0, -1) + 1
    place = data.draw(st.integers(begin, len(text) - 2))
    old = data.draw(st.integers(0, 2))
    new = data.draw(st.sampled_from(["", *"ABcd|:]2/3-><(^_=z[{}T~,'1", "(3", "||", ":|", "|:", ":||:", "|1", ":|2"]))
    changed = text[:place] + new + text[place + old :]
    assume(changed != text and changed.endswith("\n"))
    if WHOLE.takes(changed):
        (read,) = read_tunes(changed)
        assert validate_tune(read).playable


@pytest.mark.parametrize(
    ("body", "form", "here"),
    [
        ("|:d|A8|A4B4:|", "2:", "4:|"),  # the pickup wants a short last bar
        ("A8|A9|]", "2|", "9|]"),  # too long
        ("A8|A7|B8|]", "3|", "|B8|]"),  # too short inside a section
        ("A8|]", "2|", "]"),  # a bar is missing
        ("A8|B8|c8|]", "2|", "|c8|]"),  # a bar too many
        ("d|A8|A4B4|]", "2|", "4|]"),  # nothing completes the pickup
        ("(3AB|", "4|", "|"),  # an unfinished tuplet
        ("A2>|", "4|", "|"),  # a pair without its second note
        ("A4-B4|", "4|", "B4|"),  # a tie to another pitch
        ("A8-|^A8|", "4|", "^A8|"),  # the same
        ("z4-z4|", "4|", "-z4|"),  # a tie without a note
        ("[A]8|", "4|", "]8|"),  # a chord of one note
        ("{}A8|", "4|", "}A8|"),  # no grace notes in the braces
        ("A5/8", "4|", "5/8"),  # three dots, or two heads
    ],
)
def test_the_first_impossible_character_is_refused(body: str, form: str, here: str) -> None:
    text = tune(body, form).rstrip("\n")
    possible = walked(CAUTIOUS, text[: len(text) - len(here)])
    walk = possible.copy()
    with pytest.raises(NotationError, match="cannot come here; expected one of"):
        list(map(walk.advance, here))
    assert possible.choices  # and the text could have gone on well


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("d|A8|B8|c8|d7|]", "4|"),
        ("|:d|A8|B7:||:d|A8|B7:|", "2:2:"),
        ("|:A8|B8|1c8:|2d8|]", "3:"),
        ("|:A8|1B8:|2c8||d8|e8|]", "2:2|"),
        ("d|A8|B7||d|A8|B7|]", "2|2|"),
        ("(3ABc(3def_g4-|_g8|]", "2|"),
        ("A>Bc<dA2>B2|^c8-|c8|]", "3|"),
        ("A8|[K:G]c8|]", "2|"),
    ],
)
def test_usual_ways_of_building_a_tune_are_taken(body: str, form: str) -> None:
    assert CAUTIOUS.takes(tune(body, form))
    (read,) = read_tunes(tune(body, form))
    assert validate_tune(read).playable


def test_unusual_ones_are_left_out_where_other_programs_stumble() -> None:
    for body, parts in [
        ("A4-~A4|B8|]", "2|"),
        ("{ABc}d/{c}~B/B7|B8|]", "2|"),
        ("A5B3|B8|]", "2|"),
        ("d|:A8|1B8:|2B7|]", "2:"),
    ]:
        assert not CAUTIOUS.takes(tune(body, parts))
        assert WHOLE.takes(tune(body, parts))


def test_hornpipes_keep_to_the_meters_that_abc2midi_knows() -> None:
    header = "X:1\nT:Test\nR:hornpipe\nM:"
    assert walked(CAUTIOUS, header).choices == {"2", "4"}
    for meter in ("2/4", "4/4"):
        assert meter in usual_meters("hornpipe")
        assert walked(CAUTIOUS, header + meter).choices == {"\n"}
    assert len(walked(WHOLE, header).choices) > 5
    told = walked(CAUTIOUS, "X:1\nT:Test\nM:6/8\nR:hornpip")
    assert "e" not in told.choices
    assert "s" in told.choices


def test_the_fields_of_a_header_come_in_any_order() -> None:
    for text in corpus_texts()[::9]:
        shuffled = training_text(text, random.Random(text))
        assert WHOLE.takes(shuffled)
        assert in_canonical_order(shuffled) == text


def test_a_field_comes_once_and_the_music_when_all_are_there() -> None:
    walk = walked(CAUTIOUS, "X:1\nK:D\nI:form 8:8: 4\nT:Test\n")
    assert walk.choices == set("ROML")
    walk = walked(CAUTIOUS, "X:1\nK:D\nI:form 8:8: 4\nT:Test\nM:6/8\nL:1/8\n")
    assert walk.choices == {"|"}


def test_how_alike_the_parts_are_is_told_where_there_are_several() -> None:
    assert walked(CAUTIOUS, "X:1\nI:form 8|").choices == set("123456789\n")
    assert walked(CAUTIOUS, "X:1\nI:form 8|8|").choices == set("123456789 ")
    assert walked(CAUTIOUS, "X:1\nI:form 8|8| 1").choices == {"0", "\n"}
    asked = CAUTIOUS.walk(wish=Wish(10))
    for character in "X:1\nI:form 8|":
        asked.advance(character)
    assert asked.choices == set("123456789")
    for character in "8| 1":
        asked.advance(character)
    assert asked.choices == {"0"}


def test_hornpipes_are_not_broken_between_the_beats() -> None:
    hornpipe = "X:1\nT:Test\nR:hornpipe\nM:4/4\nL:1/8\nI:form 2|\nK:D\n"
    assert ">" in walked(CAUTIOUS, hornpipe + "A2B").choices
    assert ">" not in walked(CAUTIOUS, hornpipe + "AB").choices
    assert ">" in walked(CAUTIOUS, hornpipe.replace("hornpipe", "reel") + "AB").choices


@pytest.mark.parametrize("longest", [400, 500, 1000])
def test_a_tune_comes_to_its_end_within_the_characters_allowed(longest: int) -> None:
    for seed in range(20):
        walk = CAUTIOUS.walk(longest)
        rng = random.Random(seed)
        while not walk.finished:
            # Never end anything that could go on: the grammar must end the tune in time.
            more = walk.choices - set("\n|:]}") or walk.choices
            walk.advance(rng.choice(sorted(more)))
        assert len(walk.text) <= longest
        (read,) = read_tunes(in_canonical_order("".join(walk.text)))
        assert validate_tune(read).playable


def test_a_bar_that_comes_must_be_as_long_as_the_meter() -> None:
    walk = walked(CAUTIOUS, tune("A8|B", "4|").rstrip("\n"))
    lengths = {text for text in ("2", "3", "4", "6", "7", "8", "9") if text in walk.choices}
    assert lengths == {"2", "3", "4", "6", "7", "8", "1"} - {"1"}


def test_a_small_alphabet_is_enough_and_too_small_a_one_is_told() -> None:
    small = Grammar("X:1\nTM/L8Iform K|]DA")
    (read,) = read_tunes(wander(small, 400, random.Random(1)))
    assert validate_tune(read).playable
    with pytest.raises(NotationError, match="needs the character '8'"):
        Grammar("X:1\nTM/LIform K|]DA")


def test_too_short_a_limit_is_refused() -> None:
    with pytest.raises(NotationError, match="at most 100 characters is too short; expected 400 or more"):
        CAUTIOUS.walk(100)


@pytest.mark.parametrize(
    ("letter", "value", "named"),
    [
        ("M", "6", "6/8"),
        ("K", "H", "Ador"),
        ("L", "1/16", "1/8"),
        ("I", "form 8", "form 8:8: 4"),
        ("I", "form 0:", "form"),
    ],
)
def test_impossible_fields_are_named(letter: str, value: str, named: str) -> None:
    with pytest.raises(NotationError, match=named):
        CAUTIOUS.header.check(letter, value)


def test_in_hornpipes_nothing_comes_that_abc2midi_cannot_swing() -> None:
    def choices(music: str, rhythm: str = "hornpipe") -> frozenset[str]:
        walk = Grammar().walk()
        for character in f"X:1\nT:One\nR:{rhythm}\nM:4/4\nI:form 8|\nK:D\nL:1/8\n{music}":
            walk.advance(character)
        return walk.choices

    assert "[" not in choices("A")
    assert "[" in choices("A", "reel")
    with pytest.raises(NotationError):
        choices("A3/2B")  # dotted by its length; A>B may be
    assert choices("A3/2B", "reel")
    assert ">" in choices("A")
    assert "B" in choices("Az")  # the rest ends where a pair may begin
    assert "B" not in choices("ABz")  # here it would end within one
    assert "B" in choices("ABz2")
