"""A headless Chromium, and axe-core's rules of accessibility run in it. Left out only where there is no Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.node import MODULES

Open = Callable[..., Any]
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


@contextmanager
def visiting(browser: Any, host: str) -> Iterator[Open]:
    """Opens the workbench: ``opened(width=..., color_scheme=...)``. After it nothing failed, nobody else was asked."""
    contexts, failures, asked = [], [], set()

    def begin(width: int = 1280, path: str = "/", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda said: failures.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda sent: asked.add(sent.url.split("/")[2] if "//" in sent.url else sent.url[:5]))
        page.goto(f"http://{host}{path}")
        page.wait_for_selector("html.ready")
        return page

    yield begin
    kept = [context.storage_state() for context in contexts]
    for context in contexts:
        context.close()
    assert failures == []
    assert asked - {"blob:", "data:"} == {host}
    assert all(state == {"cookies": [], "origins": []} for state in kept)


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it stands: rule, place."""
    script = MODULES / "axe-core/axe.min.js"
    assert script.is_file(), "axe-core is not in RECTIFIER_NODE_MODULES: make test installs it"
    session = page.context.new_cdp_session(page)  # evaluated by the debugger: the page's policy takes no script
    session.send("Runtime.evaluate", {"expression": script.read_text()})
    given = {"expression": "axe.run().then(r => r.violations)", "awaitPromise": True, "returnByValue": True}
    found: list[dict[str, Any]] = session.send("Runtime.evaluate", given)["result"]["value"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
