from __future__ import annotations

import sys

import pytest
from prometheus_client import CollectorRegistry

from service.web.environment import SettingsError
from service.web.tracing import open_tracer


def test_without_an_address_there_is_no_tracer() -> None:
    assert open_tracer("", 1.0, "x", CollectorRegistry()) is None


@pytest.mark.parametrize(
    ("endpoint", "share", "complaint"),
    [
        ("collector:4317", 1.0, "RECTIFIER_TRACES_ENDPOINT: an http or https address is needed"),
        ("http://127.0.0.1:1", 1.5, "RECTIFIER_TRACES_SHARE: a share above 0 and at most 1 is needed"),
    ],
)
def test_bad_settings_are_named(endpoint: str, share: float, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        open_tracer(endpoint, share, "x", CollectorRegistry())


def test_a_missing_extra_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "service.web.otel", raising=False)
    monkeypatch.delattr("service.web.otel", raising=False)
    with pytest.raises(SettingsError, match="the extra otel is not installed"):
        open_tracer("http://127.0.0.1:1/v1/traces", 1.0, "x", CollectorRegistry())
