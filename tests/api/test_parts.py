from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from service.api import golden, parts
from service.api.app import create_service
from service.api.settings import Settings
from service.calibration.estimators import ESTIMATORS
from service.calibration.plug_in import STATISTICS


def test_every_registered_method_has_its_card_shown() -> None:
    assert [card.name for card in parts.cards()["estimators"]] == [e.name for e in ESTIMATORS]
    assert [card.name for card in parts.cards()["statistics"]] == list(STATISTICS)


def test_the_proof_holds() -> None:
    parts.prove()


def test_a_wrong_number_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "GOLDEN", (replace(golden.WELCH, estimate=1.25 + 1e-9),))
    service = create_service(Settings(access_log=False), parts.calibration_parts())
    sent = []

    async def start() -> None:
        async def receive():
            return {"type": "lifespan.startup"}

        async def send(message) -> None:
            sent.append(message["type"])

        await service.asgi({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    with pytest.raises((parts.ProofFailedError, ExceptionGroup)):
        asyncio.run(start())
    assert sent == ["lifespan.startup.failed"]
    assert not service.lifecycle.started
