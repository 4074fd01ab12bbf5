from __future__ import annotations

import pytest

from service.web.keeping import has, tag_of
from tests.api.asking import APP
from tests.web.asgi import ask


@pytest.mark.parametrize(("known", "found"), [(None, False), ("", False), ("*", True), ('"a"', True), ('W/"a"', True)])
def test_entity_tags_are_compared(known: str | None, found: bool) -> None:
    assert has(known, '"a"') is found


def test_tags_change_with_the_bytes() -> None:
    assert tag_of(b"a") == tag_of(b"a") != tag_of(b"b")


@pytest.mark.parametrize("path", ["/", "/docs/designs", "/docs/api", "/docs/api/swagger-ui-bundle.js"])
def test_what_a_browser_has_is_not_sent_again(path: str) -> None:
    first = ask(APP, "GET", path)
    again = ask(APP, "GET", path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    kept = "cache-control", "content-security-policy"
    assert [again.headers.get(name) for name in kept] == [first.headers.get(name) for name in kept]
