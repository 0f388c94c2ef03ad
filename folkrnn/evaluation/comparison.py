"""Can two sets of tunes be told apart? A classifier tries.

A two-sample test by classifier (Lopez-Paz and Oquab, 2017): trees are grown on part of the tunes and say of the others
which set they are from. If they do no better than chance, over the features that they see the sets are alike.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

FOLDS = 10
RESAMPLES = 1000
REPEATS = 5
"""How often each feature's values are shuffled among the tunes."""


class Comparison(NamedTuple):
    """How well a classifier tells N tunes of a first set from M of a second.

    ``area`` is that under its receiver operating characteristic, 0.5 where it guesses, and ``low`` and ``high`` hold
    95 % of the areas of resampled tunes. ``scores`` (N + M,) say how sure it is that a tune is of the second set, each
    judged by trees that have not seen it. ``weights`` (F,) say how much of the area is lost when a feature's values are
    shuffled (Breiman, 2001), ``areas`` (F,) what each feature has alone: above 0.5 where the second set has more.
    """

    area: float
    low: float
    high: float
    scores: NDArray[np.float64]
    weights: NDArray[np.float64]
    areas: NDArray[np.float64]


def compare(first: NDArray[np.float64], second: NDArray[np.float64], seed: int = 0) -> Comparison:
    """Compare two sets by their features, (N, F) and (M, F); each needs FOLDS tunes at least."""
    with threadpool_limits(1):  # of so few tunes threads make no shorter work, and much longer beside other programs
        return _compare(np.concatenate([first, second]), np.repeat([0, 1], [len(first), len(second)]), seed)


def _compare(features: NDArray[np.float64], labels: NDArray[np.int64], seed: int) -> Comparison:
    scores = np.zeros(len(labels))
    weights = np.zeros(features.shape[1])
    for learned, judged in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, labels):
        trees = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=150, max_leaf_nodes=8, random_state=seed)
        trees.fit(features[learned], labels[learned])
        scores[judged] = trees.predict_proba(features[judged])[:, 1]
        lost = permutation_importance(
            trees, features[judged], labels[judged], scoring="roc_auc", n_repeats=REPEATS, random_state=seed
        )
        weights += lost.importances_mean / FOLDS
    low, high = _interval(labels, scores, seed)
    areas = np.array([roc_auc_score(labels, column) for column in features.T])
    return Comparison(float(roc_auc_score(labels, scores)), low, high, scores, weights, areas)


def _interval(labels: NDArray[np.int64], scores: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """What holds 95 % of the areas of resampled tunes, each set resampled for itself (Efron, 1979)."""
    rng = np.random.default_rng(seed)
    sets: Sequence[NDArray[np.int64]] = [np.flatnonzero(labels == label) for label in (0, 1)]
    areas = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rng.choice(each, len(each)) for each in sets])
        areas.append(roc_auc_score(labels[drawn], scores[drawn]))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)
