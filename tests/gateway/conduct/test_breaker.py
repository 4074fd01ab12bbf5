from __future__ import annotations

import random

import pytest

from service.gateway.conduct.breaker import Breaker
from tests.gateway.conduct.scripted import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


def fail(breaker, times=8):
    for _ in range(times):
        breaker.failed(breaker.admit())


def test_it_opens_after_eight_failures_in_a_row(breaker):
    fail(breaker, 7)
    assert breaker.state == "closed"
    assert not breaker.refuses
    fail(breaker, 1)
    assert breaker.state == "open"
    assert breaker.refuses
    assert breaker.admit() is None


def test_a_success_between_starts_the_count_again(breaker):
    fail(breaker, 7)
    breaker.succeeded(breaker.admit())
    fail(breaker, 7)
    assert breaker.state == "closed"


def test_after_its_rest_one_probe_goes(breaker, clock):
    fail(breaker)
    clock.now += 14.999
    assert breaker.admit() is None
    clock.now += 0.001
    assert breaker.state == "half_open"
    assert not breaker.refuses
    probe = breaker.admit()
    assert probe is not None
    assert breaker.refuses
    assert breaker.admit() is None
    breaker.succeeded(probe)
    assert breaker.state == "closed"
    fail(breaker, 7)
    assert breaker.state == "closed"


def test_a_probe_that_fails_opens_it_for_another_rest(breaker, clock):
    fail(breaker)
    clock.now += 15
    breaker.failed(breaker.admit())
    assert breaker.state == "open"
    clock.now += 14.9
    assert breaker.admit() is None
    clock.now += 0.1
    assert breaker.admit() is not None


def test_a_probe_that_was_given_up_leaves_its_place_to_another(breaker, clock):
    fail(breaker)
    clock.now += 15
    breaker.left(breaker.admit())
    assert breaker.admit() is not None


def test_it_says_since_when_it_is_open_and_how_long_it_rests(breaker, clock):
    assert (breaker.since, breaker.rests) == (None, 0.0)
    fail(breaker)
    opened = clock.now
    assert (breaker.since, breaker.rests) == (opened, 15.0)
    clock.now += 15
    assert breaker.rests == 0.0
    probe = breaker.admit()
    clock.now += 2
    assert (breaker.since, breaker.rests) == (opened, 0.0)
    breaker.failed(probe)
    assert (breaker.since, breaker.rests) == (opened, 15.0)  # the same outage
    clock.now += 15
    breaker.succeeded(breaker.admit())
    assert (breaker.since, breaker.rests) == (None, 0.0)
    fail(breaker)
    assert breaker.since == clock.now


def test_calls_from_before_have_no_say(breaker, clock):
    old = [breaker.admit() for _ in range(3)]
    fail(breaker)
    breaker.succeeded(old[0])
    assert breaker.state == "open"
    clock.now += 15
    probe = breaker.admit()
    breaker.failed(old[1])
    breaker.left(old[2])
    assert breaker.admit() is None  # the probe is still under way
    breaker.succeeded(probe)
    assert breaker.state == "closed"


def test_leaving_a_closed_one_changes_nothing(breaker):
    fail(breaker, 7)
    breaker.left(breaker.admit())
    fail(breaker, 1)
    assert breaker.state == "open"


def test_at_most_one_probe_whatever_happens(clock):
    draws = random.Random(4)
    breaker = Breaker(clock, threshold=3, rest=1.0)
    under_way, probes = [], 0
    for _ in range(20_000):
        clock.now += draws.random() * 0.2
        if draws.random() < 0.5:
            state = breaker.state
            admitted = breaker.admit()
            assert (admitted is None) == (state != "closed") or state == "half_open"
            if admitted is not None:
                under_way.append((admitted, state == "half_open"))
        elif under_way:
            admitted, _ = under_way.pop(draws.randrange(len(under_way)))
            draws.choice((breaker.succeeded, breaker.failed, breaker.failed, breaker.left))(admitted)
        probing = [probe for _, probe in under_way if probe]
        probes = max(probes, len(probing))
        assert len(probing) <= 1
    assert probes == 1
