from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from service.gateway.providers.protocol import Received
from tests.gateway.studies import crowd, study
from tests.gateway.test_run import ASKED, PRICED, Upstream, made, ran


class Outage(Upstream):
    """A provider that is down for its first calls."""

    def __init__(self, failing: int) -> None:
        super().__init__()
        self.failing = failing

    async def send(self, provider, sent, secret_headers, timeout) -> Received:  # noqa: ASYNC109 - the protocol's
        if self.failing > 0:
            self.failing -= 1
            await asyncio.sleep(0)  # others are under way, or wait for a place
            return Received(500, {}, b"{}")
        return await super().send(provider, sent, secret_headers, timeout)


def down(failing: int, circuit_seconds: float, in_flight: int = 4) -> tuple:
    """Records of a run whose provider fails at first; the breaker rests 0.3 s."""
    gateway = made(Outage(failing), max_in_flight=in_flight, retry_attempts=1, circuit_seconds=circuit_seconds)
    line = gateway.desk.line(PRICED, "m")
    line.breaker._rest = 0.3
    *records, end = ran(study(personas=crowd(60), **ASKED), gateway=gateway)
    return Counter(r.missing for r in records), end


@pytest.mark.parametrize("in_flight", [4, 40])
def test_a_short_outage_does_not_burn_the_run(in_flight: int) -> None:
    reasons, end = down(8, 5.0, in_flight)
    assert reasons["circuit_open"] == 0
    assert reasons["upstream_error"] <= 12
    assert reasons[None] >= 48
    assert not end.complete


def test_a_long_outage_ends_the_waiting_once_for_all_cells() -> None:
    reasons, end = down(10**9, 0.5)
    assert reasons[None] == 0
    assert reasons["circuit_open"] > 40
    assert end.resume.remaining == 60
