from __future__ import annotations

import asyncio
import time
import traceback

import pytest

from service.web.body import (
    FREE_BYTES,
    BodyLimits,
    ClientGoneError,
    Held,
    declared_bytes,
    header,
    listed_header,
    read_body,
)
from service.web.problems import ProblemError

LIMITS = BodyLimits(max_bytes=10, idle_seconds=0.1, total_seconds=0.25)


def read(*pieces: object, declared: str | None = None) -> bytearray:
    waiting = list(pieces)

    async def receive():
        if isinstance(waiting[0], float):
            await asyncio.sleep(waiting.pop(0))
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    headers = [] if declared is None else [(b"content-length", declared.encode())]
    return asyncio.run(read_body({"headers": headers}, receive, LIMITS))


def refusal(*pieces: object, declared: str | None = None) -> str:
    with pytest.raises(ProblemError) as caught:
        read(*pieces, declared=declared)
    return caught.value.code


def test_the_pieces_are_joined() -> None:
    assert read(b"12", b"", b"345") == b"12345"
    assert read(b"x" * 10, declared="10") == b"x" * 10


def test_too_many_bytes_are_refused_declared_or_streamed() -> None:
    assert refusal(declared="11") == "body_too_large"
    assert refusal(b"x" * 11) == "body_too_large"
    assert refusal(b"x" * 6, b"x" * 6, b"never read") == "body_too_large"
    assert refusal(b"x" * 11, declared="5") == "body_too_large"


def test_silence_and_dripping_end_in_time() -> None:
    started = time.monotonic()
    assert refusal(b"x", 5.0, b"x") == "body_timeout"
    assert refusal(*[b"x", 0.06] * 9, b"x") == "body_timeout"
    assert time.monotonic() - started < 1


def test_steady_pieces_are_waited_for() -> None:
    assert read(b"x", 0.06, b"x", 0.06, b"x") == b"xxx"


def test_a_client_that_leaves_is_told_apart() -> None:
    with pytest.raises(ClientGoneError):
        read(b"x", None)


def test_the_first_header_counts() -> None:
    scope = {"headers": [(b"accept", b"a\xff"), (b"accept", b"b")]}
    assert header(scope, b"accept") == "aÿ"
    assert header(scope, b"host") is None


def test_headers_of_one_name_are_one_list() -> None:
    scope = {"headers": [(b"accept", b"a"), (b"host", b"h"), (b"accept", b"b, c")]}
    assert listed_header(scope, b"accept") == "a, b, c"
    assert listed_header(scope, b"cookie") is None


def test_bodies_that_fit_are_held_and_given_back() -> None:
    held = Held(4 * FREE_BYTES)
    with held.holding() as first:
        first.grow(3 * FREE_BYTES)
        with held.holding() as second:
            second.grow(FREE_BYTES)
            assert held.bytes == 3 * FREE_BYTES
            with pytest.raises(ProblemError) as caught:
                second.grow(2 * FREE_BYTES)
            assert (caught.value.code, caught.value.headers) == ("overloaded", {"Retry-After": "1"})
            first.grow(2 * FREE_BYTES)
            assert (held.bytes, held.refused) == (3 * FREE_BYTES, 1)
    assert held.bytes == 0


def test_there_is_room_for_a_body_before_it_is_read_and_while_it_grows() -> None:
    held = Held(3 * FREE_BYTES)
    limits = BodyLimits(100 * FREE_BYTES, 1.0, 1.0)
    piece = b"x" * 2 * FREE_BYTES

    async def reading(declared: int | None, *pieces: bytes) -> tuple[int, int]:
        waiting = list(pieces)

        async def receive():
            assert waiting, "read although there is no room"
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        headers = [] if declared is None else [(b"content-length", str(declared).encode())]
        with held.holding() as holding:
            body = await read_body({"headers": headers}, receive, limits, holding)
            return len(body), held.bytes

    assert asyncio.run(reading(None, piece)) == (len(piece), len(piece))
    for declared, pieces in ((4 * FREE_BYTES, ()), (None, (piece, piece))):
        with pytest.raises(ProblemError) as caught:
            asyncio.run(reading(declared, *pieces))
        assert caught.value.code == "overloaded"
        assert held.bytes == 0


@pytest.mark.parametrize("held", [Held(1 << 20), Held(1 << 30)], ids=["outgrown", "too large"])
def test_a_refused_body_is_let_go_of_while_the_rest_is_read(held: Held) -> None:
    limits, given = BodyLimits(1 << 21, 1.0, 1.0), []

    async def receive():
        return {"type": "http.request", "body": bytes(FREE_BYTES), "more_body": True}

    async def reading() -> None:
        with held.holding() as holding:
            await read_body({"headers": []}, receive, limits, holding)

    with pytest.raises(ProblemError) as caught:
        asyncio.run(reading())
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        given += [len(found) for found in frame.f_locals.values() if isinstance(found, (bytes, bytearray, dict))]
    assert held.bytes == 0
    assert sum(given) < 100


def test_a_body_that_did_not_arrive_in_time_is_let_go_of() -> None:
    pieces = iter([bytes(FREE_BYTES)] * 20)

    async def receive():
        await asyncio.sleep(0 if (piece := next(pieces, None)) else 60)
        return {"type": "http.request", "body": piece, "more_body": True}

    with pytest.raises(ProblemError) as caught:
        asyncio.run(read_body({"headers": []}, receive, BodyLimits(1 << 30, 0.05, 1.0)))
    assert caught.value.code == "body_timeout"
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert [len(frame.f_locals["body"]) for frame in frames if "body" in frame.f_locals] == [0, 0]


def test_who_announces_a_body_takes_no_room_from_who_sends_one() -> None:
    held = Held(4 * FREE_BYTES)
    limits = BodyLimits(4 * FREE_BYTES, 60.0, 60.0)

    async def never():
        await asyncio.sleep(60)

    async def whole():
        return {"type": "http.request", "body": bytes(2 * FREE_BYTES), "more_body": False}

    async def reading(receive, declared: int) -> int:
        headers = [(b"content-length", str(declared).encode())]
        with held.holding() as holding:
            return len(await read_body({"headers": headers}, receive, limits, holding))

    async def talk() -> int:
        silent = [asyncio.create_task(reading(never, limits.max_bytes)) for _ in range(4)]
        await asyncio.sleep(0)
        length = await reading(whole, 2 * FREE_BYTES)
        for task in silent:
            task.cancel()
        return length

    assert asyncio.run(talk()) == 2 * FREE_BYTES


def test_of_two_bodies_that_grow_too_large_together_one_is_finished() -> None:
    held = Held(4 * FREE_BYTES)
    limits = BodyLimits(4 * FREE_BYTES, 60.0, 60.0)

    async def reading() -> str:
        left = 3

        async def receive():
            nonlocal left
            left -= 1
            await asyncio.sleep(0)
            return {"type": "http.request", "body": bytes(FREE_BYTES), "more_body": left > 0}

        try:
            with held.holding() as holding:
                await read_body({"headers": []}, receive, limits, holding)
        except ProblemError as refused:
            return refused.code
        return "read"

    async def talk() -> list[str]:
        return sorted(await asyncio.gather(reading(), reading()))

    assert asyncio.run(talk()) == ["overloaded", "read"]
    assert (held.bytes, held.refused) == (0, 1)


def test_a_body_that_ends_before_its_length_is_refused() -> None:
    for pieces in ((b"",), (b"1234",), (b"12", b"34")):
        assert refusal(*pieces, declared="5") == "malformed_request"
    assert read(b"", declared="0") == b""


def test_a_length_that_is_no_number_announces_nothing() -> None:
    assert [declared_bytes({"headers": [(b"content-length", v)]}) for v in (b"12", b"x", b"-1")] == [12, 0, 0]
    assert declared_bytes({"headers": []}) == 0


def test_what_is_held_is_let_go_by_the_last_keeper() -> None:
    held = Held(1 << 20)
    with held.holding() as holding:
        holding.grow(100_000)
        work = holding.kept()
        work.__enter__()
    assert held.bytes == 100_000
    work.__exit__(None, None, None)
    assert held.bytes == 0
