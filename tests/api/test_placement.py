from __future__ import annotations

import asyncio
import json
import time

import pytest

from service.api.limits import Limits
from service.api.placement import Place, Placement, Turns
from service.web.body import ClientGoneError
from service.web.problems import ProblemError
from tests.api.asking import is_problem
from tests.api.parsing.test_child import until
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


async def stays() -> dict[str, str]:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


async def leaves() -> dict[str, str]:
    await asyncio.sleep(0.05)
    return {"type": "http.disconnect"}


def test_ready_again_only_when_half_of_the_queue_is_free() -> None:
    placement = Placement(threads=1, queue=4, deadline_seconds=10)

    async def filled_and_emptied() -> list[tuple[int, bool]]:
        gates = [asyncio.Event() for _ in range(5)]
        running = [asyncio.create_task(placement.run(lambda _place, g=gate: g.wait(), stays)) for gate in gates]
        await asyncio.sleep(0)
        seen = [(placement.occupied, placement.busy())]
        for gate, task in zip(gates, running, strict=True):
            gate.set()
            await task
            seen.append((placement.occupied, placement.busy()))
        return seen

    assert asyncio.run(filled_and_emptied()) == [(5, True), (4, True), (3, False), (2, False), (1, False), (0, False)]
    placement.close()


def test_work_of_a_client_who_left_never_begins() -> None:
    placement = Placement(threads=1, queue=2, deadline_seconds=10)
    begun: list[str] = []

    def work(name: str, seconds: float):
        def thread() -> str:
            begun.append(name)
            time.sleep(seconds)
            return name

        async def within(place: Place) -> str:
            return await place.compute(thread)

        return within

    async def three() -> list[object]:
        first = asyncio.create_task(placement.run(work("first", 0.3), stays))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(placement.run(work("second", 0.0), leaves))
        third = asyncio.create_task(placement.run(work("third", 0.0), stays))
        await asyncio.wait({second})
        await until(lambda: placement.occupied == 2)
        return await asyncio.gather(first, second, third, return_exceptions=True)

    first, second, third = asyncio.run(three())
    assert (first, third) == ("first", "third")
    assert not placement.computing
    assert isinstance(second, ClientGoneError)
    assert begun == ["first", "third"]
    assert placement.occupied == 0
    placement.close()


def test_what_is_refused_is_counted() -> None:
    placement = Placement(threads=1, queue=1, deadline_seconds=10)
    placement.refuse_when_full()
    placement.occupied = 2
    with pytest.raises(ProblemError, match="overloaded"):
        placement.refuse_when_full()
    with pytest.raises(ProblemError, match="overloaded"):
        asyncio.run(placement.run(lambda _place: stays(), stays))
    assert placement.shed == 2
    placement.close()


def test_an_error_of_the_work_is_the_works_own() -> None:
    placement = Placement(threads=1, queue=1, deadline_seconds=10)

    def late() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(placement.run(lambda place: place.compute(late), stays))
    assert placement.occupied == 0
    placement.close()


def test_a_large_body_is_not_read_when_all_places_are_taken() -> None:
    app = service(threads=1, queue=1, inline_body_bytes=10)
    app.placement.occupied = 2
    body = [b"never read"]
    headers = {"content-type": "application/json", "content-length": "11"}
    answer = asyncio.run(call(app.asgi, "POST", "/v1/sums", body=body, headers=headers))
    is_problem(answer, 503, "overloaded")


def test_between_two_pieces_of_small_work_the_network_is_looked_at() -> None:
    async def all_at_once() -> list[str]:
        turns, seen = Turns(10, 60.0), []
        asked = [asyncio.create_task(turns.run(lambda i=i: seen.append(str(i)))) for i in range(4)]
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: loop.call_soon(seen.append, "network"))
        await asyncio.gather(*asked)
        await asyncio.sleep(0.01)
        assert (turns._taken, turns.waiting) == (False, 0)
        return seen

    seen = asyncio.run(all_at_once())
    assert [word for word in seen if word != "network"] == ["0", "1", "2", "3"]
    assert 0 < seen.index("network") < 3


def test_waiting_for_a_turn_is_bounded_and_the_turn_passes_on() -> None:
    async def late() -> list[str]:
        turns, seen = Turns(10, 0.05), []
        turns._taken = True
        asked = asyncio.create_task(turns.run(lambda: seen.append("late")))
        with pytest.raises(ProblemError, match="deadline_exceeded"):
            await asked
        turns._next()
        await turns.run(lambda: seen.append("next"))
        return seen

    assert asyncio.run(late()) == ["next"]


def test_the_wait_for_a_turn_is_part_of_the_deadline() -> None:
    placement = Placement(threads=1, queue=1, deadline_seconds=10)
    with pytest.raises(ProblemError, match="deadline_exceeded"):
        asyncio.run(placement.run(lambda _place: stays(), stays, waited=10.0))
    placement.close()


def test_work_given_up_keeps_its_place_until_it_has_ended() -> None:
    """As a body that the parsing process already has: the request is over, what it takes is not."""
    placement = Placement(threads=1, queue=1, deadline_seconds=0.05)
    ended = asyncio.Event()

    async def given_up() -> None:
        async def work(_place: Place) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await ended.wait()
                raise

        with pytest.raises(ProblemError, match="deadline_exceeded"):
            await placement.run(work, stays)
        await asyncio.sleep(0.02)
        assert placement.occupied == 1
        ended.set()
        await until(lambda: placement.occupied == 0)

    asyncio.run(given_up())
    placement.close()


def test_the_turn_of_who_leaves_at_that_moment_passes_to_the_next() -> None:
    async def left() -> list[str]:
        turns, seen = Turns(10, 60.0), []
        turns._taken = True
        asked = [asyncio.create_task(turns.run(lambda i=i: seen.append(str(i)))) for i in range(3)]
        await asyncio.sleep(0)
        asked[1].cancel()  # before its turn
        turns._next()
        asked[0].cancel()  # in its turn
        await asyncio.wait(asked)
        return seen

    assert asyncio.run(left()) == ["2"]


def test_small_work_beyond_its_queue_is_refused_and_others_are_asked_first() -> None:
    app = service(inline_queue=2)
    body = json.dumps({"numbers": [1], "seconds": 0.02}).encode()

    async def many() -> tuple[list[Answer], bool]:
        calls = [asyncio.create_task(call(app.asgi, "POST", "/v1/sums", body=[body])) for _ in range(5)]
        answers = await asyncio.gather(*calls)
        return answers, app.placement.busy()

    answers, busy_after = asyncio.run(many())
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 503, 503]
    assert app.placement.shed == 2
    assert not busy_after
