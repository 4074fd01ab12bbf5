"""Everything that can be set from outside: environment variables with one prefix, and the file of providers.

Without a file (``providers_file.py``) there is one provider, ``simulated``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers_file import read_providers
from service.web.access.settings import AccessSettings, problems_of
from service.web.environment import SettingsError, chosen, variables_of

SIMULATED = Provider(
    "simulated",
    "simulated",
    "http://simulated.invalid/",
    local=True,
    models={"simulated": OfferedModel("simulated", price=Price(0.0, 0.0, "always"))},
)


VALUE_BYTES = 8
"""What each value counts for beside the body's length: many short ones take more memory than their length says."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The gateway's settings."""

    providers_file: str = ""
    """TOML file of the providers; empty: only ``simulated``."""
    cache: str = "memory"
    """memory, sqlite:/path/to/file, redis://host:port/0, or off."""
    cache_bytes: int = 32 << 20
    """Bound of the cache in memory."""
    cache_file_bytes: int = 1 << 30
    """Bound of the SQLite file; what is evicted from it is asked and paid for again."""
    cache_seconds: int = 30 * 86_400
    """How long Redis keeps an answer."""
    max_body_bytes: int = 16 << 20
    """Bound of a request's body, as sent and after decompression."""
    max_values: int = 1_000_000
    """Bound of its commas and opening brackets: of what a body becomes in memory. Each counts ``VALUE_BYTES`` more."""
    held_body_bytes: int = 64 << 20
    """Bound of all bodies over 64 KiB that are being read, planned, answered or run; a compressed one counts as the
    largest."""
    max_cells: int = 5_000_000
    """Bound of one design."""
    calibration_columns: int = 200
    """Prediction columns of one calibration output; what the calibration service takes."""
    calibration_arms: int = 64
    """Arms of one calibration output."""
    calibration_values: int = 10_000_000
    """Values of one calibration output."""
    max_in_flight: int = 200
    """Upstream calls of one run at the same time, over all models."""
    max_runs: int = 16
    """Runs at the same time; beyond it 503."""
    max_chats: int = 100
    """Chat completions at the same time; beyond it 503."""
    max_usd: float = 1000.0
    """Cap of every run in US dollars, where prices are known."""
    max_deadline_seconds: float = 86_400.0
    """Longest run."""
    progress_seconds: float = 1.0
    """Between two progress records."""
    retry_attempts: int = 5
    """Upstream requests for one call at most, the first included."""
    retry_base_seconds: float = 0.5
    """Longest wait before the first further try; it doubles from one to the next, up to 30 seconds."""
    circuit_seconds: float = 60.0
    """How long a run waits for a provider that is left alone before it gives cells up as circuit_open."""
    max_response_bytes: int = 8 << 20
    """Bound of a provider's response, decompressed."""
    body_idle_seconds: float = 10.0
    """Longest pause within a request's body."""
    body_seconds: float = 120.0
    """Longest time for a request's body."""
    stalled_seconds: float = 120.0
    """How long a reader may take nothing of a stream; then its connection is closed, its run ends."""
    shutdown_seconds: int = 35
    """Seconds that runs have to finish after SIGTERM; then they end with what they have."""
    access_log: bool = True
    """One JSON line per request on standard error."""
    traces_endpoint: str = ""
    """OTLP/HTTP address that spans are sent to (extra otel); empty: no traces."""
    traces_share: float = 1.0
    """Share of the traces that begin here that are recorded; a caller's own decision counts first."""
    providers: Mapping[str, Provider] = field(default_factory=lambda: {"simulated": SIMULATED})
    """Read from the file; not a variable."""
    access: AccessSettings = field(default_factory=AccessSettings)
    """Who may ask, and for how much."""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; ``SettingsError`` names everything that cannot be used."""
    problems: list[str] = []
    access = dataclasses.replace(AccessSettings(), **chosen(AccessSettings, environ, problems))
    problems += problems_of(access)
    settings = dataclasses.replace(Settings(access=access), **chosen(Settings, environ, problems))
    if settings.held_body_bytes < settings.max_body_bytes + VALUE_BYTES * settings.max_values:
        text = f"at least RECTIFIER_MAX_BODY_BYTES plus {VALUE_BYTES} times RECTIFIER_MAX_VALUES is needed"
        problems.append(f"RECTIFIER_HELD_BODY_BYTES: {text}")
    if settings.providers_file:
        providers = dict(settings.providers) | read_providers(Path(settings.providers_file), problems)
        settings = dataclasses.replace(settings, providers=providers)
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def variables() -> dict[str, object]:
    """Every environment variable that is read, with its default."""
    return variables_of(Settings, AccessSettings)
