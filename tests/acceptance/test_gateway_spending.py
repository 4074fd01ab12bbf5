"""A thousand runs with limits, providers and latencies by chance: what the provider bills is never over a limit."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec
import pytest

from service.gateway.conduct.budget import Budget
from service.gateway.conduct.line import open_line
from service.gateway.conduct.retry import Policy
from service.gateway.prompts import Prompts
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Received
from service.gateway.providers.registry import CODECS
from service.gateway.recording import Recorder
from service.gateway.run import Means, Run
from service.gateway.transport import UpstreamError
from service.gateway.wire.generation import GenerationRequest, to_study
from service.gateway.wire.records import CellRecord, EndRecord
from tests.acceptance.generating import COLOUR, TRUST, study

RUNS, TOGETHER = 1000, 25
PRICES = (Price(3.0, 15.0, "2026-01-01", 0.3), Price(0.0375, 0.15, "2026-01-01"), Price(1.0, 2.0, "2026-01-01", 5.0))


@dataclass
class Bill:
    """A provider on OpenAI's chat wire; it charges what it may, also for answers that do not arrive."""

    chance: random.Random
    price: Price
    calls: int = 0
    tokens: int = 0
    nano_usd: float = 0.0
    in_flight: int = 0

    async def send(self, provider, sent, secret_headers, timeout):  # noqa: ASYNC109 - the transport's own
        chance, body = self.chance, json.loads(sent.body)
        usage = self._charged(chance.randint(1, len(sent.body)), chance.randint(0, body["max_completion_tokens"]))
        self.in_flight += 1
        try:
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.003)))
        finally:
            self.in_flight -= 1
        luck = chance.random()
        if luck < 0.05:
            raise UpstreamError(chance.choice(("timeout", "connection", "protocol")))
        if luck < 0.1:
            return Received(500, {}, b"{}")
        return self._answer(usage if luck < 0.9 else None)

    def _charged(self, given, written):
        cached = self.chance.randint(0, given)
        cached_price = self.price.input if self.price.cached_input is None else self.price.cached_input
        self.calls += 1
        self.tokens += given + written
        self.nano_usd += 1e3 * (
            (given - cached) * self.price.input + cached * cached_price + written * self.price.output
        )
        details = {"prompt_tokens_details": {"cached_tokens": cached}}
        return {"prompt_tokens": given, "completion_tokens": written} | details

    def _answer(self, usage):
        message = {"role": "assistant", "content": self.chance.choice(('{"trust":3}', '{"trust":9}', "I cannot."))}
        whole = {"model": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
        return Received(200, {}, json.dumps(whole).encode())


def limits(chance, upper):
    """One to three caps, from one call's worth to more than the whole."""
    drawn = {
        "usd": round(upper[0] * 10 ** chance.uniform(-2, 0.5), 9) or 1e-9,
        "tokens": max(1, int(upper[1] * 10 ** chance.uniform(-2, 0.5))),
        "calls": chance.randint(1, 60),
    }
    return {name: drawn[name] for name in chance.sample(sorted(drawn), chance.randint(1, 3))}


def ready(seed):
    """A run by chance, its provider and its budget."""
    chance = random.Random(seed)
    price = chance.choice(PRICES)
    output = chance.choice((1, 16, 500))
    model = {"name": "m", "provider": "p", "model": "x", "parameters": {"max_output_tokens": output}}
    per_call = 1500 + output
    upper = (24 * per_call * price.output / 1e6, 24 * per_call)
    whole = study(
        chance.randint(1, 6),
        model,
        items=[TRUST, COLOUR],
        elicitation={"method": "sample", "items_per_call": chance.choice((1, 2)), "replicates": chance.choice((1, 2))},
        limits=limits(chance, upper),
    )
    checked = to_study(msgspec.convert(whole, GenerationRequest))
    provider = Provider("p", "openai_chat", "https://p.invalid/v1", models={"x": OfferedModel("x", price=price)})
    bill, budget = Bill(chance, price), Budget(checked.caps)
    line = open_line(provider, "x", CODECS["openai_chat"], bill)
    policy = Policy(attempts=chance.choice((1, 2, 5)))
    line = replace(line, sleep=lambda _: asyncio.sleep(0), uniform=chance.random, policy=policy)
    prompts = Prompts(checked, {"m": "p"})
    deadline = line.clock() + chance.choice((0.005, 600.0))
    means = Means({"m": line}, {"m": None}, None, budget, deadline, chance.choice((1, 5, 200)), 60.0)
    return Run(prompts, Recorder(prompts, {"m": provider}, {"m": price}), means, None), checked, bill, budget


async def spent(seed):
    """One run, to its end or until its reader has gone; why its cells are missing."""
    run, checked, bill, budget = ready(seed)
    most = random.Random(-seed - 1).choice((3, 10**6, 10**6, 10**6))
    records = []
    async with aclosing(run.records()) as stream:
        async for record in stream:
            records.append(record)
            if len(records) == most:
                break
    caps, total = checked.caps, budget.spent
    assert bill.in_flight == 0
    assert (budget.held.calls, budget.held.tokens, budget.held.nano_usd) == (0, 0, 0)
    assert bill.calls == total.calls <= (caps.calls or 10**9)
    assert bill.tokens <= total.tokens <= (caps.tokens or 10**12)
    assert bill.nano_usd <= total.nano_usd + 1e-3
    assert caps.usd is None or total.nano_usd <= round(caps.usd * 1e9)
    end = records[-1]
    if isinstance(end, EndRecord):
        agree(end, records[:-1], total)
    return {record.missing for record in records if isinstance(record, CellRecord)}


def agree(end, records, total):
    """What the end says is what the cells say, to the nano-dollar."""
    given = [record for record in records if isinstance(record, CellRecord)]
    assert sum(round(record.cost.usd * 1e9) for record in given) == round(end.cost.usd * 1e9) == total.nano_usd
    for name in ("input", "cached_input", "output"):
        assert sum(getattr(record.usage, name) for record in given) == getattr(end.usage, name)
    assert end.usage.input + end.usage.output <= total.tokens
    assert sum(end.counts.values()) == len(given)
    answered = [record for record in given if record.status == "answered"]
    assert end.counts.get("answered", 0) == len(answered)
    if answered:
        assert end.costs.llm["m"] == pytest.approx(total.usd / len(answered))


@pytest.mark.parametrize("count", [RUNS // 4, pytest.param(RUNS, marks=pytest.mark.slow)])
def test_no_run_overspends(count):
    async def together():
        batches = (range(first, first + TOGETHER) for first in range(RUNS - count, RUNS, TOGETHER))
        return [reasons for batch in batches for reasons in await asyncio.gather(*map(spent, batch))]

    runs = asyncio.run(together())
    assert len(runs) == count
    assert sum("budget_exhausted" in reasons for reasons in runs) > count / 4
    assert set.union(*runs) >= {None, "deadline", "upstream_error", "timeout", "constraint_not_honoured"}
