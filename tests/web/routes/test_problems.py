from __future__ import annotations

from service.api.catalogue import CATALOGUE
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
