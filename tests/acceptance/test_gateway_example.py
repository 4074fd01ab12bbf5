"""The README's study through both services: it runs as written and prints what the README shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_prints_what_the_readme_shows(gateways, server) -> None:
    gateway = gateways()
    addresses = [f"http://{one.host}:{one.port}" for one in (gateway, server)]
    command = [sys.executable, str(ROOT / "examples/gateway_study.py"), *addresses]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "complete: True" in done.stdout
    assert done.stdout in (ROOT / "README.md").read_text()
