"""What is heard in earlier bars at the time that a bar under way has come to."""

from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.corpus.recipe import load_recipe
from folkrnn.corpus.sources import source_texts
from folkrnn.notation import canonical, read_tunes
from folkrnn.notation.context import context_features
from folkrnn.notation.lookback import DISTANCE_SIZE, EIGHTH_TICKS, EVENT_SIZE, POSITION_SIZE, BarReader, position
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
