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


def test_semitones_are_spelled_as_scales_are() -> None:
    letters = [pitches(moved(one("C8|", key="none"), f"+{semitones}")) for semitones in range(13)]
    assert letters == ["C", "_D", "D", "_E", "E", "F", "^F", "G", "_A", "A", "_B", "B", "c"]


@pytest.mark.parametrize(("to", "key"), [("+6", "F#"), ("-6", "F#"), ("+1", "Db"), ("+8", "Ab"), ("+10", "Bb")])
def test_of_two_spellings_of_a_key_that_with_fewer_signs_is_taken(to: str, key: str) -> None:
    assert str(moved(one("C8|"), to).key) == key


def test_a_tune_moves_two_octaves_at_most() -> None:
    assert pitches(moved(one("C8|"), "+24")) == "c'"
    assert pitches(moved(one("C8|"), "-24")) == "C,,"
    for to in ("+25", "-25", "+1000"):
        with pytest.raises(NotationError):
            moved(one("C8|"), to)


@pytest.mark.parametrize(
    ("body", "octaves", "outside"),
    [
        ("D8|", 0, 0),  # the lowest note of a whistle
        ("C8|", 1, 0),
        ("d'8|", 0, 0),  # and its highest
        ("^d'8|", -1, 0),
        ("D,,,8|", 3, 0),
        ("C,,,8|", 0, 1),  # out of reach: three octaves at most
        ("d''''8|", -3, 0),
        ("C2D2d'2e'2|", 0, 2),  # two outside wherever it lies
        ("C2D6|", 1, 0),
        ("[CD]8|", 1, 0),  # all notes of a chord count
        ("z8|", 0, 0),
    ],
)
def test_a_tune_lies_where_most_of_its_notes_can_be_played(body: str, octaves: int, outside: int) -> None:
    fit = fitted(one(body, meter="none"), "whistle")
    assert (fit.octaves, fit.outside) == (octaves, outside)
    assert fit.tune == octave_moved(one(body, meter="none"), octaves)


@pytest.mark.parametrize(
    ("key", "instrument", "expected"), [("B", "Bb", "Db"), ("E", "Eb", "Db"), ("F#", "F", "Db"), ("G#m", "Bb", "Bbm")]
)
def test_a_transposing_instrument_reads_the_key_with_the_fewest_signs(key: str, instrument: str, expected: str) -> None:
    assert str(written_for(one("A8|", key=key), instrument).key) == expected


def test_a_tune_moved_by_a_semitone_is_in_d_flat() -> None:
    assert str(moved(one("C8|"), "+1").key) == "Db"
    assert pitches(moved(one("C8|"), "+1")) == "_D"
