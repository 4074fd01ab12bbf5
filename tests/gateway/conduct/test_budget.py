from __future__ import annotations

import asyncio
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.conduct.budget import NOTHING, OUTPUT_TOKENS, Budget, Spend, actual_spend, cost, upper_bound
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Sent, Usage
from service.gateway.study import Caps
from tests.gateway.conduct.scripted import CALL

PRICE = Price(input=0.15, output=0.6, as_of="2026-11-01", cached_input=0.0375)


def sent(body=b"", **parameters):
    return Sent("/x", body, {}, parameters)


def test_spends_add_up():
    assert Spend(1, 2, 3) + Spend(10, 20, 30) - Spend(1, 1, 1) == Spend(10, 21, 32)
    assert Spend(nano_usd=31_000).usd == 0.000031


def test_a_cost_is_exact():
    assert cost(Usage(input=310, cached_input=100, output=7), PRICE) == 210 * 150 + 100 * 37.5 + 7 * 600
    assert cost(Usage(input=1, cached_input=1), PRICE) == 38  # 37.5, rounded up
    assert cost(Usage(input=10, cached_input=4), Price(1.0, 1.0, "")) == 10_000
    assert cost(Usage(input=10), None) == 0
    assert actual_spend(Usage(310, 100, 7, 3), PRICE) == Spend(cost(Usage(310, 100, 7), PRICE), 317, 1)


def test_more_cached_than_read_is_not_paid_back():
    assert cost(Usage(input=2, cached_input=4), Price(1.0, 1.0, "", cached_input=0.5)) == 2000


def test_counts_below_zero_pay_nothing_back():
    assert actual_spend(Usage(-100, -5, -7, -1), PRICE) == Spend(calls=1)


@given(
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.decimals(0, 1000, places=4),
    st.decimals(0, 1000, places=4),
)
def test_a_cost_is_what_fractions_make_it(fresh, cached, output, price, cached_price):
    exact = (Fraction(price) * (fresh + output) + Fraction(cached_price) * cached) / 10**6 * 10**9
    found = cost(
        Usage(fresh + cached, cached, output), Price(float(price), float(price), "", cached_input=float(cached_price))
    )
    assert exact <= found < exact + 1


@pytest.mark.parametrize(
    ("parameters", "tokens"),
    [
        ({}, OUTPUT_TOKENS),
        ({"temperature": 1}, OUTPUT_TOKENS),
        ({"max_tokens": 1000, "n": 100}, 100_000),
        ({"n": 3}, 3 * OUTPUT_TOKENS),
        ({"max_tokens": 7, "n": -3}, 7),
        ({"max_tokens": 7, "n": None}, 7),
        ({"max_tokens": True}, OUTPUT_TOKENS),
        ({"max_tokens": None}, OUTPUT_TOKENS),
        ({"max_tokens": -1000}, 0),
        ({"max_tokens": 10**400}, 10**9),
        ({"max_tokens": 16}, 16),
        ({"max_completion_tokens": 17}, 17),
        ({"max_output_tokens": 18}, 18),
        ({"generationConfig": {"maxOutputTokens": 19}}, 19),
        ({"inferenceConfig": {"maxTokens": 20}}, 20),
        ({"options": {"num_predict": 21}}, 21),
        ({"generationConfig.maxOutputTokens": 22}, 22),
        ({"max_tokens": 5, "max_completion_tokens": 50}, 50),
        ({"max_tokens": "many"}, OUTPUT_TOKENS),
    ],
)
def test_the_bound_on_the_output_is_what_was_sent(parameters, tokens):
    assert upper_bound(CALL, None, sent(**parameters)) == Spend(0, tokens, 1)


def test_the_bound_on_the_input_is_a_token_per_byte():
    upper = upper_bound(CALL, PRICE, sent("äöü".encode(), max_tokens=10))
    assert upper == Spend(6 * 150 + 10 * 600, 16, 1)
    dear_cache = Price(1.0, 1.0, "", cached_input=2.0)
    assert upper_bound(CALL, dear_cache, sent(b"12345", max_tokens=0)).nano_usd == 10_000


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 500), st.integers(0, 500))
def test_no_usage_within_the_bounds_costs_more_than_the_bound(size, read, most, written):
    upper = upper_bound(CALL, PRICE, sent(b"x" * size, max_tokens=most))
    usage = Usage(input=min(read, size), cached_input=min(read, size) // 3, output=min(written, most))
    actual = actual_spend(usage, PRICE)
    assert actual.nano_usd <= upper.nano_usd
    assert actual.tokens <= upper.tokens


def test_each_cap_holds_on_its_own():
    assert not Budget(Caps(usd=1e-6)).reserve(Spend(nano_usd=1001))
    assert Budget(Caps(usd=1e-6)).reserve(Spend(1000, 10**9, 10**9))
    assert not Budget(Caps(tokens=10)).reserve(Spend(tokens=11))
    assert Budget(Caps(tokens=10)).reserve(Spend(10**18, 10, 10**9))
    assert not Budget(Caps(calls=1)).reserve(Spend(calls=2))
    assert Budget(Caps(calls=1)).reserve(Spend(10**18, 10**18, 1))
    assert Budget(Caps()).reserve(Spend(10**18, 10**18, 10**18))
    assert not Budget(Caps(usd=0)).reserve(Spend(nano_usd=1))
    assert Budget(Caps(usd=1e300)).reserve(Spend(nano_usd=10**18))
    assert Budget(Caps(usd=0)).reserve(Spend(calls=1))


def test_what_was_held_and_not_spent_can_be_held_again():
    budget = Budget(Caps(calls=10, tokens=100))
    assert budget.reserve(Spend(5, 100, 1))
    assert not budget.reserve(Spend(5, 1, 1))
    budget.settle(Spend(5, 100, 1), Spend(2, 40, 1))
    assert (budget.spent, budget.held) == (Spend(2, 40, 1), NOTHING)
    assert not budget.reserve(Spend(5, 61, 1))
    assert budget.reserve(Spend(5, 60, 1))


def test_one_who_bills_more_than_allowed_is_recorded_and_the_last():
    budget = Budget(Caps(tokens=100))
    assert budget.reserve(Spend(tokens=100))
    budget.settle(Spend(tokens=100), Spend(tokens=130))
    assert budget.spent.tokens == 130
    assert not budget.reserve(Spend(tokens=1))
    assert asyncio.run(budget.hold(Spend(tokens=1))) is False


def within(caps, spend):
    return (
        (caps.usd is None or spend.nano_usd <= round(caps.usd * 1e9))
        and (caps.tokens is None or spend.tokens <= caps.tokens)
        and (caps.calls is None or spend.calls <= caps.calls)
    )


def random_caps(draws):
    return Caps(
        usd=draws.choice((None, draws.random() * 1e-3)),
        tokens=draws.choice((None, draws.randrange(100_000))),
        calls=draws.choice((None, draws.randrange(400))),
    )


def random_upper(draws):
    return Spend(draws.randrange(20_000), draws.randrange(2000), 1)


def random_actual(draws, upper):
    share = draws.choice((0.0, draws.random(), draws.random(), 1.0))
    return Spend(int(upper.nano_usd * share), int(upper.tokens * share), draws.randrange(2))


@pytest.mark.unwatched
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_runs_in_any_order_of_events_stay_within_their_caps(seed):
    draws = random.Random(seed)
    for _ in range(100):
        caps = random_caps(draws)
        budget, under_way, spent = Budget(caps), [], NOTHING
        for _ in range(600):
            upper = random_upper(draws)
            if len(under_way) < 200 and draws.random() < 0.6 and budget.reserve(upper):
                under_way.append(upper)
            elif under_way:
                settled = under_way.pop(draws.randrange(len(under_way)))
                actual = random_actual(draws, settled)
                spent += actual
                budget.settle(settled, actual)
            assert within(caps, budget.spent + budget.held)
        assert budget.spent == spent
        assert budget.held == sum(under_way, NOTHING)


def test_two_hundred_in_flight_stay_within_and_use_their_caps():
    draws = random.Random(11)

    async def story():
        caps = random_caps(draws)
        budget, refused = Budget(caps), []

        async def one():
            upper = random_upper(draws)
            if not await budget.hold(upper):
                refused.append((upper, budget.spent))
                return
            actual = upper
            try:
                await asyncio.sleep(0 if draws.random() < 0.9 else 0.0005)
                actual = random_actual(draws, upper)
            finally:
                assert within(caps, budget.spent + budget.held)
                budget.settle(upper, actual)

        tasks = [asyncio.create_task(one()) for _ in range(200)]
        await asyncio.sleep(0)
        for task in draws.sample(tasks, 20):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert budget.held == NOTHING
        assert within(caps, budget.spent)
        for upper, spent in refused:
            assert not within(caps, spent + upper)  # nobody was turned away while there was room

    for _ in range(50):
        asyncio.run(story())


def test_one_waits_for_what_others_may_leave():
    async def story():
        budget = Budget(Caps(tokens=100))
        assert await budget.hold(Spend(tokens=80))
        second = asyncio.create_task(budget.hold(Spend(tokens=80)))
        third = asyncio.create_task(budget.hold(Spend(tokens=10)))
        await asyncio.sleep(0)
        assert not second.done()
        assert not third.done()  # in turn, even where it would fit
        budget.settle(Spend(tokens=80), Spend(tokens=5))
        assert await second
        assert await third
        assert budget.held == Spend(tokens=90)

    asyncio.run(story())


def test_one_who_cannot_fit_any_more_is_told_at_once():
    async def story():
        budget = Budget(Caps(tokens=100))
        assert await budget.hold(Spend(tokens=80))
        waiting = asyncio.create_task(budget.hold(Spend(tokens=80)))
        await asyncio.sleep(0)
        budget.settle(Spend(tokens=80), Spend(tokens=21))
        assert await waiting is False
        assert await budget.hold(Spend(tokens=101)) is False

    asyncio.run(story())


@pytest.mark.parametrize("fits", [True, False])
def test_one_who_is_cancelled_as_the_answer_comes_holds_nothing(fits):
    async def story():
        budget = Budget(Caps(tokens=100))
        assert await budget.hold(Spend(tokens=100))
        waiting = asyncio.create_task(budget.hold(Spend(tokens=50)))
        await asyncio.sleep(0)
        budget.settle(Spend(tokens=100), Spend(tokens=10 if fits else 90))
        assert budget.held == Spend(tokens=50 if fits else 0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        assert budget.held == NOTHING

    asyncio.run(story())


def test_when_the_first_in_the_queue_leaves_those_behind_are_looked_at():
    async def story():
        budget = Budget(Caps(tokens=100))
        assert await budget.hold(Spend(tokens=60))
        large = asyncio.create_task(budget.hold(Spend(tokens=80)))
        small = asyncio.create_task(budget.hold(Spend(tokens=30)))
        await asyncio.sleep(0)
        large.cancel()
        assert await asyncio.wait_for(small, 5)  # though nothing was settled
        assert budget.held == Spend(tokens=90)

    asyncio.run(story())
