from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from service.web.access.key import new_key
from service.web.access.opening import open_access, warn_when_open
from service.web.access.settings import AccessSettings
from service.web.environment import SettingsError
from tests.web.access.people import line
from tests.web.access.test_token import JWKS

TOKENS = {"jwt_issuer": "https://idp.example", "jwt_audience": "rectifier"}


def test_without_settings_there_is_no_layer_and_nothing_to_watch() -> None:
    found = open_access(AccessSettings(), "cells", CollectorRegistry(), None)
    assert (list(found.layers), list(found.watched)) == ([], [])


def test_files_are_opened_watched_and_measured(tmp_path: Path) -> None:
    keys, jwks = tmp_path / "keys.toml", tmp_path / "jwks.json"
    keys.write_text(line(new_key()))
    jwks.write_bytes(JWKS)
    written: list[bytes] = []
    registry = CollectorRegistry()
    settings = AccessSettings(keys_file=str(keys), jwks_file=str(jwks), quota="1/1", **TOKENS)
    found = open_access(settings, "cells", registry, written.append)
    assert (len(found.layers), len(found.watched)) == (1, 2)
    keys.write_text("nonsense rectifier_secret")
    for _ in range(3):
        found.watched[0].look()
    metrics = generate_latest(registry).decode()
    assert 'rectifier_access_file_current{file="keys"} 0.0' in metrics
    assert 'rectifier_access_file_current{file="jwks"} 1.0' in metrics
    assert 'rectifier_access_file_taken_total{file="keys"} 1.0' in metrics
    assert 'rectifier_access_refusals_total{reason="expired"} 0.0' in metrics
    lines = [json.loads(text) for text in written]
    assert [(told["level"], told["message"].split(":")[0]) for told in lines] == [
        ("info", "keys file taken"),
        ("info", "jwks file taken"),
        ("error", "the keys file is not taken, its former contents stay"),
    ]
    assert b"secret" not in b"".join(written)


def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    for name, settings in (
        ("RECTIFIER_KEYS_FILE", AccessSettings(keys_file=str(tmp_path / "no"))),
        ("RECTIFIER_JWKS_FILE", AccessSettings(jwks_file=str(tmp_path / "no"), **TOKENS)),
    ):
        with pytest.raises(SettingsError, match=f"^{name}: cannot be read"):
            open_access(settings, "cells", CollectorRegistry(), None)


@pytest.mark.parametrize("module", ["jwt", "cryptography"])
def test_a_key_set_needs_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str) -> None:
    (tmp_path / "jwks.json").write_bytes(JWKS)
    monkeypatch.setitem(sys.modules, module, None)
    if module == "cryptography":
        import jwt.algorithms

        monkeypatch.setattr(jwt.algorithms, "has_crypto", False)
    with pytest.raises(SettingsError, match="RECTIFIER_JWKS_FILE: this one needs the extra jwt"):
        open_access(AccessSettings(jwks_file=str(tmp_path / "jwks.json"), **TOKENS), "x", CollectorRegistry(), None)


@pytest.mark.parametrize(
    ("host", "lines"),
    [
        ("127.0.0.1", 0),
        ("127.1.2.3", 0),
        ("::1", 0),
        ("localhost", 0),
        ("0.0.0.0", 1),
        ("::", 1),
        ("10.0.0.7", 1),
        ("h", 1),
    ],
)
def test_a_service_open_to_others_says_so(host: str, lines: int) -> None:
    written: list[bytes] = []
    warn_when_open(host, AccessSettings(), written.append)
    warn_when_open(host, AccessSettings(keys_file="x"), written.append)
    assert len(written) == lines
    assert all(json.loads(line)["level"] == "warning" for line in written)
