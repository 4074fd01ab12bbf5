"""When each alert fires and when not: its series, the minute that is looked at, and what is then said.

Counters begin at 0, as the services expose them: test_from_the_start.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DAYS = 3 * 1440 + 60
CALIBRATION = {"job": "calibration"}
POD = {"job": "calibration", "instance": "10.0.0.1:8000"}
LINE = {"provider": "acme", "model": "large"}


@dataclass(frozen=True)
class Case:
    """``summary`` is what the alert says, empty when it must stay silent; ``labels`` are its labels less severity.

    Series have a sample every ``step`` minutes.
    """

    alert: str
    minute: int
    series: dict[str, str]
    summary: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    step: int = 1


def metric(name: str, **labels: str) -> str:
    selected = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{selected}}}"


def requests(steps: int, **per_step: float) -> dict[str, str]:
    """Requests of the calibration service that go on for so long, by status (s200, s503, ..)."""
    return {
        metric(
            "rectifier_http_requests_total", job="calibration", route="/v1/calibrations", status=status[1:]
        ): f"0+{count}x{steps}"
        for status, count in per_step.items()
    }


def durations(steps: int, every: int, within_a_second: int) -> dict[str, str]:
    """Small answers a step, and how many of them take less than a second."""
    name, labels = "rectifier_http_request_duration_seconds", CALIBRATION | {
        "route": "/v1/calibrations", "status": "200", "size_class": "1KiB",
    }  # fmt: skip
    return {
        metric(f"{name}_count", **labels): f"0+{every}x{steps}",
        metric(f"{name}_bucket", **labels, le="1.0"): f"0+{within_a_second}x{steps}",
    }


def failing(status: str, values: str) -> dict[str, str]:
    return {metric("rectifier_http_requests_total", job="calibration", route="/v1/designs", status=status): values}


def refused(reason: str, a_minute: int) -> dict[str, str]:
    return {metric("rectifier_access_refusals_total", **POD, reason=reason): f"0+{a_minute}x40"}


def lines(breaker: int, failures: str) -> dict[str, str]:
    return {
        metric("rectifier_upstream_breaker", **LINE): f"{breaker}x30",
        metric("rectifier_upstream_failures_total", **LINE, reason="timeout"): failures,
        metric("rectifier_upstream_attempt_seconds_count", **LINE): "0+10x30",
    }


PROMISES = (
    Case("RectifierAvailabilityBurnFast", 65, requests(70, s200=60, s500=1),
         "calibration: 1.639% of requests fail by our fault (1h)", CALIBRATION),
    Case("RectifierAvailabilityBurnFast", 65, requests(70, s200=100, s500=1)),
    Case("RectifierAvailabilityBurnFast", 65, requests(70, s200=60, s422=60)),  # refusals are not failures
    Case("RectifierAvailabilityBurnFast", 65, requests(70, s200=10) | failing("500", "0+5x40 200x30")),  # over
    Case("RectifierAvailabilityBurnFast", 65, requests(70, s200=0.2) | failing("500", "0x61 1x9")),  # one of 12
    Case("RectifierAvailabilityBurnSlow", 390, requests(400, s200=100, s503=1),
         "calibration: 0.9901% of requests fail by our fault (6h)", CALIBRATION),
    Case("RectifierAvailabilityBurnSlow", 390, requests(400, s200=1000, s503=1)),
    Case("RectifierAvailabilityBurnCreeping", DAYS, requests(150, s200=1000, s504=2),
         "calibration: 0.1996% of requests fail by our fault (3d)", CALIBRATION, 30),
    Case("RectifierAvailabilityBurnCreeping", DAYS, requests(150, s200=2000, s504=1), step=30),
    Case("RectifierLatencyBurnFast", 65, durations(70, 100, 80),
         "calibration: 20% of small requests take over a second (1h)", CALIBRATION),
    Case("RectifierLatencyBurnFast", 65, durations(70, 100, 90)),
    Case("RectifierLatencyBurnSlow", 390, durations(400, 100, 92),
         "calibration: 8% of small requests take over a second (6h)", CALIBRATION),
    Case("RectifierLatencyBurnSlow", 390, durations(400, 100, 95)),
    Case("RectifierLatencyBurnCreeping", DAYS, durations(150, 1000, 980),
         "calibration: 2% of small requests take over a second (3d)", CALIBRATION, 30),
    Case("RectifierLatencyBurnCreeping", DAYS, durations(150, 1000, 995), step=30),
)  # fmt: skip

CANARY = metric("rectifier_canary_relative_error", **POD)
LAST = metric("rectifier_canary_last_run_timestamp_seconds", **POD)
INTERVAL = metric("rectifier_canary_interval_seconds", **POD)
RIGHT = (
    Case("RectifierCanaryWrong", 2, {CANARY: "0 0 1e-6"},
         "10.0.0.1:8000 computes a known answer wrongly: off by 0.0001%", POD),
    Case("RectifierCanaryWrong", 2, {CANARY: "0 0 Inf"},
         "10.0.0.1:8000 computes a known answer wrongly: off by +Inf%", POD),
    Case("RectifierCanaryWrong", 2, {CANARY: "0 0 1e-12"}),
    Case("RectifierCanaryStale", 10, {LAST: "0x10", INTERVAL: "60x10"},
         "10.0.0.1:8000 has not computed its known answer for 10m 0s", POD),
    Case("RectifierCanaryStale", 10, {LAST: "0+60x10", INTERVAL: "60x10"}),
    Case("RectifierCanaryStale", 10, {LAST: "0x10", INTERVAL: "0x10"}),  # switched off
    Case("RectifierFault", 10, {metric("rectifier_http_failures_total", **POD): "0x5 1x5"},
         "calibration: a request ran into a fault of ours", CALIBRATION),
    Case("RectifierFault", 40, {metric("rectifier_http_failures_total", **POD): "0x5 1x40"}),  # long ago
)  # fmt: skip

UP, GATEWAY_UP = metric("up", **POD), metric("up", job="gateway", instance="10.0.0.2:8001")
START = metric("process_start_time_seconds", **POD)
QUEUED, ROOM = metric("rectifier_work_queued", **POD), metric("rectifier_work_queue_capacity", **POD)
PARSER = metric("rectifier_parser_restarts_total", **POD)
PLACE = {"namespace": "rectifier", "pod": "calibration-1"}
THROTTLED = metric("container_cpu_cfs_throttled_periods_total", **PLACE, container="calibration")
PERIODS = metric("container_cpu_cfs_periods_total", **PLACE, container="calibration")
KEYS = metric("rectifier_access_file_current", **POD, file="keys")
LOST = metric("rectifier_trace_spans_total", **POD, outcome="lost")
FULL = (
    Case("RectifierDown", 5, {GATEWAY_UP: "1x10"}, "no calibration pod answers Prometheus", CALIBRATION),
    Case("RectifierDown", 5, {UP: "1x10", GATEWAY_UP: "0x10"}, "no gateway pod answers Prometheus", {"job": "gateway"}),
    Case("RectifierDown", 5, {UP: "1x10"}),  # the gateway is not everywhere
    Case("RectifierDown", 65, {UP: "1x90", GATEWAY_UP: "1x50 _x40"}, "no gateway pod answers Prometheus",
         {"job": "gateway"}),  # nothing left to scrape
    Case("RectifierDown", 65, {UP: "1x90", GATEWAY_UP: "1x90"}),
    Case("RectifierDown", 1600, {UP: "1x1700", GATEWAY_UP: "1x10 _x1690"}),  # taken away a day ago
    Case("RectifierDown", 5, {UP: "0x3 1x7"}),  # back
    Case("RectifierRestarting", 25, {START: "0x5 400x5 900x5 1300x10"},
         "10.0.0.1:8000 has started 3 times in half an hour", POD),
    Case("RectifierRestarting", 25, {START: "0x5 400x20"}),
    Case("RectifierShedding", 20, requests(30, s200=90, s503=10),
         "calibration sends 10% of its requests away", CALIBRATION),
    Case("RectifierShedding", 20, requests(30, s200=98, s503=2)),
    Case("RectifierShedding", 5, requests(30, s200=90, s503=10)),  # a moment
    Case("RectifierQueueFull", 8, {QUEUED: "8x10", ROOM: "8x10"}, "calibration: the queues are 100% full", CALIBRATION),
    Case("RectifierQueueFull", 8, {QUEUED: "4x10", ROOM: "8x10"}),
    Case("RectifierParserLost", 15, {PARSER: "0+1x15"},
         "10.0.0.1:8000 has lost its parsing process 15 times in half an hour", POD),
    Case("RectifierParserLost", 10, {PARSER: "0x3 1x2 2x2 3x3"},
         "10.0.0.1:8000 has lost its parsing process 3 times in half an hour", POD),
    Case("RectifierParserLost", 10, {PARSER: "0x3 1x7"}),  # once: its body was parsed again
    Case("RectifierParserLost", 10, {PARSER: "0x3 1x3 2x4"}),  # twice
    Case("RectifierParserLost", 50, {PARSER: "0+1x10 10x40"}),  # long ago
    Case("RectifierCpuThrottled", 25, {THROTTLED: "0+30x30", PERIODS: "0+100x30"},
         "calibration-1 is throttled in 30% of its CPU periods", PLACE),
    Case("RectifierCpuThrottled", 25, {THROTTLED: "0+20x30", PERIODS: "0+100x30"}),
    Case("RectifierClientsThrottled", 30, requests(40, s200=70, s429=30) | refused("quota", 30),
         "calibration: 30% of the requests are over a quota", CALIBRATION),
    Case("RectifierClientsThrottled", 30, requests(40, s200=90, s429=10) | refused("quota", 10)),
    Case("RectifierClientsThrottled", 30, requests(40, s200=70, s429=30) | refused("throttled", 30)),
    Case("RectifierKeysRefused", 20, refused("expired", 15),
         "calibration: over a hundred requests with a wrong key in ten minutes", CALIBRATION),
    Case("RectifierKeysRefused", 20, refused("expired", 5)),
    Case("RectifierKeysRefused", 20, refused("missing", 15)),  # somebody who does not know yet
    Case("RectifierKeyFileUnusable", 10, {KEYS: "1x3 0x10"}, "calibration: the keys file as it is now cannot be used",
         CALIBRATION | {"file": "keys"}),
    Case("RectifierKeyFileUnusable", 10, {KEYS: "1x10"}),
    Case("RectifierTracesLost", 50, {LOST: "0+10x60"}, "calibration: the trace collector does not take spans",
         CALIBRATION),
    Case("RectifierTracesLost", 50, {LOST: "0x20 10x40"}),  # once
)  # fmt: skip

SPENT = metric("rectifier_cells_total", **LINE, reason="budget_exhausted")
GATEWAY = (
    Case("RectifierProviderBreakerOpen", 20, lines(2, "0+1x30"), "acme large is left alone after failures", LINE),
    Case("RectifierProviderBreakerOpen", 20, lines(2, "5x30")),  # nobody has asked since
    Case("RectifierProviderBreakerOpen", 20, lines(0, "0+1x30")),
    Case("RectifierProviderFailing", 25, lines(0, "0+6x30"), "acme large fails 60% of its calls", LINE),
    Case("RectifierProviderFailing", 25, lines(0, "0+4x30")),
    Case("RectifierBudgetExhausted", 20, {SPENT: "0x10 40x10"}, "acme large: runs stop at their budget", LINE),
    Case("RectifierBudgetExhausted", 40, {SPENT: "0x10 40x30"}),  # over
)  # fmt: skip

CASES = (*PROMISES, *RIGHT, *FULL, *GATEWAY)
