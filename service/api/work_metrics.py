"""How full the service is, read from where work is placed when Prometheus asks: nothing is counted per request."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.api.parsing.parser import Parser
from service.api.placement import Placement
from service.web.body import Held


class WorkMetrics(Collector):
    """Registers itself."""

    def __init__(self, registry: CollectorRegistry, placement: Placement, held: Held, parser: Parser) -> None:
        self._placement, self._held, self._parser = placement, held, parser
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The numbers as they are now."""
        placement, held = self._placement, self._held
        for name, text, value in (
            ("rectifier_work_running", "Requests being computed in threads.", placement.running),
            ("rectifier_work_queued", "Requests waiting for a thread.", placement.queued),
            ("rectifier_work_queue_capacity", "Requests that may wait; beyond it 503.", placement.queue),
            ("rectifier_held_body_bytes", "Bytes of the bodies that are being read or kept.", held.bytes),
            ("rectifier_held_body_capacity_bytes", "What they may be together; beyond it 503.", held.max_bytes),
        ):
            yield GaugeMetricFamily(name, text, value)
        yield CounterMetricFamily(
            "rectifier_parser_restarts_total", "Attempts to replace a lost parsing process.", self._parser.restarts
        )
