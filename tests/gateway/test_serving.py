from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from service.gateway import serving


def test_bad_settings_end_the_start_with_status_2(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("RECTIFIER_CACHE", "drum")
    with socket.socket() as listening:
        assert serving.serve(listening) == 2
    assert "RECTIFIER_CACHE" in capsys.readouterr().err


def test_an_unusable_key_file_ends_the_start_with_status_2(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("RECTIFIER_KEYS_FILE", "/nowhere/keys.toml")
    with socket.socket() as listening:
        assert serving.serve(listening) == 2
    assert "RECTIFIER_KEYS_FILE: cannot be read" in capsys.readouterr().err


def test_without_keys_the_log_says_who_may_come_in_and_proxies_are_handed_on(
    monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    given = {}
    monkeypatch.setattr("service.gateway.serving.serve_until_stopped", lambda *_args, **options: given.update(options))
    monkeypatch.setenv("RECTIFIER_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    with socket.create_server(("0.0.0.0", 0)) as listening:
        assert serving.serve(listening) == 0
    assert "no keys: whoever reaches 0.0.0.0 may use this service" in capfd.readouterr().err
    assert given["trusted_proxies"] == ("10.0.0.0/8", "::1")


def test_the_start_loads_nothing_that_its_image_does_not_have() -> None:
    code = (
        "import sys; from service.gateway import serving; from service.gateway.app import create_gateway; "
        "from service.gateway.settings import Settings; create_gateway(Settings()); "
        "print([m for m in ('numpy', 'scipy', 'statsmodels', 'openai', 'anthropic', 'redis', 'service.calibration', "
        "'service.api') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
