from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.means import Mean, combined, mean

A, B = np.random.default_rng(1).normal(size=12), np.random.default_rng(2).normal(0.4, 2.0, size=20)


def test_a_mean_is_scipys() -> None:
    found, expected = mean(A), stats.ttest_1samp(A, 0.0)
    assert found.p_value == pytest.approx(expected.pvalue)
    interval = found.interval(0.9)
    assert (interval.lower, interval.upper) == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_a_difference_is_welchs() -> None:
    found, expected = combined([(1.0, mean(A)), (-1.0, mean(B))]), stats.ttest_ind(A, B, equal_var=False)
    assert (found.p_value, found.df) == pytest.approx((expected.pvalue, expected.df))


def test_equivalence_is_the_larger_of_two_one_sided_tests() -> None:
    found = mean(A)
    low = stats.ttest_1samp(A, -0.5, alternative="greater").pvalue
    high = stats.ttest_1samp(A, 0.5, alternative="less").pvalue
    assert found.beyond(0.5) == pytest.approx(max(low, high))


def test_clusters_are_what_varies() -> None:
    own, cluster = np.repeat(A, 3), np.repeat(np.arange(12), 3)
    found = mean(own, cluster)
    assert (found.error, found.df) == pytest.approx((mean(A).error, 11.0))
    assert mean(own, np.zeros(36)) is None


def test_no_variance_and_too_few() -> None:
    assert mean(A[:2]) is None
    still, moved = mean(np.zeros(4)), mean(np.ones(4))
    assert (still.p_value, moved.p_value) == (1.0, 0.0)
    assert (moved.beyond(2.0), moved.beyond(0.5)) == (0.0, 1.0)
    assert combined([(1.0, still), (-1.0, moved)]) == Mean(-1.0, 0.0, 3.0)
