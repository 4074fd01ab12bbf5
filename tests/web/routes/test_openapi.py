from __future__ import annotations

from service.api.openapi import build_document
from tests.api.asking import APP
from tests.api.standin import SUMS
from tests.web.asgi import ask


def test_the_document_is_served_whatever_is_accepted() -> None:
    answer = ask(APP, "GET", "/openapi.json", headers={"accept": "application/vnd.oai.openapi"})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body == build_document([SUMS])
