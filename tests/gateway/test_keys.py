from __future__ import annotations

import pytest

from service.gateway.keys import upstream_keys
from service.web.problems import ProblemError


def scope(text: str | None) -> dict:
    return {"headers": [] if text is None else [(b"x-upstream-key", text.encode("latin-1"))]}


def test_keys_by_provider() -> None:
    assert upstream_keys(scope(None)) == {}
    assert upstream_keys(scope("")) == {}
    assert upstream_keys(scope("openai=sk-1=x, anthropic = sk-2 ,")) == {"openai": "sk-1=x", "anthropic": "sk-2"}


@pytest.mark.parametrize(
    "text", ["sk-canary", "=sk-canary", "openai=", "openai=sk\tcanary", "openai=é", "a=" + "k" * 20_000]
)
def test_what_is_no_list_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        upstream_keys(scope(text))
    assert refused.value.code == "malformed_upstream_key"
    assert "canary" not in refused.value.detail
