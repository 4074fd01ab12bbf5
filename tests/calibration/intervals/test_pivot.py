from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.intervals.pivot import Context, Draws

TEN = Draws(np.arange(1.0, 10.0), np.arange(1.0, 10.0))  # nine draws: tails are tenths


def test_bounds_are_the_order_statistics_whose_share_is_below_the_tail() -> None:
    assert [TEN.bound(tail, "lower") for tail in (0.05, 0.1, 0.11, 0.3, 0.31, 0.95)] == [None, None, 1, 2, 3, 9]
    assert [TEN.bound(tail, "upper") for tail in (0.1, 0.11, 0.31, 0.95)] == [None, 9, 7, 1]


def test_tails_count_the_draws_on_the_far_side_and_the_data_themselves() -> None:
    assert [TEN.tail(value, "lower") for value in (0.0, 1.0, 4.5, 9.0)] == [0.1, 0.2, 0.5, 1.0]
    assert [TEN.tail(value, "upper") for value in (0.0, 1.0, 4.5, 9.0, 9.5)] == [1.0, 1.0, 0.6, 0.2, 0.1]


def test_infinite_draws_open_an_end() -> None:
    draws = Draws(np.array([-inf, -inf, 1.0, 2.0]), np.array([1.0, 2.0, inf, inf]))
    assert [draws.bound(tail, "lower") for tail in (0.3, 0.5, 0.7)] == [None, None, 1.0]
    assert [draws.bound(tail, "upper") for tail in (0.3, 0.5, 0.7)] == [None, None, 2.0]
    assert draws.tail(0.0, "lower") == 3 / 5


@given(
    drawn=st.lists(st.integers(-5, 5), min_size=1, max_size=40),
    value=st.integers(-6, 6),
    tail=st.one_of(st.floats(0.001, 0.999), st.integers(1, 40).map(lambda k: k / 41)),
)
def test_a_value_is_outside_a_bound_exactly_when_its_tail_is_smaller(drawn, value, tail) -> None:
    ordered = np.sort(np.array(drawn, dtype=float))
    draws = Draws(ordered, ordered)
    lower, upper = draws.bound(tail, "lower"), draws.bound(tail, "upper")
    assert (draws.tail(value, "lower") < tail) == (lower is not None and value < lower)
    assert (draws.tail(value, "upper") < tail) == (upper is not None and value > upper)


def test_random_numbers_depend_on_seed_and_label_only() -> None:
    draw = [
        Context(v, 1.0, 9.0, seed=s).generator(label).random()
        for v, s, label in ((0.0, 1, "a"), (5.0, 1, "a"), (0.0, 2, "a"), (0.0, 1, "b"))
    ]
    assert draw[0] == draw[1]
    assert len(set(draw)) == 3
    assert draw[0] == pytest.approx(np.random.default_rng([1, 3904355907]).random(), abs=0)
