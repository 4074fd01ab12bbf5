"""The rules and the dashboard as they are shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPONENTS = ROOT / "k8s/components"
SPEC = yaml.safe_load((COMPONENTS / "servicemonitor/prometheusrule.yaml").read_text())["spec"]
RULES: list[dict[str, Any]] = [rule for group in SPEC["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD = json.loads((COMPONENTS / "grafana-dashboard/rectifier.json").read_text())
QUERIES: list[tuple[str, str]] = [
    (panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", [])
]
SCALED: list[tuple[str, str]] = [
    (path.parent.name, trigger["metadata"]["query"])
    for path in sorted(COMPONENTS.glob("keda/*/scaledobject.yaml"))
    for trigger in yaml.safe_load(path.read_text())["spec"]["triggers"]
    if trigger["type"] == "prometheus"
]
"""What pods are scaled by, by service."""
FOREIGN = {
    "up": {"job"},
    "container_cpu_cfs_throttled_periods_total": {"container", "namespace", "pod"},
    "container_cpu_cfs_periods_total": {"container", "namespace", "pod"},
}
"""Metrics that Prometheus itself and the kubelet bring."""
TARGET_LABELS = {"job", "instance", "namespace", "pod", "container"}
"""Labels that the scrape adds."""
