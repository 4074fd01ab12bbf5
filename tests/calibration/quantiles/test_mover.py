"""Differences of quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.quantiles.inversion import Inversion, invert
from service.calibration.quantiles.mover import combine
from tests.calibration.quantiles.test_inversion import humans


def arm(seed: int, n: int = 30, *, ties: bool = False) -> Inversion:
    y = np.random.default_rng(seed).gamma(2.0, 2.0, n)
    return invert(humans(np.round(y) if ties else y), 0.5, None, normal=False)


def test_limits_are_movers() -> None:
    one, two = arm(1), arm(2, 40)
    r = np.array([[1.0, -0.3], [-0.3, 1.0]])
    found = combine([one, two], [1.0, -1.0], r)
    assert found.value == one.value - two.value
    near, far = one.value - one.bound(0.025, "lower"), two.bound(0.025, "upper") - two.value
    assert found.bound(0.025, "lower") == pytest.approx(
        found.value - np.sqrt(near**2 + far**2 - 0.6 * near * far), rel=1e-12
    )
    near, far = one.bound(0.025, "upper") - one.value, two.value - two.bound(0.025, "lower")
    assert found.bound(0.025, "upper") == pytest.approx(
        found.value + np.sqrt(near**2 + far**2 - 0.6 * near * far), rel=1e-12
    )


def test_an_arms_open_end_opens_the_contrasts() -> None:
    one, two = arm(1), arm(2)
    found = combine([one, two], [1.0, -1.0], np.eye(2))
    assert found.bound(1e-12, "lower") is None
    assert found.bound(1e-12, "upper") is None
    assert found.bound(0.05, "lower") is not None


def test_errors_above_one_half_have_the_limits_of_one_half() -> None:
    found = combine([arm(3), arm(4)], [1.0, -1.0], np.eye(2))
    assert found.bound(0.9, "lower") == found.bound(0.5, "lower")
    assert found.tail(found.value + 1.0, "lower") == found.tail(found.value - 1.0, "upper") == 1.0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.integers(0, 500),
    st.booleans(),
    st.sampled_from([-0.99, -0.5, 0.0, 0.6]),
    st.floats(0.001, 0.999),
    st.integers(-8, 8),
)
def test_a_value_is_outside_exactly_when_its_tail_is_smaller(
    seed: int, ties: bool, r: float, tail: float, value: int
) -> None:
    found = combine([arm(seed, ties=ties), arm(seed + 1, ties=ties)], [1.0, -1.0], np.array([[1.0, r], [r, 1.0]]))
    for error in (tail, found.tail(value, "lower"), found.tail(value, "upper")):
        if not 0.0 < error < 1.0:
            continue
        low, high = found.bound(error, "lower"), found.bound(error, "upper")
        assert (low is not None and value < low) == (found.tail(value, "lower") < error)
        assert (high is not None and value > high) == (found.tail(value, "upper") < error)


def test_a_wider_level_never_gets_a_nearer_limit() -> None:
    found = combine([arm(5), arm(6)], [1.0, -1.0], np.array([[1.0, -0.99], [-0.99, 1.0]]))
    ends = [found.bound(tail, "lower") for tail in np.linspace(0.02, 0.5, 60)]
    assert ends == sorted(ends)
