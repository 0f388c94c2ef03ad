"""The judge tells what the critic cannot see, and only what differs."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from folkrnn.analysis.structure import TABLE
from folkrnn.composition.critic import CRITIC_FEATURES, CRITIC_SEES, critic_features
from folkrnn.corpus import music21_collection
from folkrnn.evaluation.by_rhythm import COMMON_WORDS
from folkrnn.evaluation.habits import JUDGED, habits_of
from folkrnn.evaluation.judge import Verdict, judge, ngrams_of
from folkrnn.notation import Tune, decode, read_tunes


def tune(body: str, meter: str = "4/4", key: str = "D") -> Tune:
    return read_tunes(f"X:1\nT:Test\nR:reel\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def invented(seed: int, figure: str = "") -> Tune:
    """A reel at random; ``figure`` stands in place of half a bar here and there."""
    rng = random.Random(seed)
    halves = ["".join(rng.choices("DEFGABcd", k=4)) for _ in range(16)]
    for place in (3, 8, 13) if figure else ():
        halves[place] = figure
    bars = [f"{one} {other}" for one, other in zip(halves[::2], halves[1::2], strict=True)]
    return tune("|".join(bars) + "|]")


def habits(body: str, **header: str) -> dict[str, float]:
    return dict(zip(JUDGED, habits_of(tune(body, **header)).tolist(), strict=True))


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    """Let fewer trees read the habits, to save time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("folkrnn.evaluation.judge.TREES", 20)
        yield


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return judge([invented(seed) for seed in range(40)], [invented(seed, "dBdB") for seed in range(100, 130)])


def test_what_the_judge_reads_the_critic_never_sees() -> None:
    assert len(JUDGED) > 25
    assert len(CRITIC_SEES) == CRITIC_FEATURES == len(set(CRITIC_SEES))
    assert not set(JUDGED) & set(CRITIC_SEES)


def test_no_habit_is_a_feature_of_the_critic_in_disguise() -> None:
    files = music21_collection("oneills1850")[::8]
    tunes = [tune for file in files for tune in read_tunes(decode(file.read_bytes())) if tune.melody.sounds]
    assert len(tunes) > 200
    seen = np.array([critic_features(tune) for tune in tunes])
    judged = np.array([habits_of(tune) for tune in tunes])
    assert (judged.std(0) > 0).sum() > 50
    for other, feature in zip(CRITIC_SEES, seen.T, strict=True):
        applies = ~np.isnan(feature)
        values, habits = feature[applies], judged[applies]
        varied = (habits.std(0) > 0) & (values.std() > 0)
        if varied.any():
            alike = abs(np.corrcoef(values, habits[:, varied], rowvar=False)[0, 1:])
            assert alike.max() < 0.98, (np.array(JUDGED)[varied][alike.argmax()], other)


def test_tunes_alike_are_not_told_apart() -> None:
    found = judge([invented(seed) for seed in range(60)], [invented(seed) for seed in range(100, 160)])
    for area in found.areas().values():
        assert area.low < 0.5 < area.high
        assert area.low < area.auc < area.high


def test_a_figure_that_one_side_overuses_is_found(verdict: Verdict) -> None:
    assert verdict.ngrams.low > 0.9
    assert verdict.together.auc > 0.9
    named = {gram.name: (gram.real, gram.written) for gram in verdict.strongest}
    assert named["steps: -3 3 -3"] < (0.3, 1)
    assert named["steps: -3 3 -3"][1] == 1
    first = verdict.by_habit[0]
    assert first.name == "there and back twice"
    assert (first.written > first.real, first.auc > 0.9) == (True, True)


def test_equal_seeds_give_equal_verdicts(verdict: Verdict) -> None:
    again = judge([invented(seed) for seed in range(40)], [invented(seed, "dBdB") for seed in range(100, 130)])
    assert again == verdict


def test_tunes_without_common_ngrams_are_judged_too() -> None:
    silent = [tune("z8|]")] * 20
    found = judge(silent, silent)
    assert (found.ngrams.auc, found.habits.auc) == (0.5, 0.5)


def test_ngrams_are_the_same_in_any_key() -> None:
    low, high = tune("DEFG ABcd|d8|]"), tune("EFGA Bcde|e8|]", key="E")
    assert ngrams_of(low) == ngrams_of(high)
    assert habits_of(low).tolist() == pytest.approx(habits_of(high).tolist())


def test_ngrams_tell_steps_lengths_degrees_places_and_endings() -> None:
    found = ngrams_of(tune("D2 F2 A4|G8|]"))
    assert found["steps"] == ["4", "3", "-2", "4 3", "3 -2", "4 3 -2"]
    assert found["degrees"][:4] == ["0", "4", "7", "5"]
    assert found["lengths"][:4] == ["240", "240", "480", "960"]
    assert found["steps, lengths"][:3] == ["+4/240", "+3/480", "-2/960"]
    assert found["steps, lengths"][-3:] == ["end -2/960", "end +3/480 -2/960", "end +4/240 +3/480 -2/960"]
    assert found["steps, places in the beat"][:3] == ["+4@0", "+3@0", "-2@0"]
    assert found["steps, places in two beats"][:3] == ["+4@6", "+3@0", "-2@0"]
    jig = ngrams_of(tune("DEF G3|A6|]", meter="6/8"))
    assert jig["steps, places in the beat"][:4] == ["+2@4", "+2@8", "+1@0", "+2@0"]
    assert jig["steps, places in two beats"][:4] == ["+2@4", "+2@8", "+1@12", "+2@0"]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("place of the highest note", "DEFd|", 0.75),
        ("place of the lowest note", "EFDE|", 0.5),
        ("highest note in its bar", "DEFA FEDE|DFED|]", (3 / 7 + 1 / 3) / 2),
        ("how often the highest note comes", "d2B2 d2D2|", 2),
        ("contour like 1 bar before", "D4A4|D4A4|D4A4|]", 1),
        ("contour like 1 bar before", "D4A4|A4D4|D4A4|]", -1),
        ("contour like 3 bars before", "D4A4|E8|F8|d4a4|]", 1),
        ("range of two bars", "D4A4|d8|e8|e8|]", 6),
        ("range of a bar", "D4A4|d4f4|]", 5.5),
        ("end of bar 4 above the tonic", "D8|D8|D8|A8|]", 1),
        ("end of bar 4 above the tonic", "D8|D8|D8|G8|]", -1),
        ("height of the end of bar 4", "D8|D8|D8|d8|]", 9),
        ("beats on the fourth's chord", "D2G2B2A2|]", 0.75),
        ("half bars of one triad", "DFAF DEFG|]", 0.5),
        ("longest scale", "DEFG A2A2|]", 4),
        ("longest broken chord", "DFAd BGGG|]", 3),
        ("turns a bar", "DEDE D4|D8|]", 1.5),
        ("there and back twice", "DEDE|]", 1),
        ("neighbours", "DEDA|]", 0.5),
        ("pedals", "DFDA D4|]", 1),
        ("bars until a figure returns", "DEFG A4|DEFG A4|]", 1),
        ("figures that come once", "DEFGDEFG|]", 3 / 4),
        ("bars moved from the one before", "DEFG A4|EFGA B4|d8|]", 0.5),
        ("step between parts", "|:D8:|:A8:|", 7),
        ("range of B over that of A", "|:D4E4:|:A4d4:|", 3),
        ("grace notes a bar", "{de}D8|D8|]", 1),
        ("ornaments a bar", "~D8|D8|]", 0.5),
        ("chords a bar", "[DF]8|D8|]", 0.5),
        ("longest rest", "D4z4|]", 0.5),
        ("length of the first note", "D2E6|]", 0.25),
        ("length of the pickup", "A2|D8|E6|]", 0.25),
        ("syncopation", "DE2F G4|]", 0.25),
        ("entropy of first notes of bars", "D8|E8|]", 1),
        ("entropy of first notes of second halves", "D4A4|D4B4|]", 1),
        ("step from beat to beat", "DFEG D4|]", 2),
        ("beats on the pitch of the last", "DFDG A4|]", 0.5),
        ("leaps onto a beat", "D2A2 DADA|]", 3 / 5),
        ("repeated notes onto a beat", "DDD2 EF G2|]", 0.5),
        ("semitones onto a beat", "EFGA c2 d2|]", 1),
        ("rise within a bar", "D4A4|A4A4|]", 3.5),
        ("spread of the rise within a bar", "D4A4|A4D4|]", 7),
        ("pitches a bar", "D4D4|D4E4|]", 1.5),
        ("notes of the last bar", "D8|D4D4|]", 2),
        ("fall within the last bar", "D8|d4A4|]", -5),
        ("thirds in a row", "DFAd|]", 0.5),
        ("pitches foretold by their place", "D4A4|D4B4|]", 0.5),
        ("lengths foretold by their place", "D4A4|D4B4|]", 0),
        ("steps foretold by the last two", "DEFG DEFG|DEFG DEFG|]", 0),
    ],
)
def test_habits_say_what_their_names_do(name: str, body: str, expected: float) -> None:
    assert habits(body)[name] == pytest.approx(expected)


def test_repetition_makes_music_less_novel() -> None:
    for name in ("novelty of steps", "novelty of pitches by place"):
        assert habits("DFAF DFAF|" * 8)[name] < habits("DFAd cGBE|FAce dBGE|" * 4)[name]
    assert habits("D4 D4|" * 8)["novelty of lengths"] < habits("D2 EF G3A|D4 E3F|" * 4)["novelty of lengths"]


@pytest.mark.parametrize("body", ["z8|]", "D8|]", "z4 D4|]", "[DFA]8|]", "D2|]", "|::D8::|", "D8"])
def test_nothing_much_has_habits_and_ngrams_too(body: str) -> None:
    for key, meter in (("D", "4/4"), ("none", "none"), ("D", "9/8"), ("D", "5/4")):
        values = habits_of(tune(body, key=key, meter=meter))
        assert values.shape == (len(JUDGED),)
        assert np.isfinite(values).all()
        ngrams_of(tune(body, key=key, meter=meter))


def test_each_habit_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    section = text.partition("\n### Habits\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| (.+?) \| .+ \|$", section, re.M)[2:] == list(JUDGED)


def test_each_row_of_the_table_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    section = text.partition("\n### The table\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| (.+?) \| .+ \|$", section, re.M)[2:] == [*TABLE, COMMON_WORDS]
