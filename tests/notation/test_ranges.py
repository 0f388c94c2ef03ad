"""Transposing as people ask for it, and fitting instruments."""

import pytest
from abc_tools import one, pitches

from folkrnn.errors import NotationError
from folkrnn.notation.ranges import INSTRUMENTS, fitted, moved, octave_moved, written_for


@pytest.mark.parametrize(
    ("key", "to", "result"),
    [
        ("D", "+2", "E"),
        ("D", "-2", "C"),
        ("D", "G", "G"),
        ("G", "D", "D"),
        ("Em", "A", "Am"),
        ("Em", "Am", "Am"),
        ("D", "+1", "Eb"),
        ("E", "+1", "F"),
        ("Ador", "+3", "Cdor"),
        ("D", "+12", "D"),
        ("none", "+2", "none"),
    ],
)
def test_a_tune_moves_to_the_key_asked_for(key: str, to: str, result: str) -> None:
    assert str(moved(one("A8|", key=key), to).key) == result


def test_semitones_are_semitones() -> None:
    tune = one("ABcd efga|", key="D")
    before = [note.pitches[0].midi for note in tune.notes()]
    for semitones in (*range(-14, 0), *range(1, 15)):
        after = [note.pitches[0].midi for note in moved(tune, f"{semitones:+d}").notes()]
        assert [number - semitones for number in after] == before


@pytest.mark.parametrize("to", ["", "x", "2", "+x", "+99", "H", "Dx", "++", "+-2"])
def test_what_is_no_interval_is_refused(to: str) -> None:
    with pytest.raises(NotationError, match="expected"):
        moved(one("A8|", key="D"), to)


def test_transposing_instruments_read_what_they_need() -> None:
    assert str(written_for(one("A8|", key="D"), "Bb").key) == "E"
    assert str(written_for(one("A8|", key="D"), "Eb").key) == "B"
    assert str(written_for(one("A8|", key="D"), "F").key) == "A"
    assert pitches(written_for(one("C8|"), "Bb")) == "D"
    with pytest.raises(NotationError, match="expected one of"):
        written_for(one("A8|"), "G")


def test_octaves_change_no_key() -> None:
    assert pitches(octave_moved(one("C8|"), 1)) == "c"
    assert pitches(octave_moved(one("C8|"), -1)) == "C,"


def test_a_tune_is_fitted_to_an_instrument() -> None:
    fit = fitted(one("G,A,B,C DEFG|"), "whistle")
    assert (fit.octaves, fit.outside) == (1, 0)
    assert fitted(one("defg abc'd'|"), "whistle").octaves == 0
    assert fitted(one("G,A,B,C c'd'e'g'|"), "whistle").outside > 0
    with pytest.raises(NotationError, match="expected one of"):
        fitted(one("A8|"), "kazoo")


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_ranges_are_ranges(name: str) -> None:
    low, high = INSTRUMENTS[name]
    assert 40 < low < high < 110
