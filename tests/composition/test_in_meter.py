"""Hornpipes are composed in the meter that the model knows, and written in the one that programs take."""

from fractions import Fraction

from folkrnn.composition.composer import in_meter
from folkrnn.composition.programme import Programme, composed_meter
from folkrnn.composition.requests import Request
from folkrnn.model.repertoire import HeaderCount, Repertoire
from folkrnn.notation import parse_meter, read_tunes, write_tune

LEARNED = Repertoire(
    (
        HeaderCount("hornpipe", "USA", "2/2", "G", 200),
        HeaderCount("hornpipe", "USA", "4/4", "G", 3),
        HeaderCount("reel", "USA", "4/4", "G", 50),
        HeaderCount("waltz", "USA", "3/4", "G", 3),
        HeaderCount("waltz", "USA", "6/8", "G", 90),
    ),
    {"hornpipe": 1},
)


def test_a_meter_of_few_tunes_is_composed_in_one_with_the_same_bars() -> None:
    assert composed_meter(LEARNED, "hornpipe", "4/4") == "2/2"
    assert composed_meter(LEARNED, "hornpipe", "2/2") == "2/2"
    assert composed_meter(LEARNED, "reel", "4/4") == "4/4"
    assert composed_meter(LEARNED, "waltz", "3/4") == "3/4"  # the bars of 6/8 are as long, but not the same
    assert composed_meter(LEARNED, "hornpipe", "2/4") == "2/4"
    assert composed_meter(LEARNED, "hornpipe", "") == ""


def test_a_hornpipe_is_written_in_a_meter_that_abc2midi_takes() -> None:
    for fields in ({}, {"M": "4/4"}):
        plan = Programme(Request({"R": "hornpipe", **fields}), LEARNED).brief(0, 0)
        assert plan.prompt.fields["M"] == "2/2"
        assert plan.shown == {"M": "4/4"}


def test_a_tune_in_another_meter_has_the_same_notes() -> None:
    (tune,) = read_tunes("X:1\nT:One\nR:hornpipe\nM:2/2\nL:1/8\nK:G\n|:dc|BGDG BGcB|A8:|\n")
    moved = in_meter(tune, parse_meter("4/4"))
    (again,) = read_tunes(write_tune(moved))
    assert str(again.meter) == moved.field("M") == "4/4"
    assert [bar.notes for bar in moved.bars] == [bar.notes for bar in tune.bars]
    assert [bar.duration for bar in again.bars] == [Fraction(1, 4), Fraction(1), Fraction(1)]
