"""Transposition: the same tune, higher or lower, spelled as its new key spells it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import Pitch, interval_between, parse_key, performance, read_tunes, transpose
from folkrnn.notation.canonical import body
from folkrnn.notation.transposition import transpose_key, transpose_pitch

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


@pytest.mark.parametrize(
    ("key", "moved"),
    [("D phr ^f", "Ephr ^g"), ("Am ^g", "Bm ^a"), ("D =c", "E =d"), ("D exp _b _e ^f", "E exp ^g"), ("HP", "Bmix"),
     ("D exp ^f", "E exp ^g ^f ^c"), ("C exp _/b", "D exp ^/c ^f"), ("none ^f", "none ^g"), ("Dm ^/c", "Em ^/d")],
)  # fmt: skip
def test_explicit_accidentals_move_with_the_key(key: str, moved: str) -> None:
    (tune,) = read_tunes(HEAD.format(key, "DEFG ABcd|[K:D]D8|"))
    there = transpose(tune, 1, 2)
    assert str(there.key).split()[:2] == moved.split()[:2]
    assert there.key.signature == parse_key(moved).signature
    before, after = ([note.pitches[0] for note in each.notes()] for each in (tune, there))
    assert {b.midi + b.bend - a.midi - a.bend for a, b in zip(before, after, strict=True)} == {2}


def test_the_pipes_stay_the_pipes_an_octave_away() -> None:
    assert str(transpose_key(parse_key("HP"), -7, -12)) == "HP"
    assert interval_between(parse_key("HP"), "D") == (3, 5)


def test_a_key_in_the_music_without_a_usual_signature_is_spelled_a_step_away() -> None:
    (tune,) = read_tunes(HEAD.format("D", "DEFG A4|[K:F#]^FGAB c4|[K:D][K:G]G8|"))
    there = transpose(tune, 1, 2)
    assert [str(bar.final_key) for bar in there.bars] == ["E", "Ab", "A"]
    assert [[str(change.value) for change in bar.changes] for bar in there.bars[1:]] == [["Ab"], ["E", "A"]]
    assert body(there).split("|")[1] == "[K:Ab]ABcde4"
    assert {b.midi - a.midi for a, b in zip(performance(tune), performance(there), strict=True)} == {2}


def test_a_pitch_that_would_need_a_triple_accidental_is_spelled_a_step_away() -> None:
    (tune,) = read_tunes(HEAD.format("C", "^^F8|"))
    there = transpose(tune, 0, 1)
    assert [pitch.letters for note in there.notes() for pitch in note.pitches] == ["G"]
    assert performance(there)[0].midi == performance(tune)[0].midi + 1


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


@pytest.mark.parametrize(
    ("old", "new", "interval"),
    [
        ("C", "C", (0, 0)), ("C", "F", (3, 5)), ("C", "F#", (3, 6)), ("C", "Gb", (4, 6)), ("C", "G", (-3, -5)),
        ("F", "B", (3, 6)), ("B", "F", (4, 6)), ("F", "C", (-3, -5)), ("G", "C", (3, 5)), ("D", "A", (-3, -5)),
        ("A", "D", (3, 5)), ("D", "C", (-1, -2)), ("C", "B", (-1, -1)), ("B", "C", (1, 1)), ("Gb", "C", (3, 6)),
        ("Am", "B", (1, 2)), ("C", "Bb", (-1, -2)), ("C", "Ab", (-2, -4)),
    ],
)  # fmt: skip
def test_the_interval_between_keys_is_the_smaller_one_and_a_tritone_goes_up(
    old: str, new: str, interval: tuple[int, int]
) -> None:
    assert interval_between(parse_key(old), new) == interval


def test_no_interval_leads_from_no_key() -> None:
    with pytest.raises(NotationError, match="has no tonic"):
        interval_between(parse_key("none"), "D")


@pytest.mark.parametrize(
    ("pitch", "steps", "semitones", "moved"),
    [
        (Pitch(6, 4, 0), 1, 1, Pitch(0, 5, 0)), (Pitch(0, 4, 0), -1, -1, Pitch(6, 3, 0)),
        (Pitch(0, 4, 0), 7, 12, Pitch(0, 5, 0)), (Pitch(3, 4, 1), 0, 1, Pitch(3, 4, 2)),
        (Pitch(6, 4, -1), 0, -1, Pitch(6, 4, -2)), (Pitch(2, 4, 0), 1, 1, Pitch(3, 4, 0)),
    ],
)  # fmt: skip
def test_a_pitch_moves_by_steps_and_semitones(pitch: Pitch, steps: int, semitones: int, moved: Pitch) -> None:
    assert transpose_pitch(pitch, steps, semitones) == moved
    assert moved.midi - pitch.midi == semitones


@pytest.mark.parametrize(("pitch", "semitones"), [(Pitch(3, 4, 2), 1), (Pitch(6, 4, -2), -1)])
def test_a_triple_accidental_is_refused(pitch: Pitch, semitones: int) -> None:
    with pytest.raises(NotationError, match="at most double accidentals"):
        transpose_pitch(pitch, 0, semitones)


@pytest.mark.parametrize(
    ("key", "steps", "semitones", "moved"),
    [("C", 0, 1, "C#"), ("B", 0, 0, "B"), ("Em", -1, -2, "Dm"), ("F", -3, -6, "Cb"), ("none", 1, 2, "none")],
)
def test_a_key_moves_as_far_as_seven_signs(key: str, steps: int, semitones: int, moved: str) -> None:
    assert str(transpose_key(parse_key(key), steps, semitones)) == moved


@pytest.mark.parametrize(("key", "steps", "semitones"), [("C#", 1, 2), ("Cb", -1, -2), ("D", 0, 1), ("C", 0, 2)])
def test_a_key_with_more_signs_is_refused(key: str, steps: int, semitones: int) -> None:
    with pytest.raises(NotationError, match="has no usual signature"):
        transpose_key(parse_key(key), steps, semitones)
