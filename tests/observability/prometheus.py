"""A real Prometheus on loopback, its data in a folder of the test, scraping every second."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.observability.rules import SPEC


class Prometheus:
    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ready(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self._url}/-/ready", timeout=2) as answer:
            return answer.status == 200
        return False

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query."""
        asked = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"{self._url}/api/v1/query?{asked}", timeout=20) as answer:
            data = json.load(answer)["data"]
        assert data["resultType"] == "vector", data["resultType"]
        return data["result"]

    def values(self, expression: str) -> list[float]:
        """The values of a query that are numbers."""
        found = [float(series["value"][1]) for series in self.query(expression)]
        return [value for value in found if not math.isnan(value)]

    def firing(self) -> set[tuple[str, str]]:
        """Alerts that fire, with the pod they are about."""
        labels = [series["metric"] for series in self.query('ALERTS{alertstate="firing"}')]
        return {(each["alertname"], each.get("instance", "")) for each in labels}


def configured(folder: Path, targets: Mapping[str, list[str]]) -> Path:
    """The configuration for these addresses by job; the rules are evaluated every second, too."""
    groups = [{key: value for key, value in group.items() if key != "interval"} for group in SPEC["groups"]]
    folder.joinpath("rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    scraped = [{"job_name": job, "static_configs": [{"targets": found}]} for job, found in targets.items()]
    config = folder / "prometheus.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": ["rules.yaml"],
                "scrape_configs": scraped,
            }
        )
    )
    return config


@contextlib.contextmanager
def scraping(folder: Path, port: int, targets: Mapping[str, list[str]]) -> Iterator[Prometheus]:
    """Prometheus over these addresses; stopped at the end."""
    command = [
        "prometheus",
        f"--config.file={configured(folder, targets)}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            made, end = Prometheus(port), time.monotonic() + 60
            while not made.ready():
                assert process.poll() is None, (folder / "prometheus.log").read_text()
                assert time.monotonic() < end
                time.sleep(0.1)
            yield made
        finally:
            process.terminate()
