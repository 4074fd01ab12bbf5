from __future__ import annotations

import random

import pytest

from service.gateway.conduct.retry import Policy, delay
from service.gateway.providers.protocol import Failure


def failure(retryable=True, after=None):
    return Failure("rate_limited", retryable, "upstream", "", retry_after=after)


def test_what_is_not_retryable_is_not_tried_again():
    assert delay(failure(retryable=False, after=1.0), 1, random.random) is None


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0)])
def test_waits_are_uniform_below_a_ceiling_that_doubles(attempt, ceiling):
    draws = random.Random(1)
    waits = [delay(failure(), attempt, draws.random) for _ in range(2000)]
    assert 0 <= min(waits) < 0.01 * ceiling
    assert 0.99 * ceiling < max(waits) < ceiling
    assert sum(waits) / len(waits) == pytest.approx(ceiling / 2, rel=0.05)


def test_the_ceiling_stops_at_the_cap():
    policy = Policy(attempts=2000)
    assert delay(failure(), 7, lambda: 1.0, policy) == 30.0
    assert delay(failure(), 1000, lambda: 1.0, policy) == 30.0


def test_five_attempts_are_all():
    assert [delay(failure(), attempt, lambda: 0.0) for attempt in (1, 4, 5, 6)] == [0.0, 0.0, None, None]


def test_a_provider_that_names_a_time_is_waited_for():
    assert delay(failure(after=7.0), 1, lambda: 0.0) == 7.0
    assert delay(failure(after=7.0), 1, lambda: 0.9) == pytest.approx(7.45)
    assert delay(failure(after=0.0), 4, lambda: 0.5) == 0.25


def test_one_that_names_a_long_time_is_given_up():
    assert delay(failure(after=60.0), 1, lambda: 0.0) == 60.0
    assert delay(failure(after=60.001), 1, lambda: 0.0) is None
