"""A rate sees nothing of how a series begins: what alerts take rates of is 0 before anything has happened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from service.gateway.app import create_gateway
from service.gateway.providers.offer import OfferedModel, Provider
from service.gateway.providers.protocol import Missing
from service.gateway.settings import SIMULATED
from service.gateway.settings import Settings as GatewaySettings
from service.web.access_log import MEDIA_TYPES, SIZE_CLASSES, AccessLine
from tests.observability.exposition import access, tracing
from tests.observability.rules import RULES
from tests.web.asgi import ask
from tests.web.paths import posts

ACME = Provider("acme", "openai_chat", "https://x/", models={"large": OfferedModel("large")})
LINES = [("simulated", "simulated"), ("acme", "large"), ("acme", "other")]
RANGES = re.compile(r"(?:rate|increase)\(\s*(rectifier_\w+)(?:\{([^}]*)\})?\s*\[")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
READ = sorted({found for rule in RULES for found in RANGES.findall(rule["expr"])})
Series = tuple[str, frozenset[tuple[str, str]]]


def read_of(text: str) -> dict[Series, float]:
    """The series of an exposition that an alert or a recorded rule takes a rate of."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if any(matches(sample.name, sample.labels, *read) for read in READ)
    }


def matches(name: str, labels: Mapping[str, str], metric: str, selector: str) -> bool:
    """Whether a series is selected; what the scrape adds selects nothing away."""
    asked = [m for m in MATCHER.findall(selector) if m[0] != "job"]
    return name == metric and all(
        label in labels and (re.fullmatch(value, labels[label]) if kind == "=~" else labels[label] == value)
        for label, kind, value in asked
    )


def served(name: str) -> Any:
    """A service to which nothing has happened yet."""
    if name == "calibration":
        return create_service(Settings(access_log=False), calibration_parts())
    return create_gateway(GatewaySettings(access_log=False, providers={"simulated": SIMULATED, "acme": ACME}))


def told(app: Any) -> dict[Series, float]:
    return read_of(ask(app.asgi, "GET", "/metrics").body.decode())


@pytest.mark.parametrize(("metric", "selector"), READ)
def test_everything_that_an_alert_takes_a_rate_of_is_there_at_0(metric: str, selector: str) -> None:
    fresh = told(served("calibration")) | told(served("gateway")) | read_of(access()) | read_of(tracing())
    found = {labels: value for (name, labels), value in fresh.items() if matches(name, dict(labels), metric, selector)}
    assert found
    assert set(found.values()) == {0.0}


@pytest.mark.parametrize("name", ["calibration", "gateway"])
def test_the_first_failure_of_a_path_begins_no_series(name: str) -> None:
    app = served(name)
    before = told(app)
    for path in posts(app.asgi._app):
        for status in (200, 500, 502, 503, 504):
            for size, media_type in zip(SIZE_CLASSES, MEDIA_TYPES, strict=True):
                line = AccessLine("request", "id", None, "POST", path, media_type, status, 1.5, size, 7, 8)
                app.asgi._metrics.record(line, 0.1)
    after = told(app)
    assert after.keys() == before.keys()
    assert sum(after.values()) > sum(before.values())


def test_the_first_failure_of_a_model_begins_no_series() -> None:
    app = served("gateway")
    before = told(app)
    for provider, model in LINES:
        for reason in (*get_args(Missing), None):
            app.desk.metrics.observe(provider, model, "failure", 1.0, reason)
        app.desk.metrics.observe(provider, model, "attempt_seconds", 0.5)
    after = told(app)
    assert after.keys() == before.keys()
    assert sum(after.values()) > sum(before.values())


def test_what_is_there_from_the_start_is_bounded() -> None:
    registry = CollectorRegistry()
    create = served("gateway").desk.metrics.__class__
    create(registry, {"acme": ACME})
    empty = CollectorRegistry()
    create(empty, {})
    of_two_lines = generate_latest(registry).count(b"\n") - generate_latest(empty).count(b"\n")
    assert of_two_lines < 2 * 2 * (22 + 2 + 16)
