"""Clefs, octaves and transpositions, as the words of ``K:`` and ``V:`` give them."""

import re

import pytest
from abc_tools import one, pitches, places, problems
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.notation import write_tune
from folkrnn.notation.clef import Clef, parse_staff, split_words
from folkrnn.notation.key import divide_key


@pytest.mark.parametrize(
    ("text", "sign", "line", "octave", "shift"),
    [
        ("treble", "G", 2, 0, 0), ("bass", "F", 4, 0, 0), ("bass3", "F", 3, 0, 0), ("alto", "C", 3, 0, 0),
        ("alto1", "C", 1, 0, 0), ("tenor", "C", 4, 0, 0), ("soprano", "C", 1, 0, 0), ("mezzosoprano", "C", 2, 0, 0),
        ("baritone", "F", 3, 0, 0), ("treble1", "G", 1, 0, 0), ("perc", "percussion", 0, 0, 0), ("Bass", "F", 4, 0, 0),
        ("none", "none", 0, 0, 0), ("treble-8", "G", 2, -1, -1), ("treble+8", "G", 2, 1, 1), ("bass-8", "F", 4, -1, -1),
        ("treble-15", "G", 2, -2, -2), ("treble_8", "G", 2, -1, 0), ("treble^8", "G", 2, 1, 0),
        ("treble-8va", "G", 2, -1, -1),
    ],
)  # fmt: skip
def test_a_clef_has_a_sign_a_line_and_an_octave(text: str, sign: str, line: int, octave: int, shift: int) -> None:
    for words in (text, f"clef={text}", f'clef="{text}"', f"clef = {text}"):
        settings = parse_staff(words)
        assert settings.clef is not None
        assert settings.clef[1:] == (sign, line, octave, shift)
        assert not settings.problems
        assert settings.octaves == shift


@pytest.mark.parametrize(
    ("text", "sign", "line", "octave"),
    [("G2", "G", 2, 0), ("F", "F", 4, 0), ("C3", "C", 3, 0), ("g2-8", "G", 2, -1), ("C", "C", 3, 0)],
)
def test_a_clef_may_be_named_by_its_letter(text: str, sign: str, line: int, octave: int) -> None:
    clef = parse_staff(f"clef={text}").clef
    assert clef is not None
    assert clef[1:4] == (sign, line, octave)


@pytest.mark.parametrize(
    ("words", "octaves", "semitones"),
    [("octave=-1", -1, 0), ("octave=1", 1, 0), ("transpose=-2", 0, -2), ("t=-2", 0, -2), ("bass octave=-1", -1, 0),
     ("treble-8 octave=1", 0, 0), ("treble+8 octave=1 transpose=-12", 2, -12), ("shift=GD", 0, -5), ("-8", -1, 0),
     ("shift=CD transpose=1", 0, 3), ("middle=d bass", 0, 0), ("", 0, 0)],
)  # fmt: skip
def test_octaves_move_the_letters_and_semitones_what_is_played(words: str, octaves: int, semitones: int) -> None:
    settings = parse_staff(words)
    assert (settings.octaves, settings.semitones) == (octaves, semitones)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("clef=soprno", "'soprno' is no clef; expected one such as treble"),
        ("octave=x", "'octave=x' is not applied; expected a number from -4 to 4"),
        ("octave=9", "'octave=9' is not applied"), ("transpose=99999999999", "'transpose=99999999999' is not applied"),
        ("strings:tuning=4", "'strings:tuning=4' is kept, but not applied"), ("score=CD", "'score=CD' is kept"),
        ("bogus", "'bogus' is kept"),
    ],
)  # fmt: skip
def test_what_is_not_applied_is_said_and_kept(words: str, problem: str) -> None:
    settings = parse_staff(f"bass {words}")
    assert settings.clef == Clef("bass", "F", 4)
    assert len(settings.problems) == 1
    assert settings.problems[0].startswith(problem)
    assert settings.other == (words,)


def test_the_words_of_a_name_stay_together() -> None:
    assert split_words('1 name="Second fiddle" snm = "F 2" clef = bass') == [
        "1", 'name="Second fiddle"', 'snm = "F 2"', "clef = bass",
    ]  # fmt: skip
    assert parse_staff('bass name="Second fiddle" stem=up').other == ('name="Second fiddle"', "stem=up")


@pytest.mark.parametrize(
    ("text", "written"),
    [("treble-8", "clef=treble-8"), ("clef=bass t=-2 octave=1", "clef=bass octave=1 transpose=-2"),
     ('stafflines=1 alto name="A B"', 'clef=alto stafflines=1 name="A B"'), ("-8", "clef=treble-8"), ("", "")],
)  # fmt: skip
def test_the_words_are_written_back(text: str, written: str) -> None:
    assert str(parse_staff(text)) == written
    assert str(parse_staff(written)) == written


WORDS = st.text(alphabet='treblsCGF128+-_^="ocav mdn ', max_size=30)


@given(WORDS)
def test_no_words_raise_and_written_they_say_the_same(text: str) -> None:
    settings = parse_staff(text)
    assert parse_staff(str(settings))[:4] == settings[:4]


@pytest.mark.parametrize(
    ("value", "key", "staff"),
    [("G strings:tuning=4", "G", "strings:tuning=4"), ("C none", "C", "none"), ("none", "none", ""),
     ("none none", "none", "none"), ("clef=bass", "", "clef=bass"), ("Gm bass", "Gm", "bass"), ("HP", "HP", ""),
     ("D exp _b _e ^f bass", "D exp _b _e ^f", "bass"), ("C clef=bass ^f", "C ^f", "clef=bass"),
     ("D mix=c treble", "D mix=c", "treble"), ("G shift=GD", "G", "shift=GD"), ("C perc", "C", "perc"),
     ("Am capo 3", "Am", "capo 3"), ("C octave = 1", "C", "octave = 1"), ("G -8", "G", "-8"),
     ("C treble+8 octave=1 transpose=-2 middle=d", "C", "treble+8 octave=1 transpose=-2 middle=d")],
)  # fmt: skip
def test_a_key_field_has_words_of_the_key_and_of_the_staff(value: str, key: str, staff: str) -> None:
    assert divide_key(value) == (key, staff)


def test_words_of_another_program_leave_the_key_and_a_note() -> None:
    tune = one("G2F2 A2G2|", key="G strings:tuning=4")
    assert pitches(tune) == "G ^F A G"
    assert places(tune) == [("staff-words", "note", 5, 1)]
    assert not problems(tune)


def test_words_that_say_nothing_are_named_together() -> None:
    assert parse_staff("midi program 1 74").problems == ("'midi program 1 74' is kept, but not applied",)


def test_a_clef_alone_is_written_without_a_key() -> None:
    text = write_tune(one("C4[K:bass]D4|\nK:alto\nE8|\nK:clef=tenor", key="D"))
    assert re.findall(r"K:[^\]\n]*", text) == ["K:D", "K:clef=bass", "K:clef=alto", "K:clef=tenor"]
