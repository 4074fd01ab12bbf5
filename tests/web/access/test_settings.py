from __future__ import annotations

import pytest

from service.web.access.settings import AccessSettings, listed, problems_of


def test_nothing_is_asked_of_callers_by_default() -> None:
    assert not AccessSettings().required
    assert problems_of(AccessSettings()) == []
    assert AccessSettings(keys_file="x").required
    assert AccessSettings(jwks_file="x").required


def test_lists_are_separated_by_commas() -> None:
    assert listed(" a, b ,,c") == ("a", "b", "c")
    assert listed("") == ()


@pytest.mark.parametrize(
    "origin", ["https://a.example", "http://localhost:3000", "https://[::1]:80", "http://10.0.0.1"]
)
def test_origins_are_exact(origin: str) -> None:
    assert problems_of(AccessSettings(cors_origins=f"{origin},https://b.example")) == []


@pytest.mark.parametrize(
    "origin", ["*", "null", "https://*.example", "https://a.example/", "a.example", "https://A.example", "ftp://a"]
)
def test_what_is_no_exact_origin_is_refused(origin: str) -> None:
    assert problems_of(AccessSettings(cors_origins=origin)) == [
        f"RECTIFIER_CORS_ORIGINS: https://host or https://host:port in small letters is needed, not {origin}"
    ]


def test_proxies_are_addresses_or_networks() -> None:
    assert problems_of(AccessSettings(trusted_proxies="10.0.0.0/8, ::1")) == []
    for bad in ("*", "proxy.example", "10.0.0.1/8"):
        assert problems_of(AccessSettings(trusted_proxies=bad))[0].startswith("RECTIFIER_TRUSTED_PROXIES")


def test_tokens_need_an_issuer_and_an_audience() -> None:
    assert len(problems_of(AccessSettings(jwks_file="x", jwt_issuer="y"))) == 1
    assert problems_of(AccessSettings(jwks_file="x", jwt_issuer="y", jwt_audience="z")) == []


def test_quotas_need_clients() -> None:
    assert problems_of(AccessSettings(keys_file="x", quota="1/1")) == []
    assert len(problems_of(AccessSettings(quota="lots"))) == 2
