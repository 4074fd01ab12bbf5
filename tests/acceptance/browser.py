"""A headless Chromium, and axe-core's rules of accessibility run in it. Left out only where there is no Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.node import MODULES

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, until the end of the block."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=program, args=_QUIET)
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it stands: rule, place."""
    script = MODULES / "axe-core/axe.min.js"
    assert script.is_file(), "axe-core is not in RECTIFIER_NODE_MODULES: make test installs it"
    session = page.context.new_cdp_session(page)  # evaluated by the debugger: the page's policy takes no script
    session.send("Runtime.evaluate", {"expression": script.read_text()})
    given = {"expression": "axe.run().then(r => r.violations)", "awaitPromise": True, "returnByValue": True}
    found: list[dict[str, Any]] = session.send("Runtime.evaluate", given)["result"]["value"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
