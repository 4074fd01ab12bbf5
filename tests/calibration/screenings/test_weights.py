from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from service.calibration.screenings import weights as module
from service.calibration.screenings.expectation import Expectation, LlmEffects, expectation
from service.calibration.screenings.weights import LEAST_WEIGHT, Gain, Rule, optimal_thresholds, weights

rng = np.random.default_rng(8)
EXPECTED = Expectation(rng.normal(0, 1.5, 60), 1 + rng.exponential(1.0, 60))
METHODS = ("benjamini_hochberg", "holm")


def test_weights_cannot_see_human_numbers() -> None:
    """Neither the expectation nor the weights take anything but LLM effects, a calibration and a rule."""
    assert list(inspect.signature(weights).parameters) == ["expected", "rule"]
    assert list(inspect.signature(expectation).parameters) == ["llm", "calibration", "planned"]
    assert LlmEffects.__slots__ == ("estimate", "standard_error")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("least", [0.01, LEAST_WEIGHT, 0.9])
def test_the_mean_is_one_and_none_is_less_than_the_least(method, least) -> None:
    found = weights(EXPECTED, Rule(method, 0.05, least))
    assert found.mean() == pytest.approx(1.0, rel=1e-13)
    assert found.min() >= least * (1 - 1e-13)
    assert found.max() > 1.0


def test_log_ratio_is_the_ratio_of_densities_of_the_absolute_z() -> None:
    c = rng.exponential(2.0, 60)
    spread = np.sqrt(EXPECTED.variance)
    above = norm.pdf(c, EXPECTED.shift, spread) + norm.pdf(-c, EXPECTED.shift, spread)
    assert Gain(EXPECTED).log_ratio(c) == pytest.approx(np.log(above / (2 * norm.pdf(c))), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("level", [-1.0, 0.3, 2.0, 30.0])
def test_critical_values_invert_the_ratio(level) -> None:
    gain = Gain(EXPECTED)
    found = gain.critical(level, np.full(60, 37.0))
    inside = (found > 0) & (found < 37)
    assert gain.log_ratio(found)[inside] == pytest.approx(level, abs=1e-7)
    assert (gain.log_ratio(found)[found == 0] >= level).all()


def test_thresholds_spend_the_error_rate_of_holm() -> None:
    assert optimal_thresholds(EXPECTED, Rule("holm", 0.05)).sum() == pytest.approx(0.05, rel=1e-6)


def test_thresholds_of_benjamini_hochberg_are_those_it_will_reach() -> None:
    found = optimal_thresholds(EXPECTED, Rule("benjamini_hochberg", 0.1))
    assert found.mean() == pytest.approx(0.1 * EXPECTED.power(found).mean(), rel=1e-6)
    hopeless = Expectation(np.full(5, 0.01), np.ones(5))
    assert optimal_thresholds(hopeless, Rule("benjamini_hochberg", 0.1)).mean() <= 0.1 / 5


@pytest.mark.parametrize("method", METHODS)
def test_no_other_thresholds_expect_more(method) -> None:
    """Against a general-purpose optimiser on four hypotheses."""
    expected = Expectation(np.array([2.0, 0.5, -3.0, 0.0]), np.array([1.0, 1.5, 2.0, 1.2]))
    found = optimal_thresholds(expected, Rule(method, 0.05))
    total = found.sum()

    def missed(shares: np.ndarray) -> float:
        return -float(expected.power(total * shares / shares.sum()).sum())

    best = minimize(missed, np.full(4, 0.25), bounds=[(1e-6, 1)] * 4, tol=1e-14)
    assert -best.fun <= expected.power(found).sum() + 1e-9
    assert found / total == pytest.approx(best.x / best.x.sum(), abs=2e-3)


def test_nothing_to_tell_apart_gives_equal_weights() -> None:
    for expected in (Expectation(np.zeros(4), np.ones(4)), Expectation(np.full(4, 40.0), np.ones(4))):
        assert weights(expected, Rule("holm", 0.05)) == pytest.approx(np.ones(4), rel=1e-9)
    assert weights(EXPECTED, Rule("holm", 0.05, 1.0)).tolist() == [1.0] * 60


def test_the_sign_of_an_effect_does_not_matter_and_more_is_more_until_it_is_certain() -> None:
    rule = Rule("holm", 0.05)
    one = weights(Expectation(np.array([0.5, 2.0, 3.0, 0.0]), np.full(4, 1.5)), rule)
    other = weights(Expectation(np.array([-0.5, 2.0, -3.0, 0.0]), np.full(4, 1.5)), rule)
    assert one == pytest.approx(other, rel=1e-12)
    assert one[3] < one[0] < one[1]


def test_a_search_that_is_cut_short_still_gives_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPS", 1)
    assert weights(EXPECTED, Rule("holm", 0.05)).mean() == pytest.approx(1.0, rel=1e-13)
