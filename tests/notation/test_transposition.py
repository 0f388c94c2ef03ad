"""Transposition: the same tune, higher or lower, spelled as its new key spells it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import interval_between, parse_key, performance, read_tunes, transpose
from folkrnn.notation.canonical import body

HEAD = "X:1\nT:Test\nM:4/4\nL:1/8\nK:{}\n{}\n"


def moved(key: str, music: str, tonic: str) -> tuple[str, str]:
    (tune,) = read_tunes(HEAD.format(key, music))
    new = transpose(tune, *interval_between(tune.key, tonic))
    return str(new.key), body(new)


def test_scale_degrees_stay() -> None:
    assert moved("D", "DEFGABcd|d8|", "G") == ("G", "GABcdefg|g8|]")


def test_accidentals_are_spelled_by_the_new_key() -> None:
    assert moved("G", "G^G=FG A4|G8|", "F") == ("F", "F^F_EFG4|F8|]")


def test_the_mode_stays() -> None:
    assert moved("Ador", "ABcdefga|A8|", "E")[0] == "Edor"
    assert moved("Em", "E8|E8|", "G")[0] == "Gm"


def test_a_key_change_moves_along() -> None:
    assert moved("D", "D8|[K:A]A8|", "G") == ("G", "G8|[K:D]d8|]")


def test_grace_notes_move_along() -> None:
    assert moved("D", "{EF}D8|D8|", "G")[1].startswith("{AB}G8")


@pytest.mark.parametrize("key", ["HP", "D exp ^f"])
def test_a_signature_without_a_usual_name_is_not_moved(key: str) -> None:
    (tune,) = read_tunes(HEAD.format(key, "D8|D8|"))
    with pytest.raises(NotationError):
        transpose(tune, 1, 2)


def test_music_without_a_key_moves_and_has_none_still() -> None:
    (tune,) = read_tunes(HEAD.format("none", "D8|^F8|"))
    assert body(transpose(tune, 1, 2)) == "E8|^G8|]"


TONICS = ["C", "G", "D", "A", "E", "F", "Bb", "Eb"]


@given(st.sampled_from(TONICS), st.sampled_from(TONICS), st.sampled_from(["", "m", "dor", "mix"]))
def test_every_pitch_moves_by_the_same_interval_and_back(old: str, new: str, mode: str) -> None:
    (tune,) = read_tunes(HEAD.format(old + mode, "CDEF GABc|^d_efg =abc'^d'|"))
    steps, semitones = interval_between(parse_key(old + mode), new)
    there = transpose(tune, steps, semitones)
    moves = {b.midi - a.midi for a, b in zip(performance(tune), performance(there), strict=True)}
    assert moves == {semitones}
    assert str(there.key) == new + mode
    assert transpose(there, -steps, -semitones) == tune
