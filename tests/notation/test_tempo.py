"""Tempos as the ``Q:`` field gives them."""

from fractions import Fraction

import pytest

from folkrnn.notation.tempo import Tempo, parse_tempo


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
