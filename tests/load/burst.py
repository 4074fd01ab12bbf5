"""Twice capacity: ``python -m tests.load.burst [seconds [VARIABLE=value ...]]``. Prints lines of docs/capacity.md."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from tests.load.prober import probing
from tests.load.process import Tree, running
from tests.load.studies import asked
from tests.load.traffic import Seen, closed_loop, one_by_one, open_loop, percentile


@dataclass
class Burst:
    """What a burst showed."""

    capacity: float
    offered: float
    seen: Seen
    probes: dict[str, list[float]]
    idle: list[float]
    after: list[float]
    idle_mebi: float
    most_mebi: float


async def burst(tree: Tree, seconds: float) -> Burst:
    """Capacity first, closed loop with eight clients; then twice that, open loop; probes and memory all the while."""
    small = asked("small")
    await one_by_one(tree.port, small, 200)
    idle, idle_mebi = await one_by_one(tree.port, small, 500, 0.002), tree.resident_mebi()
    calibrating = Seen()
    took = await closed_loop(tree.port, 8, None, min(10.0, seconds), calibrating)
    capacity = calibrating.statuses[200] / took
    seen, ended, most = Seen(), asyncio.Event(), [idle_mebi]

    async def weighed() -> None:
        while not ended.is_set():
            most.append(await asyncio.to_thread(tree.resident_mebi))
            await asyncio.sleep(0.5)

    watching = asyncio.create_task(weighed())
    with probing(tree.port) as told:
        await open_loop(tree.port, 2 * capacity, seconds, seen)
        probes = told()
    ended.set()
    await watching
    await asyncio.sleep(2)
    after = await one_by_one(tree.port, small, 500, 0.002)
    return Burst(capacity, 2 * capacity, seen, probes, idle, after, idle_mebi, max(most))


def shown(found: Burst) -> str:
    """The lines of a report."""
    seen, probes = found.seen, [s for each in found.probes.values() for s in each]
    answered = sum(seen.statuses.values())
    lines = [
        f"capacity, closed loop, 8 clients: {found.capacity:.0f} requests/s",
        f"offered: {found.offered:.0f} requests/s; answered {answered}: "
        + ", ".join(f"{status} x {count}" for status, count in sorted(seen.statuses.items()))
        + f"; wrong {seen.wrong}, lost {seen.lost}, 503 without Retry-After {seen.hasty}",
    ]
    for size, values in seen.seconds.items():
        lines.append(
            f"{size}: p50 {percentile(values, 50):.1f} ms, p99 {percentile(values, 99):.1f} ms ({len(values)})"
        )
    lines.append(f"probes: p50 {percentile(probes, 50):.1f} ms, p99 {percentile(probes, 99):.1f} ms ({len(probes)})")
    for when, values in (("before", found.idle), ("after", found.after)):
        lines.append(f"small, alone, {when}: p50 {percentile(values, 50):.2f} ms, p99 {percentile(values, 99):.2f} ms")
    lines.append(f"memory of the tree: {found.idle_mebi:.0f} MiB idle, {found.most_mebi:.0f} MiB at most")
    return "\n".join(lines)


def broken(found: Burst) -> list[str]:
    """The promises that were not kept."""
    probes = [s for each in found.probes.values() for s in each]
    promises = {
        "nothing but 200 and 503 with Retry-After": set(found.seen.statuses) <= {200, 503} and not found.seen.hasty,
        "every admitted answer right": found.seen.wrong == 0 and found.seen.lost == 0,
        "something was shed and something answered": min(found.seen.statuses[200], found.seen.statuses[503]) > 0,
        "probes p99 under 100 ms": percentile(probes, 99) < 100,
        "memory under the pod's limit": found.most_mebi < 2048,
        "latency back to idle": percentile(found.after, 50) < 1.5 * percentile(found.idle, 50),
    }
    return [promise for promise, kept in promises.items() if not kept]


def main(seconds: float, settings: dict[str, str]) -> int:
    """Run it; 0 when everything was kept."""
    with running(**settings) as tree:
        found = asyncio.run(burst(tree, seconds))
    print(shown(found))
    for promise in broken(found):
        print("NOT KEPT:", promise)
    return bool(broken(found))


if __name__ == "__main__":
    asked_seconds, *chosen = sys.argv[1:] or ["60"]
    sys.exit(main(float(asked_seconds), dict(word.split("=", 1) for word in chosen)))
