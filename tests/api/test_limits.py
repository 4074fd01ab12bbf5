from __future__ import annotations

from service.api.limits import Limits


def test_the_defaults_are_those_of_the_contract() -> None:
    limits = Limits()
    assert (limits.max_body_bytes, limits.max_inflated_bytes) == (64 * 2**20, 256 * 2**20)
    assert (limits.max_values, limits.max_prediction_columns, limits.max_arms) == (10_000_000, 200, 64)
    assert limits.deadline_seconds == 30.0


def test_the_parts_carry_the_limits_they_are_made_from() -> None:
    limits = Limits(max_body_bytes=1, max_inflated_bytes=2, max_values=3, body_idle_seconds=4.0, body_seconds=5.0)
    body, inflate = limits.body(), limits.inflate()
    assert (body.max_bytes, body.idle_seconds, body.total_seconds) == (1, 4.0, 5.0)
    assert (inflate.max_bytes, inflate.max_values) == (2, 3)


def test_different_names_are_a_tenth_of_the_values_and_some_are_always_fine() -> None:
    assert (Limits().max_names, Limits(max_values=50_000).max_names) == (1_000_000, 10_000)
