from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import ndtr

from service.calibration.screenings import discoveries
from service.calibration.screenings.discoveries import Budget, Standing, best_next, expected_discoveries
from service.calibration.screenings.expectation import Expectation
from service.calibration.screenings.rejections import adjusted

EXPECTED = Expectation(np.array([2.0, 0.3, -2.5, 1.0, 3.0, 0.0]), np.array([1.0, 2.0, 1.0, 1.5, 1.2, 1.0]))
UNIT = np.array([1.2, 0.5, 1.4, 0.9, 1.5, 0.5]) * 0.05 / 6
HOLM = Standing(UNIT, np.ones(6), 0, step_up=False)
STEP_UP = Standing(UNIT, np.full(6, 2.0), 1, step_up=True)


def test_a_budget_buys_whole_hypotheses_of_two_equal_arms() -> None:
    budget = Budget(2999.9, 5.0, 1.0, 200)
    assert budget.cost == 1000.0
    assert budget.affordable == 2
    assert budget.standard_error == pytest.approx((1 / 100 + 1 / 100) ** 0.5)
    assert Budget(0.3, 0.1, 1.0, 1).affordable == 3
    assert Budget(1e12, 1e-9, 1.0, 2).affordable == 10**9


@pytest.mark.parametrize("taken", [1, 2, 4])
@pytest.mark.parametrize("standing", [HOLM, STEP_UP], ids=["holm", "step_up"])
def test_the_best_within_the_budget_are_the_best_of_every_choice(standing, taken) -> None:
    candidates = np.array([0, 1, 3, 4, 5])
    rows, power = best_next(EXPECTED, standing, candidates, taken)
    rank = standing.rank if not standing.step_up else max(2.0, 1.0 + power.sum())
    every = standing.power(EXPECTED, rank)
    best = max(sum(every[list(choice)]) for choice in itertools.combinations(candidates, taken))
    assert power.sum() == pytest.approx(best, rel=1e-9)
    assert sorted(power, reverse=True) == power.tolist()
    assert power == pytest.approx(every[rows], rel=1e-9)


def test_ties_go_by_the_order_of_the_list() -> None:
    equal = Expectation(np.ones(4), np.ones(4))
    rows, _ = best_next(equal, Standing(np.full(4, 0.01), np.ones(4), 0, step_up=False), np.array([3, 1, 2]), 2)
    assert rows.tolist() == [3, 1]


def test_the_budget_may_buy_more_than_there_is() -> None:
    assert best_next(EXPECTED, STEP_UP, np.array([2, 5]), 9)[0].tolist() == [2, 5]


def test_expected_discoveries_are_those_of_simulated_screenings() -> None:
    """300 hypotheses run as expected, 400 times, through the product's procedure."""
    rng = np.random.default_rng(4)
    expected = Expectation(rng.normal(0, 2, 300), np.full(300, 1.5))
    w = rng.exponential(1, 300) + 0.2
    w /= w.mean()
    standing = Standing(w * 0.05 / 300, np.ones(300), 0, step_up=True)
    found = []
    for _ in range(400):
        z = expected.shift + np.sqrt(1.5) * rng.standard_normal(300)
        found.append((adjusted(2 * ndtr(-np.abs(z)), w, "benjamini_hochberg") <= 0.05).sum())
    error = np.std(found) / 20
    assert expected_discoveries(expected, standing) == pytest.approx(np.mean(found), abs=3 * error + 0.5)


def test_with_nothing_to_find_about_nothing_is_expected() -> None:
    flat = Expectation(np.zeros(6), np.ones(6))
    assert expected_discoveries(flat, Standing(np.full(6, 0.05 / 6), np.ones(6), 0, step_up=False)) == pytest.approx(
        0.05
    )
    assert expected_discoveries(flat, Standing(np.full(6, 0.05 / 6), np.ones(6), 0, step_up=True)) == pytest.approx(
        0.05
    )


def test_no_threshold_is_above_the_most() -> None:
    capped = Standing(np.full(6, 0.05), np.full(6, 6.0), 5, step_up=True, most=0.05)
    assert capped.power(EXPECTED, 6.0) == pytest.approx(EXPECTED.power(np.full(6, 0.05)))


def test_a_search_that_is_cut_short_is_from_above(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = expected_discoveries(EXPECTED, STEP_UP)
    monkeypatch.setattr(discoveries, "ROUNDS", 1)
    assert expected_discoveries(EXPECTED, STEP_UP) > exact
