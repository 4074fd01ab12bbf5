from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimands import estimand
from service.calibration.influence import Design, side_by_side
from service.calibration.redrawing import refit, refits
from service.calibration.refits import Mean, OneStep, SeveralScores, SideBySide, under

N = 40
RNG = np.random.default_rng(4)
X = np.stack((np.ones(N), RNG.normal(size=N), RNG.integers(0, 2, N).astype(float)))
ETA = np.array([-0.2, 0.4, 0.6]) @ X
NUMBERS = {
    "linear": ETA + RNG.normal(size=N),
    "logistic": (RNG.random(N) < 0.5) * 1.0,
    "poisson": RNG.poisson(1.5, N) * 1.0,
}
CHOICES = np.equal(RNG.integers(0, 3, N), np.arange(3)[:, None]).astype(float)
DESIGN = Design(X, ("intercept", "x", "d"), ("", "", ""), categories=("a", "b", "c"))
WEIGHT = 1.0 + np.arange(N) % 3
SHARE = WEIGHT / WEIGHT.sum()
COUNTS = RNG.multinomial(N, np.full(N, 1.0 / N), size=7).astype(float)
EVERY = slice(None)


def fit(kind, counts=1.0):
    answers = CHOICES if kind == "multinomial" else NUMBERS[kind][None]
    return estimand(kind).statistic.fitter(answers, DESIGN, WEIGHT * counts)


def again(one, counts=COUNTS):
    return under([one], counts @ one.features.T)[0]


def test_least_squares_is_fitted_to_the_resampled_units_exactly():
    whole = fit("linear")
    found = again(refit(whole, SHARE))
    for b, v in enumerate(COUNTS):
        new = fit("linear", v)
        assert whole.theta + found.moved[b] == pytest.approx(new.theta, rel=1e-7)
        share = WEIGHT * v / (WEIGHT @ v)
        for j in range(3):
            assert found.contribution(j, EVERY)[b] * v == pytest.approx(new.influence[j] * share, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("kind", ["logistic", "poisson", "multinomial"])
def test_other_models_make_one_step_with_the_resampled_information(kind):
    whole = fit(kind)
    found = again(refit(whole, SHARE))
    rows, root = whole.factor, whole.root
    for b, v in enumerate(COUNTS):
        information = root.T @ np.einsum("rin,rjn,n->ij", rows, rows, v) @ root
        score = root.T @ root @ whole.influence @ (SHARE * v)
        assert found.moved[b] == pytest.approx(np.linalg.solve(information, score), rel=1e-6)


@pytest.mark.parametrize("kind", ["linear", "logistic", "multinomial"])
def test_everyone_once_is_the_fit_itself(kind):
    whole = fit(kind)
    found = again(refit(whole, SHARE), np.ones((1, N)))
    assert found.moved == pytest.approx(np.zeros(found.moved.shape), abs=1e-10)
    rows = np.array([found.contribution(j, EVERY)[0] for j in range(len(whole.theta))])
    assert rows == pytest.approx(whole.influence * SHARE, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("kind", ["linear", "poisson", "multinomial"])
def test_the_drawn_units_contributions_are_in_balance(kind):
    found = again(refit(fit(kind), SHARE))
    for j in range(found.moved.shape[1]):
        assert np.einsum("bn,bn->b", COUNTS, found.contribution(j, EVERY)) == pytest.approx(np.zeros(7), abs=1e-8)


def test_a_statistic_without_rows_is_a_weighted_mean_of_influence_values():
    values = np.random.default_rng(1).normal(size=(2, N))
    found = again(Mean(values * SHARE, SHARE))
    for b, v in enumerate(COUNTS):
        mean = np.average(values, axis=1, weights=WEIGHT * v)
        assert found.moved[b] == pytest.approx(mean, rel=1e-10)
        expected = (values[1] - mean[1]) * SHARE / (SHARE @ v)
        assert found.contribution(1, EVERY)[b] == pytest.approx(expected, rel=1e-10)


def test_nobody_drawn_of_a_weighted_mean_leaves_it_where_it_is():
    assert again(Mean(np.ones((1, N)), SHARE), np.zeros((1, N))).moved.tolist() == [[0.0]]


def test_a_direction_that_no_drawn_unit_tells_of_stays():
    counts = np.where(X[2] == 0.0, 2.0, 0.0)[None]
    found = again(refit(fit("linear"), SHARE), counts)
    assert found.moved[0, 2] == pytest.approx(-found.moved[0, 0], abs=0.2)
    assert np.isfinite(found.moved).all()


def test_fits_side_by_side_are_refitted_each_on_its_own():
    parts = [fit("linear"), fit("logistic")]
    both = again(refit(side_by_side(parts, tuple(range(6))), SHARE))
    alone = [again(refit(part, SHARE)) for part in parts]
    assert both.moved == pytest.approx(np.concatenate([one.moved for one in alone], axis=1), rel=1e-12)
    for j in range(6):
        assert both.contribution(j, EVERY) == pytest.approx(alone[j // 3].contribution(j % 3, EVERY), rel=1e-12)


def test_fits_with_the_same_rows_share_their_information():
    other = estimand("linear").statistic.fitter(NUMBERS["poisson"][None], DESIGN, WEIGHT)
    first, second, third = refits([fit("linear"), other, fit("logistic")], SHARE)
    assert second.alike
    assert second.rows is first.rows
    assert not third.alike
    sums = COUNTS @ np.concatenate([one.features for one in (first, second, third)]).T
    _, shared, logistic = under((first, second, third), sums)
    assert shared.moved == pytest.approx(again(refit(other, SHARE)).moved, rel=1e-12)
    assert logistic.moved == pytest.approx(again(refit(fit("logistic"), SHARE)).moved, rel=1e-12)


def test_every_fit_is_refitted_by_what_it_has():
    assert isinstance(refit(fit("linear"), SHARE), OneStep)
    assert isinstance(refit(fit("multinomial"), SHARE), SeveralScores)
    assert isinstance(refit(side_by_side([fit("linear")], (0,)), SHARE), SideBySide)
