"""docs/diagnostics.md: its commands run as written and print what stands under them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/diagnostics.md").read_text()
SHOWN = re.findall(r"python3 examples/diagnostics\.py (\w+)\n```\n```\n(.*?)\n```", PAGE, re.DOTALL)


def test_every_study_is_shown():
    assert [name for name, _ in SHOWN] == ["good", "shifted", "faulty", "unpaired"]


@pytest.mark.parametrize(("name", "output"), SHOWN)
def test_a_study_prints_what_the_page_shows(server, name, output):
    command = [sys.executable, str(ROOT / "examples/diagnostics.py"), name, f"http://{server.host}:{server.port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip() == output
