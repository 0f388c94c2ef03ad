"""The features say what a listener would."""

import re
from pathlib import Path

import numpy as np
import pytest

from folkrnn.analysis.features import entropy, full_bars, repeated
from folkrnn.evaluation.features import TUNE_FEATURES, features_of
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.form import pattern


def tune(body: str, meter: str = "4/4", key: str = "D") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def features(body: str, **header: str) -> dict[str, float]:
    return dict(zip(TUNE_FEATURES, features_of(tune(body, **header)).tolist(), strict=True))


def test_a_tune_that_says_one_bar_again_and_again() -> None:
    found = features("DFAF DFAF|" * 7 + "DFAF D4|]")
    assert found["bars"] == 8
    assert found["bars heard before"] == pytest.approx(6 / 8)
    assert found["bars equal to 1 back"] == pytest.approx(6 / 7)
    assert found["rhythms heard before"] == pytest.approx(6 / 8)
    assert found["commonest rhythm of a bar"] == pytest.approx(7 / 8)
    assert found["thirds"] > 0.9
    assert (found["ends on the tonic"], found["in the scale"], found["tonic chord on the beat"]) == (1, 1, 1)
    assert found["length of the last note"] == 0.5


def test_a_scale_goes_up_by_steps() -> None:
    found = features("DEFG ABcd|efga d4|]")
    assert found["steps"] > 0.85
    assert found["rising"] > 0.8
    assert found["range"] == 19
    assert found["pitches"] == 12
    assert found["step to the last note"] == -7


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("|:DEFG ABcd|d8:|:cBAG FEDC|D8:|", "AABB"),
        ("DEFG ABcd|d8||cBAG FEDC|D8||DEFG ABcd|d8|]", "ABA"),
        ("DEFG ABcd|d8|]", "A"),
        ("|:DEFG ABcd|1d8:|2D8||", "AA"),
    ],
)
def test_the_pattern_of_parts_is_heard(body: str, heard: str) -> None:
    assert pattern(tune(body)) == heard


def test_bars_that_return_later_count_by_their_distance() -> None:
    found = features("DEFG A4|B8|DEFG A4|c8|]")
    assert found["bars equal to 2 back"] == 0.5
    assert found["bars equal to 1 back"] == found["bars equal to 4 back"] == 0


def test_leaps_that_turn_back_and_those_that_go_on() -> None:
    assert features("D2 A2 G4|D2 A2 G4|]")["leaps turned back"] > features("D2 A2 d4|D2 A2 d4|]")["leaps turned back"]


@pytest.mark.parametrize("body", ["z8|]", "D8|]", "z4 D4|]", "[DFA]8|]", "D2|]", "|::D8::|", "D8"])
def test_nothing_much_has_features_too(body: str) -> None:
    for key in ("D", "none"):
        values = features_of(tune(body, key=key))
        assert values.shape == (len(TUNE_FEATURES),)
        assert np.isfinite(values).all()


def test_each_feature_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| (.+?) \| .+ \| (.+?) \|$", text, re.M)[1:]
    assert dict(row for row in documented if row[0] != "---") == TUNE_FEATURES


def test_entropy_and_repetition_of_known_things() -> None:
    assert entropy("aabb") == 1
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert repeated("abab") == 0.5
    assert repeated("") == 0


def test_note_counts_and_lengths_are_exact() -> None:
    found = features("A2 z2 B4|=c8|]")
    assert (found["notes"], found["notes a bar"], found["spread of notes a bar"]) == (3, 1.5, 0.5)
    assert found["mean length"] == pytest.approx((0.25 + 0.5 + 1) / 3)
    assert found["rests"] == 0.25
    assert found["entropy of lengths"] == pytest.approx(np.log2(3))
    assert found["in the scale"] == pytest.approx(2 / 3)
    assert found["length of the last note"] == 1


def test_groove_is_how_alike_onsets_of_neighbouring_bars_are() -> None:
    assert features("A4 B4|c4 d4|]")["groove consistency"] == 1
    assert features("A4 B4|c8|]")["groove consistency"] == pytest.approx(1 - 1 / 24)
    assert features("A4 B4|z4 c4|]")["groove consistency"] == pytest.approx(1 - 1 / 24)


def test_repetition_counts_bars_at_a_distance() -> None:
    found = features("A8|A8|B8|B8|A8|A8|B8|B8|A8|]")
    assert found["bars equal to 1 back"] == 0.5
    assert found["bars equal to 2 back"] == 0
    assert found["bars equal to 4 back"] == 1
    assert found["bars equal to 8 back"] == 1


def test_endings_and_beginnings_on_the_tonic() -> None:
    found = features("|:d4 A4|B8:|:A4 B4|d8:|")
    assert (found["begins on the tonic"], found["ends on the tonic"], found["parts that end on the tonic"]) == (
        1,
        1,
        0.5,
    )
    assert (found["parts"], found["parts repeated"], found["parts of four bars or a multiple"]) == (2, 1, 0)
    assert features("|:A8|B8|c8|d8:|e8|d8|]")["parts of four bars or a multiple"] == 0.5
    assert features("d8|B8|]")["ends on the tonic"] == 0
    assert features("B8|d8|]", key="none")["ends on the tonic"] == 0


def test_the_tonic_chord_is_that_of_the_scale() -> None:
    body = "D8|F8|A8|E8|]"
    assert features(body)["tonic chord on the beat"] == 0.75
    assert features(body, key="Dm")["tonic chord on the beat"] == 0.75
    assert features(body, key="C")["tonic chord on the beat"] == 0.25
    assert features("D8|^F8|]", key="Dm")["tonic chord on the beat"] == 0.5


def test_steps_over_the_bar_line_and_to_the_end() -> None:
    found = features("D4 E4|A4 B4|d8|]", key="C")
    assert found["interval over the bar line"] == 4
    assert found["step to the last note"] == 3


def test_leaps_are_of_a_fourth_or_more() -> None:
    assert features("D4 G4|F4 B4|]", key="C")["leaps turned back"] == 1
    assert features("D4 F4|E4 G4|]", key="C")["leaps turned back"] == 0
    assert features("D4 G4|B4 G4|]", key="C")["leaps turned back"] == 0


def test_full_bars_leave_out_pickups_and_second_halves() -> None:
    assert len(full_bars(tune("A2|B8|c6:|:d2|e8|f6:|"))) == 4
    assert [sum(note.duration for note in bar.notes) for bar in full_bars(tune("A2|B8|c6|]"))] == [1, 0.75]
