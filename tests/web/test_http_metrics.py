from __future__ import annotations

from itertools import product

from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest

from service.web.access_log import MEDIA_TYPES, SIZE_CLASSES, AccessLine
from service.web.http_metrics import HttpMetrics

LINE = AccessLine("request", "id", None, "POST", "/v1/x", "text/csv", 200, 1.5, "1KiB", 7, 8)


def made() -> tuple[HttpMetrics, CollectorRegistry]:
    registry = CollectorRegistry()
    return HttpMetrics(registry, ["overloaded"]), registry


def test_a_request_is_counted_once_in_each_metric() -> None:
    metrics, registry = made()
    metrics.record(LINE, 0.3)
    metrics.record(replace(LINE, status=503, problem="overloaded"), 0.001)
    metrics.record(replace(LINE, status=500, problem="internal_error", failure="KeyError"), 0.001)
    metrics.in_flight = 3
    text = generate_latest(registry).decode()
    labels = 'route="/v1/x",size_class="1KiB",status="200"'
    for expected in (
        f'rectifier_http_requests_total{{media_type="text/csv",method="POST",{labels}}} 1.0',
        f'rectifier_http_request_duration_seconds_bucket{{le="0.25",{labels}}} 0.0',
        f'rectifier_http_request_duration_seconds_bucket{{le="0.5",{labels}}} 1.0',
        'rectifier_http_refusals_total{code="overloaded",route="/v1/x"} 1.0',
        'rectifier_http_refusals_total{code="other",route="/v1/x"} 1.0',
        "rectifier_http_failures_total 1.0",
        "rectifier_http_requests_in_flight 3.0",
    ):
        assert expected in text


def test_every_mix_of_one_path_is_a_few_thousand_series() -> None:
    metrics, registry = made()
    statuses = (200, 400, 401, 403, 406, 408, 413, 415, 422, 429, 499, 500, 503, 504)
    for status, size, media_type in product(statuses, SIZE_CLASSES, MEDIA_TYPES):
        metrics.record(replace(LINE, status=status, size_class=size, media_type=media_type), 0.01)
    assert generate_latest(registry).count(b"\n") < 14 * 6 * 6 * 2 + 14 * 6 * 18 + 50


def test_failures_of_known_paths_are_there_at_0() -> None:
    registry = CollectorRegistry()
    HttpMetrics(registry, [], ["/v1/x"])
    text = generate_latest(registry).decode()
    for status in ("200", "500", "502", "503", "504"):
        labels = f'media_type="text/csv",method="POST",route="/v1/x",size_class="1KiB",status="{status}"'
        assert f"rectifier_http_requests_total{{{labels}}} 0.0" in text
