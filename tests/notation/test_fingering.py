"""Where the notes of a tune lie on instruments: frets, holes, buttons."""

from itertools import pairwise

import pytest

from folkrnn.errors import NotationError
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.fingering import FINGERED, cheapest, check_playable, frets, with_fingering
from folkrnn.notation.ranges import moved
from folkrnn.notation.tunings import REEDS, STRINGED, WHISTLES
from folkrnn.notation.writer import write_tunebook_part


def tune(body: str, key: str = "D") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:none\nL:1/8\nK:{key}\n{body}|]\n")[0]


def places(instrument: str, body: str) -> str:
    """Return the places of notes as string:fret, those of a chord with + between them."""
    chords = [tuple(pitch.midi for pitch in note.pitches) for note in tune(body, "C").notes() if note.pitches]
    found = frets(chords, STRINGED[instrument])
    return " ".join("+".join(f"{place.string}:{place.fret}" for place in each) for each in found)


def fingering(instrument: str, body: str, key: str = "D") -> str:
    return " ".join(
        note.lyrics[0] if note.lyrics else "." for note in with_fingering(tune(body, key), instrument).notes()
    )


# Strings

MANDOLIN = {
    "G,": "4:0", "^G,": "4:1", "A,": "4:2", "B,": "4:4", "C": "4:5", "^C": "4:6",
    "D": "3:0", "E": "3:2", "F": "3:3", "^F": "3:4", "G": "3:5", "^G": "3:6",
    "A": "2:0", "B": "2:2", "c": "2:3", "^c": "2:4", "d": "2:5", "_e": "2:6",
    "e": "1:0", "f": "1:1", "^f": "1:2", "g": "1:3", "a": "1:5", "b": "1:7",
}  # fmt: skip
"""The first position of a mandolin, as every method prints it."""


@pytest.mark.parametrize("instrument", ["mandolin", "fiddle", "banjo"])
def test_the_first_position_of_a_mandolin(instrument: str) -> None:
    assert places(instrument, "|".join(MANDOLIN)) == " ".join(MANDOLIN.values())


@pytest.mark.parametrize(
    ("instrument", "body", "expected"),
    [
        ("guitar", "E,F,A,B, DEGA Bceg", "6:0 6:1 5:0 5:2 4:0 4:2 3:0 3:2 2:0 2:1 1:0 1:3"),
        ("guitar-DADGAD", "D,A,DG Ad", "6:0 5:0 4:0 3:0 2:0 1:0"),
        ("ukulele", "CDEF GABc", "3:0 3:2 2:0 2:1 4:0 1:0 1:2 1:3"),
        ("bouzouki", "G,DAd e", "4:0 3:0 2:0 1:0 1:2"),
    ],
)
def test_open_strings_of_other_instruments(instrument: str, body: str, expected: str) -> None:
    assert places(instrument, body) == expected


def test_each_place_sounds_the_note() -> None:
    for strings in STRINGED.values():
        notes = [(note,) for note in range(min(strings.open), max(strings.open) + strings.frets + 1)]
        for (note,), (place,) in zip(notes, frets(notes, strings), strict=True):
            assert strings.open[place.string - 1] + place.fret == note
            assert 0 <= place.fret <= strings.frets


def test_notes_of_a_chord_lie_on_different_strings() -> None:
    assert places("mandolin", "[Ad] [DA] [G,DBg]") == "3:7+2:5 3:0+2:0 4:0+3:0+2:2+1:3"


def test_a_high_passage_moves_the_hand_once() -> None:
    low, high = "A B c d", "c' d' c' b c' d'"
    found = places("guitar", f"{low} {high}").split()
    assert found[:4] == ["3:2", "2:0", "2:1", "2:3"]
    assert {int(place.split(":")[1]) for place in found[4:]} <= {7, 8, 10}


def test_the_hand_stays_in_place_for_one_high_note() -> None:
    """Fret 8 is reached from the second fret, so nothing else moves."""
    assert places("mandolin", "^f a c' a ^f") == "1:2 1:5 1:8 1:5 1:2"


def test_the_cheapest_way_is_that_of_the_whole() -> None:
    ways = [[0, 5], [4, 9], [9], [0, 9]]

    def cost(before: int | None, way: int) -> int:
        return abs(way - (before or 0))

    found = cheapest(ways, cost)
    assert found == [0, 4, 9, 9]
    assert sum(abs(b - a) for a, b in pairwise([0, *found])) == 9


def test_no_notes_need_no_way() -> None:
    assert frets([], STRINGED["mandolin"]) == []


# Holes


@pytest.mark.parametrize(
    ("note", "holes"),
    [
        ("D", "●●●●●●"), ("E", "●●●●●○"), ("F", "●●●●○○"), ("G", "●●●○○○"), ("^G", "●●◐○○○"), ("A", "●●○○○○"),
        ("B", "●○○○○○"), ("=c", "○●●○○○"), ("c", "○○○○○○"), ("d", "○●●●●●"), ("e", "●●●●●○+"), ("b", "●○○○○○+"),
    ],
)  # fmt: skip
def test_holes_of_a_whistle_in_d(note: str, holes: str) -> None:
    assert fingering("whistle", note) == holes


def test_whistles_of_other_keys_have_the_same_scale_from_their_lowest_note() -> None:
    scale = tune("DEFG ABcd")
    shown = [note.lyrics for note in with_fingering(scale, "whistle").notes()]
    for name, lowest in WHISTLES.items():
        there = with_fingering(moved(scale, f"{lowest - 62:+}"), name)
        assert [note.lyrics for note in there.notes()] == shown


# Reeds


@pytest.mark.parametrize(
    ("instrument", "body", "key", "expected"),
    [
        ("harmonica", "CDEG Bcde fgab c'", "C", "1 -1 2 3 -3 4 -4 5 -5 6 -6 -7 7"),
        ("harmonica", "F A", "C", "-2'' -3''"),
        ("harmonica", "^d' _b'", "C", "8' 10''"),
        ("harmonica-D", "d efga bc'd'", "D", "4 -4 5 -5 6 -6 -7 7"),
        ("harmonica-G", "GABc defg", "G", "4 -4 5 -5 6 -6 -7 7"),
        ("melodeon", "DFAd", "D", "3 4 5 6"),
    ],
)
def test_holes_and_buttons(instrument: str, body: str, key: str, expected: str) -> None:
    assert fingering(instrument, body, key) == expected


def test_a_melodeon_turns_the_bellows_less_by_going_to_the_other_row() -> None:
    """On the row of D alone, E is a pull and F# a push."""
    assert set(fingering("melodeon", "e f e f e", "D").split()) == {"-5'", "-6'"}


def test_every_note_of_a_reed_is_once_under_each_button_and_direction() -> None:
    for ways in REEDS.values():
        found = [(reed.row, reed.button, reed.pull, reed.bends) for reeds in ways.values() for reed in reeds]
        assert len(found) == len(set(found))


# Words and what is lacking


def test_fingering_stands_above_the_words_and_not_below_held_notes_or_rests() -> None:
    shown = with_fingering(tune("D2 z E-E [DF]|\nw:one two _ three"), "harmonica-D")
    assert [note.lyrics for note in shown.notes()] == [
        ("1", "one"), (), ("-1", "two"), ("", "_"), ("2", "three")
    ]  # fmt: skip


@pytest.mark.parametrize("instrument", ["whistle", "harmonica-D", "melodeon"])
def test_fingering_written_as_abc_is_read_again(instrument: str) -> None:
    shown = with_fingering(tune("D2 F2 d2 e2|"), instrument)
    (again,) = read_tunes(write_tunebook_part(shown, 1))
    assert [note.lyrics for note in again.notes()] == [note.lyrics for note in shown.notes()]


@pytest.mark.parametrize(
    ("instrument", "body", "told"),
    [
        ("whistle", "D2 C2|B,2 A,2", "the whistle has no C#4 (bar 1)"),
        ("mandolin", "D2 D2|A2 F,2", "the mandolin has no F#3 (bar 2)"),
        ("melodeon", "D2 _B2", "the melodeon has no Bb4 (bar 1)"),
        ("ukulele", "[CD]", "the ukulele cannot play"),
        ("mandolin", "[G,A,]2", "the mandolin cannot play G3 A3 at once (bar 1)"),
        ("mandolin", "^/D2", "the mandolin has no ^/D (bar 1)"),
    ],
)
def test_the_first_note_that_an_instrument_lacks_is_named(instrument: str, body: str, told: str) -> None:
    with pytest.raises(NotationError) as caught:
        check_playable(tune(body), instrument)
    assert told in str(caught.value)


def test_an_instrument_without_fingering_is_refused() -> None:
    with pytest.raises(NotationError, match="has no fingering here; expected one of whistle"):
        with_fingering(tune("D"), "mandolin")
    assert not set(FINGERED) & set(STRINGED)


def test_a_mandolin_has_the_frets_of_the_first_position() -> None:
    """From the open G to the B on the highest string, as in any tutor: seven frets a string, open strings first."""
    notes = [*range(55, 84)]
    table = [*((4, fret) for fret in range(7)), *((3, fret) for fret in range(7)), *((2, fret) for fret in range(7))]
    table += [(1, fret) for fret in range(8)]
    found = frets([(note,) for note in notes], STRINGED["mandolin"])
    assert [(place.string, place.fret) for (place,) in found] == table


def test_the_hand_comes_back_for_a_phrase() -> None:
    """A high bar, and two low ones with notes that a hand high up could reach on the lower strings."""
    high, low = [81, 83, 85, 86], [63, 65, 68, 70, 63, 65, 68, 70, 63, 65, 68, 70]
    found = [place for (place,) in frets([(note,) for note in high + low], STRINGED["mandolin"])]
    assert [place.fret for place in found] == [5, 7, 9, 10, *[1, 3, 6, 1] * 3]
