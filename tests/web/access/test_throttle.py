from __future__ import annotations

import pytest

from service.web.access.throttle import Throttle, group
from tests.web.access.test_quota import Clock


def test_so_many_failures_a_minute_and_then_one_by_one() -> None:
    clock = Clock()
    clock.now = 1e5
    throttle = Throttle(20, clock)
    for _ in range(20):
        assert throttle.wait("a") == 0.0
        throttle.failed("a")
    assert throttle.wait("a") == pytest.approx(3.0)
    assert throttle.wait("b") == 0.0
    clock.now += 3.0
    assert throttle.wait("a") == 0.0
    throttle.failed("a")
    assert throttle.wait("a") == pytest.approx(3.0)
    clock.now += 60.0
    assert throttle.wait("a") == 0.0


def test_only_so_many_addresses_are_remembered() -> None:
    throttle = Throttle(1, Clock(), addresses=2)
    for address in ("a", "b", "a", "c"):
        throttle.failed(address)
    assert [throttle.wait(address) > 0 for address in "abc"] == [True, False, True]
    assert len(throttle._until) == 2


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8"),
        ("::ffff:c000:207", "192.0.2.7", "::1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9", "2001:db8:1:3::9"),
        ("2001:0db8::7", "2001:db8:0:0:1::", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::2", "fe81::1"),
        ("", "", "::1"),
    ],
)
def test_an_ipv6_address_counts_with_its_network_and_a_mapped_one_as_ipv4(address: str, same: str, other: str) -> None:
    assert group(address) == group(same)
    assert group(address) != group(other)
