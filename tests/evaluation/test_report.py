"""A report tells all it should of a model, as data and as a page."""

import json
import random
import re
from dataclasses import replace

import pytest
import torch

from folkrnn.analysis.originality import Index
from folkrnn.corpus import Corpus, CorpusTune
from folkrnn.errors import CorpusError
from folkrnn.evaluation.page import Drawing, page
from folkrnn.evaluation.report import MIN_COMPARED_TUNES, Evaluation, Reference, evaluate_model
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import canonical, read_tunes


def invented(seed: int, split: str) -> CorpusTune:
    rng = random.Random(seed)
    body = "|".join("".join(rng.choices("DEFGABcd", k=8)) for _ in range(8))
    (tune,) = read_tunes(f"X:1\nT:Tune {seed}\nR:reel\nM:4/4\nL:1/8\nK:G\n{body}|]\n")
    return CorpusTune(canonical(tune), "own", f"own.abc:{seed}", str(seed), split, 64, True)


def corpus_of(*sizes: int) -> Corpus:
    tunes = [(split, index) for split, size in zip(("train", "test"), sizes, strict=True) for index in range(size)]
    return Corpus("own", {}, tuple(invented(seed, split) for seed, (split, _) in enumerate(tunes)), {})


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    corpus = corpus_of(60, 30)
    vocabulary = Vocabulary.from_texts(tune.text for tune in corpus.tunes)
    rng = torch.Generator().manual_seed(1)
    network = CharNetwork(NetworkSettings(hidden=16, layers=1), len(vocabulary), rng)
    checkpoint = Checkpoint(network.eval(), vocabulary, CorpusProvenance(values={"R": ["reel"]}))
    return evaluate_model(checkpoint, corpus, Index.of_corpus(corpus.of("train")), count=25, seed=1)


def test_the_figures_are_those_of_an_untrained_model(evaluation: Evaluation) -> None:
    figures = evaluation.figures
    assert figures["tunes"] == 25
    assert figures["playable"]["with the grammar"] == 1
    assert figures["playable"]["without the grammar"] == 0
    assert figures["bits"]["all"]["tunes"] == 30
    assert figures["bits"]["all"]["bits_per_character"] > 4
    kept = figures["kept wishes"]["with the grammar"]
    assert kept["form"] == kept["rhythm"] == 1
    assert figures["originality"]["written"]["copied share, median"] == 0
    assert figures["patterns"]["real"] == {"A": 1}
    assert figures["titles"]["written"]["in the corpus"] == 0
    apart = figures["comparison"]
    assert apart["written against real"]["auc"] > 0.9 > apart["real against real"]["auc"]
    assert figures["features"][0]["importance"] >= figures["features"][-1]["importance"]
    assert json.loads(json.dumps(figures)) == figures


def test_the_page_stands_alone_and_takes_no_markup_from_tunes(evaluation: Evaluation) -> None:
    made = page(evaluation, {"model": "<b>mine</b>"}, [Drawing("A & <i>B</i>", "<svg><g/></svg>")])
    assert "&lt;b&gt;mine" in made
    assert "A &amp; &lt;i&gt;B" in made
    assert "<svg><g/></svg>" in made
    assert made.count("<svg") == 5
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", made)
    assert f"{evaluation.figures['comparison']['written against real']['auc']:.3f}" in made


def test_a_corpus_that_holds_out_little_cannot_be_compared_with() -> None:
    with pytest.raises(CorpusError, match=f"holds out 3 playable tunes; expected {MIN_COMPARED_TUNES}"):
        Reference(corpus_of(60, 3))


def test_settings_of_one_tune_are_compared_with_as_one() -> None:
    corpus = corpus_of(60, 40)
    families = replace(corpus, tunes=tuple(replace(tune, family=tune.family[-1]) for tune in corpus.tunes))
    with pytest.raises(CorpusError, match=f"holds out 10 playable tunes; expected {MIN_COMPARED_TUNES}"):
        Reference(families)
