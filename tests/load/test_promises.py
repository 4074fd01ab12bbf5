"""The promises under load and over time, for shorter than the committed runs of docs/capacity.md."""

from __future__ import annotations

import pytest

from tests.load import burst, memory, small, soak

pytestmark = pytest.mark.slow


def test_twice_capacity_is_shed_and_what_is_admitted_is_right() -> None:
    assert burst.main(15.0, {}) == 0


def test_memory_does_not_grow_with_the_number_of_requests() -> None:
    assert soak.main(20_000) == 0


def test_small_requests_do_not_wait_for_large_ones() -> None:
    assert small.main(5.0) == 0


def test_the_largest_bodies_fit_into_the_pod() -> None:
    assert memory.main([]) == 0
