from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import aclosing
from dataclasses import replace

import pytest

from service.gateway import run as module
from service.gateway.app import create_gateway
from service.gateway.cache.protocol import CacheError
from service.gateway.cells import Cells
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Received
from service.gateway.routes import generations
from service.gateway.settings import Settings
from service.gateway.wire.records import CellRecord, EndRecord, ProgressRecord
from tests.gateway.studies import CHOICE, LIKERT, crowd, study

PRICED = Provider(
    "priced", "openai_chat", "https://x/v1", models={"m": OfferedModel("m", price=Price(1.0, 10.0, "2026-11-01"))}
)
SAMPLE = {"method": "sample"}
ASKED = {"models": [{"name": "m", "provider": "priced"}], "elicitation": SAMPLE, "arms": [{"name": "all"}]}


class Upstream:
    """Answers every chat call with the same option, after a while; counts what it is asked."""

    def __init__(self, seconds: float = 0.0, text: str = '{"trust":2}') -> None:
        self.seconds, self.text, self.bodies, self.under_way = seconds, text, [], 0

    async def send(self, provider, sent, secret_headers, timeout) -> Received:  # noqa: ASYNC109 - the protocol's
        self.bodies.append(sent.body)
        self.under_way += 1
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.under_way -= 1
        usage = {"prompt_tokens": 20, "completion_tokens": 5}
        body = {
            "model": "m-1",
            "choices": [{"message": {"content": self.text}, "finish_reason": "stop"}],
            "usage": usage,
        }
        return Received(200, {}, json.dumps(body).encode())


def made(upstream=None, **settings):
    providers = Settings().providers | {"priced": PRICED}
    return create_gateway(Settings(providers=providers, progress_seconds=3600.0, **settings), upstream, None)


def run_of(gateway, found):
    return generations._run(generations._prompts(found, gateway.desk, {"headers": []}), gateway.desk, {})


async def gathered(gateway, found) -> list:
    async with aclosing(run_of(gateway, found).records()) as records:
        return [record async for record in records]


def ran(found, upstream=None, gateway=None, **settings) -> list:
    return asyncio.run(gathered(gateway or made(upstream, **settings), found))


@pytest.mark.parametrize("method", ["decision", "logprob", "sample", "verbalized"])
def test_every_planned_cell_has_exactly_one_record_and_the_end_comes_last(method: str) -> None:
    found = study(personas=crowd(40), items=[LIKERT, CHOICE], elicitation={"method": method, "replicates": 2})
    *records, end = ran(found)
    keys = Counter((r.unit_id, r.arm, r.item, r.model, r.replicate) for r in records)
    assert len(keys) == len(records) == 40 * 2 * 2 * 2
    assert len({r.cell_id for r in records}) == len(records)
    assert isinstance(end, EndRecord)
    assert (end.complete, end.counts) == (True, {"answered": len(records)})


def test_refusals_and_malformed_answers_are_missing_cells_not_lost_ones() -> None:
    simulated = {"refusal_rate": 0.3, "malformed_rate": 0.2}
    found = study(
        personas=crowd(100), models=[{"name": "m", "parameters": {"simulated": simulated}}], elicitation=SAMPLE
    )
    *records, end = ran(found)
    assert len(records) == 200
    assert sum(end.counts.values()) == 200
    assert {r.status for r in records} == {"answered", "missing"}
    assert all((r.missing is None) == (r.status == "answered") for r in records)
    assert all(r.value is None for r in records if r.missing)
    assert end.complete  # a refusal is data


def test_the_same_study_gives_the_same_records() -> None:
    found = study(personas=crowd(10))
    first, again = (
        [(r.cell_id, r.value, r.probabilities) for r in ran(found) if isinstance(r, CellRecord)] for _ in range(2)
    )
    assert sorted(first) == sorted(again)


def test_no_more_calls_are_under_way_than_allowed_and_a_slow_reader_stops_the_asking() -> None:
    upstream = Upstream()

    async def read_slowly() -> int:
        run = run_of(made(upstream, max_in_flight=5), study(personas=crowd(100), **ASKED))
        async with aclosing(run.records()) as records:
            await anext(records)
            await asyncio.sleep(0.05)
            return len(upstream.bodies)

    assert asyncio.run(read_slowly()) <= 5


def test_a_reader_that_leaves_ends_the_spending() -> None:
    upstream = Upstream(seconds=0.02)

    async def leave() -> tuple[int, int]:
        run = run_of(made(upstream, max_in_flight=10), study(personas=crowd(1000), **ASKED))
        async with aclosing(run.records()) as records:
            await anext(records)
        asked = len(upstream.bodies)
        await asyncio.sleep(0.1)
        return asked, len(upstream.bodies)

    asked, later = asyncio.run(leave())
    assert asked == later <= 30
    assert upstream.under_way == 0


def test_a_cap_leaves_a_random_rest_missing_and_is_not_passed() -> None:
    *records, end = ran(study(personas=crowd(60), limits={"calls": 25}, **ASKED), Upstream())
    assert Counter(r.missing for r in records) == {None: 25, "budget_exhausted": 35}
    answered = {int(r.unit_id[1:]) for r in records if r.status == "answered"}
    assert answered != set(range(25))
    assert (end.complete, end.resume.remaining) == (False, 35)
    assert end.cost.usd == pytest.approx(25 * (20 * 1 + 5 * 10) / 1e6)
    assert end.costs.llm["m"] == pytest.approx(70e-6)


def test_a_deadline_leaves_the_rest_missing() -> None:
    found = study(personas=crowd(50), limits={"deadline_seconds": 0.15}, **ASKED)
    *records, end = ran(found, Upstream(seconds=0.05), max_in_flight=4)
    reasons = Counter(r.missing for r in records)
    assert reasons[None] > 0
    assert reasons["deadline"] > 0
    assert sum(reasons.values()) == 50
    assert not end.complete


def test_cells_done_before_are_neither_asked_nor_told_again() -> None:
    upstream, found = Upstream(), study(personas=crowd(20), **ASKED)
    *records, _ = ran(found, upstream)
    done = frozenset(r.cell_id for r in records[:12])
    *rest, end = ran(replace(found, done=done), upstream)
    assert {r.cell_id for r in rest} == {r.cell_id for r in records[12:]}
    assert len(upstream.bodies) == 20 + 8
    assert end.counts == {"answered": 8, "done_before": 12}
    assert end.complete


def turns_before_the_first_record(found, gateway) -> tuple[int, list]:
    """How often others had their turn until a run gave its first record; and that record."""

    async def story() -> tuple[int, list]:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(others())
        async with aclosing(run_of(gateway, found).records()) as records:
            first = await anext(records)
        beside.cancel()
        return turns, first

    return asyncio.run(story())


def test_others_have_their_turn_while_cells_that_are_done_are_passed_over() -> None:
    found = study(personas=crowd(2000), **ASKED)
    gateway = made(Upstream())
    prompts = run_of(gateway, found)._prompts
    done = frozenset(cell for planned in Cells(found).in_order() for cell in prompts.render(planned).cell_ids)
    turns, first = turns_before_the_first_record(replace(found, done=done), gateway)
    assert (first.complete, first.counts) == (True, {"done_before": 2000})
    assert turns >= 2000 / 250


def test_progress_is_told_while_cells_that_are_done_are_passed_over() -> None:
    found = study(personas=crowd(1000), **ASKED)
    gateway = made(Upstream())
    prompts = run_of(gateway, found)._prompts
    done = frozenset(cell for planned in Cells(found).in_order() for cell in prompts.render(planned).cell_ids)
    object.__setattr__(gateway.desk.settings, "progress_seconds", 0.0)
    *told, end = ran(replace(found, done=done), gateway=gateway)
    assert {type(record) for record in told} == {ProgressRecord}
    assert [record.done for record in told] == [200, 400, 600, 800, 1000]
    assert end.complete


@pytest.mark.parametrize("broken", ["asked_now", "stored"])
def test_an_answer_that_our_own_code_fails_on_costs_its_cell_and_not_the_run(broken: str, monkeypatch) -> None:
    honest, seen = getattr(module, broken), []

    def fails_once(found):
        seen.append(found)
        if len(seen) == 3:
            raise UnicodeEncodeError("utf-8", "", 0, 1, "canary")
        return honest(found)

    monkeypatch.setattr(module, broken, fails_once)
    *records, end = ran(study(personas=crowd(10), **ASKED), Upstream())
    assert Counter(record.missing for record in records) == {None: 9, "upstream_error": 1}
    assert (end.complete, end.resume.remaining) == (False, 1)
    assert end.cost.usd == pytest.approx(10 * 70e-6)  # it was paid for


def test_the_cache_answers_what_was_asked_and_refresh_and_off_do_not_use_it() -> None:
    upstream, found = Upstream(), study(personas=crowd(5), **ASKED)
    gateway = made(upstream)
    ran(found, gateway=gateway)
    *records, end = ran(found, gateway=gateway)
    assert len(upstream.bodies) == 5
    assert all(r.provenance.cached and r.cost.usd == 0.0 and r.cost.basis == "cache" for r in records)
    assert end.cost.usd == 0.0
    ran(replace(found, cache="refresh"), gateway=gateway)
    ran(replace(found, cache="off"), gateway=gateway)
    assert len(upstream.bodies) == 15


def test_a_cache_that_fails_is_no_cache() -> None:
    class Broken:
        async def get(self, key: str) -> bytes | None:
            raise CacheError("broken")

        async def put(self, key: str, value: bytes) -> None:
            raise CacheError("broken")

        async def close(self) -> None:
            pass

    gateway = made(Upstream())
    gateway.desk.cache = Broken()
    *_, end = ran(study(personas=crowd(5), **ASKED), gateway=gateway)
    assert end.counts == {"answered": 5}


def test_several_items_share_a_call_its_tokens_and_its_price() -> None:
    upstream = Upstream(text='{"trust":2,"colour":"r"}')
    found = study(
        personas=crowd(3), items=[LIKERT, CHOICE], **(ASKED | {"elicitation": SAMPLE | {"items_per_call": 2}})
    )
    *records, end = ran(found, upstream)
    assert len(upstream.bodies) == 3
    assert [r.value for r in records if r.item == "colour"] == ["r"] * 3
    assert sum(r.usage.input for r in records) == end.usage.input == 60
    assert sum(r.cost.usd for r in records) == pytest.approx(end.cost.usd)


def test_progress_is_told_between_records() -> None:
    found = study(personas=crowd(30), **ASKED)
    gateway = made(Upstream(seconds=0.02), max_in_flight=3)
    gateway = replace(gateway)
    object.__setattr__(gateway.desk.settings, "progress_seconds", 0.05)
    told = [r for r in ran(found, gateway=gateway) if isinstance(r, ProgressRecord)]
    assert len(told) >= 2
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert {p.total for p in told} == {30}
    assert told[-1].rate > 0
