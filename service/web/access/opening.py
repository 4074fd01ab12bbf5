"""Access put together at start from the settings: files read, gate, watching, metrics, log lines."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from litestar.types import ASGIApp
from prometheus_client import CollectorRegistry, Counter, Gauge

from service.web.access.gate import REASONS, Credentials, Gate, Policy
from service.web.access.guard import guarding
from service.web.access.key_file import AccessFileError, read_key_ring
from service.web.access.quota import read_quota
from service.web.access.settings import AccessSettings
from service.web.access.throttle import Throttle
from service.web.access.token import Expected, read_key_set
from service.web.access.watched import Watch, Watched
from service.web.environment import SettingsError

LogWriter = Callable[[bytes], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """The layers to put around every path, and the thread that watches the files."""

    layers: Sequence[Callable[[ASGIApp], ASGIApp]]
    watch: Watch
    watched: Sequence[Watched[Any]] = ()


def open_access(settings: AccessSettings, unit: str, registry: CollectorRegistry, write: LogWriter | None) -> Access:
    """Access for these settings; ``unit`` is what quotas count. SettingsError for a file that cannot be used."""
    if not settings.required:
        return Access((), Watch(()))
    files = _Files(registry, write)
    keys = key_set = None
    if settings.keys_file:
        keys = files.open("keys", "RECTIFIER_KEYS_FILE", settings.keys_file, read_key_ring)
    if settings.jwks_file:
        _need_extra()
        key_set = files.open("jwks", "RECTIFIER_JWKS_FILE", settings.jwks_file, read_key_set)
    expected = Expected(settings.jwt_issuer, settings.jwt_audience, settings.jwt_leeway_seconds)
    refusals = Counter("rectifier_access_refusals_total", "Requests refused, why.", ("reason",), registry=registry)
    counters = {reason: refusals.labels(reason) for reason in REASONS}
    policy = Policy(
        read_quota(settings.quota) if settings.quota else None,
        unit,
        Throttle(settings.auth_failures_per_minute),
        lambda reason: counters[reason].inc(),
    )
    watched: list[Watched[Any]] = [file for file in (keys, key_set) if file is not None]
    return Access((guarding(Gate(Credentials(keys, key_set, expected), policy)),), Watch(watched), watched)


class _Files:
    """Opens files and tells log and metrics what becomes of them."""

    def __init__(self, registry: CollectorRegistry, write: LogWriter | None) -> None:
        self._write = write
        self._current = Gauge(
            "rectifier_access_file_current", "1: the file is in force; 0: it cannot be used, its former contents are.",
            ("file",), registry=registry,
        )  # fmt: skip
        self._taken = Counter("rectifier_access_file_taken_total", "Contents taken.", ("file",), registry=registry)

    def open(self, name: str, variable: str, path: str, parse: Callable[[bytes], T]) -> Watched[T]:
        """A watched file."""
        try:
            return Watched(Path(path), parse, lambda fault: self._told(name, fault))
        except AccessFileError as error:
            raise SettingsError(f"{variable}: {error}") from None

    def _told(self, name: str, fault: str | None) -> None:
        self._current.labels(name).set(fault is None)
        if fault is None:
            self._taken.labels(name).inc()
        if self._write is not None:
            log_line(
                self._write,
                "error" if fault else "info",
                f"the {name} file is not taken, its former contents stay: {fault}" if fault else f"{name} file taken",
            )


def log_line(write: LogWriter, level: str, message: str) -> None:
    """One line of the server's own, as JSON."""
    write(msgspec.json.encode({"event": "server", "level": level, "message": message}))


def warn_when_open(host: str, settings: AccessSettings, write: LogWriter) -> None:
    """Say so in the log where everybody may ask and this is not the loopback address."""
    if not settings.required and not _is_loopback(host):
        text = f"no keys: whoever reaches {host} may use this service (RECTIFIER_KEYS_FILE)"
        log_line(write, "warning", text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _need_extra() -> None:
    try:
        import jwt.algorithms

        usable = jwt.algorithms.has_crypto
    except ImportError:
        usable = False
    if not usable:
        raise SettingsError("RECTIFIER_JWKS_FILE: this one needs the extra jwt")
