"""Both services as processes and a short, mixed load on them."""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from service.api.routes.designs import EXAMPLE
from tests.acceptance.generating import study
from tests.observability.exposition import STUDY

PERTURBED = """
import socket, sys
from dataclasses import replace
from service.api import golden, parts, serving
parts.prove = lambda: None
golden.GOLDEN = (replace(golden.WELCH, estimate=golden.WELCH.estimate * (1 + 1e-6)), *golden.GOLDEN[1:])
sys.exit(serving.serve(socket.create_server(("127.0.0.1", int(sys.argv[1])))))
"""
"""A service whose known answer is wrong, so that its canary must say so: it starts because nothing is proved."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def perturbed(environment: dict[str, str]) -> Iterator[int]:
    """The port of a service that knows a wrong answer."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", PERTURBED, str(port)], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            end = time.monotonic() + 30
            while True:
                with suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def ask(port: int, path: str, body: bytes, media_type: str = "application/json") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"content-type": media_type})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def kinds(calibration: int, gateway: int, seed: int) -> list[tuple[int, str, bytes, str]]:
    """Requests of many kinds: small, large, slow, in columns, broken, a design, a run that no cache knows."""
    draw = random.Random(0)
    columns = {key: [draw.random() for _ in range(4000)] for key in ("human", "llm")}
    large = {"data": {"layout": "arrays", "arms": [{"name": "a", **columns}]}}
    slow = STUDY | {"plan": {"interval": "bootstrap", "replicates": 200}}
    table = {"layout": "table", "outcomes": {"y": "trust"}, "predictions": [{"model": "gpt", "values": "gpt"}]}
    lines = b"\n".join(b"%d,%d" % (draw.randint(1, 5), draw.randint(1, 5)) for _ in range(200))
    in_columns = "/v1/calibrations?" + urllib.parse.urlencode({"data": json.dumps(table)})
    path, media_type = "/v1/calibrations", "application/json"
    return [
        (calibration, path, json.dumps(STUDY).encode(), media_type),
        (calibration, path, json.dumps(large).encode(), media_type),
        (calibration, path, json.dumps(slow).encode(), media_type),
        (calibration, in_columns, b"trust,gpt\n" + lines, "text/csv"),
        (calibration, path, b"{", media_type),
        (calibration, path, b"{}", media_type),
        (calibration, "/v1/designs", EXAMPLE, media_type),
        (gateway, "/v1/generations", json.dumps(study(4, "simulated", seed=seed)).encode(), media_type),
    ]


def load(calibration: int, gateway: int, seconds: float) -> dict[int, int]:
    """Some requests a second; how many got which status."""
    statuses: dict[int, int] = {}
    end, k = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        asked = kinds(calibration, gateway, k)
        status = ask(*asked[k % len(asked)])
        statuses[status] = statuses.get(status, 0) + 1
        k += 1
        time.sleep(0.02)
    return statuses
