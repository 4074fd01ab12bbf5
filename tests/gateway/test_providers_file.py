from __future__ import annotations

from pathlib import Path

import pytest

from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers_file import read_providers

GOOD = """
[providers.openai]
codec = "openai_chat"
base_url = "https://api.example.org/v1"
key_file = "{key}"
any_model = false
timeout_seconds = 20
max_in_flight = 9
bearer = true
[providers.openai.models.small]
price = {{ input = 0.25, output = 2, as_of = "2026-11-01" }}
unsupported = ["temperature"]
methods = ["sample"]
[providers.here]
codec = "openai_compatible"
base_url = "http://127.0.0.1:8080/v1"
local = true
"""


def read(tmp_path: Path, text: str) -> tuple[dict[str, Provider], str]:
    """The providers of a file, and all that is wrong with it."""
    path = tmp_path / "providers.toml"
    path.write_text(text)
    problems: list[str] = []
    return read_providers(path, problems), "; ".join(problems)


def test_a_file_of_providers(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-canary\n")
    found, problems = read(tmp_path, GOOD.format(key=key))
    assert (list(found), problems) == (["openai", "here"], "")
    openai = found["openai"]
    assert (openai.key, openai.local, openai.any_model) == ("sk-canary", False, False)
    assert (openai.bearer, found["here"].bearer) == (True, False)
    assert (openai.timeout_seconds, openai.max_in_flight) == (20, 9)
    price = Price(0.25, 2, "2026-11-01")
    assert openai.models["small"] == OfferedModel("small", frozenset({"sample"}), frozenset({"temperature"}), price)
    assert (found["here"].local, found["here"].key, found["here"].codec) == (True, None, "openai_compatible")
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[providers", "TOMLDecodeError"),
        ("[other]", "unknown field `other`"),
        ("[providers.x.models.m]\nprice = { input = 1, output = 1, as_of = '' }", "length >= 1 - at"),
        ("[providers.x]\ncodec = 'magic'\nbase_url = 'https://x/'", "providers.x.codec: one of anthropic"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'http://x/'", "providers.x.base_url: an https URL"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'ftp://x/'\nlocal = true", "providers.x.base_url"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://me:secret@x/'", "no user"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://x/'\nkey_file = '/nowhere'", "providers.x.key_file"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://x/'\nkey = 'sk-canary'", "unknown field `key`"),
    ],
)
def test_what_cannot_be_used_stops_the_start(tmp_path: Path, text: str, said: str) -> None:
    _, problems = read(tmp_path, text)
    assert said in problems
    assert "canary" not in problems
    assert "secret" not in problems


HTTPS = "base_url = 'https://x/'"


@pytest.mark.parametrize(
    "base_url", ["https://[::1", "https://h:99999/v1", "https://h:port/v1", "https://:secretpw@h/", "https://@h/", ""]
)
def test_base_urls_that_are_none_or_carry_secrets_are_named_and_not_shown(tmp_path: Path, base_url: str) -> None:
    _, problems = read(tmp_path, f"[providers.x]\ncodec = 'gemini'\nbase_url = '{base_url}'")
    assert problems.startswith("providers.x.base_url: ")
    assert base_url == "" or base_url not in problems
    assert "secretpw" not in problems


@pytest.mark.parametrize("key", ["", " \n", "canary-1\ncanary-2\n", "sk canary", "sk-\N{BULLET}canary", "sk\x01canary"])
def test_a_file_without_exactly_one_key_is_named_and_not_shown(tmp_path: Path, key: str) -> None:
    path = tmp_path / "key"
    path.write_text(key)
    _, problems = read(tmp_path, f"[providers.x]\ncodec = 'gemini'\n{HTTPS}\nkey_file = '{path}'")
    assert problems.startswith("providers.x.key_file: one line with one key")
    assert "canary" not in problems


@pytest.mark.parametrize("name", ["a/b", "a,b", "a=b", "a b", "-a", "", "x" * 65])
def test_names_that_headers_and_models_cannot_say_are_refused(tmp_path: Path, name: str) -> None:
    _, problems = read(tmp_path, f'[providers."{name}"]\ncodec = "gemini"\n{HTTPS}')
    assert "a name is of letters" in problems


def test_a_parameter_that_there_is_not_is_no_unsupported_one(tmp_path: Path) -> None:
    model = "[providers.x.models.m]\nunsupported = ['temprature', 'seed']"
    _, problems = read(tmp_path, f"[providers.x]\ncodec = 'gemini'\n{HTTPS}\n{model}")
    assert problems == "providers.x.models.m.unsupported: there is no parameter temprature"
