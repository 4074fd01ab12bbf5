"""Services with every log level on, in a folder of their own, that fail when they are asked to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.acceptance.canaries import LOOKED_FOR
from tests.acceptance.conftest import Server
from tests.acceptance.talk import request, say

HERE = Path(__file__).parents[2]
LAUNCH = """
import asyncio, logging, sys, threading
from service.web import hardening
hardening.LEVEL = logging.NOTSET
logging.getLogger().setLevel(logging.NOTSET)

def spoiled(good):
    def failing(*given):
        if "crash" not in repr(given):
            return good(*given)
        def thrown(): raise ValueError(repr(given))
        async def lost(): raise ValueError(repr(given))
        threading.Thread(target=thrown).start()
        try:
            asyncio.get_running_loop().create_task(lost())
        except RuntimeError:
            pass
        logging.getLogger("elsewhere").error("failing with %r", given)
        raise KeyError(repr(given))
    return failing

if sys.argv[1] == "serve":
    from dataclasses import replace
    from service.api import parts
    whole = parts.calibration_parts()
    def spoiled_steps(steps):
        return lambda: replace(steps(), run=spoiled(steps().run))
    computations = [replace(each, steps=spoiled_steps(each.steps)) for each in whole.computations]
    parts.calibration_parts = lambda: replace(whole, computations=computations)
else:
    from service.gateway.routes import generations
    generations.plan_of = spoiled(generations.plan_of)
from service.cli import main
sys.exit(main(sys.argv[1:]))
"""


def launched(folder: Path, deployable: str, **environment: str) -> Server:
    """A service with every log level on whose work fails when it is asked to, in a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", LAUNCH, deployable, "--host", "127.0.0.1", "--port", str(port)]
    settings = os.environ | {"PYTHONPATH": str(HERE), "PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "always"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=settings | environment, cwd=folder)
    server = Server("127.0.0.1", port, process, folder / "log")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if say(server, request("GET", "/startupz")).status == 200:
                return server
        except (OSError, AssertionError):
            assert process.poll() is None, (folder / "log").read_text()
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def assert_silent(server: Server, *secrets: str) -> bytes:
    """Neither log nor metrics have a canary or anything of a secret; the log."""
    metrics = say(server, request("GET", "/metrics")).body
    log = server.log.read_bytes()
    assert b"rectifier_" in metrics
    for where, text in (("log", log), ("metrics", metrics)):
        found = LOOKED_FOR.search(text)
        assert found is None, (where, text[max(0, found.start() - 300) : found.end() + 100])
        for secret in secrets:
            assert secret[10:40].encode() not in text
    return log
