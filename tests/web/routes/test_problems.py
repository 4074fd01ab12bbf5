from __future__ import annotations

from litestar import Litestar

from service.api.catalogue import CATALOGUE
from service.web.problems import web_catalogue
from service.web.routes.problems import problem_handlers
from tests.api.asking import APP, is_problem
from tests.web.asgi import ask


def test_the_catalogue_is_json_or_html_by_accept() -> None:
    listed = ask(APP, "GET", "/v1/problems").json["problems"]
    assert {entry["code"] for entry in listed} == set(CATALOGUE)
    page = ask(APP, "GET", "/v1/problems/r_na_string", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "na = &#x27;null&#x27;" in page.body.decode()
    assert ask(APP, "GET", "/v1/problems/r_na_string").json["status"] == 422
    is_problem(ask(APP, "GET", "/v1/problems", headers={"accept": "image/png"}), 406, "not_acceptable")


def test_a_service_without_pages_shows_its_codes_by_itself() -> None:
    app = Litestar(problem_handlers(web_catalogue()), openapi_config=None)
    page = ask(app, "GET", "/v1/problems/overloaded", headers={"accept": "text/html"}).body.decode()
    entry = web_catalogue()["overloaded"]
    for part in (
        f"<title>overloaded: {entry.title} - Rectifier</title>",
        "Error, 503",
        "width=device-width",
        "light dark",
    ):
        assert part in page
    assert entry.action in page
    assert page.count("<section") == 1
    every = ask(app, "GET", "/v1/problems", headers={"accept": "text/html"}).body.decode()
    assert "<title>Errors and warnings - Rectifier</title>" in every
    assert every.count("<section") == len(web_catalogue())
