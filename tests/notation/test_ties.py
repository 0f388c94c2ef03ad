from fractions import Fraction

import pytest
from abc_tools import codes, one, pitches, places

from folkrnn.notation import performance


def sounds(text: str) -> list[tuple[Fraction, Fraction]]:
    """Onset and length of each sound, in eighths."""
    return [(sound.onset * 8, sound.duration * 8) for sound in performance(one(text, meter="none"))]


@pytest.mark.parametrize("text", ["A2-A", "A2-|A", "A2- A", "A2-\nA", "A2.-A", "A2 -A", "A2|-A"])
def test_tied_notes_are_one_sound(text: str) -> None:
    assert sounds(text) == [(0, 3)]


def test_a_tie_may_go_on_and_on() -> None:
    assert sounds("A4-|A4-|A4|A") == [(0, 12), (12, 1)]


def test_the_same_pitch_without_a_tie_is_two_sounds() -> None:
    assert sounds("A2A") == [(0, 2), (2, 1)]


def test_a_slur_is_no_tie() -> None:
    assert sounds("(A2A)") == [(0, 2), (2, 1)]


@pytest.mark.parametrize("text", ["[CE]2-[CE]", "[C-E-]2[CE]"])
def test_tied_chords_are_one_sound_a_pitch(text: str) -> None:
    assert sounds(text) == [(0, 3), (0, 3)]


def test_a_tied_chord_may_lead_to_one_of_its_notes() -> None:
    assert (sounds("[CE]2-E"), codes(one("[CE]2-E"))) == ([(0, 2), (0, 3)], [])


def test_a_tie_into_a_repeat_sounds_on_each_pass() -> None:
    assert sounds("|:A-:|A") == [(0, 3)]


@pytest.mark.parametrize("text", ["A-B", "A-|B", "A-z", "A-a", "^A-=A"])
def test_a_tie_between_pitches_is_a_warning(text: str) -> None:
    assert [place[:3] for place in places(one(text, meter="none"))] == [("tie-between-pitches", "warning", 6)]


@pytest.mark.parametrize(("text", "column"), [("-A", 1), ("z-A", 2)])
def test_a_tie_without_a_note_is_a_warning(text: str, column: int) -> None:
    assert places(one(text, meter="none")) == [("tie-without-note", "warning", 6, column)]


@pytest.mark.parametrize("text", ["AB-", "AB-|"])
def test_a_tie_that_leads_nowhere_is_a_warning(text: str) -> None:
    assert places(one(text, meter="none")) == [("tie-without-end", "warning", 6, 3)]


def test_what_follows_a_repeat_sign_after_a_tie_depends_on_the_pass() -> None:
    assert codes(one("|:A-|1 A:|2 B|]", meter="none")) == []


def test_a_grace_note_before_a_tied_note_is_not_tied() -> None:
    tune = one("^F-|{F}^F", meter="none")
    assert pitches(tune) == "^F ^F"
    assert [str(grace.pitch) for note in tune.notes() for grace in note.graces] == ["F"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("|:A-:|B|", []),  # on the first pass the tie leads back to the A
        ("|:A|B-:|c|", []),  # after a repeat sign nothing is said: the pass decides
        ("A-||B|", []),  # the same after a double bar
        ("|:A-|B:|", ["tie-between-pitches"]),  # inside the repeat the next note is known
        ("|:A-:|", ["tie-without-end"]),  # on the last pass no note follows
        ("|:A-:|A|", []),
        ("A-|:B:|", ["tie-between-pitches"]),  # nothing goes back before the sign that opens
        ("A-||B-|c|", ["tie-between-pitches"]),  # only the first note after the edge is free
    ],
)
def test_a_tie_at_the_edge_of_a_section(text: str, found: list[str]) -> None:
    assert codes(one(text, meter="none")) == found


def test_a_tie_into_a_repeat_joins_where_the_pitch_comes_again() -> None:
    assert sounds("|:A2-:|B|") == [(0, 4), (4, 1)]
    assert sounds("|:A2|B-:|A|") == [(0, 2), (2, 1), (3, 2), (5, 1), (6, 1)]


def test_a_note_between_ends_a_tie() -> None:
    assert sounds("A-BA") == [(0, 1), (1, 1), (2, 1)]
    assert sounds("A-zA") == [(0, 1), (2, 1)]
