from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import stdtrit
from statsmodels.regression.linear_model import OLS

from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.psps import correlation, inverse, rectified
from tests.calibration.fitted import fits, fitted, one, summary, with_llm
from tests.calibration.studies import as_moments

RNG = np.random.default_rng
FIELDS = ("estimate", "variance", "df", "rank", "r", "helps")


def brute(of, j: int) -> tuple[float, float]:
    """Estimate and plug-in variance of component j with all gammas, from the joint covariance of everything."""
    gap = of.c22 + of.c33 - of.c23 - of.c23.T
    toward = (of.c12 - of.c13)[j]
    om = np.linalg.solve(gap, toward)
    k = of.c12.shape[0]
    whole = np.block([[of.c11, of.c12, of.c13], [of.c12.T, of.c22, of.c23], [of.c13.T, of.c23.T, of.c33]])
    row = np.concatenate([np.eye(k)[j], -om, om])
    return float(of.theta[j] + om @ (of.gamma_llm_only - of.gamma_human)), float(row @ whole @ row)


@pytest.mark.parametrize("seed", range(3))
def test_a_mean_is_the_engines(seed: int) -> None:
    """With equal variances of the LLM in both sources: the same slope, so the same estimate; n = 40, m = 400.

    The variances differ by what the gap of the means is, here its expectation, in the engine its square.
    """
    rng = RNG(seed)
    y = rng.normal(size=40)
    f, only = 0.7 * y + 0.7 * rng.normal(size=40), rng.normal(size=400)
    only = only.mean() + (only - only.mean()) * f.std(ddof=1) / only.std(ddof=1)
    found = rectified(one(y, f, only))
    sample = from_arrays([ArmArrays("all", y, f, only)])
    engine = calibrate(as_moments(sample), Plan(estimator="regression")).estimates[0]
    assert found.estimate[0] == pytest.approx(engine.result.estimate, rel=1e-12)
    assert found.variance[0] == pytest.approx(engine.result.standard_error**2, rel=0.05)
    assert found.r[0] == pytest.approx(engine.ppi_correlation, rel=1e-12)


@pytest.mark.parametrize("overlap", [False, True])
def test_the_estimate_is_the_joint_covariances(*, overlap: bool) -> None:
    rng = RNG(1)
    of = replace(fitted(rng), cross=True)
    if overlap:
        of = replace(of, c13=0.1 * of.c12, c23=0.1 * of.c22 + 0.001 * rng.normal(size=(3, 3)))
    found = rectified(of)
    for j in range(3):
        estimate, plug = brute(of, j)
        assert found.estimate[j] == pytest.approx(estimate, rel=1e-12)
        residual = of.c11[j, j] - of.c12[j] @ np.linalg.solve(of.c22, of.c12[j])
        factor = 59 / 56 * (1 + 3 / 55)
        expected = plug if overlap else residual * factor + plug - residual
        assert found.variance[j] == pytest.approx(expected, rel=1e-12)
    assert found.df.tolist() == [56.0] * 3
    assert found.rank.tolist() == [3.0] * 3


def test_a_component_uses_its_own_gamma_unless_crossed() -> None:
    of = fitted(RNG(2))
    found = rectified(of)
    for j in range(3):
        alone = summary(
            np.array([of.theta[j], of.gamma_human[j]]),
            of.gamma_llm_only[j : j + 1],
            np.array([[of.c11[j, j], of.c12[j, j]], [of.c12[j, j], of.c22[j, j]]]),
            of.c33[j : j + 1, j : j + 1],
            60,
        )
        own = rectified(alone)
        assert [float(getattr(found, name)[j]) for name in FIELDS] == pytest.approx(
            [float(getattr(own, name)[0]) for name in FIELDS], rel=1e-12
        )
    assert np.count_nonzero(found.slope - np.diag(np.diag(found.slope))) == 0
    assert found.df.tolist() == [58.0] * 3


def test_an_llm_that_says_nothing_leaves_the_humans() -> None:
    of = fitted(RNG(3))
    found = rectified(replace(of, c12=0.0 * of.c12))
    assert found.estimate.tolist() == of.theta.tolist()
    assert not found.helps.any()
    assert not found.r.any()


def test_an_llm_that_says_everything_leaves_its_own_error() -> None:
    """gamma_H = theta_H, N = 10 n: theta = (theta_H C33 + gamma_S C11) / (C11 + C33), the precision-weighted mean."""
    of = fitted(RNG(4))
    of = replace(of, gamma_human=of.theta, c12=of.c11, c22=of.c11)
    found = rectified(of)
    own, other = np.diag(of.c11), np.diag(of.c33)
    assert found.estimate == pytest.approx((of.theta * other + of.gamma_llm_only * own) / (own + other), rel=1e-10)
    assert found.variance == pytest.approx(own * other / (own + other), rel=1e-8)
    assert found.r == pytest.approx(np.ones(3))


def test_a_known_population_removes_all_that_is_explained() -> None:
    of = fitted(RNG(5))
    found = rectified(replace(of, c33=0.0 * of.c33, n_human=10**9))
    assert found.variance == pytest.approx(np.diag(of.c11) * (1.0 - found.r**2), rel=1e-6)


def test_the_same_units_in_both_sources_give_nothing() -> None:
    of = fitted(RNG(6))
    same = replace(of, gamma_llm_only=of.gamma_human, c33=of.c22, c13=of.c12, c23=of.c22)
    for cross in (False, True):
        found = rectified(replace(same, cross=cross))
        assert found.estimate.tolist() == of.theta.tolist()
        assert found.rank.tolist() == [0.0] * 3
        assert not found.helps.any()


@pytest.mark.parametrize("cross", [False, True])
def test_an_affine_change_of_the_llm_changes_nothing(*, cross: bool) -> None:
    rng = RNG(7)
    of = replace(fitted(rng), cross=cross)
    a = rng.normal(size=(3, 3)) + 2 * np.eye(3) if cross else np.diag([-2.0, 1e4, 0.1])
    one_way, other = rectified(of), rectified(with_llm(of, a, 3.0))
    for name in FIELDS[:4]:
        assert getattr(other, name) == pytest.approx(getattr(one_way, name), rel=1e-9)
    assert np.abs(other.r) == pytest.approx(np.abs(one_way.r), rel=1e-9)
    assert other.r[0] * one_way.r[0] < 0.0 or cross


def test_repeated_gammas_count_once() -> None:
    of = replace(fitted(RNG(8)), cross=True)
    twice = np.concatenate((np.eye(3), np.eye(3)[:1]))
    again = with_llm(of, np.eye(3))
    again = replace(again, gamma_human=twice @ of.gamma_human, gamma_llm_only=twice @ of.gamma_llm_only,
                    c12=of.c12 @ twice.T, c22=twice @ of.c22 @ twice.T, c33=twice @ of.c33 @ twice.T,
                    c13=of.c13 @ twice.T, c23=twice @ of.c23 @ twice.T)  # fmt: skip
    found, expected = rectified(again), rectified(of)
    assert found.rank.tolist() == [3.0] * 3
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-9)
    assert found.variance == pytest.approx(expected.variance, rel=1e-9)


def test_the_limited_harm_rule_is_that_of_adjusted_r_squared() -> None:
    rng = RNG(9)
    n = 30
    for rho in np.linspace(-0.6, 0.6, 25):
        y = rng.normal(size=n)
        e = rng.normal(size=n)
        e -= np.cov(y, e)[0, 1] / y.var(ddof=1) * (y - y.mean())
        f = rho * y / y.std() + np.sqrt(1 - rho**2) * e / e.std()
        found = rectified(one(y, f, rng.normal(size=300)))
        adjusted = 1.0 - (1.0 - rho**2) * (n - 1) / (n - 2)
        assert bool(found.helps[0]) == (adjusted > 1 / (n - 2))
        assert found.r[0] == pytest.approx(rho, abs=1e-9)
    few = replace(one(y, f, y), n_human=4)
    assert not rectified(replace(few, c22=few.c12**2 / few.c11)).helps[0]


def test_an_inverse_leaves_out_what_does_not_vary() -> None:
    covariance = np.diag([4.0, 0.0, 1e-12])
    found, rank = inverse(covariance, np.arange(3))
    assert rank == 2
    assert found == pytest.approx(np.diag([0.25, 0.0, 1e12]))


def test_correlations_are_those_of_the_calibrated_components() -> None:
    of = replace(fitted(RNG(10)), cross=True)
    slope = rectified(of).slope
    whole = np.block([[of.c11, of.c12, of.c13], [of.c12.T, of.c22, of.c23], [of.c13.T, of.c23.T, of.c33]])
    rows = np.concatenate((np.eye(3), -slope, slope), axis=1)
    joint = rows @ whole @ rows.T
    size = np.sqrt(np.diag(joint))
    assert correlation(of, slope) == pytest.approx(joint / size / size[:, None], rel=1e-10)
    flat = replace(of, c11=np.diag([0.0, 1.0, 1.0]), c12=0 * of.c12)
    assert correlation(flat, 0 * slope) == pytest.approx(np.eye(3))


@pytest.mark.unwatched
@pytest.mark.parametrize(
    ("n", "k", "robust", "cross", "low", "high"),
    [
        (20, 1, True, False, 0.935, 0.965),
        (20, 3, False, False, 0.935, 0.965),
        (20, 3, False, True, 0.955, 0.985),
        (20, 3, True, False, 0.900, 0.950),
        (50, 2, False, False, 0.935, 0.965),
        (200, 3, True, True, 0.930, 0.965),
    ],
)  # fmt: skip
def test_coverage(n: int, k: int, *, robust: bool, cross: bool, low: float, high: float) -> None:
    """2,000 replicates, Monte Carlo error .005; robust covariances of 20 humans are known to be too short."""
    rng = RNG([n, k, robust, cross])
    inside = np.zeros(k)
    for _ in range(2000):
        found = rectified(replace(fitted(rng, n, 10 * n, k, robust=robust), cross=cross))
        inside += np.abs(found.estimate) <= stdtrit(found.df, 0.975) * np.sqrt(found.variance)
    assert low < (inside / 2000).mean() < high


def test_the_fits_of_the_tests_are_statsmodels() -> None:
    rng = RNG(11)
    x, y = np.column_stack((np.ones(30), rng.normal(size=(30, 2)))), rng.normal(size=30)
    for robust, kind in ((False, "nonrobust"), (True, "HC2")):
        theta, covariance = fits(x, [y], robust=robust)
        theirs = OLS(y, x).fit(cov_type=kind)
        assert theta == pytest.approx(theirs.params)
        assert covariance == pytest.approx(theirs.cov_params())
