"""Is what a model writes new, and is it good? One report of all that is measured.

The model writes tunes of the rhythms that some real ones have, none of which it has learned from. Both are then
measured alike, and a classifier tries to tell them apart; how well it tells other real tunes from them is the floor.
"""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from folkrnn.composition.imitation import distinct, imitate
from folkrnn.composition.originality import DEFAULT_MAX_COPIED, Index
from folkrnn.composition.requests import SIMILARITY_TOLERANCE, Request
from folkrnn.corpus import Corpus
from folkrnn.corpus.cleaning import title_key
from folkrnn.errors import CorpusError
from folkrnn.evaluation.bits import measure_bits, summarise
from folkrnn.evaluation.comparison import FOLDS, Comparison, compare
from folkrnn.evaluation.features import FEATURES, features_of, full_bars, music, rhythm
from folkrnn.generation.drafts import SINGLE_DRAFT, DraftPolicy
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters
from folkrnn.generation.texts import GeneratedText
from folkrnn.model import Checkpoint
from folkrnn.notation import Tune, faults, form, read_tunes, similarity
from folkrnn.notation.form import pattern
from folkrnn.processes import process_map
from folkrnn.validation import validate_all

COMMONEST = 15
"""Of so many bar rhythms the share is told; of patterns of parts half as many are listed."""

FEWEST = 2 * FOLDS
"""Fewer real tunes than this cannot be compared."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Evaluation:
    """What was measured, as data for JSON; the comparison, and the tunes that were compared."""

    figures: dict[str, Any]
    comparison: Comparison
    real: Sequence[Tune]
    written: Sequence[Tune]
    values: tuple[NDArray[np.float64], NDArray[np.float64]]
    """The features of the real tunes and of those written, (N, F) and (M, F)."""


class Reference:
    """Real tunes that a model has not learned from, for tunes that it writes to be held against.

    ``real`` are those tunes, ``floor`` is how well others, that it has learned from, are told from them.
    """

    def __init__(self, corpus: Corpus, count: int = 500, seed: int = 0, jobs: int = 1) -> None:
        """Take ``count`` held-out tunes, or all there are. Raises CorpusError where they are too few."""
        self.corpus = corpus
        self.seed = seed
        self._jobs = jobs
        self.real, other = _samples(corpus, count, seed)
        self._values = self._measured(self.real)
        self.floor = compare(self._values, self._measured(other), seed)
        self._originality = _originality(Index.of_corpus(corpus.of("train")), self.real)

    def _measured(self, tunes: Sequence[Tune]) -> NDArray[np.float64]:
        """The features of some tunes, (N, F)."""
        jobs = self._jobs
        return np.array(list(process_map(features_of, tunes, jobs) if jobs > 1 else map(features_of, tunes)))

    def hold_against(self, written: Sequence[Tune], index: Index) -> Evaluation:
        """Measure tunes that were written; ``index`` holds what there was to copy from."""
        values = self._measured(written)
        comparison = compare(self._values, values, self.seed)
        both = {"real": self.real, "written": written}
        figures = {
            "comparison": {
                name: {"area": _rounded(each.area), "low": _rounded(each.low), "high": _rounded(each.high)}
                for name, each in (("written against real", comparison), ("real against real", self.floor))
            },
            "features": _feature_table(comparison, self._values, values),
            "originality": {"real": self._originality, "written": _originality(index, written)},
            "titles": _titles(self.corpus, self.real, written),
            "variety": {name: _variety(tunes) for name, tunes in both.items()},
            "patterns": {name: _patterns(tunes) for name, tunes in both.items()},
        }
        return Evaluation(figures, comparison, self.real, written, (self._values, values))


def evaluate(
    checkpoint: Checkpoint,
    corpus: Corpus,
    index: Index,
    *,
    count: int = 500,
    sampling: SamplingParameters = DEFAULT_SAMPLING,
    policy: DraftPolicy = SINGLE_DRAFT,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress = lambda line: None,
) -> Evaluation:
    """Measure a model on the held-out tunes of a corpus, and ``count`` tunes that it writes for it.

    ``sampling`` and ``policy`` say how the tunes are written, and ``index`` holds what the model has learned from.
    Equal arguments give equal reports. Raises CorpusError where too few tunes are held out.
    """
    progress("measuring real tunes")
    reference = Reference(corpus, count, seed, jobs)
    progress(f"measuring bits on {len(corpus.of('test'))} test tunes")
    bits = summarise(measure_bits(checkpoint, corpus.of("test")))
    progress(f"writing {len(reference.real)} tunes")
    texts = imitate(reference.real, checkpoint, sampling, seed, policy=policy)
    progress(f"writing {len(reference.real)} tunes without the grammar")
    free_texts = imitate(reference.real, checkpoint, sampling, seed, constrained=False)
    written, free = ([text.tune for text in each] for each in (texts, free_texts))
    progress("reading them with music21")
    playable, free_playable = ([report.playable for report in validate_all(tunes, jobs)] for tunes in (written, free))
    progress("holding them against real tunes")
    found = reference.hold_against(written, index)
    figures = {
        "tunes": len(written),
        "drafts": sum(text.drafts for text in texts),
        "bits": bits,
        "playable": {
            "with the grammar": _mean(playable),
            "without the grammar": _mean(free_playable),
            "never ended without the grammar": _mean(not text.finished for text in free_texts),
        },
        "obeyed": {"with the grammar": _obeyed(texts, written), "without the grammar": _obeyed(free_texts, free)},
    }
    return replace(found, figures=figures | found.figures)


def _samples(corpus: Corpus, count: int, seed: int) -> tuple[list[Tune], list[Tune]]:
    """Held-out tunes to compare with, and as many others of the same rhythms, that were learned from.

    No two are settings of one tune: trees that have seen the one would know the other. Those without a rhythm are left
    out if others suffice, for no request can name theirs.
    """
    rng = random.Random(seed)
    held_out: list[Tune] = []
    for split in ("test", "validation"):
        tunes = corpus.of(split)
        rng.shuffle(tunes)
        held_out += (read_tunes(tune.text)[0] for tune in distinct(tunes))
    named = [tune for tune in held_out if tune.rhythm]
    real = (named if len(named) >= min(count, FEWEST) else held_out)[:count]
    if len(real) < FEWEST:
        raise CorpusError(
            f"corpus {corpus.name!r} holds out {len(real)} playable tunes; expected {FEWEST} to compare with"
        )
    wanted = Counter(tune.rhythm for tune in real)
    learned = corpus.of("train")
    rng.shuffle(learned)
    other = []
    for tune in (read_tunes(tune.text)[0] for tune in distinct(learned)):
        if wanted[tune.rhythm] > 0:
            wanted[tune.rhythm] -= 1
            other.append(tune)
    if len(other) < FOLDS:
        raise CorpusError(f"corpus {corpus.name!r} has too few tunes to learn from of the rhythms that it holds out")
    return real, other


def _obeyed(texts: Sequence[GeneratedText], tunes: Sequence[Tune]) -> dict[str, float]:
    """The share of tunes whose music keeps what their own header says, as a request for it would be judged."""
    kept: dict[str, list[bool]] = {"rhythm": [], "meter": [], "key": [], "form": [], "likeness": []}
    for text, tune in zip(texts, tunes, strict=True):
        fields = {line[:1]: line[2:] for line in text.text.split("\n")}
        told, _, alike = fields.get("I", "").removeprefix("form ").partition(" ")
        errors = {finding.code for finding in faults(tune.findings)}
        kept["rhythm"].append(tune.rhythm == fields.get("R", ""))
        kept["meter"].append(bool(tune.bars) and not errors & {"bar-too-long", "bar-too-short", "pickup-mismatch"})
        kept["key"].append(not Request({"K": str(tune.key)}).violation(tune))
        kept["form"].append(form(tune) == told)
        if alike.isdigit():
            heard = similarity(tune)
            kept["likeness"].append(heard is not None and abs(heard - int(alike)) <= SIMILARITY_TOLERANCE)
    return {name: _mean(shares) for name, shares in kept.items()}


def _originality(index: Index, tunes: Sequence[Tune]) -> dict[str, float]:
    found = [index.judge(tune) for tune in tunes]
    copied = [each.copied for each in found]
    return {
        "copied share, median": _rounded(np.median(copied)),
        "copied share, 95th percentile": _rounded(np.quantile(copied, 0.95)),
        "longest copied run in bars, 95th percentile": _rounded(np.quantile([each.bars for each in found], 0.95)),
        "more than half copied": _mean(share > DEFAULT_MAX_COPIED for share in copied),
        "a known tune, changed": _mean(each.known for each in found),
        "title in the corpus": _mean(each.title_known for each in found),
    }


def _variety(tunes: Sequence[Tune]) -> dict[str, float]:
    """Whether the same bars come again and again, in all tunes together."""
    bars = [bar for tune in tunes for bar in full_bars(tune)]
    rhythms = Counter(rhythm(bar) for bar in bars)
    return {
        "distinct bars": _rounded(len({music(bar) for bar in bars}) / max(1, len(bars))),
        "distinct rhythms of bars": _rounded(len(rhythms) / max(1, len(bars))),
        f"the {COMMONEST} commonest rhythms of bars": _rounded(
            sum(count for _, count in rhythms.most_common(COMMONEST)) / max(1, len(bars))
        ),
    }


def _patterns(tunes: Sequence[Tune]) -> dict[str, float]:
    """The commonest patterns of parts, such as AABB."""
    counts = Counter(map(pattern, tunes))
    return {name: _rounded(count / len(tunes)) for name, count in counts.most_common(COMMONEST // 2)}


def _titles(corpus: Corpus, real: Sequence[Tune], written: Sequence[Tune]) -> dict[str, dict[str, float]]:
    """Titles of real and of written tunes beside those that were learned from.

    *Plausible* are those all of whose pairs of neighbouring letters stand in some title that was learned from.
    """
    learned = [title_key(next(_lines(tune.text, "T"), "")) for tune in corpus.of("train")]
    known, pairs = set(learned), {pair for title in learned for pair in _pairs(title)}

    def figures(tunes: Sequence[Tune]) -> dict[str, float]:
        titles = [title_key(tune.title) for tune in tunes]
        return {
            "in the corpus": _mean(title in known for title in titles),
            "plausible": _mean(pairs.issuperset(_pairs(title)) for title in titles),
            "distinct": _rounded(len(set(titles)) / len(titles)),
            "characters, median": float(np.median([len(tune.title) for tune in tunes])),
        }

    return {"real": figures(real), "written": figures(written)}


def _lines(text: str, letter: str) -> Iterator[str]:
    return (line[2:] for line in text.split("\n") if line.startswith(f"{letter}:"))


def _pairs(title: str) -> set[Hashable]:
    return set(pairwise(title))


def _feature_table(
    comparison: Comparison, real: NDArray[np.float64], written: NDArray[np.float64]
) -> list[dict[str, Any]]:
    """Each feature, those first that give the machine away."""
    names = list(FEATURES)
    return [
        {
            "feature": names[place],
            "source": FEATURES[names[place]],
            "weight": _rounded(comparison.weights[place]),
            "area alone": _rounded(comparison.areas[place]),
            "real": _rounded(real[:, place].mean()),
            "written": _rounded(written[:, place].mean()),
        }
        for place in map(int, comparison.weights.argsort()[::-1])
    ]


def _mean(shares: Iterable[bool]) -> float:
    held = list(shares)
    return _rounded(sum(held) / len(held)) if held else 0.0


def _rounded(number: Any) -> float:
    return round(float(number), 4)
