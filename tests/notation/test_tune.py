"""What a tune and its parts say of themselves."""

from fractions import Fraction

import pytest
from abc_tools import one

from folkrnn.notation import Note, Sound, ends_on, final_pitch, read_tunes, write_tune
from folkrnn.notation.performance import TimedChord, joined


def named(fields: str, body: str = "A8|" * 16) -> str:
    (tune,) = read_tunes(f"X:3\n{fields}\n{body}\n")
    return repr(tune)


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        ("T:The Wheelwright\nR:jig\nM:C\nL:1/8\nK:A", "A8|" * 16, '<Tune "The Wheelwright", jig in A, 16 bars>'),
        ("T:X\nM:C\nL:1/8\nK:A", "A8|" * 16, '<Tune "X", in A, 16 bars>'),
        ("T:X\nR:reel\nM:C\nL:1/8\nK:Ador", "A8|", '<Tune "X", reel in Ador, 1 bar>'),
        ("T:X  Y\nR:slip  jig\nM:C\nL:1/8\nK:none", "A8|B8|", '<Tune "X Y", slip jig, 2 bars>'),
        ("T:\nM:C\nL:1/8\nK:none", "", '<Tune "", 0 bars>'),
    ],
)
def test_the_repr_is_one_short_line(fields: str, body: str, text: str) -> None:
    assert named(fields, body) == text


def test_the_text_of_a_tune_is_abc_for_people() -> None:
    tune = one("ABcd efga|b8|", key="D")
    assert str(tune) == write_tune(tune) == "X:1\nT:Test\nM:4/4\nL:1/8\nK:D\nABcd efga | b8 |]\n"
    assert f"{tune}" == str(tune)


def test_a_tune_without_music_has_a_text() -> None:
    (tune,) = read_tunes("X:1\nT:Empty\n")
    assert str(tune).startswith("X:1\nT:Empty\n")


def test_tunes_are_equal_by_value() -> None:
    assert one("A8|") == one("A8|")
    assert one("A8|") != one("B8|")


def test_the_top_of_a_chord_is_its_highest_pitch() -> None:
    assert [str(note.top) for note in one("[GCe]4[^Cc,]2z2|").notes()] == ["e", "^C", "None"]
    assert Note((), Fraction(1)).top is None


@pytest.mark.parametrize(
    ("body", "pitch"),
    [("A8|[CE]8|", "E"), ("A8|[CE]4z4|", "E"), ("A8|B8|z8|", "B"), ("A8|B4c4|z8|", "c"), ("z8|z8|", "None")],
)
def test_the_final_pitch_is_the_top_of_the_last_chord_that_sounds(body: str, pitch: str) -> None:
    assert str(final_pitch(one(body).bars)) == pitch


@pytest.mark.parametrize(
    ("body", "tonic_class", "ends"),
    [
        ("A8|C8|", 0, True), ("A8|c'8|", 0, True), ("A8|D8|", 0, False), ("A8|[CE]8|", 0, False),
        ("A8|[A,C]8|", 0, True), ("A8|C8|z8|", 0, True), ("z8|", 0, False), ("A8|C8|", None, False),
    ],
)  # fmt: skip
def test_a_melody_ends_on_a_pitch_class(body: str, tonic_class: int | None, ends: bool) -> None:
    assert ends_on(one(body).bars, tonic_class) is ends


def test_nothing_ends_on_nothing() -> None:
    assert final_pitch([]) is None
    assert not ends_on([], 0)


def test_notes_come_with_their_onsets() -> None:
    (bar,) = one("A>B(3cde z4|").bars
    onsets = [onset * 8 for onset, _ in bar.timed_notes()]
    assert onsets == [0, Fraction(3, 2), 2, 2 + Fraction(2, 3), 2 + Fraction(4, 3), 4]
    assert [note for _, note in bar.timed_notes()] == list(bar.notes)
    assert [onset for onset, _ in bar.timed_notes(Fraction(5))][:2] == [5, 5 + Fraction(3, 16)]


def test_the_key_at_the_end_of_a_bar_is_the_last_one_in_it() -> None:
    first, second, third = one("A8|[K:G]A4[K:D]A4|A8|").bars
    assert [str(bar.final_key) for bar in (first, second, third)] == ["C", "D", "D"]
    (bar,) = one("A4[M:2/4]A4|").bars
    assert str(bar.final_key) == "C"


def chord(onset: int, duration: int, midis: tuple[int, ...], tie: bool = False) -> TimedChord:
    return Fraction(onset), Fraction(duration), midis, midis if tie else ()


def test_a_tie_joins_a_pitch_to_the_same_pitch_directly_after_it() -> None:
    sounds = joined([chord(0, 1, (60, 64), tie=True), chord(1, 2, (60, 67), tie=True), chord(3, 1, (60,))])
    assert sounds == [Sound(Fraction(0), 60, Fraction(4)), Sound(Fraction(0), 64, Fraction(1)), (1, 67, 2)]


def test_without_a_tie_or_with_a_chord_between_nothing_is_joined() -> None:
    assert len(joined([chord(0, 1, (60,)), chord(1, 1, (60,))])) == 2
    assert len(joined([chord(0, 1, (60,), tie=True), chord(1, 1, (62,)), chord(2, 1, (60,))])) == 3
    assert len(joined([chord(0, 1, (60,), tie=True), chord(1, 1, ()), chord(2, 1, (60,))])) == 2
    assert joined([]) == []
