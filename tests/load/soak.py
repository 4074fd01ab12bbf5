"""Many requests: ``python -m tests.load.soak [requests]``. The slope of the memory of the process tree."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.process import Tree, running
from tests.load.traffic import Seen, closed_loop

SAMPLES = 100
WARM = 0.2
"""Share of the requests after which the slope begins: caches, pools and arenas have their size by then."""


@dataclass
class Slope:
    """Mebibytes per 100,000 requests, its standard error, and what it was fitted to."""

    per_hundred_thousand: float
    error: float
    first: float
    last: float
    most: float


async def soaked(tree: Tree, requests: int, seen: Seen) -> list[tuple[int, float]]:
    """Requests answered and memory then, a hundred times."""
    found = []
    for i in range(SAMPLES):
        await closed_loop(tree.port, 4, requests // SAMPLES, math.inf, seen)
        found.append(((i + 1) * (requests // SAMPLES), await asyncio.to_thread(tree.resident_mebi)))
    return found


def fitted(samples: Sequence[tuple[int, float]]) -> Slope:
    """Least squares with a standard error that counts neighbours as dependent (a block of five is one)."""
    kept = samples[int(WARM * len(samples)) :]
    blocks = [kept[i : i + 5] for i in range(0, len(kept), 5)]
    x = [sum(count for count, _ in b) / len(b) for b in blocks]
    y = [sum(size for _, size in b) / len(b) for b in blocks]
    n, mx, my = len(x), sum(x) / len(x), sum(y) / len(y)
    sxx = sum((a - mx) ** 2 for a in x)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sxx
    rest = sum((b - my - slope * (a - mx)) ** 2 for a, b in zip(x, y, strict=True))
    error = math.sqrt(rest / (n - 2) / sxx)
    return Slope(1e5 * slope, 1e5 * error, kept[0][1], kept[-1][1], max(size for _, size in samples))


def main(requests: int) -> int:
    """Run it; 0 when every answer was right and the slope is zero within three standard errors or below 2 MiB."""
    seen = Seen()
    with running() as tree:
        samples = asyncio.run(soaked(tree, requests, seen))
    slope = fitted(samples)
    print(f"{sum(seen.statuses.values())} requests: {dict(seen.statuses)}; wrong {seen.wrong}, lost {seen.lost}")
    print(f"memory: {slope.first:.1f} MiB after a fifth, {slope.last:.1f} at the end, {slope.most:.1f} at most")
    print(f"slope: {slope.per_hundred_thousand:+.2f} MiB per 100,000 requests, standard error {slope.error:.2f}")
    flat = slope.per_hundred_thousand < max(3 * slope.error, 2.0)
    return int(not flat or set(seen.statuses) != {200} or seen.wrong + seen.lost > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
