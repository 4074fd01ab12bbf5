from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from service.web.joining import HeadWithBody

HEAD, BODY = b"HTTP/1.1 200 OK\r\n\r\n", b"ok"
Steps = Callable[[HeadWithBody], None]


class Wire:
    """A transport that notes the calls made to it."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, ...] | str] = []

    def write(self, data: bytes) -> None:
        self.calls.append((data,))

    def writelines(self, pieces: tuple[bytes, ...]) -> None:
        self.calls.append(tuple(pieces))

    def is_closing(self) -> bool:
        return "closed" in self.calls

    def close(self) -> None:
        self.calls.append("closed")


def written(*rounds: Steps, wire: Wire | None = None) -> list[tuple[bytes, ...] | str]:
    """What leaves when these rounds of the loop write."""
    wire = wire or Wire()

    async def talk() -> list[tuple[bytes, ...] | str]:
        answer = HeadWithBody(wire, asyncio.get_running_loop())  # type: ignore[arg-type]
        for steps in rounds:
            steps(answer)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return wire.calls

    return asyncio.run(talk())


def of(*pieces: bytes) -> Steps:
    return lambda answer: [answer.write(piece) for piece in pieces][:0]  # type: ignore[return-value]


def test_head_and_body_of_one_round_leave_together_and_the_rest_as_it_comes() -> None:
    assert written(of(HEAD, BODY)) == [(HEAD, BODY)]
    assert written(of(HEAD, BODY, b"2", b"3")) == [(HEAD, BODY), (b"2",), (b"3",)]


@pytest.mark.parametrize("later", [(BODY,), (BODY, b"2"), (b"", BODY)])
def test_a_head_whose_body_is_not_there_yet_leaves_alone(later: tuple[bytes, ...]) -> None:
    assert written(of(HEAD), of(*later)) == [(HEAD,), *((piece,) for piece in later)]


def test_a_head_is_out_before_the_connection_closes() -> None:
    def close(answer: HeadWithBody) -> None:
        answer.write(HEAD)
        assert not answer.is_closing()
        answer.close()
        assert answer.is_closing()

    assert written(close) == [(HEAD,), "closed"]
    assert written(lambda answer: answer.close()) == ["closed"]


def test_a_head_is_dropped_whose_connection_somebody_else_has_closed() -> None:
    wire = Wire()

    def cut(answer: HeadWithBody) -> None:
        answer.write(HEAD)
        wire.close()

    assert written(cut, wire=wire) == ["closed"]
