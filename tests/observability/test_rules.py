"""The alert rules against the metrics there are, their tests and their paragraphs; promtool itself: .ci/run."""

from __future__ import annotations

import re

import pytest

from service.web.http_metrics import HttpMetrics
from tests.observability.cases import CASES
from tests.observability.exposition import everything
from tests.observability.promql import named
from tests.observability.rules import ALERTS, DASHBOARD, FOREIGN, QUERIES, RECORDED, ROOT, RULES, SCALED, TARGET_LABELS

PAGE = (ROOT / "docs/observability.md").read_text()
EXPRESSIONS = [*((r.get("alert") or r["record"], r["expr"]) for r in RULES), *QUERIES, *SCALED]


def unknown(expression: str) -> list[str]:
    """Metrics and labels of an expression that nothing exposes."""
    found, problems = named(expression), []
    known = everything() | FOREIGN | {name: {"job"} for name in RECORDED}
    for metric, labels in found.metrics.items():
        if metric not in known:
            problems.append(metric)
        problems += [f"{metric}.{label}" for label in labels - known.get(metric, set()) - TARGET_LABELS]
    carried = {label for metric in found.metrics for label in known.get(metric, set())} | TARGET_LABELS
    return problems + sorted(found.grouped - carried)


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(EXPRESSIONS)])
def test_every_metric_and_label_exists(name: str, expression: str) -> None:
    assert unknown(expression) == []


def test_both_services_are_scaled_by_a_metric() -> None:
    assert [name for name, _ in SCALED] == ["calibration", "gateway"]


def test_a_metric_or_label_that_does_not_exist_is_seen() -> None:
    assert unknown("rectifier_canary_error > 1") == ["rectifier_canary_error"]
    assert unknown('rectifier_http_requests_total{path="/x"}') == ["rectifier_http_requests_total.path"]
    assert unknown("sum by (path) (rectifier_http_requests_total)") == ["path"]


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_shown_to_fire_and_not_to_fire_and_says_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    cases = [case for case in CASES if case.alert == alert]
    assert {bool(case.summary) for case in cases} == {True, False}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["runbook"] == f"docs/observability.md#{alert.lower()}"
    paragraph = re.search(rf"^### {alert}\n\n(.+?)(?=\n#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert paragraph
    assert len(paragraph[1]) > 100


def test_every_paragraph_and_case_is_of_an_alert() -> None:
    assert set(re.findall(r"^### (Rectifier\w+)$", PAGE, re.MULTILINE)) == ALERTS.keys()
    assert {case.alert for case in CASES} == ALERTS.keys()


def test_the_second_of_the_latency_promise_is_a_bucket() -> None:
    from prometheus_client import CollectorRegistry

    (limit,) = {m for r in RULES for m in re.findall(r'le="([\d.]+)"', r["expr"])}
    buckets = HttpMetrics(CollectorRegistry(), ())._seconds._kwargs["buckets"]
    assert float(limit) in buckets


def test_a_dashboard_has_a_title_and_a_place_for_every_panel() -> None:
    panels = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
    assert len({p["title"] for p in panels}) == len(panels)
    assert len({p["id"] for p in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(set(places)) == len(places)
    assert {p["datasource"]["uid"] for p in panels} == {"${datasource}"}
