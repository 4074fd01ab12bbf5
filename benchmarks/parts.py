"""What parts of the gateway cost beside the whole: asking beside a call on the loopback, one answer beside its cell.

python -m benchmarks.parts: CPU of this process. Asking is ``ask`` with a codec and a transport that do nothing (budget,
window, breaker, rate-limit headers); the call beside it is ``Upstream.send`` to a server that answers at once.
One answer is ``respond`` of the embedded provider; its cell is one of 2,000 of ``benchmarks.gateway``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from statistics import median

from benchmarks.gateway import measure
from benchmarks.proxy import UPSTREAM, free_port, started
from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import Budget
from service.gateway.conduct.line import open_line
from service.gateway.providers import openai_chat, simulated
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Call, Capabilities, Completion, Question, Received, Sent, Usage
from service.gateway.simulation import respond
from service.gateway.study import Caps, Item, Option
from service.gateway.upstream import Upstream

ROUNDS, CALLS, CELLS = 15, 200, 2000
SCALE = tuple(Option(code, label) for code, label in enumerate(("No", "Rather no", "Neither", "Rather yes", "Yes"), 1))
TRUST = Question(Item("trust", "likert", "I trust the sender.", SCALE), SCALE)
CALL = Call("m", "sample", "You are 34 years old.", "How much do you trust the sender?", (TRUST,))


SENT = Sent("/chat", b"{}", {}, {"max_tokens": 100})
RECEIVED = Received(200, {"x-ratelimit-remaining-requests": "500", "x-ratelimit-reset-requests": "1s"}, b"")
ANSWER = Completion(text="4", usage=Usage(input=10, output=2))


class Still:
    """A codec and a transport that do nothing: every call is answered."""

    name = "still"
    capabilities = Capabilities(frozenset({"sample"}), frozenset())

    def authorization(self, key: str) -> Mapping[str, str]:
        return {"authorization": key}

    def encode(self, *_: object) -> Sent:
        return SENT

    def decode(self, *_: object) -> Completion:
        return ANSWER

    async def send(self, *_: object) -> Received:
        return RECEIVED


async def per_call(call: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of this process per call, one after the other."""
    since = time.process_time()
    for _ in range(CALLS):
        await call()
    return (time.process_time() - since) / CALLS


async def asking(port: int) -> tuple[float, float]:
    """Median CPU seconds of asking, and of a call on the loopback, in alternating rounds."""
    line = open_line(Provider("p", "still", "https://p.example", key="k"), "m", Still(), Still())
    budget, deadline = Budget(Caps(calls=10**9)), line.clock() + 3600
    there = Provider("up", "openai_chat", f"http://127.0.0.1:{port}/v1", local=True)
    request = openai_chat.CODEC.encode(CALL)
    ours: list[float] = []
    calls: list[float] = []
    async with Upstream() as upstream:
        for _ in range(ROUNDS):
            ours.append(await per_call(lambda: ask(line, CALL, budget, deadline)))
            calls.append(await per_call(lambda: upstream.send(there, request, {}, 10.0)))
    return median(ours), median(calls)


def answering() -> tuple[float, float]:
    """Median CPU seconds of one simulated decision, and of its whole cell, in alternating rounds."""
    bodies = [
        simulated.CODEC.encode(Call("simulated", "decision", "You are 34.", "?", (TRUST,), draw=k)).body
        for k in range(400)
    ]
    answers: list[float] = []
    cells: list[float] = []
    for _ in range(5):
        since = time.process_time()
        for body in bodies:
            respond(body)
        answers.append((time.process_time() - since) / len(bodies))
        cells.append(asyncio.run(measure(CELLS, "decision")).cpu / CELLS)
    return median(answers), median(cells)


def rows() -> list[tuple[str, float, float]]:
    """What the part is, its CPU seconds, those of the whole."""
    with ExitStack() as stack:
        port = free_port()
        started(stack, [sys.executable, "-c", UPSTREAM, str(port)], port)
        return [
            ("asking, beside one call on the loopback", *asyncio.run(asking(port))),
            ("one simulated decision, of its whole cell", *answering()),
        ]


def main() -> None:
    print("| gateway, CPU, median | part | whole | ratio |\n|---|---|---|---|")
    for name, part, whole in rows():
        print(f"| {name} | {1e6 * part:.0f} us | {1e6 * whole:.0f} us | {part / whole:.2f} |", flush=True)


if __name__ == "__main__":
    main()
