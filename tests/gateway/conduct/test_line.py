from __future__ import annotations

import time

from service.gateway.conduct.line import open_line
from service.gateway.conduct.observer import Silent
from service.gateway.providers.offer import OfferedModel, Provider
from tests.gateway.conduct.scripted import MEANINGS, PRICE, ScriptedCodec, ScriptedTransport, Told

PROVIDER = Provider("p", "scripted", "https://p.example", models={"m": OfferedModel("m", price=PRICE)}, max_in_flight=5)


def opened(model="m", **options):
    return open_line(PROVIDER, model, ScriptedCodec(MEANINGS), ScriptedTransport(iter(())), **options)


def test_a_line_knows_its_models_price():
    assert opened().price is PRICE
    assert opened("not listed").price is None


def test_a_line_opens_within_what_the_provider_takes():
    line = opened()
    assert line.window.size == 5
    assert line.breaker.state == "closed"
    assert line.clock is time.monotonic
    assert isinstance(line.observer, Silent)


def test_a_line_tells_how_it_stands():
    told = Told()
    line = opened(observer=told)
    line.tell_state()
    for _ in range(8):
        line.breaker.failed(line.breaker.admit())
    line.tell_state()
    assert [(name, number) for _, _, name, number, _ in told.events] == [
        ("window", 5),
        ("in_flight", 0),
        ("breaker", 0.0),
        ("window", 5),
        ("in_flight", 0),
        ("breaker", 2.0),
    ]
