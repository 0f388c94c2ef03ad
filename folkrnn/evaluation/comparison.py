"""Can two sets of tunes be told apart? A classifier tries.

This is a two-sample test by classifier (Lopez-Paz and Oquab, 2017). Trees learn from some of the tunes, then say of the
others which set they are from. If they do no better than chance, the two sets have the same features.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

FOLDS = 10
"""Of the cross-validation."""

RESAMPLES = 1000
"""Of the tunes, for the interval of the area under the curve."""

SHUFFLES = 5
"""How often each feature's values are shuffled among the tunes."""


class Comparison(NamedTuple):
    """The success of a classifier that tells N tunes of a first set from M of a second, by F features.

    ``auc`` is the area under its receiver operating characteristic: 0.5 for guesses, 1 for certainty. 95 % of the
    areas of resampled tunes lie from ``auc_low`` to ``auc_high``. ``scores`` (N + M,) are the probabilities, from 0
    to 1, that a tune is of the second set; each is from trees that have not learned that tune.

    ``importances`` (F,) are the losses of area when the values of a feature are shuffled (Breiman, 2001).
    ``feature_aucs`` (F,) are the areas of each feature alone, above 0.5 if the second set has higher values.
    """

    auc: float
    auc_low: float
    auc_high: float
    scores: NDArray[np.float64]
    importances: NDArray[np.float64]
    feature_aucs: NDArray[np.float64]


def compare(first: NDArray[np.float64], second: NDArray[np.float64], seed: int = 0) -> Comparison:
    """Return the comparison of two sets by their features, (N, F) and (M, F), of at least FOLDS tunes each."""
    with threadpool_limits(1):  # few tunes gain nothing from threads, and lose much beside other programs
        return _compare(np.concatenate([first, second]), np.repeat([0, 1], [len(first), len(second)]), seed)


def _compare(features: NDArray[np.float64], labels: NDArray[np.int64], seed: int) -> Comparison:
    scores = np.zeros(len(labels))
    importances = np.zeros(features.shape[1])
    for learned, judged in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, labels):
        trees = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=150, max_leaf_nodes=8, random_state=seed)
        trees.fit(features[learned], labels[learned])
        scores[judged] = trees.predict_proba(features[judged])[:, 1]
        lost = permutation_importance(
            trees, features[judged], labels[judged], scoring="roc_auc", n_repeats=SHUFFLES, random_state=seed
        )
        importances += lost.importances_mean / FOLDS
    low, high = auc_interval(labels, scores, seed)
    feature_aucs = np.array([roc_auc_score(labels, column) for column in features.T])
    return Comparison(float(roc_auc_score(labels, scores)), low, high, scores, importances, feature_aucs)


def auc_interval(labels: NDArray[np.int64], scores: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Return the interval of 95 % of the AUCs of resampled tunes, each set resampled by itself (Efron, 1979).

    ``labels`` (N,) are 0 for the first set and 1 for the second. The AUC is the share of pairs of tunes, one of each
    set, whose scores (N,) are in the right order; ties count half. So pairs are compared only once.
    """
    rng = np.random.default_rng(seed)
    first, second = (scores[labels == label] for label in (0, 1))
    right = (first[:, None] < second) + 0.5 * (first[:, None] == second)
    aucs = []
    for _ in range(RESAMPLES):
        drawn = [np.bincount(rng.choice(len(each), len(each)), minlength=len(each)) for each in (first, second)]
        aucs.append(drawn[0] @ right @ drawn[1] / right.size)
    low, high = np.quantile(aucs, [0.025, 0.975])
    return float(low), float(high)
