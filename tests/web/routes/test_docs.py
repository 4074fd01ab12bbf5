from __future__ import annotations

from tests.api.asking import APP
from tests.web.asgi import ask


def test_the_documentation_page_loads_nothing_from_elsewhere() -> None:
    page = ask(APP, "GET", "/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert b"http" not in page.body.replace(b"http-equiv", b"")
    for name, kind in (("docs.js", "javascript"), ("swagger-ui-bundle.js", "javascript"), ("swagger-ui.css", "css")):
        answer = ask(APP, "GET", f"/docs/{name}")
        assert answer.status == 200
        assert kind in answer.headers["content-type"]
        assert f"/docs/{name}".encode() in page.body
