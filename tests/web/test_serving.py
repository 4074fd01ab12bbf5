from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request

SERVED = """
import asyncio, socket, sys
from litestar import Litestar
from service.web.probes import Lifecycle, probe_handlers
from service.web.serving import serve_until_stopped
life = Lifecycle(lambda: None, closing=lambda seconds: print("closing in", seconds))
inner = Litestar(probe_handlers(life), on_startup=[life.start], openapi_config=None, logging_config=None)

async def app(scope, receive, send):
    if scope.get("path") == "/never":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await asyncio.Event().wait()
    await inner(scope, receive, send)

serve_until_stopped(app, life, socket.create_server(("127.0.0.1", int(sys.argv[1]))), int(sys.argv[2]))
print(life.draining)
"""


def served(seconds: int) -> tuple[subprocess.Popen, int]:
    """A process that answers, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVED, str(port), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as reply:
                assert reply.headers.get("server") is None
                break
        except OSError:
            time.sleep(0.05)
    return process, port


def test_a_signal_drains_and_the_process_goes_on_behind_it() -> None:
    process, _ = served(5)
    process.terminate()
    said, errors = process.communicate(timeout=20)
    assert (process.returncode, said, errors) == (0, "closing in 5\nTrue\n", "")


def test_what_does_not_end_in_time_is_told_in_json_lines_without_its_words() -> None:
    process, port = served(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/never", timeout=20) as reply:
        assert reply.read(5) == b"begun"
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    told = [json.loads(line) for line in errors.splitlines()]
    assert [(line["event"], line["level"]) for line in told] == [("server", "error")] * 2
    assert told[1]["failure"].startswith("CancelledError at ")
