"""Probes as a kubelet asks them: ``python -m tests.load.prober PORT``, until its input ends."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

from tests.load.served import connected

PATHS = ("/livez", "/readyz", "/metrics")


async def probed(port: int, ended: threading.Event, pause: float = 0.05) -> dict[str, list[float]]:
    """Seconds of the probes' answers until the end, each asked on a connection of its own."""
    clock = asyncio.get_running_loop().time
    found: dict[str, list[float]] = {path: [] for path in PATHS}
    for path in cycle(PATHS):
        if ended.is_set():
            break
        began = clock()
        connection = await connected(port)
        reply = await connection.ask("GET", path)
        assert reply.status == 200 or (path, reply.status) == ("/readyz", 503)
        found[path].append(clock() - began)
        await connection.close()
        await asyncio.sleep(pause)
    return found


@contextmanager
def probing(port: int) -> Iterator[Callable[[], dict[str, list[float]]]]:
    """Probes beside what is done meanwhile; what is given ends them and tells their seconds."""
    command = [sys.executable, "-m", "tests.load.prober", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def told() -> dict[str, list[float]]:
            found: dict[str, list[float]] = json.loads(process.communicate()[0])
            return found

        yield told


def main() -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print(json.dumps(asyncio.run(probed(int(sys.argv[1]), ended))))


if __name__ == "__main__":
    main()
