from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from scipy.stats import chi2, ttest_ind
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.oneway import anova_oneway

from service.calibration.heterogeneity import degrees_of, differences

SIZES = (8, 12, 20, 5)


def groups(seed: int, sizes: tuple[int, ...] = SIZES) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [k * 0.2 + (1.0 + 0.5 * k) * rng.normal(size=n) for k, n in enumerate(sizes)]


def of(data: list[np.ndarray]):
    return differences(
        [y.mean() for y in data], [y.std(ddof=1) / sqrt(y.size) for y in data], [y.size - 1.0 for y in data]
    )


@pytest.mark.parametrize("seed", range(5))
def test_means_of_groups_are_welchs_analysis_of_variance(seed: int) -> None:
    data = groups(seed)
    assert of(data).p_value == pytest.approx(anova_oneway(data, use_var="unequal").pvalue, rel=1e-10)
    two = data[:2]
    assert of(two).p_value == pytest.approx(ttest_ind(*two, equal_var=False).pvalue, rel=1e-10)


def test_q_i_squared_and_spread_are_those_of_meta_analysis() -> None:
    y, error = np.array([0.1, 0.9, 0.4, -0.3]), np.array([0.2, 0.1, 0.3, 0.25])
    theirs = combine_effects(y, error**2, method_re="dl")
    ours = differences(y, error, [inf] * 4)
    assert (ours.q, ours.i_squared) == pytest.approx((theirs.q, theirs.i2))
    assert ours.between_sd**2 == pytest.approx(theirs.tau2)
    assert ours.p_value == pytest.approx(chi2.sf(theirs.q, 3))


def test_subgroups_that_are_the_same_do_not_differ() -> None:
    found = differences([2.0, 2.0, 2.0], [0.1, 0.2, 0.3], [9.0, 9.0, 9.0])
    assert (found.q, found.p_value, found.i_squared, found.between_sd) == (0.0, 1.0, 0.0, 0.0)


def test_a_common_shift_and_scale_change_nothing() -> None:
    data = groups(7)
    one, other = of(data), of([1e6 + 10.0 * y for y in data])
    assert (other.q, other.p_value, other.between_sd) == pytest.approx(
        (one.q, one.p_value, 10 * one.between_sd), rel=1e-6
    )


def test_results_without_degrees_of_freedom_have_as_many_as_one_likes() -> None:
    assert (degrees_of(None), degrees_of(7.0)) == (inf, 7.0)


def test_one_subgroup_that_is_known_exactly_leaves_a_finite_spread() -> None:
    found = differences([0.3, 1.4, 0.9], [1e-16, 0.5, 0.7], [1.0, 4.0, inf])
    assert np.isfinite([found.q, found.p_value, found.i_squared, found.between_sd]).all()
    assert differences([0.3, 1.4], [1e-150, 1e150], [1.0, 1.0]).between_sd == 0.0
