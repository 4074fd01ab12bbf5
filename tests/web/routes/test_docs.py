from __future__ import annotations

from litestar import Litestar

from service.web.routes.docs import REFERENCE_ONLY
from tests.api.asking import APP
from tests.web.asgi import ask


def test_the_documentation_page_loads_nothing_from_elsewhere() -> None:
    page = ask(APP, "GET", "/docs/api")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert b"http" not in page.body.replace(b"http-equiv", b"")
    assert b'<a href="/docs">' in page.body
    for name, kind in (
        ("docs.css", "css"),
        ("docs.js", "javascript"),
        ("swagger-ui-bundle.js", "javascript"),
        ("swagger-ui.css", "css"),
    ):
        answer = ask(APP, "GET", f"/docs/api/{name}")
        assert answer.status == 200
        assert kind in answer.headers["content-type"]
        assert f"/docs/api/{name}".encode() in page.body


def test_a_service_without_other_documentation_leads_to_the_reference() -> None:
    app = Litestar(REFERENCE_ONLY, openapi_config=None)
    answer = ask(app, "GET", "/docs")
    assert (answer.status, answer.headers["location"]) == (302, "/docs/api")
    assert ask(app, "GET", "/docs/api").status == 200
