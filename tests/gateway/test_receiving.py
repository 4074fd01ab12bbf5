from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.providers.protocol import Received
from service.gateway.receiving import LONGEST_VALUE, received

KEY = "sk-canary/key+5f3a"
SECRET = {"authorization": f"Bearer {KEY}"}


def test_a_response_is_what_it_was_with_lower_case_header_names() -> None:
    assert received(418, {"X-Request-ID": "r1 é"}, b"\xff tea", SECRET) == Received(
        418, {"x-request-id": "r1 é"}, b"\xff tea"
    )


@pytest.mark.parametrize("secret", [SECRET, {"x-goog-api-key": KEY}, {"authorization": f"bearer  {KEY} "}])
def test_an_echoed_secret_is_redacted_wherever_it_stands(secret: dict[str, str]) -> None:
    body = json.dumps({"error": {"message": f"the key {KEY} is wrong ({KEY})"}}).encode()
    found = received(401, {"X-Request-ID": f"r-{KEY}"}, body, secret)
    assert json.loads(found.body) == {"error": {"message": "the key [redacted] is wrong ([redacted])"}}
    assert found.headers == {"x-request-id": "r-[redacted]"}


@pytest.mark.parametrize("echo", [rb"sk-canary\/key+5f3a", b"sk-canary%2Fkey%2B5f3a"])
def test_so_it_is_as_json_and_as_a_url_spell_it(echo: bytes) -> None:
    assert received(200, {}, b"<" + echo + b">", SECRET).body == b"<[redacted]>"


@pytest.mark.parametrize("placeholder", ["none", "EMPTY", "1", ""])
def test_a_placeholder_may_be_a_word_of_the_answer(placeholder: str) -> None:
    body = f"none, 1 or EMPTY {placeholder}".encode()
    assert received(200, {}, body, {"authorization": f"Bearer {placeholder}"}).body == body


def test_without_a_secret_nothing_changes() -> None:
    assert received(200, {}, b"Bearer", {}).body == b"Bearer"


@given(st.binary(max_size=50).map(lambda sent: sent.decode("utf-8", "surrogateescape")))
def test_every_header_value_can_be_written_down(value: str) -> None:
    found = received(200, {"x": value}, b"", SECRET).headers["x"]
    found.encode()
    if value.isascii():
        assert found == value


def test_header_values_are_bounded() -> None:
    assert len(received(200, {"x": "y" * 100_000}, b"", SECRET).headers["x"]) == LONGEST_VALUE
