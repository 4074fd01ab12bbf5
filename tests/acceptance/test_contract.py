"""Requests made up from the OpenAPI document, good and bad: every answer is one that the document allows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")


def made_up(server, *options: str) -> subprocess.CompletedProcess[str]:
    """What schemathesis says of a running service."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    address = f"http://{server.host}:{server.port}/openapi.json"
    common = ["--checks", "all", "--seed", "1", "--no-color", *options]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS), "PYTHONHASHSEED": "0"}
    return subprocess.run([*command, address, *common], capture_output=True, text=True, check=False, env=environment)


def test_schemathesis_finds_nothing(server) -> None:
    """Examples and requests drawn at random, of which four of five good calibrations are whole studies."""
    done = made_up(server, "--phases", "examples,fuzzing", "--max-examples", "50")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert "No issues found" in done.stdout


@pytest.mark.slow
def test_every_field_of_the_document_at_its_limits_breaks_nothing(server) -> None:
    """About 10,000 requests that change one field each; nearly all are 422, which schemathesis remarks on."""
    done = made_up(server, "--phases", "coverage")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert re.search(r"\b(\d+) generated, \1 passed", done.stdout), done.stdout[-2000:]
