"""Small requests while bodies of a million numbers run all the time: ``python -m tests.load.small [seconds]``.

With the settings of the pod, but two threads (``RECTIFIER_THREADS=2``) where it has one.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

from tests.load.process import running
from tests.load.served import connected
from tests.load.studies import asked
from tests.load.traffic import Seen, exchanged, one_by_one, percentile

ROUNDS = 5


async def endless(port: int, seconds: float) -> int:
    """One million-number body after the other; how many were answered."""
    clock, seen, huge = asyncio.get_running_loop().time, Seen(), asked("huge")
    print("begun", flush=True)
    end, connection = clock() + seconds, await connected(port)
    while clock() < end:
        await exchanged(connection, huge, seen)
    await connection.close()
    assert set(seen.statuses) == {200}
    assert seen.wrong == 0
    return seen.statuses[200]


async def timed(port: int, seconds: float) -> list[float]:
    """Small requests, one after the other, for so long."""
    found: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found += await one_by_one(port, asked("small"), 20, 0.002)
    return found


def main(seconds: float) -> int:
    """Idle and under way in turn, in rounds; 0 when p50 is at most 1.3 and p99 at most 15 times that of idle."""
    idle: list[float] = []
    busy: list[float] = []
    with running(RECTIFIER_THREADS="2") as tree:
        asyncio.run(endless(tree.port, 1.0))
        for _ in range(ROUNDS):
            idle += asyncio.run(timed(tree.port, seconds / ROUNDS))
            command = [sys.executable, "-m", "tests.load.small", "large", str(tree.port), str(seconds / ROUNDS + 1)]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
                assert other.stdout is not None
                other.stdout.readline()
                time.sleep(0.3)
                busy += asyncio.run(timed(tree.port, seconds / ROUNDS))
                other.wait()
    p50, p99 = (percentile(busy, share) / percentile(idle, share) for share in (50, 99))
    beside = percentile(busy, 99) / percentile(idle, 50)
    for name, values in (("idle", idle), ("beside large bodies", busy)):
        p = [f"p{share} {percentile(values, share):.2f} ms" for share in (50, 90, 99)]
        print(f"small requests, {name}: {', '.join(p)} ({len(values)})")
    print(f"p50 x {p50:.2f}, p99 x {p99:.1f} of idle p99, x {beside:.1f} of idle p50")
    return int(p50 > 1.3 or p99 > 15)


if __name__ == "__main__":
    if sys.argv[1:2] == ["large"]:
        asyncio.run(endless(int(sys.argv[2]), float(sys.argv[3])))
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 30.0))
