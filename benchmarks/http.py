"""A whole HTTP request against its floor: CPU seconds of the server process, interleaved, medians."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import numpy as np
import psutil

from benchmarks.core import arrays

SERVICE = ("-m", "service.cli", "serve", "--host", "127.0.0.1", "--port")
FLOOR = (
    "-m",
    "uvicorn",
    "benchmarks.floor:app",
    "--loop",
    "uvloop",
    "--http",
    "httptools",
    "--log-level",
    "warning",
    "--port",
)


@contextmanager
def served(*command: str) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "RECTIFIER_ACCESS_LOG": "false"}
    with subprocess.Popen([sys.executable, *command, str(port)], env=environment) as process:
        try:
            wait_until_ready(port)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


def wait_until_ready(port: int) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


def bodies(n: int, m: int) -> dict[str, bytes]:
    """The same study as JSON numbers with three decimals and as binary arrays."""
    columns = [np.round(x, 3) for x in arrays(n, m)]
    names = ("human", "llm", "llm_only")
    plan = {"estimator": "regression"}
    lists = {name: x.tolist() for name, x in zip(names, columns, strict=True)}
    packed = {
        name: {"dtype": "<f8", "data": base64.b64encode(x.tobytes()).decode()}
        for name, x in zip(names, columns, strict=True)
    }
    return {
        kind: json.dumps({"data": {"layout": "arrays", "arms": [{"name": "all", **arm}]}, "plan": plan}).encode()
        for kind, arm in (("json", lists), ("binary", packed))
    }


def server_cpu(port: int, process: psutil.Process, body: bytes, requests: int) -> float:
    """CPU seconds of the server process per request, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    before = sum(process.cpu_times()[:2])
    for _ in range(requests):
        connection.request("POST", "/v1/calibrations", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        content = reply.read()
        if reply.status != 200:
            raise RuntimeError(content.decode())
    return (sum(process.cpu_times()[:2]) - before) / requests


def against_floor(n: int, m: int, *, rounds: int = 7, requests: int = 50) -> dict[str, tuple[float, float]]:
    """Per media: median CPU seconds of our request and its ratio to the floor's (JSON) request."""
    sent = bodies(n, m)
    taken: dict[str, list[float]] = {"floor": [], "json": [], "binary": []}
    with served(*SERVICE) as (port, process), served(*FLOOR) as (floor_port, floor_process):
        for _ in range(rounds + 1):
            taken["floor"].append(server_cpu(floor_port, floor_process, sent["json"], requests))
            for kind in ("json", "binary"):
                taken[kind].append(server_cpu(port, process, sent[kind], requests))
    kept = {kind: values[1:] for kind, values in taken.items()}
    return {
        kind: (median(values), median(a / b for a, b in zip(values, kept["floor"], strict=True)))
        for kind, values in kept.items()
    }
