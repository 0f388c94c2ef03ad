"""What is heard in earlier bars at the time that a bar under way has come to."""

from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.corpus.recipe import load_recipe
from folkrnn.corpus.sources import source_texts
from folkrnn.notation import canonical, read_tunes
from folkrnn.notation.context import ContextReader, context_features
from folkrnn.notation.lookback import (
    DISTANCE_SIZE,
    EIGHTH_TICKS,
    EVENT_SIZE,
    NO_EVENT,
    POSITION_SIZE,
    BarReader,
    PastBar,
    position,
    stepped,
    steps_of,
)
from folkrnn.notation.repetition import ALIGNED_BARS, LAGS

HEARING = slice(8, 8 + 2 * ALIGNED_BARS)
"""Where what is heard stands among the values."""

NOTES = {letter: 10 + step for step, letter in enumerate("CDEFGABcdefgab")}
"""The numbers of notes among what may be heard."""


def bar(text: str) -> BarReader:
    reader = BarReader()
    for character in text:
        reader.advance(character)
    return reader


@pytest.mark.parametrize(
    ("text", "onsets"),
    [
        ("A2B/c/d", [0, 2, 2.5, 3]),
        ("A3/2B/c2", [0, 1.5, 2]),
        ("A>Bc<d", [0, 1.5, 2, 2.5]),
        ("A2>B2c", [0, 3, 4]),
        ("(3ABcd", [0, 2 / 3, 4 / 3, 2]),
        ("(3:2:3A2B2c2d", [0, 4 / 3, 8 / 3, 4]),
        ("{gf}A{e}^B2=c", [0, 1, 3]),
        ("[Ace]2[Bd]c", [0, 2, 3]),
        ("[K:G]A-A,z2~B", [0, 1, 2, 4]),
    ],
)
def test_notes_begin_when_they_do(text: str, onsets: list[float]) -> None:
    assert list(bar(text).past_bar().onsets) == [round(EIGHTH_TICKS * onset) for onset in onsets]


def test_bars_are_as_long_as_the_reader_finds_them() -> None:
    source = load_recipe("default").sources[0]
    tunes = [tune for name, text in islice(source_texts(source), 3) for tune in read_tunes(text, name)]
    same = total = 0
    for tune in tunes:
        body = canonical(tune).rstrip("\n").rpartition("\n")[2]
        bars = [line.strip("|:]") for line in body.replace("]|", "|").split("|")]
        if "[" in body or "1" in body or len([each for each in bars if each]) != len(tune.bars):
            continue
        for ours, theirs in zip([each for each in bars if each], tune.bars, strict=True):
            total += 1
            length = sum((note.duration for note in theirs.notes), Fraction(0))
            same += abs(bar(ours).now - 8 * EIGHTH_TICKS * length) < 9  # notes of odd tuplets are rounded
    assert total > 100
    assert same == total


def test_a_bar_is_told_what_was_heard_before_it_at_the_same_time() -> None:
    header = "X:1\nT:\nK:C\nM:4/4\nI:form 3:2| 4\nL:1/8\n"
    body = "|:C|D4E4|F8|G2A2B3:|c|d4e4|f"
    told = context_features(header + body)[:, HEARING].reshape(len(header + body), -1, 2)[:, :, 0]

    def heard(behind: str) -> dict[int | str, int]:
        return dict(zip([*LAGS, "part"], told[len(header + behind) - 1].tolist(), strict=True))

    held, nothing = 1, 0
    assert heard("|:C|D4E4|") == {1: NOTES["D"], 2: nothing, 4: nothing, 8: nothing, "part": nothing}
    assert heard("|:C|D4E4|F8|") == {1: NOTES["F"], 2: NOTES["D"], 4: nothing, 8: nothing, "part": nothing}
    assert heard("|:C|D4E4|F8|G2") == {1: held, 2: held, 4: nothing, 8: nothing, "part": nothing}
    assert heard("|:C|D4E4|F8|G2A2")[2] == NOTES["E"]
    assert heard("|:C|D4E4|F8|G2A2B3:|")["part"] == NOTES["C"]  # the pickup is held against the pickup
    assert heard(body[:-1]) == {1: NOTES["d"], 2: NOTES["G"], 4: NOTES["D"], 8: nothing, "part": NOTES["F"]}


def test_a_second_ending_is_held_against_what_the_first_was() -> None:
    header = "X:1\nT:\nK:C\nM:4/4\nI:form 3: 4\nL:1/8\n"
    body = "|:D8|E8|1F8:|2G4"
    told = context_features(header + body)[:, HEARING]
    assert told[len(header + "|:D8|E8|1") - 1].tolist() == told[len(header + "|:D8|E8|1F8:|2") - 1].tolist()


@given(st.text(alphabet="ABz^_=,'0123456789/<>(){}[]:K-~T", max_size=40), st.integers(0, 5000))
def test_any_text_can_be_heard(text: str, now: int) -> None:
    reader = bar(text)
    note, ahead = reader.past_bar().at(now)
    assert 0 <= note < EVENT_SIZE
    assert 0 <= ahead < DISTANCE_SIZE
    assert 0 <= position(reader.now) < POSITION_SIZE


def test_a_copy_of_a_bar_goes_on_alone() -> None:
    reader = bar("A2B")
    twin = reader.copy()
    twin.advance("3")
    assert (reader.now, twin.now) == (3 * EIGHTH_TICKS, 5 * EIGHTH_TICKS)


@pytest.mark.parametrize(
    ("eighths", "number"),
    [(0, 1), (0.5, 2), (1, 3), (0.25, 34), (1.75, 34), (15.5, 32), (16, 33), (16.5, 33), (20, 33), (16.25, 34)],
)
def test_the_time_in_a_bar_is_counted_in_half_eighths(eighths: float, number: int) -> None:
    assert position(round(EIGHTH_TICKS * eighths)) == number


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("C", [10]), ("c", [17]), ("C,", [3]), ("C,,", [3]), ("c'", [24]), ("b'", [30]), ("c''", [30]),
        ("B,c", [9, 17]),
        ("z", [2]), ("x", [2]), ("z,", [2]), ("[CEG]c", [10, 17]), ("[C,E]", [3]), ("{d}C", [10]), ('"G"A', [15]),
        ("!trill!A", [15]), ("[K:D]A", [15]), ("^C_D", [10, 11]), ("(3CDE", [10, 11, 12]), ("", []),
    ],
)  # fmt: skip
def test_notes_are_events_above_the_lowest(text: str, notes: list[int]) -> None:
    reader = bar(text)
    assert list(reader.notes) == notes
    assert (reader.begun, reader.empty) == (len(notes), not notes)


@pytest.mark.parametrize(
    ("text", "step", "last"),
    [("", None, None), ("C", 0, 0), ("Cz", None, 0), ("zC,", -7, -7), ("z", None, None), ("Cc'z", None, 14)],
)
def test_the_last_note_has_a_step_from_middle_c(text: str, step: int | None, last: int | None) -> None:
    assert (bar(text).step, bar(text).last_step) == (step, last)


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("", 0), ("A", 96), ("A2", 192), ("A3/2", 144), ("A/", 48), ("A/4", 24), ("A3/4", 72), ("A12", 1152),
        ("A>", 144), ("A<", 48), ("A>B", 192), ("A2>B2", 384), ("A>B2", 240), ("(3A", 64), ("(3AB", 128),
        ("(3ABc", 192), ("(3ABcd", 288), ("(4A", 72), ("(2A", 144), ("(5A", 38), ("(6A", 32), ("(8A", 36),
        ("(3:2:2ABc", 224), ("(5:4:5A", 77), ("(3::2ABc", 224), ("(3A2", 128), ("[Ace]2B", 288), ("A-A", 192),
        ("A123456789", 96 * 12345678), ("{ga2}A", 96), ("[K:D]", 0),
    ],
)  # fmt: skip
def test_time_passes_note_by_note(text: str, ticks: int) -> None:
    assert bar(text).now == ticks


@pytest.mark.parametrize(
    ("now", "event"),
    [(0, (10, 5)), (48, (1, 3)), (72, (1, 2)), (73, (1, 1)), (95, (1, 1)), (96, (2, 7)), (192, (1, 5)), (288, (0, 0))],
)
def test_an_earlier_bar_has_an_event_and_a_distance_at_any_time(now: int, event: tuple[int, int]) -> None:
    assert PastBar([0, 96], [10, 2], 288).at(now) == event


@pytest.mark.parametrize(
    ("distance", "number"),
    [(23, 1), (24, 2), (47, 2), (48, 3), (72, 4), (96, 5), (144, 6), (192, 7), (288, 8), (384, 9), (576, 10), (767, 10),
     (768, 11), (5000, 11)],
)  # fmt: skip
def test_distances_have_classes(distance: int, number: int) -> None:
    assert PastBar([0], [10], distance).at(0) == (10, number)
    assert number < DISTANCE_SIZE


def test_without_notes_there_is_no_event() -> None:
    assert PastBar([], [], 96).at(0) == NO_EVENT == (0, 0)


def test_steps_lead_from_note_to_note() -> None:
    assert list(steps_of(bytes([10, 12, 12, 2, 2, 11, 3]))) == [66, 64, 0, 1, 1, 56]
    assert steps_of(b"") == steps_of(bytes([10])) == b""


@pytest.mark.parametrize(
    ("note", "step", "event"),
    [(10, 66, 12), (10, 64, 10), (10, 0, 2), (2, 66, 0), (2, 0, 0), (3, 66, 5), (30, 66, 30), (3, 60, 3), (30, 65, 30)],
)
def test_a_step_leads_to_an_event(note: int, step: int, event: int) -> None:
    assert stepped(note, step) == event


@pytest.mark.parametrize(
    ("earlier", "now", "follows"),
    [
        ("AB", "", True), ("AB", "A", True), ("AB", "AB", True), ("AB", "A2", False), ("AB", "AB2", True),
        ("AB", "B", False), ("AB", "A/", True), ("AB", "A/B", False), ("AB", "ABc", False), ("A2B", "A2", True),
        ("A2B", "A3", False), ("AB", "cB", True),  # only the last note is compared
    ],
)  # fmt: skip
def test_a_bar_follows_an_earlier_one_by_its_last_note(earlier: str, now: str, follows: bool) -> None:
    assert bar(now).follows(bar(earlier).past_bar()) is follows


def test_a_bar_agrees_with_another_over_a_range_of_notes() -> None:
    earlier = bar("ABcd").past_bar()
    assert bar("ABde").agrees(earlier, 0, 2)
    assert not bar("ABde").agrees(earlier, 0, 3)
    assert not bar("A2B").agrees(earlier, 1, 2)
    assert bar("dBcd").agrees(earlier, 1, 4)


@pytest.mark.parametrize(
    ("text", "takes"), [("", False), ("(", True), ("(3", True), ("(3:", True), ("(3A", False), ("[", False),
     ("[K", True), ("[K:D]", False), ("[A", False), ("{", False)],
)  # fmt: skip
def test_a_colon_belongs_to_tuplets_and_fields(text: str, takes: bool) -> None:
    assert bar(text).takes_colon is takes


def test_a_bar_is_worn_out_the_third_time_running_and_the_fifth_time_in_all() -> None:
    def worn_out(*bars: str) -> bool:
        reader = ContextReader()
        for character in f"X:1\nT:A\nM:2/4\nL:1/8\nI:form 16|\nK:D\n{'|'.join(bars)}":
            reader.advance(character)
        return reader.ends_worn_out("|")

    assert not worn_out("ABcd", "ABcd")
    assert worn_out("ABcd", "ABcd", "ABcd")
    assert not worn_out("ABcd", "ABcd", "ABce")
    assert not worn_out("ABcd", "A4", "ABcd", "B4", "ABcd", "c4", "ABcd")
    assert worn_out("ABcd", "A4", "ABcd", "B4", "ABcd", "c4", "ABcd", "d4", "ABcd")
    assert worn_out("A2A2", "AAAA", "A3A"), "of one pitch, whatever the lengths"
    assert not worn_out("A2Bc", "ABc2", "AB2c")
