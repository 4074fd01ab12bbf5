"""Requests made up from the gateway's OpenAPI document, good and bad, with whole studies among the good ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.shape.sources import ROOT

CONFIG = Path(__file__).with_name("schemathesis_gateway.toml")
HOOKS = Path(__file__).with_name("schemathesis_gateway_hooks.py")
LEAST = {
    "/v1/generations application/x-ndjson": 0.6,
    "/v1/generations text/event-stream": 0.1,
    "/v1/generations/plan application/json": 0.8,
    "/v1/chat/completions application/json": 0.05,
    "/v1/chat/completions text/event-stream": 0.05,
    "/v1/providers application/json": 0.02,
    "/readyz application/json": 0.02,
}
"""Answers of 200 per example that there must be, about half of what there are: refusing all keeps it too."""


@pytest.mark.parametrize("examples", [30, pytest.param(100, marks=pytest.mark.slow)])
def test_schemathesis_finds_nothing(gateways, tmp_path, examples) -> None:
    server, seen = gateways(RECTIFIER_RETRY_BASE_SECONDS="0.01"), tmp_path / "seen"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    address = f"http://{server.host}:{server.port}/openapi.json"
    options = ["--checks", "all", "--max-examples", str(examples), "--seed", "1", "--no-color"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS), "SCHEMATHESIS_SEEN": str(seen), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, address, *options], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert re.search(r"\b(\d+) generated, \1 passed", done.stdout), done.stdout[-3000:]
    accepted = Counter(line.partition(" ")[2] for line in seen.read_text().splitlines() if line.startswith("200 "))
    kept = {place: accepted[place] >= least * examples for place, least in LEAST.items()}
    assert kept == dict.fromkeys(LEAST, True), accepted
