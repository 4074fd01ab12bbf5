from __future__ import annotations

import asyncio
import math
import threading
import time

import pytest
from prometheus_client import CollectorRegistry

from service.web.canary import Canary


def gauge(registry: CollectorRegistry, name: str) -> float:
    value = registry.get_sample_value(f"rectifier_canary_{name}")
    assert value is not None
    return value


def test_the_error_and_the_time_are_told() -> None:
    registry = CollectorRegistry()
    canary = Canary(lambda: 1e-7, 60.0, registry)
    assert gauge(registry, "last_run_timestamp_seconds") == 0
    canary.run()
    assert gauge(registry, "relative_error") == 1e-7
    assert abs(gauge(registry, "last_run_timestamp_seconds") - time.time()) < 60
    assert gauge(registry, "interval_seconds") == 60


@pytest.mark.parametrize("trouble", [ValueError, math.nan])
def test_what_cannot_be_computed_is_as_wrong_as_can_be(trouble: object) -> None:
    def deviation() -> float:
        if trouble is ValueError:
            raise ValueError
        return math.nan

    registry = CollectorRegistry()
    Canary(deviation, 60.0, registry).run()
    assert gauge(registry, "relative_error") == math.inf


async def lived(seconds: float, times: int) -> list[str]:
    """The threads of so many runs, or of none."""
    threads: list[str] = []
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def deviation() -> float:
        threads.append(threading.current_thread().name)
        if len(threads) >= times:
            loop.call_soon_threadsafe(enough.set)
        return 0.0

    canary = Canary(deviation, seconds, CollectorRegistry())
    await canary.start()
    if seconds:
        await asyncio.wait_for(enough.wait(), 20)
    await asyncio.sleep(0)
    await canary.stop()
    return threads


def test_it_is_computed_again_and_again_beside_the_event_loop() -> None:
    threads = asyncio.run(lived(0.001, 3))
    assert len(threads) >= 3
    assert threading.current_thread().name not in threads


def test_it_can_be_off() -> None:
    assert asyncio.run(lived(0, 0)) == []
