"""Wherever a body is read and its answer computed, the answer is the same: every example of every path."""

from __future__ import annotations

import asyncio

import pytest

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from tests.load.served import until
from tests.web.asgi import Answer, call

EXAMPLES = [(c.path, body) for c in calibration_parts().computations for _, body in c.examples]
LITTLE = 1e-9
PLACES = {
    "computed in a thread": Settings(inline_work=LITTLE, parse_process=False),
    "read in a thread": Settings(inline_body_bytes=1, parse_process=False),
    "read in the parsing process": Settings(inline_body_bytes=1, thread_parse_seconds=LITTLE),
}


async def answers(settings: Settings) -> list[tuple[int, bytes]]:
    service = create_service(settings, calibration_parts())
    if settings.parse_process:
        await service.parser.start()
        await until(service.parser.child._up.is_set, 120.0)  # a request waits ten, which may be too few
    told: list[Answer] = [await call(service.asgi, "POST", path, body=body) for path, body in EXAMPLES]
    await service.parser.close()
    service.placement.close()
    return [(one.status, one.body) for one in told]


@pytest.fixture(scope="module")
def here() -> list[tuple[int, bytes]]:
    """Read and computed on the event loop."""
    return asyncio.run(answers(Settings(inline_work=1e12, parse_process=False)))


def test_every_path_has_an_example(here: list[tuple[int, bytes]]) -> None:
    assert {path for path, _ in EXAMPLES} == {c.path for c in calibration_parts().computations}
    assert [status for status, _ in here] == [200] * len(EXAMPLES)


@pytest.mark.parametrize("place", PLACES)
def test_an_example_is_answered_alike_everywhere(here: list[tuple[int, bytes]], place: str) -> None:
    assert asyncio.run(answers(PLACES[place])) == here
