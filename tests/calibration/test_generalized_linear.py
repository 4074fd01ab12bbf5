from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.generalized_linear import LINEAR, LOGISTIC, POISSON, fit
from service.calibration.influence import Design
from tests.calibration.models import TRUTH, outcomes

FAMILIES = {"linear": LINEAR, "logistic": LOGISTIC, "poisson": POISSON}


def world(kind: str, n: int = 80, seed: int = 3):
    rng = np.random.default_rng(seed)
    x = np.stack((np.ones(n), rng.normal(size=n), rng.integers(0, 2, n).astype(float)))
    y, _ = outcomes(kind, TRUTH @ x, rng)
    return y, Design(x, ("intercept", "x", "d")), rng.uniform(0.5, 2.0, n)


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_score_is_zero_at_the_fit(kind):
    y, design, weight = world(kind)
    found = fit(FAMILIES[kind], y[None], design, weight)
    score = design.x @ (weight * (y - FAMILIES[kind].mean(found.theta @ design.x)))
    assert found.converged
    assert np.abs(score).max() < 1e-10
    assert np.abs(found.influence @ weight).max() < 1e-9


@pytest.mark.parametrize("kind", FAMILIES)
def test_influence_values_are_the_derivative_in_a_units_weight(kind):
    y, design, weight = world(kind)
    found = fit(FAMILIES[kind], y[None], design, weight)
    for unit in (0, 17, 79):
        step = 1e-5 * weight.mean()
        up, down = weight.copy(), weight.copy()
        up[unit] += step
        down[unit] -= step
        slope = (fit(FAMILIES[kind], y[None], design, up).theta - fit(FAMILIES[kind], y[None], design, down).theta) / (
            2.0 * step
        )
        assert slope * weight.sum() == pytest.approx(found.influence[:, unit], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("kind", FAMILIES)
def test_leverages_sum_to_the_number_of_terms(kind):
    y, design, weight = world(kind)
    found = fit(FAMILIES[kind], y[None], design, weight)
    assert found.leverage.sum() == pytest.approx(3.0, rel=1e-12)
    assert np.einsum("rjn,rkn->jk", found.factor, found.factor) == pytest.approx(np.eye(3), abs=1e-12)


def test_the_scale_of_weights_and_of_terms_does_not_matter():
    y, design, weight = world("logistic")
    plain = fit(LOGISTIC, y[None], design, weight)
    scale = np.array([1.0, 1e6, 1e-6])
    other = fit(LOGISTIC, y[None], Design(design.x * scale[:, None], design.names), 1e3 * weight)
    assert other.theta * scale == pytest.approx(plain.theta, rel=1e-9)
    assert other.influence * scale[:, None] == pytest.approx(plain.influence, rel=1e-8)


def test_a_large_offset_keeps_nine_digits():
    rng = np.random.default_rng(0)
    x = np.stack((np.ones(50), 1e6 + rng.normal(size=50)))
    centred = np.stack((x[0], x[1] - 1e6))
    y = rng.normal(size=50)
    slope = fit(LINEAR, y[None], Design(centred, ("intercept", "x")), np.ones(50)).theta[1]
    with pytest.raises(NotIdentified):
        fit(LINEAR, y[None], Design(x, ("intercept", "x")), np.ones(50))
    near = Design(np.stack((x[0], x[1] - 1e6 + 100.0)), ("intercept", "x"))
    assert fit(LINEAR, y[None], near, np.ones(50)).theta[1] == pytest.approx(slope, rel=1e-9)


def test_a_term_far_from_0_is_solved_as_in_exact_arithmetic():
    rng = np.random.default_rng(5)
    x = 1e4 + rng.normal(size=40)
    y = 1.0 + 2.0 * x + rng.normal(size=40)
    u, v = ([Fraction(value) for value in values] for values in (x, y))
    slope = (40 * sum(a * b for a, b in zip(u, v, strict=True)) - sum(u) * sum(v)) / (
        40 * sum(a * a for a in u) - sum(u) ** 2
    )
    found = fit(LINEAR, y[None], Design(np.stack((np.ones(40), x)), ("intercept", "x")), np.ones(40)).theta
    assert found == pytest.approx([float((sum(v) - slope * sum(u)) / 40), float(slope)], rel=1e-10)


def test_answers_told_apart_completely_have_no_maximum():
    x = np.stack((np.ones(20), np.arange(20.0)))
    assert not fit(LOGISTIC, (x[1] > 9.5).astype(float)[None], Design(x, ("intercept", "x")), np.ones(20)).converged


def test_an_event_that_never_happens_has_no_maximum():
    x = np.stack((np.ones(20), (np.arange(20) < 8).astype(float)))
    y = np.where(x[1] > 0.0, 0.0, np.arange(20) % 3.0)
    assert not fit(POISSON, y[None], Design(x, ("intercept", "d")), np.ones(20)).converged


def test_collinear_terms_are_refused_by_name():
    y, design, weight = world("linear")
    x = np.concatenate((design.x, design.x[1:2] + design.x[2:3]))
    twice = Design(x, (*design.names, "x + d"), ("/a", "/b", "/c", "/plan/estimand/terms/2"))
    with pytest.raises(NotIdentified) as refused:
        fit(LINEAR, y[None], twice, weight)
    assert [(p.code, p.pointer) for p in refused.value.problems] == [("collinear_terms", "/plan/estimand/terms/2")]


def test_units_without_weight_are_not_in_the_fit_but_have_influence():
    y, design, weight = world("logistic")
    weight[60:] = 0.0
    found = fit(LOGISTIC, y[None], design, weight)
    alone = fit(LOGISTIC, y[None, :60], Design(design.x[:, :60], design.names), weight[:60])
    assert found.theta == pytest.approx(alone.theta, rel=1e-10)
    assert found.influence[:, :60] == pytest.approx(alone.influence, rel=1e-8)
    assert np.abs(found.influence[:, 60:]).max() > 0.0


def test_a_step_that_goes_too_far_is_halved():
    """Without an intercept the search starts at 0, from where the first step goes to e^10, 360 times theirs."""
    x = np.stack((np.ones(40), np.linspace(-0.5, 0.5, 40)))
    y = np.random.default_rng(4).poisson(60.0, 40).astype(float)
    found = fit(POISSON, y[None], Design(x, ("dose", "time")), np.ones(40))
    started = fit(POISSON, y[None], Design(x, ("intercept", "time")), np.ones(40))
    assert found.converged
    assert found.theta == pytest.approx(started.theta, rel=1e-9)
    assert np.abs(x @ (y - np.exp(found.theta @ x))).max() < 1e-7


def test_a_rare_group_with_a_huge_rate_is_reached():
    """A whole first step for the group goes to a linear predictor of thousands, beyond what a double holds."""
    x = np.stack((np.ones(5000), (np.arange(5000) < 3).astype(float)))
    y = np.where(x[1] > 0.0, 1e6, np.arange(5000) % 3)
    found = fit(POISSON, y[None], Design(x, ("intercept", "d")), np.ones(5000))
    rest = y[3:].mean()
    assert found.converged
    assert found.theta == pytest.approx([np.log(rest), np.log(1e6 / rest)], rel=1e-9)


def test_nobody_counts_anything_has_no_maximum():
    x = np.stack((np.ones(20), np.arange(20.0)))
    assert not fit(POISSON, np.zeros((1, 20)), Design(x, ("intercept", "x")), np.ones(20)).converged
