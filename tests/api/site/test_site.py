from __future__ import annotations

import subprocess
import sys

from service.api.site import site
from tests.api.site.whole import whole_site

SITE = whole_site()


def test_pages_are_made_once_and_kept():
    assert SITE.kept("designs") is None
    page = SITE.page("designs")
    assert page is not None
    assert SITE.kept("designs") is SITE.page("designs") is page
    assert (page.media_type, page.etag[0], len(page.etag)) == ("text/html", '"', 18)


def test_many_who_ask_at_once_wait_for_one_to_make_it(monkeypatch):
    made: list[str] = []
    monkeypatch.setattr(site, "rendered", lambda *_given, address, **_rest: made.append(address) or "x")
    fresh = whole_site()
    asked = [fresh.maker.submit(fresh.page, "concepts") for _ in range(8)]
    assert len({future.result() for future in asked}) == 1
    assert made == ["/docs/concepts"]


def test_what_is_not_there_is_none_and_not_kept():
    for path in ("nowhere", "../README", "assets/site.py", "decisions/9999-x", "methods/none", ""):
        assert SITE.page(path) is None
        assert SITE.kept(path) is None


def test_the_style_is_a_page_too():
    style = SITE.page("assets/site.css")
    assert style is not None
    assert style.media_type == "text/css"
    assert b"@media print" in style.body


def test_a_page_knows_its_place_its_neighbours_and_its_file():
    page = SITE.page("concepts")
    assert page is not None
    text = page.body.decode()
    assert '<a href="/docs/concepts" aria-current="page">' in text
    assert 'rel="next" href="/docs/choosing"' in text
    assert "<code>docs/concepts.md</code>" in text
    card = SITE.page("methods/intervals")
    assert card is not None
    assert b'<a href="/docs/methods" aria-current="true">' in card.body


def test_codes_and_files_are_found_by_name():
    assert SITE.named("few_humans") == "/docs/problems/few_humans"
    assert SITE.named("docs/designs.md") == "/docs/designs"
    assert SITE.named("nothing") is None


def test_search_leads_to_the_page_of_a_code_and_to_passages_with_all_words():
    page = SITE.search("few_humans").decode()
    assert page.index('<a href="/docs/problems/few_humans">') < page.index(
        '<a href="/docs/concepts#what-an-llm-cannot-buy">'
    )
    assert 'value="few_humans"' in page
    assert "Nothing has" in SITE.search("no such words anywhere").decode()
    assert SITE.kept("search") is None


def test_search_knows_fields():
    assert b'<a href="/docs/fields#designreply">' in SITE.search("rho_min")


def test_the_page_for_where_there_is_none_has_the_contents():
    assert b'<nav class="side"' in SITE.nowhere()


def test_nothing_that_makes_pages_is_imported_at_start():
    code = "import sys, service.api.serving; print(*{'jinja2', 'markdown_it'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
