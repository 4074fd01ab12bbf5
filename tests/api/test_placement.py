from __future__ import annotations

import asyncio
import json

from service.api.limits import Limits
from tests.api.asking import is_problem
from tests.api.standin import service
from tests.web.asgi import Answer, call


def test_the_queue_is_bounded_and_says_when_to_come_back() -> None:
    app = service(threads=1, queue=1, inline_work=0.0)

    async def three() -> list[Answer]:
        body = json.dumps({"numbers": [1], "seconds": 0.3}).encode()
        calls = [asyncio.create_task(call(app.asgi, "POST", "/v1/sums", body=[body])) for _ in range(3)]
        await asyncio.sleep(0.1)
        assert not app.lifecycle.ready()
        return await asyncio.gather(*calls)

    app.lifecycle.start()
    *good, refused = sorted(asyncio.run(three()), key=lambda answer: answer.status)
    assert [answer.status for answer in good] == [200, 200]
    is_problem(refused, 503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert app.lifecycle.ready()


def test_work_past_its_deadline_keeps_its_thread() -> None:
    app = service(Limits(deadline_seconds=0.1), threads=1, queue=1, inline_work=0.0)
    body = json.dumps({"numbers": [1], "seconds": 0.5}).encode()

    async def late_then_two() -> list[int]:
        first = await call(app.asgi, "POST", "/v1/sums", body=[body])
        await asyncio.sleep(0.2)
        rest = await asyncio.gather(*(call(app.asgi, "POST", "/v1/sums", body=[body]) for _ in range(2)))
        return [first.status, *sorted(answer.status for answer in rest)]

    assert asyncio.run(late_then_two()) == [504, 503, 504]
