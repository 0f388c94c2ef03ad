"""Microtones: accidentals between the semitones."""

from fractions import Fraction

import pytest
from abc_tools import codes, one, pitches
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.notation import Pitch, canonical, performance, read_tunes, transpose, write_tune
from folkrnn.notation.microtones import has_microtones, in_semitones
from folkrnn.notation.pitch import accidental_text, read_accidental


@pytest.mark.parametrize(
    ("text", "alter"),
    [("^/", "1/2"), ("_/", "-1/2"), ("^1/2", "1/2"), ("^3/2", "3/2"), ("_3/2", "-3/2"), ("^3/", "3/2"), ("^1/4", "1/4"),
     ("^/4", "1/4"), ("_//", "-1/4"), ("_3/4", "-3/4"), ("^2/2", "1"),
     ("^4/2", "2"), ("^", "1"), ("__", "-2"), ("=", "0")],
)  # fmt: skip
def test_an_accidental_may_be_a_fraction_of_a_semitone(text: str, alter: str) -> None:
    read = read_accidental(text)
    assert read == Fraction(alter)
    assert isinstance(read, int) == (Fraction(alter).denominator == 1)


@pytest.mark.parametrize("text", ["^5/2", "_9/4", "^1/0", "_999/1"])
def test_an_accidental_of_more_than_two_semitones_is_none(text: str) -> None:
    assert read_accidental(text) is None
    assert codes(one(f"{text}F8|")) == ["bad-accidental"]


@given(st.fractions(min_value=-2, max_value=2, max_denominator=99))
def test_an_accidental_reads_back_as_it_is_written(alter: Fraction) -> None:
    assert read_accidental(accidental_text(alter.numerator if alter.denominator == 1 else alter)) == alter


def test_quarter_tones_are_read_and_last_through_the_bar() -> None:
    tune = one("^/F2F2 _/B2=B2|F4 [C_/E]4|{^/G}A8|")
    assert (pitches(tune), codes(tune)) == ("^/F ^/F _/B B F [C_/E] A", [])
    assert [str(grace.pitch) for note in tune.notes() for grace in note.graces] == ["^/G"]


@pytest.mark.parametrize(
    ("alter", "midi", "bend"),
    [("1/2", 65, "1/2"), ("-1/2", 65, "-1/2"), ("3/2", 66, "1/2"), ("-3/2", 64, "-1/2"), ("1/4", 65, "1/4"),
     ("3/4", 66, "-1/4"), ("-7/4", 63, "1/4")],
)  # fmt: skip
def test_a_microtone_is_a_semitone_and_a_bend(alter: str, midi: int, bend: str) -> None:
    pitch = Pitch(3, 4, Fraction(alter))
    assert (pitch.midi, pitch.bend) == (midi, Fraction(bend))
    assert isinstance(pitch.midi, int)


def test_other_pitches_have_no_bend() -> None:
    assert [Pitch(3, 4, alter).bend for alter in (-2, -1, 0, 1, 2)] == [0] * 5


def test_microtones_are_written_back() -> None:
    tune = one("^/F2F2 _3/2B2^1/4c2|^/F2^F2=F2F2|", key="D")
    (again,) = read_tunes(write_tune(tune))
    assert pitches(again) == pitches(tune) == "^/F ^/F _3/2B ^1/4c ^/F ^F F F"
    assert pitches(read_tunes(canonical(tune))[0]) == pitches(tune)


def test_a_microtone_in_the_key_stands_at_its_notes_too() -> None:
    """abc2midi reads no microtones in K:."""
    tune = one("B2B2 =B2B2|B4 F4|", key="D exp _/b ^f")
    text = write_tune(tune)
    assert "K:D exp _/b ^f\n_/B2 B2 =B2 B2 | _/B4 F4 |]" in text
    assert pitches(read_tunes(text)[0]) == pitches(tune)


def test_a_microtone_keeps_its_fraction_in_another_key() -> None:
    assert pitches(transpose(one("^/F4_/B4|C8|"), 1, 2)) == "^/G ^/c D"
    assert pitches(transpose(one("^/F4_/B4|"), -1, -1)) == "^/E ^/A"


def test_without_microtones_the_nearest_semitones_sound() -> None:
    tune = one("^/F4_3/2B4|[F^/F]8|{^/G}A8|")
    plain = in_semitones(tune)
    assert pitches(plain) == "F _B F A"
    assert not any(map(has_microtones, plain.bars))
    assert [sound.midi for sound in performance(plain)] == [65, 70, 65, 69]


@pytest.mark.parametrize(("music", "has"), [("A4 ^/F4|", 1), ("A4 {_/B}A4|", 1), ("A4 [C_/E]4|", 1), ("A8|", 0)])
def test_a_bar_with_a_microtone_is_found(music: str, has: bool) -> None:
    assert has_microtones(one(music).bars[0]) == bool(has)


@given(st.text(alphabet="^_=/123FGb |", max_size=30))
def test_no_accidentals_raise(music: str) -> None:
    tune = one(music)
    canonical(tune)
    write_tune(in_semitones(tune))
