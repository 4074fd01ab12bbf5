from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import power_ztost_prop

from service.calibration.designs.power import (
    critical_value,
    equivalence_power,
    interval_width,
    minimum_detectable_effect,
    standard_error_for_equivalence,
    standard_error_for_power,
    standard_error_for_width,
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


@settings(derandomize=True, deadline=None)
@given(st.floats(0.01, 3), st.floats(0.05, 2), st.floats(0.5, 0.99))
def test_power_is_that_of_statsmodels(effect, standard_error, level):
    expected = NormalIndPower().power(effect / standard_error, 1.0, 1 - level, ratio=0)
    assert two_sided_power(effect, standard_error, level) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("margin", "share", "n", "size"), [(0.1, 0.5, 300, 0.05), (0.08, 0.3, 500, 0.025)])
@pytest.mark.parametrize("shift", [0.0, 0.03, -0.05])
def test_equivalence_power_is_that_of_statsmodels(margin, share, n, size, shift):
    low, high = share - shift - margin, share - shift + margin
    expected = power_ztost_prop(low, high, n, share, alpha=size, dist="norm", variance_prop=share, discrete=False)
    found = equivalence_power(shift, margin, math.sqrt(share * (1 - share) / n), 1 - size)
    assert found == pytest.approx(float(np.squeeze(expected[0])), rel=1e-9)


@settings(derandomize=True, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.05, 0.999), st.floats(0.1, 10), st.floats(0.51, 0.999))
def test_standard_errors_invert_the_powers(share, power, margin, level):
    if power > 1 - level:
        found = standard_error_for_power(-margin, power, level)
        assert two_sided_power(margin, found, level) == pytest.approx(power, rel=1e-9)
    found = standard_error_for_equivalence(share * margin, margin, power, level)
    assert equivalence_power(share * margin, margin, found, level) == pytest.approx(power, rel=1e-8)
    assert standard_error_for_equivalence(-share * margin, margin, power, level) == pytest.approx(found, rel=1e-12)
    assert interval_width(standard_error_for_width(margin, level), level) == pytest.approx(margin, rel=1e-12)


def test_equivalence_at_no_difference_has_a_closed_form():
    """Both one-sided tests at power .8 need z(.95) + z(.9) standard errors inside the margin."""
    expected = 1.0 / (norm.ppf(0.95) + norm.ppf(0.9))
    assert standard_error_for_equivalence(0.0, 1.0, 0.8, 0.95) == pytest.approx(expected, rel=1e-12)
    assert equivalence_power(0.0, 1.0, 5.0, 0.95) == 0.0
