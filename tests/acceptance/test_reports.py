"""Reports as people see them: in a browser, on a desk, a phone and paper, in the dark; by a screen reader's rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.acceptance.browser import violations
from tests.acceptance.talk import post
from tests.api.render.answering import AWKWARD, BY_PATH

SIZES: dict[str, ViewportSize] = {"desk": {"width": 1100, "height": 800}, "phone": {"width": 375, "height": 700}}
PATHS = sorted(BY_PATH)
HUMAN = [3, 4, 2, 5, 4, 3, 5, 4, 2, 3, 4, 5]
AWKWARD_STUDY = {
    "data": {
        "layout": "arrays",
        "arms": [
            {"name": name.replace("\x00", "").replace("\n", " "), "human": HUMAN, "llm": HUMAN[::-1], "llm_only": HUMAN}
            for name in AWKWARD
        ],
    }
}


@dataclass
class Visit:
    """A page in the browser, and what it asked for and complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def visited(browser: Browser, body: bytes, size: str = "desk", **options: Any) -> Visit:
    """A report opened as a file that somebody saved."""
    page = browser.new_page(viewport=SIZES[size], **options)
    visit = Visit(page)
    page.on("request", lambda request: visit.asked.append(request.url))
    page.on("console", lambda message: visit.said.append(message.text))
    page.on("dialog", lambda dialog: visit.said.append(f"dialog {dialog.message}"))
    page.set_content(body.decode())
    return visit


def report(server, path: str, body: bytes, query: str = "", accept: str = "text/html") -> bytes:
    reply = post(server, body, f"{path}{query}", Accept=accept)
    assert reply.status == 200, reply.body[:500]
    return reply.body


def wide(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", PATHS)
def test_a_report_reads_on_desk_phone_and_paper_and_asks_nobody(server, browser, path: str) -> None:
    body = report(server, path, BY_PATH[path].examples[0][1])
    for size, options in (("desk", {}), ("phone", {}), ("desk", {"color_scheme": "dark"})):
        visit = visited(browser, body, size, **options)
        assert (visit.asked, visit.said) == ([], [])
        assert not wide(visit.page)
        assert violations(visit.page) == []
        assert visit.page.locator("figure svg").bounding_box()["height"] > 50
        if not options and size == "desk":
            visit.page.emulate_media(media="print")
            assert len(visit.page.pdf()) > 10_000
        visit.page.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_validation_is_a_page_too(server, browser, path: str) -> None:
    visit = visited(browser, report(server, path, BY_PATH[path].examples[0][1], "?validate_only=true"), "phone")
    assert visit.page.locator("h1").inner_text() == "The request is valid"
    assert (violations(visit.page), wide(visit.page), visit.asked) == ([], False, [])
    visit.page.close()


def test_the_dark_is_dark_and_paper_is_not(server, browser) -> None:
    visit = visited(browser, report(server, PATHS[0], BY_PATH[PATHS[0]].examples[0][1]), color_scheme="dark")

    def colours() -> tuple[str, str]:
        found = visit.page.evaluate(
            "[getComputedStyle(document.documentElement).backgroundColor,"
            " getComputedStyle(document.querySelector('figure svg text')).fill]"
        )
        return found[0], found[1]

    dark = colours()
    visit.page.emulate_media(media="print", color_scheme="dark")
    assert dark == ("rgb(20, 24, 29)", "rgb(230, 234, 239)")
    assert colours() == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    visit.page.close()


def test_names_are_shown_and_do_nothing(server, browser) -> None:
    body = report(server, "/v1/calibrations", json.dumps(AWKWARD_STUDY).encode())
    for size in SIZES:
        visit = visited(browser, body, size)
        assert (visit.asked, visit.said) == ([], [])
        assert visit.page.locator("script").count() == 0
        assert AWKWARD[0] in visit.page.locator("main").inner_text()
        assert not wide(visit.page)
        visit.page.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_figure_alone_is_drawn_with_its_texts(server, browser, path: str) -> None:
    figure = report(server, path, BY_PATH[path].examples[0][1], accept="image/svg+xml")
    visit = visited(browser, figure.split(b"\n", 1)[1])
    box = visit.page.locator("svg").bounding_box()
    assert box["width"] == 640
    texts = visit.page.locator("svg text")
    assert texts.count() > 3
    for place in texts.evaluate_all("found => found.map(text => text.getBoundingClientRect().toJSON())"):
        assert box["x"] <= place["left"]
        assert place["right"] <= box["x"] + box["width"]
        assert place["bottom"] <= box["y"] + box["height"]
    visit.page.close()
