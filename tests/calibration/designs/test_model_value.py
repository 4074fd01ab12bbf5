from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.designs import model_value
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.market import best_variance, market_of, repriced
from service.calibration.designs.model_value import _last_paid, break_even_price, variance_without
from tests.calibration.designs.cases import TABLE, one, sigma_a, twins

CASES = {case.name: case for case in TABLE}


def market(name: str):
    case = CASES[name]
    return market_of(case.basis, case.costs, case.constraints)


def test_the_worked_example():
    both = market("two llms, one cheap")
    best = best_variance(both, 1000)
    assert variance_without(both, 0, 1000) / best - 1 == pytest.approx(0.1171, abs=5.1e-5)
    assert variance_without(both, 1, 1000) / best - 1 == pytest.approx(0.0186, abs=5.1e-5)
    assert break_even_price(both, 0, 1000) == pytest.approx(0.447, abs=5.1e-4)
    assert break_even_price(both, 1, 1000) == pytest.approx(0.0328, abs=5.1e-5)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.floats(0.15, 0.95), st.floats(0.001, 3))
def test_one_llm_has_a_closed_form(rho, stated):
    expected = ((1 - math.sqrt(1 - rho**2)) / rho) ** 2
    found = break_even_price(market_of(one(rho), Costs(1.0, (stated,)), Constraints()), 0, 100)
    assert found == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("name", ["O1", "O3", "O4", "O5", "O7"])
def test_bought_below_and_not_above(name):
    on_offer, budget = market(name), CASES[name].budget
    price, without = break_even_price(on_offer, 0, budget), variance_without(on_offer, 0, budget)
    assert price is not None
    assert best_variance(repriced(on_offer, 0, 0.99 * price), budget) < without * (1 - 1e-7)
    assert best_variance(repriced(on_offer, 0, 1.01 * price), budget) > without * (1 - 1e-8)


def test_a_worthless_model_is_not_bought_at_any_price():
    assert break_even_price(market_of(one(0.0), Costs(1.0, (0.1,)), Constraints()), 0, 100) is None


def test_a_free_model_has_a_break_even_too():
    free = market_of(twins(sigma_a(), 1), Costs(5.0, (0.0,)), Constraints(max_llm_only=1000.0))
    price = break_even_price(free, 0, 2000)
    assert price is not None
    assert price > 0.02


def test_search_ends_after_its_trials(monkeypatch):
    monkeypatch.setattr(model_value, "MOST_TRIALS", 1)
    assert break_even_price(market_of(one(0.9), Costs(1.0, (0.1,)), Constraints()), 0, 100) < 0.3929


def test_stated_price_just_below_break_even():
    exact = ((1 - math.sqrt(1 - 0.81)) / 0.9) ** 2
    for closeness in (1e-2, 1e-4, 3e-6):
        found = break_even_price(market_of(one(0.9), Costs(1.0, (exact * (1 - closeness),)), Constraints()), 0, 100)
        assert found == pytest.approx(exact, rel=1e-4)


def test_a_gain_that_does_not_fall_ends_the_search_at_the_last_price_that_was_paid() -> None:
    """Rounding can make the gain rise between two paid prices with nothing known to be too dear."""
    assert _last_paid(lambda _: 1.0, (1.0, 0.5), (2.0, 0.6), float("inf")) == 2.0
