from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.gateway.keys import PATTERN, upstream_keys
from service.web.problems import ProblemError


class Every:
    """Every name is a provider's."""

    def __contains__(self, _name: str) -> bool:
        return True


def scope(*texts: str) -> dict:
    return {"headers": [(b"host", b"x"), *((b"x-upstream-key", text.encode("latin-1")) for text in texts)]}


def test_keys_by_provider() -> None:
    known = {"openai", "anthropic"}
    expected = {"openai": "sk-1=x", "anthropic": "sk-2"}
    assert upstream_keys(scope(), known) == {}
    assert upstream_keys(scope(""), known) == {}
    assert upstream_keys(scope("openai=sk-1=x, anthropic = sk-2 ,"), known) == expected
    assert upstream_keys(scope("openai=sk-1=x", "", "anthropic=sk-2"), known) == expected


@pytest.mark.parametrize("texts", [("openai=canary-1,openai=canary-2",), ("openai=canary-1", "openai=canary-2")])
def test_two_keys_for_one_provider_are_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(ProblemError) as refused:
        upstream_keys(scope(*texts), {"openai"})
    assert (refused.value.code, "canary" in refused.value.detail) == ("malformed_upstream_key", False)


@pytest.mark.parametrize("text", ["OpenAI=sk-1", "openai=sk-1, canary-sk=x", "sk-canary=x"])
def test_a_key_that_would_not_be_used_is_refused(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        upstream_keys(scope(text), {"openai"})
    assert (refused.value.code, "canary" in refused.value.detail) == ("unknown_provider", False)


@pytest.mark.parametrize(
    "text", ["sk-canary", "=sk-canary", "openai=", "openai=sk\tcanary", "openai=é", "é=sk-canary", "a=" + "k" * 20_000]
)
def test_what_is_no_list_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        upstream_keys(scope(text), Every())
    assert refused.value.code == "malformed_upstream_key"
    assert "canary" not in refused.value.detail


@given(st.text("a =,\té\x7f~", max_size=12))
def test_the_documented_pattern_is_what_is_taken(text: str) -> None:
    names = [part.partition("=")[0].strip() for part in text.split(",") if part.strip()]
    assume(len(names) == len(set(names)))  # which no pattern can say
    try:
        upstream_keys(scope(text), Every())
        taken = True
    except ProblemError:
        taken = False
    assert taken is bool(re.match(PATTERN, text))
