"""Whether time tells unknown, expired and revoked keys apart; two unknown keys show what noise alone does."""

from __future__ import annotations

import gc
import random
from statistics import median
from time import perf_counter_ns

import pytest

from service.web.access.key import hash_of, new_key
from service.web.access.key_file import Key, KeyRing
from service.web.problems import ProblemError
from tests.web.access import people
from tests.web.access.people import GONE, OLD, STRANGER, gate, scope

ROUNDS = 20_000
MANY = 1_000
KINDS = {"unknown": STRANGER, "unknown, again": new_key(), "expired": OLD, "revoked": GONE}


def measured() -> dict[str, list[int]]:
    """Nanoseconds of every refusal, the kinds in a random order in every round, among a thousand other keys."""
    others = {hash_of(new_key()): Key("x", frozenset({"design"}), 1e18, revoked=False) for _ in range(MANY)}
    at = gate(KeyRing(others | people.RING.keys, {}), failures=10**9)
    order, draw = list(KINDS), random.Random(7)
    times: dict[str, list[int]] = {name: [] for name in KINDS}
    gc.disable()
    try:
        for _ in range(ROUNDS):
            draw.shuffle(order)
            for name in order:
                asked = scope(KINDS[name])
                began = perf_counter_ns()
                try:
                    at.admit(asked, "calibrate")
                except ProblemError:
                    times[name].append(perf_counter_ns() - began)
    finally:
        gc.enable()
    return times


def advantage(one: list[int], other: list[int]) -> float:
    """How much better than a coin one refusal tells the two apart: |P(one > other) + P(equal) / 2 - 1/2|."""
    ranks: dict[int, list[int]] = {}
    for side, values in enumerate((one, other)):
        for value in values:
            ranks.setdefault(value, [0, 0])[side] += 1
    below, area = 0, 0.0
    for value in sorted(ranks):
        mine, theirs = ranks[value]
        area += mine * (below + theirs / 2)
        below += theirs
    return abs(area / (len(one) * len(other)) - 0.5)


@pytest.mark.slow
def test_time_does_not_tell_why_a_key_is_refused() -> None:
    times = measured()
    middle = {name: median(values) for name, values in times.items()}
    noise = advantage(times["unknown"], times["unknown, again"])
    told = {name: advantage(times["unknown"], times[name]) for name in ("expired", "revoked")}
    print({name: f"{value / 1e3:.2f} us" for name, value in middle.items()})
    print("advantage over a coin", {"unknown, again": noise} | told)
    assert all(len(values) == ROUNDS for values in times.values())
    assert max(middle.values()) - min(middle.values()) < 500
    assert max(told.values()) < max(0.05, 3 * noise)


def test_an_advantage_is_seen() -> None:
    assert advantage([1, 2, 3], [1, 2, 3]) == 0.0
    assert advantage([4, 5, 6], [1, 2, 3]) == 0.5
