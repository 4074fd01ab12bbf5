from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from service.gateway.cache.memory import MemoryCache
from service.gateway.cache.sqlite import SqliteCache
from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import Budget, Spend
from service.gateway.conduct.lines import MOST
from service.gateway.desk import Desk, open_cache
from service.gateway.metrics import Metrics
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Call, Completion, Question
from service.gateway.settings import SIMULATED, Settings
from service.gateway.study import Caps, Item
from service.gateway.upstream import Simulated, Upstream
from service.web.environment import SettingsError
from tests.gateway.studies import study

CALL = Call("simulated", "sample", "You are 34.", "Why?", (Question(Item("why", "free_text", "Why?"), ()),))
OPEN = Provider("open", "anthropic", "https://x/")


def desk(**settings) -> Desk:
    made = Settings(**settings)
    return Desk(made, Metrics(CollectorRegistry(), made.providers))


def test_runs_share_the_line_to_a_model() -> None:
    async def lines() -> None:
        found = desk()
        one, again, other = found.line(OPEN, "a"), found.line(OPEN, "a"), found.line(OPEN, "b")
        assert one is again
        assert one is not other
        assert isinstance(one.transport, Upstream)
        assert one.transport is other.transport
        assert isinstance(found.line(SIMULATED, "simulated").transport, Simulated)
        await found.close()

    asyncio.run(lines())


def test_ten_thousand_models_leave_no_more_lines_and_series_than_one() -> None:
    registry = CollectorRegistry()
    found = Desk(Settings(), Metrics(registry, Settings().providers))

    async def asked(model: str) -> None:
        line = found.line(SIMULATED, model)
        assert isinstance((await ask(line, CALL, Budget(Caps()))).result, Completion)

    async def story() -> None:
        held = found.line(SIMULATED, "held")
        await asked("first")
        series = len(generate_latest(registry).splitlines())
        for k in range(10_000):
            await asked(f"canary {k}")
        assert len(found.lines) == MOST + 1
        assert found.line(SIMULATED, "held") is held
        assert len(generate_latest(registry).splitlines()) == series
        assert b"canary" not in generate_latest(registry)

    asyncio.run(story())


def test_runs_plans_and_chats_have_places_of_their_own() -> None:
    found = desk(max_runs=1, max_chats=2)
    with found.runs.one(), found.plans.one(), found.chats.one():
        assert (found.runs.full(), found.plans.full(), found.chats.full()) == (True, True, False)
    assert not found.runs.full()


def test_caps_are_the_lower_of_the_callers_and_the_operators() -> None:
    found = desk(max_usd=2.0, max_deadline_seconds=60.0)
    for usd, most in ((None, 2.0), (1.0, 1.0), (5.0, 2.0)):
        budget = found.budget(study(limits={"usd": usd} if usd else None))
        assert budget.reserve(Spend(nano_usd=round(most * 1e9)))
        assert not budget.reserve(Spend(nano_usd=1))
    assert found.seconds(study()) == 60.0
    assert found.seconds(study(limits={"deadline_seconds": 5})) == 5.0


def test_the_operators_dollars_bind_what_has_a_price_whatever_stands_beside_it() -> None:
    priced = replace(OPEN, name="priced", models={"m": OfferedModel("m", price=Price(1.0, 10.0, "2026-11-01"))})
    found = desk(max_usd=1.0, providers={"open": OPEN, "priced": priced})
    models = [{"name": "m", "provider": "priced"}, {"name": "n", "provider": "open"}]
    budget = found.budget(study(models=models))
    assert budget.reserve(Spend(tokens=10**9, calls=1))  # no price, no dollars
    assert budget.reserve(Spend(nano_usd=10**9, calls=1))
    assert not budget.reserve(Spend(nano_usd=1, calls=1))
    assert budget.reserve(Spend(tokens=10**9, calls=1))


def test_caches_by_name(tmp_path: Path) -> None:
    assert open_cache(Settings(cache="off")) is None
    assert isinstance(open_cache(Settings(cache="memory")), MemoryCache)
    found = open_cache(Settings(cache=f"sqlite:{tmp_path / 'cache.db'}"))
    assert isinstance(found, SqliteCache)
    asyncio.run(found.close())


@pytest.mark.parametrize(
    "cache",
    [
        "sqlite:", "sqlite::memory:", "disk", "", "memory:junk", "off:", "sqlite:/nowhere/cache.db",
        "redis:h", "redis://h:secret/0", "redis://:secret@127.0.0.1:1/0?bogus=1",
    ],
)  # fmt: skip
def test_caches_that_there_are_not_stop_the_start(cache: str) -> None:
    with pytest.raises(SettingsError, match="RECTIFIER_CACHE: ") as refused:
        open_cache(Settings(cache=cache))
    assert "secret" not in str(refused.value)


def test_a_cache_without_its_package_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(SettingsError, match="RECTIFIER_CACHE: this one needs the extra redis"):
        open_cache(Settings(cache="redis://h:1/0"))
