"""The features say what a listener would."""

import re
from pathlib import Path

import numpy as np
import pytest

from folkrnn.evaluation.features import TUNE_FEATURES, entropy, features_of, repeated
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
