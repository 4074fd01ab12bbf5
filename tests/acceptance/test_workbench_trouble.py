"""The workbench when something is wrong: in the file, the plan, on the way, in the service; and for whom it is hard."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tests.acceptance.browser import Open, violations
from tests.acceptance.conftest import Server
from tests.acceptance.talk import request, say
from tests.acceptance.workbench_page import TWINS, calibrated, example, saved, upload


def test_a_refusal_stands_beside_the_cell_it_is_about(server: Server, opened: Open) -> None:
    page = opened()
    rows = TWINS.splitlines()
    rows[5] = rows[5].replace(rows[5].split(",")[2], "4 stars")
    upload(page, "\n".join(rows))
    page.click("summary:text-is('More settings')")
    page.fill("#set-extra", '{"estimator": "magic"}')
    page.click("#go")
    page.wait_for_selector("#refusal")
    told = page.inner_text("#refusal")
    assert "column llm_control, row 5 (line 6 of the file)" in told
    assert "setting estimator" in told
    assert "This is no number. The cell says “4 stars”." in told
    assert "Row 5" in page.inner_text("#role-2-problem")
    assert page.get_attribute("#set-extra", "aria-invalid") == "true"
    assert "What to do:" in told
    assert page.evaluate("document.activeElement.id") == "refusal"
    links = {link.get_attribute("href") for link in page.query_selector_all("#refusal a")}
    assert {"#role-2", "#set-extra"} < links
    links = {link for link in links if not link.startswith("#")}
    assert len(links) == 2
    assert all(say(server, request("GET", f"/{link}", Accept="text/html")).status == 200 for link in links)
    assert page.is_hidden("#result-part")


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (503, {"Retry-After": "7"}, {"title": "The service is busy", "code": "overloaded"}, "Try again in 7 seconds"),
        (429, {"Retry-After": "300"}, {"title": "The quota is used up", "code": "quota_exceeded"}, "in 5 minutes"),
        (401, {}, {"title": "This path needs a key", "code": "unauthenticated"}, "write it under “API key”"),
        (502, {}, None, "Your data are still"),
    ],
)
def test_what_a_person_can_do_about_it(
    opened: Open, status: int, headers: dict[str, str], body: dict[str, str] | None, words: str
) -> None:
    page = opened()
    example(page)
    content = "<html>bad gateway</html>" if body is None else json.dumps(body)
    page.route("**/v1/calibrations", lambda route: route.fulfill(status=status, headers=headers, body=content))
    page.click("#go")
    page.wait_for_selector("#refusal")
    if status == 502:
        assert "answered 502" in page.inner_text("#refusal")
        assert page.query_selector("#refusal a") is None
    else:
        assert words in page.inner_text("#refusal")


def test_without_a_network_what_can_go_on_goes_on(server: Server, opened: Open) -> None:
    page = opened()
    example(page)
    calibrated(page)
    page.context.set_offline(True)
    assert ET.fromstring(saved(page, "#save-svg")) is not None
    assert json.loads(saved(page, "#save-json"))["estimates"]
    upload(page, TWINS, "mine.csv")
    assert "mine.csv: 720 rows" in page.inner_text("#read")
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert "cannot be reached" in page.inner_text("#refusal")
    assert "your data are still in this page" in page.inner_text("#refusal")
    page.context.set_offline(False)
    page.click("#go")
    page.wait_for_selector("#card-body .headline")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_inaccessible(opened: Open, scheme: str) -> None:
    """axe-core finds nothing at the start, with an answer and everything unfolded, or an error; nothing is too wide."""
    page = opened(width=390, color_scheme=scheme)

    def found() -> list[str]:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return violations(page) + ([f"{wide} px too wide"] if wide > 0 else [])

    assert found() == []
    example(page, "vote")
    calibrated(page)
    assert found() == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert found() == []
    page.fill("#set-extra", '{"estimator": "magic"}')
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert found() == []
    page.fill("#set-extra", "")
    page.click("#go")
    page.wait_for_selector("#result-part:not([hidden])")
