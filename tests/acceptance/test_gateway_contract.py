"""Requests made up from the gateway's OpenAPI document, good and bad, with whole studies among the good ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.shape.sources import ROOT

CONFIG = Path(__file__).with_name("schemathesis_gateway.toml")
HOOKS = Path(__file__).with_name("schemathesis_gateway_hooks.py")
LEAST = {
    "/v1/generations application/x-ndjson": (8, 60),
    "/v1/generations text/event-stream": (4, 10),
    "/v1/generations/plan application/json": (14, 80),
    "/v1/chat/completions application/json": (5, 5),
    "/v1/chat/completions text/event-stream": (8, 5),
    "/v1/providers application/json": (1, 2),
    "/readyz application/json": (1, 2),
}
"""Answers of 200 that there must be of FEW and of MANY, about half of what there are, or one: refusing everything would
keep any contract."""
FEW = ("--phases", "examples,fuzzing,stateful", "--max-examples", "40")
MANY = ("--max-examples", "100")


@pytest.mark.parametrize(
    ("size", "many"), [(0, FEW), pytest.param(1, MANY, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_schemathesis_finds_nothing(gateways, tmp_path, size, many) -> None:
    server, seen = gateways(RECTIFIER_RETRY_BASE_SECONDS="0.01"), tmp_path / "seen"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    address = f"http://{server.host}:{server.port}/openapi.json"
    options = ["--checks", "all", *many, "--seed", "1", "--no-color"]
    own = {"SCHEMATHESIS_HOOKS": str(HOOKS), "SCHEMATHESIS_SEEN": str(seen), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, address, *options], capture_output=True, text=True, check=False, env=os.environ | own, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert "No issues found" in done.stdout
    accepted = Counter(line.partition(" ")[2] for line in seen.read_text().splitlines() if line.startswith("200 "))
    missing = {place: accepted[place] for place, least in LEAST.items() if accepted[place] < least[size]}
    assert missing == {}, accepted
