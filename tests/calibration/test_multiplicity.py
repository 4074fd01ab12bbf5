from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from service.calibration.multiplicity import adjusted, contrast_correlation, correlation, max_t
from service.calibration.variance import Influence, contrast_variance, influences
from tests.calibration.intervals import cases
from tests.calibration.studies import as_moments, simulate

THEIRS = {"holm": "holm", "hochberg": "simes-hochberg", "benjamini_hochberg": "fdr_bh"}


@pytest.mark.parametrize("method", THEIRS)
@pytest.mark.parametrize("seed", range(5))
def test_adjusted_p_values_are_statsmodels(method: str, seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 1.0, size=1 + 3 * seed)
    p[: seed // 2] = p[-1]  # ties
    assert adjusted(p.tolist(), method) == pytest.approx(multipletests(p, method=THEIRS[method])[1])


def test_none_stays_and_does_not_count() -> None:
    assert adjusted([None, 0.01, None, 0.04], "holm") == [None, 0.02, None, 0.04]
    assert adjusted([None], "hochberg") == [None]
    assert adjusted([], "benjamini_hochberg") == []


# two-sided .05 critical values of many-to-one comparisons with known variance and equal arms (Dunnett 1964)
@pytest.mark.parametrize(("count", "critical"), [(1, 1.96), (2, 2.21), (3, 2.35), (5, 2.51)])
def test_many_to_one_is_dunnetts_table(count: int, critical: float) -> None:
    found = max_t(np.full((count, count), 0.5) + 0.5 * np.eye(count), two_sided=True, level=0.95, seed=1)
    error = 3.0 * found.monte_carlo_error / 0.05
    assert found.error_rate == pytest.approx(2.0 * stats.norm.sf(critical), rel=error + 0.015)  # two digits of a table
    assert found.replicates == 50_000


@pytest.mark.parametrize("two_sided", [True, False])
def test_independent_estimates_are_sidaks_and_copies_count_once(two_sided: bool) -> None:
    independent = max_t(np.eye(4), two_sided=two_sided, level=0.9, seed=2)
    assert independent.error_rate == pytest.approx(1.0 - 0.9 ** (1 / 4), rel=0.03)
    copies = max_t(np.ones((4, 4)), two_sided=two_sided, level=0.9, seed=2)
    assert copies.error_rate == pytest.approx(0.1, rel=0.03)
    assert max_t(np.ones((1, 1)), two_sided=two_sided, level=0.9, seed=2).error_rate == pytest.approx(0.1, rel=0.03)


def test_opposite_estimates_count_once_two_sided_and_twice_one_sided() -> None:
    opposite = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert max_t(opposite, two_sided=True, level=0.9, seed=2).error_rate == pytest.approx(0.1, rel=0.03)
    assert max_t(opposite, two_sided=False, level=0.9, seed=2).error_rate == pytest.approx(0.05, rel=0.05)


def test_adjusted_p_values_agree_with_the_error_rate_and_are_monotone() -> None:
    found = max_t(np.eye(3), two_sided=True, level=0.95, seed=3)
    p = np.sort(np.concatenate(([0.0, found.error_rate, 1.0], found.minima[::997], np.linspace(0, 1, 50))))
    ours = [found.adjusted(float(v)) for v in p]
    assert ours == sorted(ours)
    assert [a < 1.0 - 0.95 for a in ours] == [v < found.error_rate for v in p]
    assert all(a >= v - 4 * found.monte_carlo_error for a, v in zip(ours, p, strict=True))


def test_the_seed_decides_and_many_estimates_draw_less() -> None:
    one, same, other = (max_t(np.eye(2), two_sided=True, level=0.95, seed=s).error_rate for s in (1, 1, 2))
    assert one == same != other
    many = max_t(np.eye(600), two_sided=True, level=0.95, seed=1)
    assert many.replicates == int(2e9 / 600**2)
    assert many.error_rate == pytest.approx(0.05 / 600, rel=0.25)
    assert max_t(np.eye(2), two_sided=True, level=0.9999999, seed=1).error_rate > 0.0


@pytest.mark.parametrize("design", ["independent", "shared"])
def test_correlations_of_contrasts(design: str) -> None:
    estimate = cases.estimate(simulate(4, (20, 25, 30), 40 if design == "shared" else (40, 50, 60), design=design))
    contrasts = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [1.0, -1.0, 0.0]])
    found = contrast_correlation(estimate, contrasts)
    assert np.diag(found).tolist() == [1.0] * 3
    assert found[0, 2] == pytest.approx(-1.0)
    assert found[0, 1] == pytest.approx(-found[2, 1])
    if design == "independent":
        control = contrast_variance(estimate, np.array([1.0, 0.0, 0.0]), "super")[0]
        sizes = [sqrt(contrast_variance(estimate, t, "super")[0]) for t in contrasts[:2]]
        assert found[0, 1] == pytest.approx(control / (sizes[0] * sizes[1]))
    by_units = correlation([influences(estimate, t) for t in contrasts])
    assert by_units == pytest.approx(found, abs=0.1)


def test_moments_have_the_correlations_of_rows() -> None:
    sample = simulate(4, (20, 25, 30), (40, 50, 60)).sample()
    contrasts = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    rows, moments = (contrast_correlation(cases.fitted(s), contrasts)[0, 1] for s in (sample, as_moments(sample)))
    assert moments == pytest.approx(rows, rel=0.2)


def test_a_contrast_without_variance_is_uncorrelated() -> None:
    none = cases.fitted(cases.constant(12), name="human_only")
    assert contrast_correlation(none, np.array([[1.0], [2.0]])).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_influences_line_up_by_source() -> None:
    a, b, c = np.array([1.0, -1.0, 0.5]), np.array([0.2, 0.4, -1.0]), np.array([2.0, -2.0])
    found = correlation(
        [
            [Influence(a, "humans 0", 2.0), Influence(c, "LLM-only 0", 1.0)],
            [Influence(c, "LLM-only 0", 1.0), Influence(b, "humans 1", 2.0)],
            [Influence(b, "humans 1", 2.0)],
            [Influence(np.zeros(3), "humans 0", 2.0)],
        ]
    )
    assert found[0, 1] == pytest.approx(c @ c / sqrt((a @ a + c @ c) * (b @ b + c @ c)))
    assert found[1, 2] == pytest.approx(sqrt(b @ b / (b @ b + c @ c)))
    assert found[0, 2] == 0.0
    assert found[3].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_influences_of_numbered_units_line_up_by_unit() -> None:
    whole = Influence(np.array([1.0, -1.0, 0.5, 2.0]), "humans 0", 3.0, np.array([7, 2, 9, 4]))
    part = Influence(np.array([3.0, 1.0]), "humans 0", 1.0, np.array([9, 2]))
    other = Influence(np.array([1.0, 4.0]), "LLM-only 0", 1.0, np.array([5, 4]))
    found = correlation([[whole], [part, other]])
    size = sqrt((1 + 1 + 0.25 + 4) * (9 + 1 + 1 + 16))
    assert found[0, 1] == pytest.approx((0.5 * 3.0 - 1.0 * 1.0 + 2.0 * 4.0) / size)
