"""What all requests share in one process: lines to models, the cache, places for runs; opened and closed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from service.gateway.cache.memory import MemoryCache
from service.gateway.cache.protocol import Cache, CacheError
from service.gateway.closing import Closing
from service.gateway.conduct.budget import Budget
from service.gateway.conduct.line import Line, open_line
from service.gateway.conduct.lines import Lines
from service.gateway.conduct.retry import Policy
from service.gateway.metrics import Metrics
from service.gateway.places import Places
from service.gateway.providers.offer import Provider
from service.gateway.providers.registry import CODECS
from service.gateway.settings import Settings
from service.gateway.study import Caps, Study
from service.gateway.transport import Transport
from service.gateway.upstream import Simulated, Upstream
from service.web.body import Held
from service.web.environment import SettingsError


class Desk:
    """Lines by provider and model, made when first wanted; ``transport`` stands in for the socket in tests."""

    def __init__(self, settings: Settings, metrics: Metrics, transport: Transport | None = None) -> None:
        self.settings, self.metrics = settings, metrics
        self.cache = open_cache(settings)
        self.closing = Closing()
        self.held = Held(settings.held_body_bytes)
        self.runs = Places(settings.max_runs, "runs", 5, metrics.runs)
        self.plans = Places(settings.max_runs, "plans", 1)
        self.chats = Places(settings.max_chats, "chat completions", 1)
        self._transport = transport
        self._upstream: Upstream | None = None
        self._simulated = Simulated()
        self._policy = Policy(attempts=settings.retry_attempts, first=settings.retry_base_seconds)
        self.lines = Lines()

    def line(self, provider: Provider, model: str) -> Line:
        """The line to a model, the same for all who hold it; to be held while it is used."""
        return self.lines.at((provider.name, model), lambda: self._opened(provider, model))

    def budget(self, study: Study) -> Budget:
        """The caps of a run: the caller's, and in dollars the operator's; calls of an unknown price count nothing."""
        least = min(cap for cap in (study.caps.usd, self.settings.max_usd) if cap is not None)
        return Budget(Caps(least, study.caps.tokens, study.caps.calls))

    def seconds(self, study: Study) -> float:
        """How long a run may take."""
        return min(
            study.caps.deadline_seconds or self.settings.max_deadline_seconds, self.settings.max_deadline_seconds
        )

    async def close(self) -> None:
        """Let go of sockets and stores."""
        if self._upstream is not None:
            await self._upstream.close()
        if self.cache is not None:
            await self.cache.close()

    def _opened(self, provider: Provider, model: str) -> Line:
        line = open_line(provider, model, CODECS[provider.codec], self._carrier(provider), self.metrics)
        return replace(line, policy=self._policy)

    def _carrier(self, provider: Provider) -> Transport:
        if self._transport is not None:
            return self._transport
        if provider.codec == "simulated":
            return self._simulated
        if self._upstream is None:
            self._upstream = Upstream(max_bytes=self.settings.max_response_bytes)
        return self._upstream


def open_cache(settings: Settings) -> Cache | None:
    """The cache that the settings name; SettingsError for one that there is not or that cannot be opened."""
    kind, _, place = settings.cache.partition(":")
    try:
        if settings.cache == "off":
            return None
        if settings.cache == "memory":
            return MemoryCache(settings.cache_bytes)
        if kind == "sqlite" and place not in {"", ":memory:"}:
            from service.gateway.cache.sqlite import SqliteCache

            return SqliteCache(Path(place), settings.cache_file_bytes)
        if kind in {"redis", "rediss"} and place.startswith("//"):
            from service.gateway.cache.redis import RedisCache

            return RedisCache(settings.cache, ttl_seconds=settings.cache_seconds)
    except CacheError as error:
        raise SettingsError(f"RECTIFIER_CACHE: {error}") from None
    except ImportError:
        raise SettingsError("RECTIFIER_CACHE: this one needs the extra redis") from None
    raise SettingsError("RECTIFIER_CACHE: memory, off, sqlite:PATH or redis://HOST:PORT/DB is needed")


def providers_of(study: Study, providers: Mapping[str, Provider]) -> dict[str, Provider]:
    """The provider of every model, by the model's name in the study."""
    return {model.name: providers[model.provider] for model in study.models}
