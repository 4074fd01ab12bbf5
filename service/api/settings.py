"""Everything that can be set from outside, read once into one frozen struct."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from service.api.limits import Limits
from service.web.access.settings import AccessSettings, problems_of
from service.web.environment import OR_OFF, SettingsError, chosen, variables_of

__all__ = ["Settings", "SettingsError", "read_settings", "variables"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The calibration service's settings."""

    limits: Limits = field(default_factory=Limits)
    """Bounds on one request."""
    access: AccessSettings = field(default_factory=AccessSettings)
    """Who may ask, and for how much."""
    threads: int = 2
    """Threads that compute; requests beyond them wait."""
    queue: int = 16
    """Requests that may wait; beyond it 503."""
    inline_queue: int = 16
    """Small requests that may wait for their turn on the event loop; beyond it 503."""
    held_body_bytes: int = 256 << 20
    """Bytes of bodies over 64 KiB that may be read or kept at one time; beyond it 503."""
    inline_body_bytes: int = 40 << 10
    """Bodies up to this size, four times it when numbers are all, are decoded on the event loop, larger in a thread."""
    inline_work: float = 50_000.0
    """Work units up to which a small request is computed on the event loop."""
    parse_process: bool = True
    """Whether large bodies are parsed in a process of their own (Linux)."""
    thread_parse_seconds: float = 0.003
    """Predicted seconds of parsing up to which a thread does it; beyond, the parsing process."""
    shutdown_seconds: int = 35
    """Seconds that requests in flight have to finish after SIGTERM."""
    access_log: bool = True
    """One JSON line per request on standard error."""
    canary_seconds: float = field(default=60.0, metadata=OR_OFF)
    """Seconds between two computations of a known answer; 0: never."""
    traces_endpoint: str = ""
    """OTLP/HTTP address that spans are sent to (extra otel); empty: no traces."""
    traces_share: float = 1.0
    """Share of the traces that begin here that are recorded; a caller's own decision counts first."""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; ``SettingsError`` names every variable with a bad value."""
    problems: list[str] = []
    limits = dataclasses.replace(Limits(), **chosen(Limits, environ, problems))
    access = dataclasses.replace(AccessSettings(), **chosen(AccessSettings, environ, problems))
    problems += problems_of(access)
    settings = dataclasses.replace(Settings(limits, access), **chosen(Settings, environ, problems))
    if settings.held_body_bytes < limits.max_body_bytes:
        problems.append("RECTIFIER_HELD_BODY_BYTES: at least RECTIFIER_MAX_BODY_BYTES is needed")
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def variables() -> dict[str, object]:
    """Every environment variable that is read, with its default."""
    return variables_of(Settings, Limits, AccessSettings)
