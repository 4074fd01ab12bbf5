"""What both services expose after they have been used a little, with every kind of thing happening once."""

from __future__ import annotations

import json
import tempfile
from functools import cache

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from service.gateway.app import create_gateway
from service.gateway.settings import Settings as GatewaySettings
from service.web.access.command import file_line
from service.web.access.key import new_key
from service.web.access.opening import open_access
from service.web.access.settings import AccessSettings
from service.web.otel import CountedExporter
from tests.web.asgi import ask

STUDY = {
    "data": {
        "layout": "arrays",
        "arms": [
            {"name": "a", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]},
            {"name": "b", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5], "llm_only": [4, 5, 4, 4, 3]},
        ],
    }
}
JSON = {"content-type": "application/json"}


@cache
def calibration() -> str:
    """The calibration service's metrics."""
    app = create_service(Settings(access_log=False), calibration_parts()).asgi
    ask(app, "POST", "/v1/calibrations", body=json.dumps(STUDY).encode(), headers=JSON)
    ask(app, "POST", "/v1/designs", body=b"{}", headers=JSON)
    return ask(app, "GET", "/metrics").body.decode()


@cache
def gateway() -> str:
    """The gateway's metrics, every event of a line told once."""
    served = create_gateway(GatewaySettings(access_log=False))
    metrics = served.desk.metrics
    for event in ("attempt_seconds", "retry_seconds", "window", "in_flight", "breaker", "usd", "tokens"):
        metrics.observe("simulated", "simulated", event, 1.0)
    metrics.observe("simulated", "simulated", "failure", 1.0, "timeout")
    metrics._cells.labels("simulated", "simulated", "answered")
    metrics._cached.labels("simulated", "simulated")
    return ask(served.asgi, "GET", "/metrics").body.decode()


@cache
def tracing() -> str:
    """What the extra ``otel`` adds."""
    registry = CollectorRegistry()
    CountedExporter(InMemorySpanExporter(), registry)
    return generate_latest(registry).decode()


@cache
def access() -> str:
    """What a file of keys adds."""
    registry = CollectorRegistry()
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as keys:
        keys.write(file_line(new_key(), "lab", ["calibrate"], None))
        keys.flush()
        open_access(AccessSettings(keys_file=keys.name), "work-units", registry, None)
    return generate_latest(registry).decode()


def exposed() -> tuple[str, ...]:
    """Everything there is."""
    return calibration(), gateway(), tracing(), access()


def samples(*texts: str) -> dict[str, set[str]]:
    """The names of all samples, with their labels."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


def families(*texts: str) -> dict[str, tuple[str, set[str]]]:
    """Type and labels of every family by the name that is documented: counters with _total."""
    found: dict[str, tuple[str, set[str]]] = {}
    for text in texts:
        for family in text_string_to_metric_families(text):
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = {label for s in family.samples for label in s.labels} - {"le"}
            kind, known = found.get(name, (family.type, set()))
            found[name] = (kind, known | labels)
    return found


@cache
def everything() -> dict[str, set[str]]:
    """Every sample of both services."""
    return samples(*exposed())
