from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from service.gateway.metrics import Metrics
from service.gateway.settings import SIMULATED


def made() -> tuple[Metrics, CollectorRegistry]:
    registry = CollectorRegistry()
    return Metrics(registry, {"simulated": SIMULATED}), registry


def test_everything_that_is_told_is_counted() -> None:
    metrics, registry = made()
    for event, number in (
        ("attempt_seconds", 0.2), ("retry_seconds", 1.5), ("usd", 0.25), ("tokens", 30), ("window", 8),
        ("in_flight", 3), ("breaker", 2),
    ):  # fmt: skip
        metrics.observe("simulated", "simulated", event, number)
    metrics.observe("simulated", "simulated", "failure", 1, "timeout")
    metrics.first_record(0.1)
    metrics.runs(2)
    line = '{model="simulated",provider="simulated"}'
    text = generate_latest(registry).decode()
    for expected in (
        f"rectifier_upstream_attempt_seconds_count{line} 1.0",
        f"rectifier_upstream_retry_seconds_sum{line} 1.5",
        f"rectifier_upstream_usd_total{line} 0.25",
        f"rectifier_upstream_tokens_total{line} 30.0",
        f"rectifier_upstream_window{line} 8.0",
        f"rectifier_upstream_in_flight{line} 3.0",
        f"rectifier_upstream_breaker{line} 2.0",
        'rectifier_upstream_failures_total{model="simulated",provider="simulated",reason="timeout"} 1.0',
        "rectifier_first_record_seconds_count 1.0",
        "rectifier_runs 2.0",
    ):
        assert expected in text


def test_a_callers_word_is_never_a_label_and_costs_no_memory() -> None:
    metrics, registry = made()
    for k in range(10_000):
        metrics.observe("simulated", f"canary {k}", "tokens", 1)
        metrics.observe("simulated", f"canary {k}", "failure", 1, "timeout")
    text = generate_latest(registry).decode()
    assert "canary" not in text
    assert 'rectifier_upstream_tokens_total{model="other",provider="simulated"} 10000.0' in text
    assert len(metrics._recorders) == 2


def test_failures_of_listed_models_are_there_at_0() -> None:
    _, registry = made()
    text, line = generate_latest(registry).decode(), 'model="simulated",provider="simulated"'
    assert f'rectifier_upstream_failures_total{{{line},reason="timeout"}} 0.0' in text
    assert f'rectifier_cells_total{{{line},reason="budget_exhausted"}} 0.0' in text
    assert f"rectifier_upstream_attempt_seconds_count{{{line}}} 0.0" in text
