"""docs/transport.md: its commands run as written and print what stands under them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/transport.md").read_text()
SHOWN = re.findall(r"python3 examples/transport\.py (\w+)\n```\n(?:[^`]*?\n)?```\n(.*?)\n```", PAGE, re.DOTALL)


def test_every_target_is_shown():
    assert [name for name, _ in SHOWN] == ["margins", "rows", "impossible"]


@pytest.mark.parametrize(("name", "output"), SHOWN)
def test_a_target_prints_what_the_page_shows(server, name, output):
    command = [sys.executable, str(ROOT / "examples/transport.py"), name, f"http://{server.host}:{server.port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip() == output
