from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from service.calibration.errors import InvalidPlan, UnsupportedCombination
from service.calibration.intervals import score
from service.calibration.intervals.score import Mover, Share
from service.calibration.variance import contrast_variance
from tests.calibration.intervals import cases
from tests.calibration.studies import as_moments, problems, simulate

INDEPENDENT = np.eye(2)
LARGE = 1e12  # degrees of freedom at which t is normal
T = cases.DIFFERENCE


@pytest.mark.parametrize(("yes", "n"), [(0, 12), (1, 20), (7, 15), (30, 30), (81, 263)])
def test_one_share_is_statsmodels_wilson(yes: int, n: int) -> None:
    found = Mover((Share(1.0, yes / n, n, LARGE),), np.eye(1), 0.0)
    expected = proportion_confint(yes, n, alpha=0.1, method="wilson")
    assert [found.bound(0.05, "lower"), found.bound(0.05, "upper")] == pytest.approx(expected, abs=1e-9)


def test_newcombes_published_example() -> None:
    """56/70 against 48/80, method 10 of Newcombe (1998): .0524 to .3339."""
    found = Mover((Share(1.0, 0.8, 70, LARGE), Share(-1.0, 0.6, 80, LARGE)), INDEPENDENT, 0.0)
    assert round(found.bound(0.025, "lower"), 4) == 0.0524
    assert round(found.bound(0.025, "upper"), 4) == 0.3339
    theirs = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff", alpha=0.05)
    assert [found.bound(0.025, "lower"), found.bound(0.025, "upper")] == pytest.approx(theirs, abs=1e-7)


def test_three_shares_and_a_correlation_by_hand() -> None:
    shares = (Share(1.0, 0.8, 70, 30.0), Share(-0.5, 0.6, 80, 40.0), Share(-0.5, 0.3, 50, 20.0))
    r = np.array([[1.0, -0.2, 0.1], [-0.2, 1.0, 0.3], [0.1, 0.3, 1.0]])
    found = Mover(shares, r, 2.0)

    def wilson(share: Share, sign: float) -> float:
        k, n, p = stats.t.ppf(0.97, share.df), share.size, share.p
        return (p + k**2 / (2 * n) + sign * k * sqrt(p * (1 - p) / n + k**2 / (4 * n**2))) / (1 + k**2 / n)

    gaps = [0.8 - wilson(shares[0], -1), 0.5 * (wilson(shares[1], 1) - 0.6), 0.5 * (wilson(shares[2], 1) - 0.3)]
    square = sum(gaps[i] * gaps[j] * r[i, j] for i in range(3) for j in range(3))
    assert found.value == pytest.approx(2.0 + 0.8 - 0.3 - 0.15)
    assert found.bound(0.03, "lower") == pytest.approx(found.value - sqrt(square), rel=1e-12)
    assert found.bound(0.97, "upper") == pytest.approx(found.value - sqrt(square), rel=1e-12)


@pytest.mark.parametrize("value", [-0.5, -0.05, 0.1, 0.2, 0.35, 0.6])
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_the_tail_is_where_the_bound_reaches_the_value(value: float, side: str) -> None:
    found = Mover((Share(1.0, 0.8, 70, 25.0), Share(-1.0, 0.6, 80, 35.0)), INDEPENDENT, 0.0)
    expected = brentq(lambda tail: found.bound(tail, side) - value, 1e-15, 1.0 - 1e-15, xtol=1e-15)
    assert found.tail(value, side) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_tails_at_the_ends() -> None:
    none = Mover((Share(1.0, 0.0, 20, 19.0),), np.eye(1), 0.0)
    assert none.tail(0.0, "lower") == none.tail(0.0, "upper") == 0.5
    assert none.tail(-0.1, "lower") == 0.0  # no share is below 0
    assert none.tail(-0.1, "upper") == 1.0
    assert none.bound(0.025, "lower") == 0.0
    farthest = Mover((Share(1.0, 0.8, 70, 25.0), Share(-1.0, 0.6, 80, 35.0)), INDEPENDENT, 0.0)
    assert [farthest.tail(-0.7, side) for side in ("lower", "upper")] == [0.0, 1.0]
    half = Mover((Share(1.0, 0.5, 20, 19.0),), np.eye(1), 0.0)
    assert half.tail(0.5, "lower") == 0.5


@pytest.mark.parametrize("design", ["independent", "shared"])
def test_shares_have_the_arms_own_variance_and_their_correlation(design: str) -> None:
    study = simulate(3, (40, 50), 90 if design == "shared" else (90, 80), design=design, outcome="binary")
    estimate = cases.estimate(study)
    found = score.pivot(estimate, T, cases.context(estimate, T))
    for d, (share, unit) in enumerate(zip(found.shares, np.eye(2), strict=True)):
        variance, df = contrast_variance(estimate, unit, "super")
        p = float(estimate.theta[d])
        assert (share.weight, share.p, share.df) == (T[d], p, df)
        assert share.size == pytest.approx(p * (1.0 - p) / variance)
    total = contrast_variance(estimate, T, "super")[0]
    parts = [contrast_variance(estimate, unit, "super")[0] for unit in np.eye(2)]
    r = (total - sum(parts)) / (2.0 * sqrt(parts[0] * parts[1]))
    assert found.correlation[0, 1] == pytest.approx(r)
    assert (abs(r) > 1e-3) == (design == "shared")


def test_shares_near_0_keep_half_a_human_and_those_without_variance_count_humans() -> None:
    none = cases.fitted(cases.constant(12), name="human_only")
    (share,) = score.pivot(none, cases.MEAN, cases.context(none, cases.MEAN)).shares
    assert (share.p, share.size) == (0.0, 12.0)
    estimate = cases.answers(cases.yes_no(2, 20))
    low = cases.moved(estimate, -0.3)
    (share,) = score.pivot(low, cases.MEAN, cases.context(low, cases.MEAN)).shares
    assert share.p == 0.0
    assert share.size == pytest.approx(0.025 * 0.975 / contrast_variance(low, cases.MEAN, "super")[0])


def test_amounts_far_below_the_largest_possible_one_have_their_own_share_in_n() -> None:
    """A mean of .002 of 40 humans is nearer to 0 than half a human; n* was six times too large there, coverage .54."""
    y = 0.002 * np.random.default_rng(1).gamma(2.0, 0.5, 40)
    for answers, at in ((y, float(y.mean())), (1.0 - y, 1.0 - float(y.mean()))):
        estimate = cases.answers(answers.tolist())
        (share,) = score.pivot(estimate, cases.MEAN, cases.context(estimate, cases.MEAN)).shares
        variance = contrast_variance(estimate, cases.MEAN, "super")[0]
        assert share.size == pytest.approx(at * (1.0 - at) / variance, rel=0.02)


def test_two_answers_have_one_interval_however_they_are_coded() -> None:
    plain = cases.answers(cases.yes_no(8, 20))
    pivot = score.pivot(plain, cases.MEAN, cases.context(plain, cases.MEAN))
    for high in (0.001, 0.5, 100.0):
        coded = cases.answers([high * y for y in cases.yes_no(8, 20)])
        found = score.pivot(coded, cases.MEAN, cases.context(coded, cases.MEAN))
        assert found.bound(0.025, "lower") == pytest.approx(high * pivot.bound(0.025, "lower"))
        assert found.tail(0.3 * high, "lower") == pytest.approx(pivot.tail(0.3, "lower"))


def test_bounds_and_other_codes_map_to_shares_and_back() -> None:
    plain = cases.answers(cases.yes_no(6, 20), cases.yes_no(11, 25))
    coded = cases.answers([2.0 + 3.0 * y for y in cases.yes_no(6, 20)], [2.0 + 3.0 * y for y in cases.yes_no(11, 25)])
    one, other = (score.pivot(e, T, cases.context(e, T)) for e in (plain, coded))
    for side in ("lower", "upper"):
        assert other.bound(0.04, side) == pytest.approx(3.0 * one.bound(0.04, side))
    mean = np.array([1.0, 0.0])
    one, other = (score.pivot(e, mean, cases.context(e, mean)) for e in (plain, coded))
    assert other.bound(0.04, "lower") == pytest.approx(2.0 + 3.0 * one.bound(0.04, "lower"))
    likert = cases.answers([1.0, 2.0, 5.0, 4.0, 3.0, 3.0])
    found = score.pivot(likert, cases.MEAN, cases.context(likert, cases.MEAN, bounds=(1.0, 5.0)))
    assert 1.0 < found.bound(0.001, "lower") < 3.0 < found.bound(0.001, "upper") < 5.0


def test_strata_of_an_arm_are_one_share() -> None:
    estimate, contrast = cases.in_strata(simulate(4, (30, 34), outcome="binary"))
    found = score.pivot(estimate, contrast, cases.context(estimate, contrast))
    assert len(found.shares) == 2
    assert [s.weight for s in found.shares] == pytest.approx([-1.0, 1.0])
    assert found.value == pytest.approx(float(contrast @ estimate.theta))


def test_what_is_no_share_is_refused() -> None:
    likert = cases.answers([1.0, 2.0, 5.0, 4.0, 3.0, 3.0])
    with pytest.raises(UnsupportedCombination) as refused:
        score.pivot(likert, cases.MEAN, cases.context(likert, cases.MEAN))
    assert problems(refused.value) == [("/plan/interval", "not_a_proportion")]
    with pytest.raises(InvalidPlan) as refused:
        score.pivot(likert, cases.MEAN, cases.context(likert, cases.MEAN, bounds=(1.0, 4.0)))
    assert problems(refused.value) == [("/plan/bounds", "outside_bounds")]


def test_moments_of_a_yes_no_answer_give_the_same_share() -> None:
    sample = simulate(3, (40, 50), (90, 80), outcome="binary").sample()
    rows, moments = cases.fitted(sample, name="human_only"), cases.fitted(as_moments(sample), name="human_only")
    one, other = (score.pivot(e, T, cases.context(e, T)) for e in (rows, moments))
    assert other.bound(0.025, "lower") == pytest.approx(one.bound(0.025, "lower"))
