"""Tunes of a rhythm are judged beside real ones of the same rhythm and meter."""

import json
import random
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from folkrnn.analysis.structure import TABLE
from folkrnn.corpus import Corpus, CorpusTune
from folkrnn.evaluation import by_rhythm
from folkrnn.evaluation.by_rhythm import COMMON_WORDS, UNASKED, Group, judge_model, real_tunes, title_counts
from folkrnn.evaluation.page import page
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.repertoire import Repertoire
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import canonical, read_tunes


def invented(seed: int, rhythm: str = "reel", meter: str = "4/4", family: str = "") -> CorpusTune:
    rng = random.Random(seed)
    body = "|".join("".join(rng.choices("DEFGABcd", k=8)) for _ in range(4))
    (tune,) = read_tunes(f"X:1\nT:The Tune {seed}\nR:{rhythm}\nM:{meter}\nL:1/8\nK:G\n{body}|]\n")
    return CorpusTune(canonical(tune), "own", f"own.abc:{seed}", family or str(seed), "train", 32, True)


CORPUS = Corpus(
    "own",
    {},
    (
        *(invented(seed) for seed in range(70)),
        *(invented(seed, "hornpipe") for seed in range(70, 88)),
        invented(88, "hornpipe", "2/2"),
        invented(0, family="again"),
        invented(0, family="again"),
    ),
    {},
)


def texts(count: int, rhythm: str = "reel") -> list[SimpleNamespace]:
    """What a model of one idea writes; every fifth tune is in another meter than it should be."""
    music = "GBdB cABG|GBdB cABG|GBdB cABG|GBdB c4|]"
    meters = ["4/4" if number % 5 else "2/2" for number in range(count)]
    return [
        SimpleNamespace(tune=read_tunes(f"X:1\nT:The Idea\nR:{rhythm}\nM:{meter}\nL:1/8\nK:G\n{music}\n")[0])
        for meter in meters
    ]


@pytest.fixture(scope="module")
def groups() -> Iterator[dict[str, Group]]:
    repertoire = Repertoire.of([read_tunes(tune.text)[0] for tune in CORPUS.tunes])
    vocabulary = Vocabulary.from_texts(tune.text for tune in CORPUS.tunes)
    network = CharNetwork(NetworkSettings(hidden=8, layers=1), len(vocabulary), torch.Generator().manual_seed(1))
    checkpoint = Checkpoint(network, vocabulary, CorpusProvenance(repertoire=repertoire))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("folkrnn.evaluation.judge.TREES", 20)
        patch.setattr(by_rhythm, "imitate", lambda real, *rest, **options: texts(len(real)))
        patch.setattr(by_rhythm, "write_unasked", lambda count, *rest, **options: texts(count))
        yield judge_model(checkpoint, CORPUS, rhythms=("reel", "hornpipe", "slide", UNASKED), count=30, seed=3)


def test_both_sides_have_the_same_rhythms_and_meters(groups: dict[str, Group]) -> None:
    for group in groups.values():
        kinds = [[(tune.rhythm, str(tune.meter)) for tune in tunes] for tunes in (group.real, group.written)]
        assert kinds[0] == kinds[1]
        assert len(group.real) == len(group.written) == 24


def test_rhythms_with_few_tunes_are_left_out(groups: dict[str, Group]) -> None:
    assert list(groups) == ["reel", UNASKED]


def test_a_model_of_one_idea_is_found_out_and_real_tunes_are_not(groups: dict[str, Group]) -> None:
    for group in groups.values():
        assert group.verdict.together.auc > 0.9
        assert group.floor.together.low < 0.6


def test_the_figures_hold_areas_and_table_as_data(groups: dict[str, Group]) -> None:
    figures = groups["reel"].figures()
    assert json.loads(json.dumps(figures)) == figures
    assert set(figures["told apart"]) == {"written against real", "real against real"}
    assert set(figures["told apart"]["written against real"]) == {"n-grams", "habits", "together"}
    assert list(figures["table"]) == [*TABLE, COMMON_WORDS]
    assert figures["table"]["notes with accidentals"]["real"] == 0


def test_one_setting_of_each_tune_counts_and_the_seed_shuffles() -> None:
    reels = real_tunes(CORPUS, "reel", 1)
    assert len(reels) == 71
    assert reels == real_tunes(CORPUS, "reel", 1) != real_tunes(CORPUS, "reel", 2)
    assert real_tunes(CORPUS, "reel", 1, count=5) == reels[:5]


def test_hornpipes_that_the_grammar_never_writes_are_left_out() -> None:
    assert len(real_tunes(CORPUS, "hornpipe")) == 18
    assert real_tunes(CORPUS, "reel", meters=("2/4",)) == []


def test_a_word_counts_once_for_the_settings_of_a_tune() -> None:
    counts = title_counts(CORPUS)
    assert counts["the"] == 90
    assert counts["0"] == 2


def test_the_page_has_a_section_of_the_judge_alone(groups: dict[str, Group]) -> None:
    made = page(None, {"model": "mine"}, judged={name: group.figures() for name, group in groups.items()})
    assert "Judged by rhythm" in made
    assert "bar 5 = bar 1" in made
    assert f"{groups['reel'].verdict.together.auc:.3f}" in made
    assert "Bits" not in made
    assert made.count("<h2>") == 1
