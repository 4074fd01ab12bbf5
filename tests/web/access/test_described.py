from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.web.access.described import STATUSES, schemes, security
from service.web.access.key_file import SCOPES


@pytest.mark.parametrize("name", ["calibration", "gateway"])
def test_every_post_says_its_scope_and_that_a_key_may_not_be_needed(name: str) -> None:
    document = json.loads(Path(f"openapi/{name}.json").read_text())
    assert document["components"]["securitySchemes"] == schemes()
    posts = [path["post"] for path in document["paths"].values() if "post" in path]
    assert posts
    for post in posts:
        scope = post["security"][0]["bearer"][0]
        assert scope in SCOPES
        assert post["security"] == security(scope)
        assert {str(status) for status in STATUSES} <= post["responses"].keys()
