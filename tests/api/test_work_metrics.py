from __future__ import annotations

import asyncio
import threading

from prometheus_client import CollectorRegistry

from service.api.placement import Placement
from service.api.work_metrics import work_metrics


async def loaded(count: int) -> dict[str, float | None]:
    registry, go = CollectorRegistry(), threading.Event()
    placement = Placement(2, 5, 20.0)
    work_metrics(registry, placement)
    under_way = [asyncio.create_task(placement.run(go.wait)) for _ in range(count)]
    await asyncio.sleep(0)
    names = ("running", "queued", "queue_capacity")
    told = {name: registry.get_sample_value(f"rectifier_work_{name}") for name in names}
    go.set()
    await asyncio.gather(*under_way)
    placement.close()
    return told


def test_what_runs_and_what_waits_is_told_apart() -> None:
    assert asyncio.run(loaded(1)) == {"running": 1, "queued": 0, "queue_capacity": 5}
    assert asyncio.run(loaded(6)) == {"running": 2, "queued": 4, "queue_capacity": 5}
