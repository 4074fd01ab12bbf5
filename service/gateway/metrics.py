"""What happens on the lines and in the runs, counted for Prometheus by provider, model and reason; never a text.

A model that the operator does not list is counted as ``other``, so that no caller's word becomes a label; what is a
state, not a count, is there that of the line that changed last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.gateway.conduct.observer import Event
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Missing
from service.gateway.wire.records import CellRecord

_LINE = ("provider", "model")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The gateway's numbers; an observer of every line."""

    def __init__(self, registry: CollectorRegistry, providers: Mapping[str, Provider]) -> None:
        self._recorders: dict[tuple[object, ...], Callable[[float], object]] = {}
        self._cell_counters: dict[tuple[tuple[str, str], str], Counter] = {}
        self._listed = {name: frozenset(provider.models) for name, provider in providers.items()}
        self._attempts = Histogram(
            "rectifier_upstream_attempt_seconds", "One upstream request.", _LINE, buckets=_SECONDS, registry=registry
        )
        self._waits = Histogram(
            "rectifier_upstream_retry_seconds", "Waits before another try.", _LINE, buckets=_SECONDS, registry=registry
        )
        self._failures = Counter(
            "rectifier_upstream_failures_total", "Attempts without a completion.", (*_LINE, "reason"), registry=registry
        )
        self._usd = Counter("rectifier_upstream_usd_total", "US dollars charged to runs.", _LINE, registry=registry)
        self._tokens = Counter("rectifier_upstream_tokens_total", "Tokens in and out.", _LINE, registry=registry)
        self._window = Gauge("rectifier_upstream_window", "Calls allowed at the same time.", _LINE, registry=registry)
        self._in_flight = Gauge("rectifier_upstream_in_flight", "Calls under way.", _LINE, registry=registry)
        self._breaker = Gauge("rectifier_upstream_breaker", "0 closed, 1 half-open, 2 open.", _LINE, registry=registry)
        self._cells = Counter(
            "rectifier_cells_total", "Records given; reason answered or why not.", (*_LINE, "reason"), registry=registry
        )
        self._cached = Counter("rectifier_cells_cached_total", "Of them, from the cache.", _LINE, registry=registry)
        self._first = Histogram(
            "rectifier_first_record_seconds", "From the request to its first cell.", buckets=_SECONDS, registry=registry
        )
        self._runs = Gauge("rectifier_runs", "Runs under way.", registry=registry)
        self._begin(providers.values())

    def _begin(self, providers: Iterable[Provider]) -> None:
        """What alerts read is 0 from the start: a rate does not see how a new series began."""
        for provider in providers:
            for model in (*provider.models, *(("other",) if provider.any_model else ())):
                self._attempts.labels(provider.name, model)
                for reason in (*get_args(Missing), "unknown"):
                    self._failures.labels(provider.name, model, reason)
                for reason in ("answered", "budget_exhausted"):
                    self._cells.labels(provider.name, model, reason)

    def observe(self, provider: str, model: str, event: Event, number: float, reason: Missing | None = None) -> None:
        """One event of a line."""
        line = self._line(provider, model)
        place = (*line, event, reason)
        record = self._recorders.get(place)
        if record is None:
            record = self._recorders[place] = self._recorder(line, event, reason)
        record(number)

    def _recorder(self, line: tuple[str, str], event: Event, reason: Missing | None) -> Callable[[float], object]:
        """What counts the numbers of one event of one line."""
        if event == "attempt_seconds":
            return self._attempts.labels(*line).observe
        if event == "retry_seconds":
            return self._waits.labels(*line).observe
        if event == "failure":
            return self._failures.labels(*line, reason or "unknown").inc
        if event == "usd":
            return self._usd.labels(*line).inc
        if event == "tokens":
            return self._tokens.labels(*line).inc
        gauge = {"window": self._window, "in_flight": self._in_flight, "breaker": self._breaker}[event]
        return gauge.labels(*line).set

    def cell(self, record: CellRecord) -> None:
        """One record that was given."""
        line = self._line(record.provenance.provider, record.provenance.model_requested)
        reason = record.missing or "answered"
        counter = self._cell_counters.get((line, reason))
        if counter is None:
            counter = self._cell_counters[line, reason] = self._cells.labels(*line, reason)
        counter.inc()
        if record.provenance.cached:
            self._cached.labels(*line).inc()

    def first_record(self, seconds: float) -> None:
        """How long a run took to its first cell."""
        self._first.observe(seconds)

    def runs(self, count: int) -> None:
        """How many runs are under way."""
        self._runs.set(count)

    def _line(self, provider: str, model: str) -> tuple[str, str]:
        return provider, model if model in self._listed.get(provider, ()) else "other"
