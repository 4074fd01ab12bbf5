"""The dashboard and the rules on the real thing: both services under load, a real Prometheus, every query."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import start
from tests.observability.live import free_port, load, perturbed
from tests.observability.prometheus import scraping
from tests.observability.rules import QUERIES

ENVIRONMENT = {"RECTIFIER_CANARY_SECONDS": "1"}
SECONDS = 40.0


@pytest.mark.slow
def test_every_query_returns_data_under_load_and_only_the_wrong_canary_fires(tmp_path: Path) -> None:
    assert shutil.which("prometheus"), "the Debian package prometheus is needed (.ci/run installs it)"
    calibration = start(tmp_path / "calibration", **ENVIRONMENT)
    gateway = start(tmp_path / "gateway", "gateway")
    try:
        with perturbed(os.environ | ENVIRONMENT) as wrong:
            addresses = {
                "calibration": [f"127.0.0.1:{calibration.port}", f"127.0.0.1:{wrong}"],
                "gateway": [f"127.0.0.1:{gateway.port}"],
            }
            with scraping(tmp_path, free_port(), addresses) as prometheus:
                statuses = load(calibration.port, gateway.port, SECONDS)
                time.sleep(2)
                found = {
                    (title, expr): prometheus.values(expr.replace("$__rate_interval", "20s")) for title, expr in QUERIES
                }
                firing = prometheus.firing()
    finally:
        assert [calibration.stop(), gateway.stop()] == [0, 0]
    print(f"{sum(statuses.values())} requests {statuses}, {len(found)} queries")
    assert {200} < set(statuses) <= {200, 400, 422}, statuses
    assert [query for query, values in found.items() if not values] == []
    of_this_machine = {name for name, _ in firing if "Latency" in name}  # a busy one takes a second for a bootstrap
    assert {each for each in firing if each[0] not in of_this_machine} == {
        ("RectifierCanaryWrong", f"127.0.0.1:{wrong}")
    }
