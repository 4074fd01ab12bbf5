"""Canaries in every part of good and bad requests; none in log, metrics, traces or refusals, whatever goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from service.web.access.key import new_key
from tests.acceptance.canaries import (
    ARRAYS,
    BODIES,
    COMPUTATIONS,
    LOOKED_FOR,
    NAME,
    Sending,
    bad,
    good,
    posted,
    spoiled,
)
from tests.acceptance.conftest import Server
from tests.acceptance.launching import assert_silent, launched
from tests.acceptance.talk import Reply, request, say
from tests.web.access.people import line
from tests.web.collector import Collector, collecting

KEYS = new_key()


@pytest.fixture(scope="module")
def traces() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, traces: Collector) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("privacy")
    (folder / "keys.toml").write_text(line(KEYS, "calibrate", "design", "diagnose", client="zaphods-lab"))
    running = launched(
        folder, "serve", RECTIFIER_KEYS_FILE=str(folder / "keys.toml"), RECTIFIER_TRACES_ENDPOINT=traces.url,
        RECTIFIER_BODY_IDLE_SECONDS="0.3", RECTIFIER_CANARY_SECONDS="0", RECTIFIER_AUTH_FAILURES_PER_MINUTE="1000",
    )  # fmt: skip
    yield running
    if running.process.poll() is None:
        running.stop()


def sent(server: Server, sending: Sending) -> Reply | None:
    """The answer, if there is one."""
    try:
        return say(server, sending.content)
    except (AssertionError, OSError):
        return None


def told(reply: Reply) -> bytes:
    """Everything that a refusal says, but for the names that are the caller's own."""
    return re.sub(rb"Zaphod23name", b"", reply.body + repr(sorted(reply.headers.items())).encode())


def test_good_requests(server: Server) -> None:
    for sending in good(KEYS):
        reply = sent(server, sending)
        assert reply is not None, sending.name
        assert reply.status == 200, (sending.name, reply.body)
    assert_silent(server, KEYS)


PATHS = [computation.path for computation in COMPUTATIONS]


@pytest.mark.parametrize("path", PATHS)
def test_bad_requests(server: Server, path: str) -> None:
    for sending in bad(KEYS, path):
        reply = sent(server, sending)
        if reply is not None and not sending.ok:
            assert reply.status >= 400, sending.name
            assert not LOOKED_FOR.search(told(reply)), (sending.name, told(reply))
    assert_silent(server, KEYS)


@pytest.mark.parametrize("path", PATHS)
def test_good_requests_with_one_thing_changed(server: Server, path: str) -> None:
    refused = 0
    for sending in spoiled(KEYS, path):
        reply = sent(server, sending)
        assert reply is not None, sending.name
        assert reply.status in {200, 400, 413, 422}, (sending.name, reply.body)
        if reply.status != 200:
            refused += 1
            assert not LOOKED_FOR.search(told(reply)), (sending.name, told(reply))
    assert refused > 10
    assert_silent(server, KEYS)


def test_a_body_that_never_ends(server: Server) -> None:
    half = request("POST", "/v1/calibrations", json.dumps(ARRAYS).encode(), X_API_Key=KEYS)[:-40]
    with server.connect() as connection:
        connection.sendall(half)
    reply = say(server, half)
    assert reply.status == 408
    assert not LOOKED_FOR.search(told(reply))
    assert_silent(server, KEYS)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("more", [0, 100_000], ids=["in the event loop", "in a thread"])
def test_our_own_faults(server: Server, path: str, more: int) -> None:
    """In the event loop, in a thread, in a task, in the words of a library."""
    for body in BODIES[path].values():
        content = json.dumps(body).replace(NAME, "crash").encode() + b" " * more
        reply = sent(server, posted("crash", path, content, X_API_Key=KEYS))
        assert reply is not None
        assert (reply.status, reply.json["code"]) == (500, "internal_error")
        assert not LOOKED_FOR.search(told(reply))
    log = assert_silent(server, KEYS)
    assert b"KeyError at failing" in log
    assert b"ValueError at thrown" in log
    assert b"elsewhere has something to say" in log


def test_the_traces(server: Server, traces: Collector) -> None:
    assert traces.came.wait(30)
    spans = b"".join(found.SerializeToString() for found in traces.requests)
    assert len(spans) > 1000
    assert not LOOKED_FOR.search(spans)


def test_a_crash_leaves_no_core(server: Server) -> None:
    (worker, *_) = psutil.Process(server.process.pid).children()
    assert Path(f"/proc/{worker.pid}/limits").read_text().split("core file size")[1].split()[:2] in (
        ["1", "1"],
        ["0", "0"],
    )
    for child in worker.children():  # the process that decodes large bodies
        assert Path(f"/proc/{child.pid}/limits").read_text().split("core file size")[1].split()[0] in {"0", "1"}
    os.kill(worker.pid, signal.SIGSEGV)
    end = time.monotonic() + 30
    while b"ended by signal 11" not in server.log.read_bytes() and time.monotonic() < end:
        time.sleep(0.05)
    assert_silent(server, KEYS)
    assert sorted(path.name for path in server.log.parent.iterdir()) == ["keys.toml", "log"]
