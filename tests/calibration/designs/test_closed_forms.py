from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.designs import closed_forms as forms
from service.calibration.designs.allocation import allocate
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, Column, Joint, against_control
from service.calibration.designs.market import best_for_budget, market_of
from tests.calibration.designs.cases import one, sigma_a, twins

PRINTED_THRESHOLDS = {1e-4: 0.0200, 0.001: 0.0632, 0.01: 0.1980, 0.05: 0.4259, 0.1: 0.5750, 0.25: 0.8000}


def optimum(basis: Basis, costs: Costs, budget: float):
    market = market_of(basis, costs, Constraints())
    return market, best_for_budget(market, budget)


@pytest.mark.parametrize(("gamma", "printed"), PRINTED_THRESHOLDS.items())
def test_threshold(gamma, printed):
    assert forms.rho_min(gamma) == pytest.approx(printed, abs=5.1e-5)
    assert forms.rho_min(gamma) == pytest.approx(2 * math.sqrt(gamma) / (1 + gamma), rel=1e-12)


def test_threshold_at_the_ends():
    assert forms.rho_min(1.0) is None
    assert forms.rho_min(0.5, 0.5) is None
    assert forms.rho_min(0.0) == 0.0
    assert not forms.llm_pays(0.99, 2.0)


def test_effective_sample_size():
    assert forms.effective_sample_size(1000, 10000, 0.7) == pytest.approx(1803.28, abs=5e-3)
    assert forms.effective_sample_size(1000, 10000, 0.9) == pytest.approx(3793.10, abs=5e-3)


def test_cheapest_pair():
    n, llm_only, cost = forms.cheapest_pair(250, 0.75, 0.05)
    assert (n, llm_only, cost) == (
        pytest.approx(137.107, abs=5e-4),
        pytest.approx(558.151, abs=5e-4),
        pytest.approx(171.869, abs=5e-4),
    )
    assert forms.effective_sample_size(n, llm_only, 0.75) == pytest.approx(250, rel=1e-12)
    n, llm_only, cost = forms.cheapest_pair(3000, 0.9, 0.1)
    assert (n, llm_only, cost) == (
        pytest.approx(942.169, abs=5e-4),
        pytest.approx(5209.524, abs=5e-4),
        pytest.approx(1557.339, abs=5e-4),
    )


def test_shares_of_unequal_arms():
    residual_sd = np.sqrt(1 - np.array([0.8, 0.2]) ** 2)
    shares = forms.human_shares(residual_sd)
    assert shares == pytest.approx([0.3798, 0.6202], abs=5.1e-5)
    even = float(np.sum(residual_sd**2 / 0.5))
    assert float(np.sum(residual_sd**2 / shares)) / even == pytest.approx(0.94536, abs=5.1e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(0, 0.98), st.floats(-4, 0.3), st.floats(0, 0.2))
def test_engine_agrees_with_one_llm(rho, exponent, persona):
    gamma = 10.0**exponent
    market, found = optimum(one(rho), Costs(1.0, (gamma,), persona), 1000)
    pays = forms.llm_pays(rho, gamma, persona)
    threshold = forms.rho_min(gamma, persona)
    assert found.optimality_gap < 1e-9
    if persona == 0:
        n, llm_only, variance = forms.one_population(rho, 1.0, gamma, 1000)
        assert found.variance == pytest.approx(variance, rel=1e-9)
        assert found.variance * 1000 == pytest.approx(forms.cost_share(rho, gamma), rel=1e-9)
        if threshold is None or abs(rho - threshold) > 1e-3:
            assert found.counts[0] + found.counts[1] == pytest.approx(n, rel=1e-4)
            assert found.counts[2] == pytest.approx(llm_only, rel=1e-4, abs=1e-3)
    if threshold is None or abs(rho - threshold) > 1e-4:
        assert (found.variance < 1e-3 * (1 - 1e-10)) == pays
    assert market.prices[2] == pytest.approx(gamma + persona)


def test_engine_agrees_with_independent_arms():
    rho, sd = np.array([0.8, 0.6, 0.7]), np.array([1.0, 1.5, 0.5])
    covariance = np.diag(np.concatenate([sd**2, np.ones(3)]))
    covariance[np.arange(3), 3 + np.arange(3)] = covariance[3 + np.arange(3), np.arange(3)] = rho * sd
    joint = Joint(tuple("abc"), ("f",), tuple(Column(0, d) for d in range(3)), covariance, "independent")
    weights = np.array([1.0, -0.6, -0.4])
    _, found = optimum(Basis(joint, weights[None, :]), Costs(4.0, (0.03,)), 3000)
    expected = forms.independent_arms((weights * sd) ** 2 * (1 - rho**2), (weights * sd * rho) ** 2, 4.0, 0.03, 3000)
    assert found.variance == pytest.approx(expected.variance, rel=1e-11)
    assert found.counts[[1, 3, 5]] == pytest.approx(expected.n, rel=1e-6)
    assert found.counts[6:] == pytest.approx(expected.pool - expected.n, rel=1e-5)


def test_engine_agrees_with_twins():
    sigma = sigma_a()
    slopes = np.linalg.solve(sigma[2:, 2:], sigma[2:, :2]).T
    residual = 1 - np.sum(slopes * sigma[:2, 2:], axis=1)
    difference = slopes[0] - slopes[1]
    expected = forms.twins(residual, float(difference @ sigma[2:, 2:] @ difference), 5.0, 0.04, 2000)
    _, found = optimum(twins(sigma, 1), Costs(5.0, (0.02,)), 2000)
    assert found.variance == pytest.approx(expected.variance, rel=1e-11)
    assert found.counts[[1, 3]] == pytest.approx(expected.n, rel=1e-6)
    assert found.counts[4] + expected.n.sum() == pytest.approx(expected.pool[0], rel=1e-6)


def test_engine_agrees_with_humans_only():
    joint = Joint(tuple("abc"), (), (), np.diag([1.0, 4.0, 9.0]), "independent")
    market = market_of(Basis(joint, against_control(3)[:1]), Costs(2.0, ()), Constraints())
    found = allocate(market.table, best_limits(market))
    assert found.counts[:2] / found.counts.sum() == pytest.approx(forms.human_shares(np.array([1.0, 2.0])), rel=1e-6)


def best_limits(market):
    from service.calibration.designs.constraints import limits_of

    return limits_of(market.groups, market.constraints, market.joint.n_arms, 1000.0)
