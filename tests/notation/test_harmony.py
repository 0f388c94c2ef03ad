"""Chord symbols: what they mean, how they move, and which are suggested."""

import pytest

from folkrnn.notation import read_tunes, transpose
from folkrnn.notation.harmony import Chord, chords, has_chords, parse_chord, with_chords, without_chords
from folkrnn.notation.tune import Tune


def tune(body: str, key: str = "G", meter: str = "4/4") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def symbols(tune: Tune) -> list[str]:
    return [symbol for note in tune.notes() for symbol in note.chord_symbols]


@pytest.mark.parametrize(
    ("text", "root", "classes", "bass"),
    [
        ("G", 7, {7, 11, 2}, 7),
        ("Am", 9, {9, 0, 4}, 9),
        ("D7", 2, {2, 6, 9, 0}, 2),
        ("F#m", 6, {6, 9, 1}, 6),
        ("Bb", 10, {10, 2, 5}, 10),
        ("D/F#", 2, {2, 6, 9}, 6),
        ("Gsus4", 7, {7, 0, 2}, 7),
        ("Cmaj7", 0, {0, 4, 7, 11}, 0),
        ("Bdim", 11, {11, 2, 5}, 11),
        ("G13", 7, {7, 11, 2}, 7),
    ],
)
def test_symbols_are_chords(text: str, root: int, classes: set[int], bass: int) -> None:
    chord = parse_chord(text)
    assert chord is not None
    assert (chord.root, chord.classes, chord.bass) == (root, classes, bass)


@pytest.mark.parametrize("text", ["", "fine", "Allegro", "Slowly", "Da capo", "H", "1st time"])
def test_words_are_no_chords(text: str) -> None:
    assert parse_chord(text) is None


def test_chords_stand_where_they_are_written() -> None:
    (bar,) = tune('"G"G4 "D"A2 "words"B2|').bars
    assert [(float(at), chord.root) for at, chord in chords(bar)] == [(0.0, 7), (0.5, 2)]
    assert next(iter(chords(bar)))[1] == Chord(7, (0, 4, 7), 7)


def test_chords_move_with_a_tune() -> None:
    assert symbols(transpose(tune('"G"G4 "D/F#"A4|"Em"B8|'), 1, 2)) == ["A", "E/G#", "F#m"]
    assert symbols(transpose(tune('"G"G4 "D/F#"A4|"Em"B8|'), -2, -4)) == ["Eb", "Bb/D", "Cm"]


def test_suggested_chords_are_those_of_the_key_and_end_on_the_tonic() -> None:
    suggested = with_chords(tune("G2BG dGBG|c2ec gcec|A2dA FAdA|G2BG G4|"))
    assert symbols(suggested) == ["G", "C", "D", "G"]
    assert symbols(without_chords(suggested)) == []
    assert has_chords(suggested)
    assert not has_chords(without_chords(suggested))


def test_a_minor_key_has_the_dominant_with_its_leading_note() -> None:
    suggested = symbols(with_chords(tune("A2cA eAcA|^GBeB ^GBeB|A2cA A4|", "Am")))
    assert suggested == ["Am", "E", "Am"]
    assert symbols(with_chords(tune("A2cA eAcA|G2BG dGBG|A2cA A4|", "Ador"))) == ["Am", "G", "Am"]


def test_a_pickup_has_no_chord_and_a_key_without_tonic_none_at_all() -> None:
    assert symbols(with_chords(tune("D|G2BG dGBG|G7|")))[0] == "G"
    assert not tune("D|G2BG dGBG|G7|").bars[0].notes[0].chord_symbols
    assert symbols(with_chords(tune("GABc|", "none"))) == []
