"""A known answer, computed again and again while the service runs: a number that should be 0, for an alert to watch.

Numbers can go wrong without any error: a library replaced under a running process, a CPU that miscalculates.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress

from prometheus_client import CollectorRegistry, Gauge


class Canary:
    """``deviation`` gives the relative error of the known answer; computed in a thread every ``seconds``, 0: never."""

    def __init__(self, deviation: Callable[[], float], seconds: float, registry: CollectorRegistry) -> None:
        self._deviation, self._seconds = deviation, seconds
        self._task: asyncio.Task[None] | None = None
        self._error = Gauge(
            "rectifier_canary_relative_error",
            "Relative error of a known answer; +Inf when it could not be computed.",
            registry=registry,
        )
        self._last = Gauge(
            "rectifier_canary_last_run_timestamp_seconds", "When it was last computed.", registry=registry
        )
        interval = Gauge("rectifier_canary_interval_seconds", "Time between two; 0: off.", registry=registry)
        interval.set(seconds)

    def run(self) -> None:
        """Compute it once. What is not a number, or raises, is as wrong as can be: NaN would never fire an alert."""
        try:
            error = self._deviation()
        except Exception:  # noqa: BLE001 - any failure is the finding
            error = math.inf
        self._error.set(math.inf if math.isnan(error) else error)
        self._last.set(time.time())

    async def start(self) -> None:
        """Compute it now and from now on."""
        if self._seconds:
            self._task = asyncio.create_task(self._again())

    async def stop(self) -> None:
        """Compute it no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _again(self) -> None:
        while True:
            await asyncio.to_thread(self.run)
            await asyncio.sleep(self._seconds)
