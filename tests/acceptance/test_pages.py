"""The pages of docs/ whose commands run as written and print what stands under them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {
    "designs": ["questions", "sample", "active", "check"],
    "diagnostics": ["good", "shifted", "faulty", "unpaired"],
    "estimands": ["conjoint", "factorial", "trial", "spending", "labels", "effect", "income"],
    "transport": ["margins", "rows", "impossible"],
}


def shown(page: str) -> list[tuple[str, str]]:
    """What a page runs with its program, and what it says is printed."""
    text = (ROOT / f"docs/{page}.md").read_text()
    return re.findall(rf"python3 examples/{page}\.py (\w+)\n```\n(?:[^`]*?\n)?```\n(.*?)\n```", text, re.DOTALL)


SHOWN = [(page, name, output) for page in PAGES for name, output in shown(page)]


def test_every_example_is_shown():
    assert {page: [name for name, _ in shown(page)] for page in PAGES} == PAGES


@pytest.mark.parametrize(("page", "name", "output"), SHOWN, ids=[f"{page} {name}" for page, name, _ in SHOWN])
def test_an_example_prints_what_the_page_shows(server, page, name, output):
    command = [sys.executable, str(ROOT / f"examples/{page}.py"), name, f"http://{server.host}:{server.port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip() == output
