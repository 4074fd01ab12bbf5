from __future__ import annotations

import threading

import pytest

from service.api.site.site import Site
from tests.api.asking import APP, is_problem
from tests.api.standin import service
from tests.web.asgi import ask


@pytest.mark.parametrize("path", ["/docs", "/docs/designs", "/docs/problems/few_humans"])
def test_pages_are_sent_with_a_strict_policy_and_may_be_kept(path):
    page = ask(APP, "GET", path)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "max-age=300"
    assert b"<script" not in page.body


def test_who_has_a_page_is_told_so():
    page = ask(APP, "GET", "/docs/designs")
    for tags in (page.headers["etag"], f'W/"a", W/{page.headers["etag"]}', "*"):
        again = ask(APP, "GET", "/docs/designs", headers={"if-none-match": tags})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == page.headers["etag"]
    assert ask(APP, "GET", "/docs/designs", headers={"if-none-match": '"other"'}).status == 200


def test_the_style_has_its_type():
    style = ask(APP, "GET", "/docs/assets/site.css")
    assert style.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/docs/nowhere", "/docs/methods/none", "/docs/..%2fREADME", "/docs/problems/nothing"])
def test_what_is_not_there_is_a_problem(path):
    is_problem(ask(APP, "GET", path), 404, "not_found")


def test_a_browser_that_asks_for_what_is_not_there_gets_a_page():
    page = ask(APP, "GET", "/docs/nowhere", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert b"No such page" in page.body


@pytest.mark.parametrize("query", ["q=few_humans", "q=few_humans&q=x", "q=few%5Fhumans&other=1"])
def test_a_search_is_answered_and_not_kept(query):
    page = ask(APP, "GET", f"/docs/search?{query}")
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert b'<a href="/docs/problems/few_humans">' in page.body


@pytest.mark.parametrize("query", ["", "q=", "q=%00%ff%3Cscript%3E", "&" * 9000, "q=" + "a" * 9000])
def test_any_query_is_answered_with_a_page(query):
    page = ask(APP, "GET", f"/docs/search?{query}")
    assert page.status == 200
    assert b"<script" not in page.body
    assert b"\0" not in page.body
    assert len(page.body) < 20_000


def test_a_page_is_made_off_the_event_loop_and_then_sent_from_memory(monkeypatch):
    threads: list[str] = []
    make = Site.page

    def watched(site, page):
        threads.append(threading.current_thread().name)
        return make(site, page)

    monkeypatch.setattr(Site, "page", watched)
    app = service().asgi
    for _ in range(2):
        assert ask(app, "GET", "/docs/designs").status == 200
    assert len(threads) == 1
    assert threads[0] != threading.main_thread().name


def test_problems_are_shown_in_the_same_pages():
    asked = {"accept": "text/html"}
    page = ask(APP, "GET", "/v1/problems/few_humans", headers=asked)
    assert page.body == ask(APP, "GET", "/docs/problems/few_humans").body
    assert page.headers["vary"] == "Accept"
    assert ask(APP, "GET", "/v1/problems", headers=asked).body == ask(APP, "GET", "/docs/problems").body
