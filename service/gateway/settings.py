"""Everything that can be set from outside: environment variables with one prefix, and the file of providers.

The file (``RECTIFIER_PROVIDERS_FILE``, TOML) has one table per provider; keys stand in files of their own, as
Kubernetes mounts secrets. Without it there is one provider, ``simulated``::

    [providers.openai]
    codec = "openai_chat"
    base_url = "https://api.openai.com/v1/"
    key_file = "/run/secrets/openai"
    [providers.openai.models."some-model"]
    price = { input = 0.25, cached_input = 0.025, output = 2.0, as_of = "2026-11-01" }
    unsupported = ["temperature"]
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.registry import CODECS
from service.gateway.study import Method
from service.web.environment import SettingsError, chosen, variables_of

SIMULATED = Provider(
    "simulated",
    "simulated",
    "http://simulated.invalid/",
    local=True,
    models={"simulated": OfferedModel("simulated", price=Price(0.0, 0.0, "always"))},
)


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
    max_body_bytes: int = 64 << 20
    """Bound of a request's body."""
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
    providers: Mapping[str, Provider] = field(default_factory=lambda: {"simulated": SIMULATED})
    """Read from the file; not a variable."""


Dollars = Annotated[float, msgspec.Meta(ge=0, le=1e6)]


class _Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    input: Dollars
    output: Dollars
    as_of: str
    cached_input: Dollars | None = None


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    price: _Price | None = None
    methods: list[Method] | None = None
    unsupported: list[str] = []


class _Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    codec: str
    base_url: str
    key_file: str | None = None
    local: bool = False
    any_model: bool = True
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    max_in_flight: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200
    models: dict[str, _Model] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: dict[str, _Provider]


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; ``SettingsError`` names everything that cannot be used."""
    problems: list[str] = []
    settings = dataclasses.replace(Settings(), **chosen(Settings, environ, problems))
    if settings.providers_file:
        providers = dict(settings.providers) | read_providers(Path(settings.providers_file), problems)
        settings = dataclasses.replace(settings, providers=providers)
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def variables() -> dict[str, object]:
    """Every environment variable that is read, with its default."""
    return variables_of(Settings)


def read_providers(path: Path, problems: list[str]) -> dict[str, Provider]:
    """The providers of a file; what is wrong with it goes to problems, without anything of a key."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text()), _File)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        problems.append(f"RECTIFIER_PROVIDERS_FILE: {type(error).__name__}: {_said(error)}")
        return {}
    return {name: _provider(name, given, problems) for name, given in read.providers.items()}


def _said(error: Exception) -> str:
    return error.strerror or "" if isinstance(error, OSError) else str(error)


def _provider(name: str, given: _Provider, problems: list[str]) -> Provider:
    if given.codec not in CODECS:
        problems.append(f"providers.{name}.codec: one of {', '.join(sorted(CODECS))} is needed")
    address = urlsplit(given.base_url)
    if address.scheme not in ({"http", "https"} if given.local else {"https"}) or not address.hostname:
        problems.append(f"providers.{name}.base_url: an https URL is needed (http only with local = true)")
    if address.username or address.query or address.fragment:
        problems.append(f"providers.{name}.base_url: no user, query or fragment is taken; keys go in key_file")
    key = None
    if given.key_file:
        try:
            key = Path(given.key_file).read_text().strip() or None
        except (OSError, UnicodeDecodeError):
            problems.append(f"providers.{name}.key_file: cannot be read")
    return Provider(
        name=name,
        codec=given.codec,
        base_url=given.base_url,
        key=key,
        local=given.local,
        models={model: _model(model, words) for model, words in given.models.items()},
        any_model=given.any_model,
        timeout_seconds=given.timeout_seconds,
        max_in_flight=given.max_in_flight,
    )


def _model(name: str, given: _Model) -> OfferedModel:
    methods = None if given.methods is None else frozenset(given.methods)
    price = given.price
    known = None if price is None else Price(price.input, price.output, price.as_of, price.cached_input)
    return OfferedModel(name, methods, frozenset(given.unsupported), known)
