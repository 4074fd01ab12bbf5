"""Everything that can be set from outside: environment variables with one prefix, read once into one frozen struct.

Names that Kubernetes itself injects for a service called rectifier (RECTIFIER_PORT, RECTIFIER_SERVICE_...) are not
used, which is also why unknown names are ignored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.api.limits import Limits

PREFIX = "RECTIFIER_"


class SettingsError(ValueError):
    """A setting that cannot be used; says which, and what it takes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The calibration service's settings."""

    limits: Limits = field(default_factory=Limits)
    """Bounds on one request."""
    threads: int = 2
    """Threads that compute; requests beyond them wait."""
    queue: int = 16
    """Requests that may wait; beyond it 503."""
    inline_body_bytes: int = 16 << 10
    """Bodies up to this size are decoded on the event loop, larger ones in a thread."""
    inline_work: float = 50_000.0
    """Work units up to which a small request is computed on the event loop."""
    shutdown_seconds: int = 35
    """Seconds that requests in flight have to finish after SIGTERM."""
    access_log: bool = True
    """One JSON line per request on standard error."""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; ``SettingsError`` names every variable with a bad value."""
    problems: list[str] = []
    limits = dataclasses.replace(Limits(), **_chosen(Limits, environ, problems))
    settings = dataclasses.replace(Settings(limits), **_chosen(Settings, environ, problems))
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def variables() -> dict[str, object]:
    """Every environment variable that is read, with its default."""
    return {
        PREFIX + f.name.upper(): f.default
        for kind in (Settings, Limits)
        for f in dataclasses.fields(kind)
        if f.default is not dataclasses.MISSING
    }


def _chosen(kind: type[Settings | Limits], environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for f in dataclasses.fields(kind):
        text = environ.get(PREFIX + f.name.upper())
        if text is None or f.default is dataclasses.MISSING:
            continue
        try:
            chosen[f.name] = _parse(text.strip(), f.default)
        except ValueError as error:
            problems.append(f"{PREFIX}{f.name.upper()}: {error}")
    return chosen


def _parse(text: str, default: object) -> object:
    """The value in the type of its default; numbers are positive."""
    if isinstance(default, bool):
        if text.lower() not in {"true", "false"}:
            raise ValueError("true or false is needed")
        return text.lower() == "true"
    kind, words = (int, "a positive whole number") if isinstance(default, int) else (float, "a positive number")
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(f"{words} is needed") from None
    if not 0 < number < float("inf"):
        raise ValueError(f"{words} is needed")
    return number
