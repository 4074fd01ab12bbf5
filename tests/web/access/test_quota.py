from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.web.access.quota import Buckets, Quota, Standing, quota_headers, read_quota

TEN = Quota(10.0, 5.0)  # two a second


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_quotas_are_units_in_seconds() -> None:
    assert read_quota("3e9/60") == Quota(3e9, 60.0)
    for bad in ("", "5", "/", "5/", "/5", "0/60", "60/0", "-1/60", "nan/60", "inf/60", "1e16/60", "1/2/3", "a/b"):
        with pytest.raises(ValueError, match="units/seconds"):
            read_quota(bad)


def test_a_bucket_empties_goes_into_debt_and_fills_again() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    assert buckets.look("a", TEN) == Standing(TEN, 10.0, 0.0)
    assert buckets.take("a", TEN, 4.0) == Standing(TEN, 6.0, 0.0)
    after = buckets.take("a", TEN, 16.0)  # more than there is, in one piece
    assert after == Standing(TEN, 0.0, 5.5)  # ten owed and one to be had, at two a second
    assert buckets.take("a", TEN, 1.0) is None
    assert buckets.look("b", TEN).left == 10.0  # others have their own
    clock.now = 5.5
    assert buckets.look("a", TEN) == Standing(TEN, 1.0, 0.0)
    clock.now = 1000.0
    assert buckets.look("a", TEN).left == 10.0  # never more than the quota


def test_the_average_holds_whatever_is_asked() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    taken = 0.0
    for step in range(1000):
        clock.now = step * 0.1
        if buckets.take("a", TEN, 7.0) is not None:
            taken += 7.0
    assert 2 * 99.9 <= taken <= 10.0 + 2 * 99.9 + 7.0


def test_only_so_many_clients_are_remembered() -> None:
    buckets = Buckets(Clock(), clients=3)
    for name in "abca":
        buckets.take(name, TEN, 1.0)
    buckets.take("d", TEN, 1.0)
    assert [name for name in "abcd" if buckets.look(name, TEN).left < 10.0] == ["a", "c", "d"]


def test_threads_take_together_what_they_take_apart() -> None:
    buckets, much = Buckets(Clock()), Quota(100_000.0, 1e9)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: [buckets.take("a", much, 1.0) for _ in range(1000)], range(8)))
    assert buckets.look("a", much).left == 92_000.0


def test_headers_are_structured_fields_of_the_draft() -> None:
    assert quota_headers(Standing(TEN, 6.4, 0.0), "work-units") == [
        ("RateLimit-Policy", '"work-units";q=10;qu="work-units";w=5'),
        ("RateLimit", '"work-units";r=6;t=2'),
    ]
    assert quota_headers(Standing(TEN, 0.0, 5.5), "cells")[1] == ("RateLimit", '"cells";r=0;t=6')
    assert quota_headers(Standing(TEN, 10.0, 0.0), "cells")[1] == ("RateLimit", '"cells";r=10;t=1')
