from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.gateway.settings import SIMULATED, Settings, read_settings, variables
from service.web.environment import SettingsError


def test_without_variables_there_is_the_embedded_provider_alone() -> None:
    assert read_settings({}) == Settings()
    assert dict(Settings().providers) == {"simulated": SIMULATED}


def test_variables_are_read() -> None:
    found = read_settings({"RECTIFIER_CACHE": "off", "RECTIFIER_MAX_CELLS": "7", "RECTIFIER_ACCESS_LOG": "false"})
    assert (found.cache, found.max_cells, found.access_log) == ("off", 7, False)
    with pytest.raises(SettingsError, match="RECTIFIER_MAX_CELLS: a positive whole number"):
        read_settings({"RECTIFIER_MAX_CELLS": "many"})


def test_a_file_adds_its_providers_to_the_embedded_one(tmp_path: Path) -> None:
    path = tmp_path / "providers.toml"
    path.write_text("[providers.x]\ncodec = 'gemini'\nbase_url = 'https://x/'")
    assert list(read_settings({"RECTIFIER_PROVIDERS_FILE": str(path)}).providers) == ["simulated", "x"]
    path.write_text("[providers.x]\ncodec = 'magic'\nbase_url = 'https://x/'")
    with pytest.raises(SettingsError, match=r"RECTIFIER_MAX_RUNS: .*; providers\.x\.codec: one of anthropic"):
        read_settings({"RECTIFIER_PROVIDERS_FILE": str(path), "RECTIFIER_MAX_RUNS": "0"})


@pytest.mark.parametrize(
    "bounds",
    [
        {"RECTIFIER_MAX_BODY_BYTES": "70000000"},
        {"RECTIFIER_MAX_VALUES": "70000000"},
        {"RECTIFIER_MAX_BODY_BYTES": "60000000", "RECTIFIER_MAX_VALUES": "1000000"},
    ],
)
def test_the_largest_body_finds_room(bounds: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="HELD_BODY_BYTES: at least RECTIFIER_MAX_BODY_BYTES plus 8 times"):
        read_settings(bounds)


def test_a_file_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="RECTIFIER_PROVIDERS_FILE: FileNotFoundError"):
        read_settings({"RECTIFIER_PROVIDERS_FILE": "/nowhere/providers.toml"})


def test_the_page_lists_every_variable_with_its_default() -> None:
    page = Path("docs/gateway.md").read_text()
    rows = dict(re.findall(r"\| `(RECTIFIER_\w+)` \| (\S*) \|", page))
    assert rows == {name: str(default) for name, default in variables().items()}
