"""Tempos as the ``Q:`` field gives them."""

import time
from fractions import Fraction

import pytest
from abc_tools import codes, one, places, problems
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.notation import read_tunes, write_tune
from folkrnn.notation.tempo import Tempo, explicit, parse_tempo, read_tempo


@pytest.mark.parametrize(
    ("text", "words", "beat", "rate", "quarters"),
    [
        ("1/4=120", "", "1/4", "120", 120),
        ("3/8=60", "", "3/8", "60", 90),
        ("1/4 3/8=40", "", "5/8", "40", 100),
        ('"Allegro" 1/4=120', "Allegro", "1/4", "120", 120),
        ('1/2=60 "Slow"', "Slow", "1/2", "60", 120),
        ('"Not" 1/4=100 "too fast"', "Not too fast", "1/4", "100", 100),
        ('"Freely"', "Freely", "0", "0", 0),
        ("120", "", "1/8", "120", 60),  # unit lengths a minute
        ("C=100", "", "1/8", "100", 50),
        ("C3=40", "", "3/8", "40", 60),
        ("1/4=120.5", "", "1/4", "241/2", Fraction(241, 2)),
        ("1/4=4", "", "1/4", "4", 4),
        ("1/4=3", "", "0", "0", 0),  # no player could follow
        ("1/4=2000", "", "1/4", "2000", 2000),
        ('"Fast" 1/4=2001', "Fast", "0", "0", 0),
        ("1/0=100", "", "0", "0", 0),
        ("1/4 = 120", "", "1/4", "120", 120),
        ("1=60", "", "1", "60", 240),
        ("1/4.=60", "", "3/8", "60", 90),  # dotted
        ("3/8 3/8=40", "", "3/4", "40", 120),
        ("C=120", "", "1/8", "120", 60),
        ("C3/2=80", "", "3/16", "80", 60),
        ("1/4=80-100", "", "1/4", "80", 80),  # the slower end
        ("1/4 = 100 – 80", "", "1/4", "80", 80),
        ("1/4=ca. 120", "ca.", "1/4", "120", 120),
        ("1/4=c120", "ca.", "1/4", "120", 120),
        ("1/4=~120", "ca.", "1/4", "120", 120),
        ("1/4=120 bpm", "", "1/4", "120", 120),
        ('"Andante" 240', "Andante", "1/8", "240", 120),
        ("Allegro 1/4=90", "Allegro", "1/4", "90", 90),  # words without quotation marks
        ("1/4=1/8", "", "0", "0", 0),
        ("1/4=", "", "0", "0", 0),
        ("1/4=100=120", "", "0", "0", 0),
        ("fast", "", "0", "0", 0),
        ("", "", "0", "0", 0),
    ],
)
def test_a_tempo_has_words_a_beat_and_a_rate(
    text: str, words: str, beat: str, rate: str, quarters: int | Fraction
) -> None:
    tempo = parse_tempo(text, Fraction(1, 8))
    assert tempo == Tempo(words, Fraction(beat), Fraction(rate))
    assert tempo.quarters == quarters


@pytest.mark.parametrize("text", ["quarter=100", "fast", "1/4 90", "1/4=1/8", "1/4=", "=120", "1/0=90", '"Slow', "C3"])
def test_what_is_no_tempo_is_said_with_what_would_be_one(text: str) -> None:
    tempo, remark = read_tempo(text, Fraction(1, 8))
    assert not tempo.rate
    assert remark.startswith(f"{text!r} is no tempo")
    assert "1/4=120" in remark


@pytest.mark.parametrize("text", ["1/4=120", '"Freely"', "240", "1/4=80-100", "C3=60", "3/8=40", '1/4=100 "Gently"'])
def test_a_usual_tempo_needs_no_remark(text: str) -> None:
    assert read_tempo(text, Fraction(1, 8))[1] == ""


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (
            "80",
            "'80' counts notes of 1/16: 20 quarter notes a minute, unusually slow; 1/4=80 would count quarter notes",
        ),
        ("1/2=300", "'1/2=300' is 600 quarter notes a minute, unusually fast"),
        ("1/4=2001", "'1/4=2001' is no tempo: it is 2001 quarter notes a minute; expected"),
        ("", "the tempo is empty; expected"),
        ("Allegro 1/4=90", "the words of 'Allegro 1/4=90' are not in quotation marks"),
    ],
)
def test_a_doubtful_tempo_gets_a_remark(text: str, remark: str) -> None:
    assert read_tempo(text, Fraction(1, 16))[1].startswith(remark)


@pytest.mark.parametrize(
    ("text", "written"),
    [("80", "1/16=80"), ("C=120", "1/16=120"), ("C3 = 40", "3/16=40"), ('"Slow" 80', '"Slow" 1/16=80'),
     ('80 "Slow"', '1/16=80 "Slow"'), ("80-90", "1/16=80-90"),
     ("1/4=ca. 120", '"ca." 1/4=120'), ("1/4.=60", "3/8=60"), ("1/4=120 bpm", "1/4=120"), ("1=60", "1/1=60"),
     ("Quick 1/4=90", '"Quick" 1/4=90'), ('"Slow" ~90', '"Slow ca." 1/16=90'), ("1/4=80-100", "1/4=80-100"),
     ('1/4 = 120 "Slow"', '1/4 = 120 "Slow"'), ("3/8 3/8=40", "3/8 3/8=40"), ("1/4=x", "1/4=x"),
     ("1/4=120", "1/4=120"), ('"120"', '"120"'),
     ("fast", "fast"), ("", "")],
)  # fmt: skip
def test_a_tempo_in_unit_lengths_is_written_so_that_it_stands_alone(text: str, written: str) -> None:
    assert explicit(text, Fraction(1, 16)) == written


@given(st.text(alphabet='0123456789/=C."-~ caQbpm♩x', max_size=60), st.sampled_from([Fraction(1, 4), Fraction(1, 16)]))
def test_no_tempo_raises_and_an_explicit_one_means_the_same_under_any_unit(text: str, unit: Fraction) -> None:
    tempo = parse_tempo(text, unit)
    assert parse_tempo(explicit(text, unit), Fraction(1, 2)) == tempo or not tempo.rate


@pytest.mark.parametrize("text", ["9" * 5000, "1/4=" + "9" * 5000, "1/11 " * 5000, "=" * 9999])
def test_a_monstrous_tempo_is_read_at_once(text: str) -> None:
    start = time.perf_counter()
    assert not read_tempo(text, Fraction(1, 8))[0].rate
    assert time.perf_counter() - start < 0.5


def test_a_tempo_that_cannot_be_read_is_a_note_where_it_stands() -> None:
    (tune,) = read_tunes("X:1\nT:T\nM:4/4\nQ:quarter=100\nL:1/4\nK:G\nGABc|\nQ:fast\nGABc|[Q:1/4 90]GABc|\n")
    assert places(tune) == [
        ("doubtful-tempo", "note", 4, 1), ("doubtful-tempo", "note", 8, 1), ("doubtful-tempo", "note", 9, 6),
    ]  # fmt: skip
    assert not problems(tune)


def test_what_a_bare_number_counts_is_the_unit_length_wherever_it_stands() -> None:
    (before, after) = (
        read_tunes(f"X:1\nT:T\nM:4/4\n{fields}K:G\nG4A4B4G4|\n")[0] for fields in ("Q:80\nL:1/16\n", "L:1/16\nQ:80\n")
    )
    assert codes(before) == codes(after) == ["doubtful-tempo"]
    assert "Q:1/16=80\n" in write_tune(before)  # the written ABC has another unit length


def test_a_tempo_inside_the_music_counts_the_unit_length_there() -> None:
    tune = one("G4 A4|[L:1/4][Q:90]G2 A2|", unit="1/8")
    assert [change.value for bar in tune.bars for change in bar.changes] == ["1/4=90"]
