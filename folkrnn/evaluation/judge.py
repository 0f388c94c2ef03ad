"""A judge of its own: can written tunes be told from real ones, by what their critic never sees?

These are two-sample tests by classifier (Lopez-Paz and Oquab, 2017), as in ``comparison``. Two kinds of readers take
part. Some read *n-grams*, short runs of steps, lengths or degrees; a logistic regression learns their weights. The
other reads the *habits* of a tune (``evaluation.habits``) with trees. Each judges tunes that it has not learned. The
package ``composition``, where the critic is, may not import this one, so no tune is refused by what the judge reads.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from folkrnn.corpus.melody import melody_of
from folkrnn.evaluation.comparison import FOLDS, auc_interval
from folkrnn.evaluation.habits import JUDGED, PLACES, beats_of, habits_of
from folkrnn.notation import Tune

MAX_STEP = 12
"""Larger steps, in semitones, count as this one."""

LONGEST = 4
"""Items of the longest n-gram."""

LONGEST_ENDING = 3
"""Steps of the longest ending."""

MIN_TUNES = 4
"""An n-gram that is in fewer tunes than this is left out."""

INVERSE_PENALTY = 30.0
"""Of the logistic regression (its C); 3 and 300 tell a little less."""

TREES, LEAF = 200, 2
"""How many trees read the habits, and the fewest tunes that a leaf of theirs has."""

STRONGEST = 20
"""How many n-grams a verdict lists."""


class Area(NamedTuple):
    """The AUC of a reader; 95 % of the AUCs of resampled tunes lie from ``low`` to ``high``."""

    auc: float
    low: float
    high: float


class Gram(NamedTuple):
    """An n-gram, and the shares of real and of written tunes that have it."""

    name: str
    real: float
    written: float


class Habit(NamedTuple):
    """A habit: its mean in real and in written tunes, and its AUC alone, above 0.5 if written ones have more of it."""

    name: str
    real: float
    written: float
    auc: float


class Verdict(NamedTuple):
    """How well n-grams, habits and both tell two sets of tunes apart, and which of them do so most."""

    ngrams: Area
    habits: Area
    together: Area
    strongest: tuple[Gram, ...]
    by_habit: tuple[Habit, ...]

    def areas(self) -> dict[str, Area]:
        """Return the three areas by name."""
        return {"n-grams": self.ngrams, "habits": self.habits, "together": self.together}


def ngrams_of(tune: Tune) -> dict[str, list[str]]:
    """Return all n-grams of a tune, by what they are runs of.

    A step is an interval in semitones, a degree the distance above the tonic, a length in 1/960 of a whole note. A
    step may stand with the length of the note that it leads to, or with the place of that note: within its beat, or
    within two beats. The last notes of the tune are endings.
    """
    melody = melody_of(tune)
    steps = np.diff(melody.pitches).clip(-MAX_STEP, MAX_STEP).tolist()
    degrees = ((melody.pitches - (tune.key.tonic_class or 0)) % 12).tolist()
    lengths = melody.lengths.tolist()
    places = np.round(PLACES * (melody.onsets % 1)).astype(int)[1:]
    beats = beats_of(tune)
    beat, wider = PLACES // beats, PLACES if beats == 3 else 2 * PLACES // beats
    timed = list(zip(steps, lengths[1:], strict=True)) if steps else []
    runs: dict[str, Sequence[Any]] = {
        "steps": steps,
        "degrees": degrees,
        "lengths": lengths,
        "steps, lengths": [f"{step:+d}/{length}" for step, length in timed],
        "steps, places in the beat": [f"{step:+d}@{place}" for step, place in zip(steps, places % beat, strict=False)],
        "steps, places in two beats": [
            f"{step:+d}@{place}" for step, place in zip(steps, places % wider, strict=False)
        ],
    }
    found = {kind: list(_runs(items)) for kind, items in runs.items()}
    found["steps, lengths"] += [
        "end " + " ".join(runs["steps, lengths"][-size:]) for size in range(1, 1 + min(LONGEST_ENDING, len(steps)))
    ]
    return found


def _runs(items: Sequence[Any]) -> Iterable[str]:
    """Yield all runs of up to LONGEST items, as texts."""
    texts = list(map(str, items))
    for size in range(1, LONGEST + 1):
        for first in range(len(texts) - size + 1):
            yield " ".join(texts[first : first + size])


def judge(real: Sequence[Tune], written: Sequence[Tune], seed: int = 0) -> Verdict:
    """Return the verdict on two sets of tunes, of at least FOLDS each. Equal arguments give equal verdicts."""
    tunes = [*real, *written]
    labels = np.repeat([0, 1], [len(real), len(written)])
    grams = [ngrams_of(tune) for tune in tunes]
    habits = np.array([habits_of(tune) for tune in tunes])
    with threadpool_limits(1):  # few tunes gain nothing from threads, and lose much beside other programs
        by_ngrams = np.sum([_read_ngrams([each[kind] for each in grams], labels, seed) for kind in grams[0]], axis=0)
        by_habits = _read_habits(habits, labels, seed)
        together = _standard(by_ngrams) + _standard(by_habits)
        areas = (_area(labels, by_ngrams, seed), _area(labels, by_habits, seed), _area(labels, together, seed))
        aucs = [float(roc_auc_score(labels, column)) for column in habits.T]
    means = [habits[labels == label].mean(0).tolist() for label in (0, 1)]
    rows = sorted(map(Habit, JUDGED, *means, aucs), key=lambda row: -abs(row.auc - 0.5))
    return Verdict(areas[0], areas[1], areas[2], _strongest(grams, labels), tuple(rows))


def _read_ngrams(grams: Sequence[Sequence[str]], labels: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return the log odds, by n-grams of one kind, that each tune is a written one, (N,).

    N-grams are weighted by how often they come and how few tunes have them (tf-idf; Sparck Jones, 1972).
    """
    weighing = TfidfVectorizer(analyzer=_as_it_is, sublinear_tf=True, min_df=MIN_TUNES)
    try:
        matrix = weighing.fit_transform(grams)
    except ValueError:  # no n-gram is in MIN_TUNES
        return np.zeros(len(labels))

    def learn(learned: NDArray[np.int64], judged: NDArray[np.int64]) -> NDArray[np.float64]:
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=300, solver="liblinear", random_state=seed)
        found: NDArray[np.float64] = model.fit(matrix[learned], labels[learned]).decision_function(matrix[judged])
        return found

    return _cross_validated(learn, labels, seed)


def _as_it_is(grams: Sequence[str]) -> Sequence[str]:
    return grams


def _read_habits(habits: NDArray[np.float64], labels: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return the log odds, by habits (N, F), that each tune is a written one, (N,).

    The trees split at random (Geurts, Ernst and Wehenkel, 2006).
    """

    def learn(learned: NDArray[np.int64], judged: NDArray[np.int64]) -> NDArray[np.float64]:
        trees = ExtraTreesClassifier(TREES, min_samples_leaf=LEAF, random_state=seed)
        shares = trees.fit(habits[learned], labels[learned]).predict_proba(habits[judged])[:, 1].clip(0.01, 0.99)
        odds: NDArray[np.float64] = np.log(shares / (1 - shares))
        return odds

    return _cross_validated(learn, labels, seed)


def _cross_validated(
    learn: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]], labels: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Return scores of all tunes (N,), each from a reader that has learned the tunes of the other folds."""
    scores = np.zeros(len(labels))
    for learned, judged in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(scores, labels):
        scores[judged] = learn(learned, judged)
    return scores


def _standard(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread else scores


def _area(labels: NDArray[np.int64], scores: NDArray[np.float64], seed: int) -> Area:
    return Area(float(roc_auc_score(labels, scores)), *auc_interval(labels, scores, seed))


def _strongest(grams: Sequence[dict[str, list[str]]], labels: NDArray[np.int64]) -> tuple[Gram, ...]:
    """Return the n-grams whose shares differ most, measured by the standard error of the difference."""
    counts = [Counter[tuple[str, str]]() for _ in (0, 1)]
    for each, label in zip(grams, labels, strict=True):
        counts[label].update({(kind, name) for kind, names in each.items() for name in names})
    sizes = [int((labels == label).sum()) for label in (0, 1)]

    def difference(gram: tuple[str, str]) -> float:
        found = [count[gram] for count in counts]
        pooled = sum(found) / sum(sizes)
        error = math.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
        return abs(found[0] / sizes[0] - found[1] / sizes[1]) / error if error else 0.0

    order = sorted(counts[0] | counts[1], key=lambda gram: (-difference(gram), gram))[:STRONGEST]
    return tuple(
        Gram(f"{kind}: {name}", *(count[kind, name] / size for count, size in zip(counts, sizes, strict=True)))
        for kind, name in order
    )
