"""Where a request's CPU time goes: python -m benchmarks.flame > benchmarks/flame.svg (a minute).

The service answers the JSON request of n = 1,000 and N = 10,000 in this process and thread, without a socket; every
millisecond of CPU time the stack is noted. Boxes under one percent are left out; time inside C counts for its caller.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from html import escape
from types import FrameType

from benchmarks.around import request, seconds
from benchmarks.http import bodies
from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import read_settings

INLINE = {"RECTIFIER_INLINE_BODY_BYTES": "10000000", "RECTIFIER_INLINE_WORK": "1e9", "RECTIFIER_ACCESS_LOG": "false"}
WIDTH, HEIGHT, LEAST = 1200, 17, 0.01
FIRST = "service.web.telemetry:__call__"
Stack = tuple[str, ...]


class Sampler:
    """Counts stacks while it runs."""

    def __init__(self) -> None:
        self.stacks: Counter[Stack] = Counter()

    def look(self, _signal: int, frame: FrameType | None) -> None:
        names = []
        while frame is not None:
            names.append(f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_name}")
            frame = frame.f_back
        stack = tuple(reversed(names))
        if FIRST in stack:
            self.stacks[stack[stack.index(FIRST) :]] += 1


async def sampled(requests: int) -> Counter[Stack]:
    body, sampler = bodies(1000, 10_000)["json"], Sampler()
    app = create_service(read_settings(os.environ | INLINE), calibration_parts()).asgi
    await seconds(lambda: request(app, "/v1/calibrations", body), 50)
    signal.signal(signal.SIGPROF, sampler.look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    await seconds(lambda: request(app, "/v1/calibrations", body), requests)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return sampler.stacks


def boxes(stacks: Counter[Stack], depth: int = 0, left: int = 0) -> Iterator[tuple[int, int, int, str]]:
    """Depth, left, width in samples, name: children side by side above their caller."""
    for name in sorted({stack[depth] for stack in stacks if len(stack) > depth}):
        inner = Counter({s: n for s, n in stacks.items() if len(s) > depth and s[depth] == name})
        yield depth, left, inner.total(), name
        yield from boxes(inner, depth + 1, left)
        left += inner.total()


def drawn(stacks: Counter[Stack]) -> str:
    total = stacks.total()
    shown = [box for box in boxes(stacks) if box[2] >= LEAST * total]
    height = HEIGHT * (max(depth for depth, *_ in shown) + 1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-size="10">']
    for depth, left, size, name in shown:
        x, y, width = WIDTH * left / total, height - HEIGHT * (depth + 1), WIDTH * size / total
        fill = "#f2b880" if name.startswith("service.") else "#b8d0e8"
        short = name.rpartition(".")[2][: int(width / 6.2)]
        parts.append(
            f"<g><title>{escape(name)} {100 * size / total:.1f} %</title>"
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{HEIGHT - 1}" fill="{fill}"/>'
            f'<text x="{x + 2:.1f}" y="{y + 12}">{escape(short)}</text></g>'
        )
    return "\n".join([*parts, "</svg>"])


def main() -> None:
    print(drawn(asyncio.run(sampled(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))))


if __name__ == "__main__":
    main()
