"""What an operator says about access; the same variables in both services."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from service.web.access.quota import read_quota

_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Keys, tokens, quotas, and who may call from where; all off where nothing is set."""

    keys_file: str = ""
    """TOML file of key hashes; set: every request needs a key (or a token)."""
    jwks_file: str = ""
    """JSON Web Key Set of an identity provider; set: its tokens are taken (extra jwt)."""
    jwt_issuer: str = ""
    """The iss that tokens must have."""
    jwt_audience: str = ""
    """The aud that tokens must have."""
    jwt_leeway_seconds: float = 30.0
    """How far the clock behind exp and nbf may be off."""
    quota: str = ""
    """units/seconds of every client without its own in the key file; empty: no bound."""
    auth_failures_per_minute: int = 30
    """Wrong keys or tokens from one address before it gets 429."""
    trusted_proxies: str = ""
    """Addresses or networks, comma-separated, whose X-Forwarded-For says who asks."""
    cors_origins: str = ""
    """Origins, comma-separated and exact, whose web pages may call."""

    @property
    def required(self) -> bool:
        """Whether callers must say who they are."""
        return bool(self.keys_file or self.jwks_file)


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated setting."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def problems_of(settings: AccessSettings) -> list[str]:
    """What cannot be used together or at all, by variable."""
    found = [
        f"RECTIFIER_CORS_ORIGINS: https://host or https://host:port in small letters is needed, not {origin}"
        for origin in listed(settings.cors_origins)
        if not _ORIGIN.fullmatch(origin)
    ]
    found += [
        f"RECTIFIER_TRUSTED_PROXIES: an address or a network is needed, not {proxy}"
        for proxy in listed(settings.trusted_proxies)
        if not _is_network(proxy)
    ]
    if settings.jwks_file and not (settings.jwt_issuer and settings.jwt_audience):
        found.append("RECTIFIER_JWKS_FILE: RECTIFIER_JWT_ISSUER and RECTIFIER_JWT_AUDIENCE are needed with it")
    if settings.quota:
        try:
            read_quota(settings.quota)
        except ValueError as error:
            found.append(f"RECTIFIER_QUOTA: {error}")
        if not settings.required:
            found.append("RECTIFIER_QUOTA: clients are told apart by RECTIFIER_KEYS_FILE or RECTIFIER_JWKS_FILE only")
    return found


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
