"""Requests as Prometheus counts them. Labels come from fixed lists: routes, statuses, classes and codes of ours."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.web.access_log import MEDIA_TYPES, SIZE_CLASSES, AccessLine

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WATCHED = ("200", "500", "502", "503", "504")
_Recorders = tuple[Callable[[float], None], Callable[[], None]]


class HttpMetrics:
    """Counts, durations, refusals (``codes`` are those that exist) and faults; ``in_flight`` is read when scraped.

    What alerts read of the paths ``posts`` is 0 from the start: a rate does not see how a new series began.
    """

    def __init__(self, registry: CollectorRegistry, codes: Collection[str], posts: Collection[str] = ()) -> None:
        self.in_flight, self._codes = 0, frozenset(codes)
        self._recorders: dict[tuple[str, str, int, str, str], _Recorders] = {}
        self._seconds = Histogram(
            "rectifier_http_request_duration_seconds",
            "Whole requests, from the first byte of the head to the last of the answer.",
            ("route", "status", "size_class"),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._requests = Counter(
            "rectifier_http_requests_total",
            "Requests answered.",
            ("method", "route", "status", "size_class", "media_type"),
            registry=registry,
        )
        self._refusals = Counter(
            "rectifier_http_refusals_total", "Problem documents, by their code.", ("route", "code"), registry=registry
        )
        self._failures = Counter("rectifier_http_failures_total", "Faults of ours.", registry=registry)
        Gauge("rectifier_http_requests_in_flight", "Requests being answered.", registry=registry).set_function(
            lambda: self.in_flight
        )
        for labels in product(("POST",), posts, _WATCHED, SIZE_CLASSES, MEDIA_TYPES):
            self._requests.labels(*labels)
        for route, size in product(posts, SIZE_CLASSES):
            self._seconds.labels(route, "200", size)

    def record(self, line: AccessLine, seconds: float) -> None:
        """One request that has ended."""
        labels = (line.method, line.route, line.status, line.size_class, line.media_type)
        recorders = self._recorders.get(labels)
        if recorders is None:
            recorders = self._recorders[labels] = (
                self._seconds.labels(line.route, str(line.status), line.size_class).observe,
                self._requests.labels(*map(str, labels)).inc,
            )
        observe, count = recorders
        observe(seconds)
        count()
        if line.problem is not None:
            self._refusals.labels(line.route, line.problem if line.problem in self._codes else "other").inc()
        if line.failure is not None:
            self._failures.inc()
