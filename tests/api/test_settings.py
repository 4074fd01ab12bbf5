from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.api.settings import Settings, SettingsError, read_settings, variables


def test_without_variables_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_every_variable_is_read() -> None:
    changed = {
        name: "7" if not isinstance(default, bool) else str(not default).lower()
        for name, default in variables().items()
    }
    changed |= {
        "RECTIFIER_QUOTA": "7/7",
        "RECTIFIER_TRUSTED_PROXIES": "10.0.0.7",
        "RECTIFIER_CORS_ORIGINS": "https://7",
    }
    settings = read_settings(changed)
    assert settings.access_log is False
    assert (settings.threads, settings.limits.max_arms, settings.limits.deadline_seconds) == (7, 7, 7.0)
    assert (settings.access.keys_file, settings.access.jwt_leeway_seconds) == ("7", 7.0)
    assert len(changed) == 30


def test_the_canary_may_be_off_and_nothing_else_0() -> None:
    assert read_settings({"RECTIFIER_CANARY_SECONDS": "0"}).canary_seconds == 0.0
    with pytest.raises(SettingsError, match=r"^RECTIFIER_CANARY_SECONDS: a positive number or 0 is needed$"):
        read_settings({"RECTIFIER_CANARY_SECONDS": "-1"})
    with pytest.raises(SettingsError, match=r"^RECTIFIER_TRACES_SHARE: a positive number is needed$"):
        read_settings({"RECTIFIER_TRACES_SHARE": "0"})


@pytest.mark.parametrize("value", ["", "two", "0", "-1", "1.5", "inf"])
def test_a_bad_number_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^RECTIFIER_THREADS: a positive whole number is needed$"):
        read_settings({"RECTIFIER_THREADS": value})


def test_access_that_cannot_be_is_refused_with_the_rest() -> None:
    with pytest.raises(SettingsError, match=r"RECTIFIER_QUOTA: clients are.*; RECTIFIER_THREADS: a pos"):
        read_settings({"RECTIFIER_QUOTA": "1/1", "RECTIFIER_THREADS": "0"})


def test_all_bad_values_are_named_together() -> None:
    with pytest.raises(SettingsError, match=r"RECTIFIER_DEADLINE_SECONDS.*; RECTIFIER_ACCESS_LOG: true or false"):
        read_settings({"RECTIFIER_ACCESS_LOG": "yes", "RECTIFIER_DEADLINE_SECONDS": "nan"})


def test_what_kubernetes_injects_is_ignored() -> None:
    injected = {"RECTIFIER_PORT": "tcp://10.0.0.1:8000", "RECTIFIER_SERVICE_HOST": "10.0.0.1"}
    assert read_settings(injected) == Settings()
    assert not set(injected) & set(variables())


def test_the_page_lists_every_variable_with_its_default() -> None:
    page = Path("docs/settings.md").read_text()
    rows = dict(re.findall(r"\| `(RECTIFIER_\w+)` \| (\S*) \|", page))
    assert rows == {name: str(default) for name, default in variables().items()}
