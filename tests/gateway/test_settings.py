from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.gateway.providers.offer import OfferedModel, Price
from service.gateway.settings import SIMULATED, Settings, read_settings, variables
from service.web.environment import SettingsError

GOOD = """
[providers.openai]
codec = "openai_chat"
base_url = "https://api.example.org/v1"
key_file = "{key}"
any_model = false
timeout_seconds = 20
max_in_flight = 9
[providers.openai.models.small]
price = {{ input = 0.25, output = 2, as_of = "2026-11-01" }}
unsupported = ["temperature"]
methods = ["sample"]
[providers.here]
codec = "openai_compatible"
base_url = "http://127.0.0.1:8080/v1"
local = true
"""


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "providers.toml"
    path.write_text(text)
    return read_settings({"RECTIFIER_PROVIDERS_FILE": str(path)})


def test_without_variables_there_is_the_embedded_provider_alone() -> None:
    assert read_settings({}) == Settings()
    assert dict(Settings().providers) == {"simulated": SIMULATED}


def test_variables_are_read() -> None:
    found = read_settings({"RECTIFIER_CACHE": "off", "RECTIFIER_MAX_CELLS": "7", "RECTIFIER_ACCESS_LOG": "false"})
    assert (found.cache, found.max_cells, found.access_log) == ("off", 7, False)
    with pytest.raises(SettingsError, match="RECTIFIER_MAX_CELLS: a positive whole number"):
        read_settings({"RECTIFIER_MAX_CELLS": "many"})


def test_a_file_of_providers(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-canary\n")
    found = read(tmp_path, GOOD.format(key=key)).providers
    assert list(found) == ["simulated", "openai", "here"]
    openai = found["openai"]
    assert (openai.key, openai.local, openai.any_model) == ("sk-canary", False, False)
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
        ("[providers.x]\ncodec = 'magic'\nbase_url = 'https://x/'", "providers.x.codec: one of anthropic"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'http://x/'", "providers.x.base_url: an https URL"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'ftp://x/'\nlocal = true", "providers.x.base_url"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://me:secret@x/'", "no user"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://x/'\nkey_file = '/nowhere'", "providers.x.key_file"),
        ("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://x/'\nkey = 'sk-canary'", "unknown field `key`"),
    ],
)
def test_what_cannot_be_used_stops_the_start(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "canary" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="RECTIFIER_PROVIDERS_FILE: FileNotFoundError"):
        read_settings({"RECTIFIER_PROVIDERS_FILE": "/nowhere/providers.toml"})


def test_the_page_lists_every_variable_with_its_default() -> None:
    page = Path("docs/gateway.md").read_text()
    rows = dict(re.findall(r"\| `(RECTIFIER_\w+)` \| (\S*) \|", page))
    assert rows == {name: str(default) for name, default in variables().items()}
