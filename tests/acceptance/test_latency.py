"""Probes answer while one big request is worked on."""

from __future__ import annotations

import json
import random
import threading
import time

from tests.acceptance.talk import Reply, hear, post, request


def patient(server, body: bytes) -> Reply:
    """The answer, however often one must ask until the parsing process is there."""
    for _ in range(60):
        reply = post(server, body)
        if reply.status != 503:
            break
        time.sleep(float(reply.headers["retry-after"]))
    return reply


def test_probes_answer_during_a_big_request(server) -> None:
    rng = random.Random(1)
    column = lambda n: [round(rng.gauss(4, 1), 3) for _ in range(n)]
    arms = [
        {"name": name, "human": column(1000), "llm": column(1000), "llm_only": column(500_000)} for name in ("a", "b")
    ]
    body = json.dumps({"data": {"layout": "arrays", "arms": arms}}).encode()
    replies = []
    big = threading.Thread(target=lambda: replies.append(patient(server, body)))
    seconds = []
    with server.connect() as connection:
        big.start()
        time.sleep(0.02)
        while len(seconds) < 200 or big.is_alive():
            started = time.perf_counter()
            connection.sendall(request("GET", "/livez"))
            assert hear(connection).status == 200
            seconds.append(time.perf_counter() - started)
    big.join()
    assert replies[0].status == 200
    first = sorted(seconds[:200])
    assert first[197] < 0.1
