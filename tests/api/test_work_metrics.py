from __future__ import annotations

import asyncio
import threading

from prometheus_client import CollectorRegistry

from service.api.parsing.parser import Parser
from service.api.placement import Place, Placement
from service.api.work_metrics import WorkMetrics
from service.web.body import Held

NAMES = ("work_running", "work_queued", "work_queue_capacity", "held_body_bytes", "parser_restarts_total")


async def stays() -> dict[str, str]:
    await asyncio.Event().wait()
    return {}


async def loaded(count: int) -> list[float | None]:
    registry, go = CollectorRegistry(), threading.Event()
    placement, held, parser = Placement(2, 5, 20.0), Held(1 << 20), Parser()
    WorkMetrics(registry, placement, held, parser)
    parser.child.restarts = 3

    async def work(place: Place) -> bool:
        return await place.compute(go.wait)

    with held.holding() as holding:
        holding.grow(100_000)
        under_way = [asyncio.create_task(placement.run(work, stays)) for _ in range(count)]
        await asyncio.sleep(0)
        told = [registry.get_sample_value(f"rectifier_{name}") for name in NAMES]
        go.set()
        await asyncio.gather(*under_way)
    placement.close()
    return told


def test_what_runs_what_waits_and_what_is_held_is_told() -> None:
    assert asyncio.run(loaded(1)) == [1, 0, 5, 100_000, 3]
    assert asyncio.run(loaded(6)) == [2, 4, 5, 100_000, 3]
