"""How full the service is, read from the placement when Prometheus asks."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from service.api.placement import Placement


def work_metrics(registry: CollectorRegistry, placement: Placement) -> None:
    """Register the gauges."""
    for name, text, read in (
        ("rectifier_work_running", "Requests being computed in threads.", lambda: placement.running),
        ("rectifier_work_queued", "Requests waiting for a thread.", lambda: placement.queued),
        ("rectifier_work_queue_capacity", "Requests that may wait; beyond it 503.", lambda: placement.queue),
    ):
        Gauge(name, text, registry=registry).set_function(read)
