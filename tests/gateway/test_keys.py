from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.keys import PATTERN, upstream_keys
from service.web.problems import ProblemError


def scope(text: str | None) -> dict:
    return {"headers": [] if text is None else [(b"x-upstream-key", text.encode("latin-1"))]}


def test_keys_by_provider() -> None:
    assert upstream_keys(scope(None)) == {}
    assert upstream_keys(scope("")) == {}
    assert upstream_keys(scope("openai=sk-1=x, anthropic = sk-2 ,")) == {"openai": "sk-1=x", "anthropic": "sk-2"}


@pytest.mark.parametrize(
    "text", ["sk-canary", "=sk-canary", "openai=", "openai=sk\tcanary", "openai=é", "é=sk-canary", "a=" + "k" * 20_000]
)
def test_what_is_no_list_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        upstream_keys(scope(text))
    assert refused.value.code == "malformed_upstream_key"
    assert "canary" not in refused.value.detail


@given(st.text("a =,\té\x7f~", max_size=12))
def test_the_documented_pattern_is_what_is_taken(text: str) -> None:
    try:
        upstream_keys(scope(text))
        taken = True
    except ProblemError:
        taken = False
    assert taken is bool(re.match(PATTERN, text))
