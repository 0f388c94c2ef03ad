"""A classifier tells apart what differs, and only that."""

import numpy as np

from folkrnn.evaluation.comparison import compare


def test_like_sets_are_not_told_apart() -> None:
    rng = np.random.default_rng(1)
    found = compare(rng.normal(size=(200, 4)), rng.normal(size=(200, 4)))
    assert found.auc_low < 0.5 < found.auc_high
    assert found.auc_low < found.auc < found.auc_high


def test_sets_that_differ_are_told_apart_by_what_differs() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=(150, 4)), rng.normal(size=(100, 4))
    second[:, 2] += 2
    found = compare(first, second)
    assert found.auc > 0.85
    assert found.auc_low > 0.7
    assert found.importances.argmax() == 2
    assert found.feature_aucs[2] > 0.85
    assert (found.scores[150:].mean(), found.scores.shape) > (found.scores[:150].mean(), (250,))


def test_what_only_two_features_together_tell_is_found_too() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
    first[:, 1], second[:, 1] = first[:, 0] + 0.1 * first[:, 1], -second[:, 0] + 0.1 * second[:, 1]
    found = compare(first, second)
    assert found.auc > 0.9
    assert np.abs(found.feature_aucs - 0.5).max() < 0.1


def test_equal_seeds_give_equal_answers() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    assert compare(first, second, 5).auc == compare(first, second, 5).auc


def test_a_feature_alone_counts_by_its_values() -> None:
    first, second = np.arange(40.0)[:, None], np.arange(40.0)[:, None] + 40
    both = np.hstack([first, -first, np.zeros_like(first)]), np.hstack([second, -second, np.zeros_like(first)])
    found = compare(*both)
    assert found.feature_aucs.tolist() == [1.0, 0.0, 0.5]
    assert found.auc > 0.9
    assert found.importances[2] == 0


def test_each_set_is_resampled_by_itself() -> None:
    rng = np.random.default_rng(5)
    found = compare(rng.normal(size=(20, 2)), rng.normal(size=(300, 2)))
    assert 0.1 < found.auc_high - found.auc_low < 0.4
    assert found.scores.shape == (320,)
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
