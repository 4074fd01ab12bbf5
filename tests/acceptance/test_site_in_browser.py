"""The documentation in a browser: anybody can use it, in light and dark, on a phone, with the keyboard alone."""

from __future__ import annotations

import pytest

from service.api.site.library import at
from tests.acceptance.browser import violations
from tests.api.site.whole import whole_site

LONG = {"estimand_coverage", "departures", "changelog", "fields"}
FEW = ("/docs", "/docs/coverage", "/docs/methods/estimators", "/docs/problems/few_humans", "/docs/search?q=humans")


def one_of_each_kind() -> list[str]:
    """Every page but most of the many that are made of one template, and the longest, which are more of the same."""
    pages = [page for page in whole_site().pages() if not page.startswith(("problems/", "decisions/"))]
    return list(dict.fromkeys([*FEW, "/docs/nowhere", *(at(page) for page in pages if page not in LONG)]))


@pytest.mark.parametrize(
    ("scheme", "width", "pages"),
    [
        pytest.param("light", 1400, one_of_each_kind, marks=pytest.mark.slow, id="light-all"),
        pytest.param("light", 1400, lambda: (*FEW, "/docs/nowhere"), id="light"),
        pytest.param("dark", 390, lambda: FEW, id="dark"),
    ],
)
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(server, browser, scheme, width, pages):
    addresses = pages()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, asked = context.new_page(), []
    page.on("request", lambda sent: asked.append(sent.url))
    for address in addresses:
        page.goto(f"http://{server.host}:{server.port}{address}")
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert all(url.startswith((f"http://{server.host}:{server.port}/docs", "data:")) for url in asked)
    context.close()


def test_axe_sees_a_fault(server, browser):
    page = browser.new_page()
    page.goto(f"http://{server.host}:{server.port}/docs")
    page.evaluate("document.querySelector('h1').remove(); document.documentElement.lang = ''")
    assert any(found.startswith("html-has-lang") for found in violations(page))
    page.close()


def test_the_first_key_skips_to_the_page_and_the_contents_open_without_a_mouse(server, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"http://{server.host}:{server.port}/docs/designs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".menu a[aria-current=page]").is_visible()
    page.close()


def test_a_code_is_found_with_the_keyboard(server, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"http://{server.host}:{server.port}/docs")
    page.get_by_role("searchbox").fill("few_humans")
    page.keyboard.press("Enter")
    page.locator("ul.found a").first.click()
    page.wait_for_url("**/docs/problems/few_humans")
    page.close()


def test_links_are_marked_alike_wherever_the_mouse_is(server, browser):
    page = browser.new_page()
    page.goto(f"http://{server.host}:{server.port}/docs/designs")
    ground = "link => getComputedStyle(link).backgroundColor"
    inside, beside = page.locator("article a").first, page.locator(".side a").nth(3)
    before = inside.evaluate(ground), beside.evaluate(ground)
    inside.hover()
    assert inside.evaluate(ground) == before[0], "a link in the text is no button"
    beside.hover()
    assert beside.evaluate(ground) != before[1]
    page.close()


def test_the_reference_shows_the_contract(server, browser):
    page = browser.new_page()
    page.goto(f"http://{server.host}:{server.port}/docs/api")
    page.get_by_text("/v1/calibrations").first.wait_for()
    page.get_by_role("link", name="Rectifier", exact=True).click()
    page.wait_for_url("**/docs")
    page.close()


VENDORED = {"nested-interactive", "heading-order", "region"}
"""What axe finds in the vendored swagger-ui, and a style of ours cannot mend."""


SHORTENED = """document.querySelectorAll(".microlight").forEach((shown) =>
  [...shown.querySelectorAll("span")].slice(300).forEach((word) => word.remove()))"""
"""The example of a request has 11,000 coloured words; they are all coloured alike."""


def unmended(page):
    return [found for found in violations(page) if found.partition(":")[0] not in VENDORED]


@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_the_reference_can_be_read_in_light_and_dark_and_on_a_phone(server, browser, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"http://{server.host}:{server.port}/docs/api")
    page.get_by_text("/v1/calibrations").first.wait_for()
    assert unmended(page) == []
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(28, 32, 34)") is (scheme == "dark")
    for method in ("post", "get"):
        page.locator(f".opblock-{method} .opblock-summary-control").first.click()
        page.locator(f".opblock-{method}.is-open .responses-table .response").first.wait_for()
    page.locator(".microlight").first.wait_for()
    page.evaluate(SHORTENED)
    assert unmended(page) == [], "opened operations"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".opblock-get").get_by_role("button", name="Try it out").click()
    page.locator(".opblock-get").get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response").wait_for()
    page.evaluate(SHORTENED)
    assert unmended(page) == [], "an operation tried out"
    context.close()
