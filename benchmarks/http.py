"""A whole HTTP request against its floors: CPU seconds of all processes of the server, interleaved, medians."""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import ExitStack
from statistics import median

import msgspec
import numpy as np
import psutil

from benchmarks.core import arrays
from benchmarks.served import SERVICE, cpu_seconds, floor, post, served, settle

JSON, PACKED = {"Content-Type": "application/json"}, {"Content-Type": "application/vnd.msgpack"}
FLOORS = {"fastest": "json", "lists": "json", "peers": "json", "copied": "copied"}  # the floor, and the body it gets
OURS = {"json": JSON, "base64": JSON, "messagepack": PACKED}


def bodies(n: int, m: int) -> dict[str, bytes]:
    """The same study as JSON numbers with three decimals, as binary arrays twice, and as bare bytes."""
    columns = [np.round(x, 3) for x in arrays(n, m)]
    named = dict(zip(("human", "llm", "llm_only"), columns, strict=True))
    packed = {name: {"dtype": "<f8", "data": x.tobytes()} for name, x in named.items()}
    text = {name: {"dtype": "<f8", "data": base64.b64encode(x).decode()} for name, x in named.items()}
    return {
        "json": json.dumps(request({name: x.tolist() for name, x in named.items()})).encode(),
        "base64": json.dumps(request(text)).encode(),
        "messagepack": msgspec.msgpack.encode(request(packed)),
        "copied": np.concatenate([[float(n)], *columns]).tobytes(),
    }


def request(columns: dict[str, object]) -> dict[str, object]:
    data = {"layout": "arrays", "arms": [{"name": "all", **columns}]}
    return {"data": data, "plan": {"estimator": "regression"}}


def per_request(port: int, process: psutil.Process, body: bytes, headers: dict[str, str], requests: int) -> float:
    """CPU seconds of the server per request, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    post(connection, body, headers)
    before = cpu_seconds(process)
    for _ in range(requests):
        post(connection, body, headers)
    spent = (cpu_seconds(process) - before) / requests
    connection.close()
    return spent


def measured(n: int, m: int, *, rounds: int = 7, requests: int = 50) -> dict[str, list[float]]:
    """CPU seconds per request of every floor and of ours in every format, one of each per round."""
    sent = bodies(n, m)
    taken: dict[str, list[float]] = {kind: [] for kind in (*FLOORS, *OURS)}
    with ExitStack() as stack:
        service = stack.enter_context(served(*SERVICE))
        settle(service[1])
        floors = {name: stack.enter_context(served(*floor(name))) for name in FLOORS}
        for _ in range(rounds):
            for name, form in FLOORS.items():
                taken[name].append(per_request(*floors[name], sent[form], JSON, requests))
            for form, headers in OURS.items():
                taken[form].append(per_request(*service, sent[form], headers, requests))
    return taken


def ratio(taken: dict[str, list[float]], ours: str, other: str) -> float:
    """Median over the rounds of one over the other."""
    return median(a / b for a, b in zip(taken[ours], taken[other], strict=True))
