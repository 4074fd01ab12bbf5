from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from service.calibration.designs.power import (
    critical_value,
    interval_width,
    minimum_detectable_effect,
    two_sided_power,
)


def test_power_of_the_worked_designs():
    assert two_sided_power(0.2, math.sqrt(3.437389959e-3), 0.95) == pytest.approx(0.92665, abs=5.1e-6)
    assert two_sided_power(0.2, math.sqrt(1 / 200), 0.95) == pytest.approx(0.80743, abs=5.1e-6)


@settings(derandomize=True, deadline=None)
@given(st.floats(-3, 3), st.floats(0.05, 5), st.floats(0.5, 0.999))
def test_both_tails(effect, standard_error, level):
    z = norm.ppf(0.5 + level / 2)
    expected = norm.sf(z - effect / standard_error) + norm.cdf(-z - effect / standard_error)
    assert two_sided_power(effect, standard_error, level) == pytest.approx(expected, rel=1e-9)
    assert two_sided_power(0.0, standard_error, level) == pytest.approx(1 - level, rel=1e-9)
    assert interval_width(standard_error, level) == pytest.approx(2 * z * standard_error, rel=1e-12)
    assert critical_value(level) == pytest.approx(z, rel=1e-12)


@settings(derandomize=True, deadline=None)
@given(st.floats(0.01, 0.999), st.floats(0.01, 100), st.floats(0.5, 0.999))
def test_effect_inverts_power(power, standard_error, level):
    effect = minimum_detectable_effect(standard_error, power, level)
    if power <= 1 - level:
        assert effect == 0.0
    else:
        assert two_sided_power(effect, standard_error, level) == pytest.approx(power, rel=1e-9)
