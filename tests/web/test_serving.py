from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request

SERVED = """
import sys
from litestar import Litestar
from service.web.probes import Lifecycle, probe_handlers
from service.web.serving import serve_until_stopped
life = Lifecycle(lambda: None)
app = Litestar(probe_handlers(life), on_startup=[life.start], openapi_config=None, logging_config=None)
serve_until_stopped(app, life, "127.0.0.1", int(sys.argv[1]), 5)
print(life.draining)
"""


def test_a_signal_drains_and_the_process_goes_on_behind_it() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVED, str(port)], stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as reply:
                assert reply.headers.get("server") is None
                break
        except OSError:
            time.sleep(0.05)
    process.terminate()
    said, _ = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, "True\n")
