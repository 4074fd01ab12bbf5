"""``transformers serve`` on a tiny model made here: a real forward pass behind the wires that the gateway speaks.

``RECTIFIER_TRANSFORMERS_PYTHON`` names a Python with ``transformers[serving]`` and torch; nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.node import free_port

MODEL = "tiny"
SCRIPT = Path(__file__).with_name("tiny_model.py")
SERVE = "from transformers.cli.transformers import main; main()"
ABSENT = "RECTIFIER_TRANSFORMERS_PYTHON names no Python; it takes one with torch and transformers[serving]"


@dataclass(frozen=True)
class Served:
    """A running server, and its model to be asked directly."""

    address: str
    folder: Path

    def offered(self, at_once: int, **codecs: str) -> dict[str, dict[str, Any]]:
        """Providers by name with their codecs. A seed is the whole server's: calls with one go one at a time."""
        place = {"base_url": f"{self.address}/v1", "local": True, "max_in_flight": at_once}
        return {name: {"codec": codec} | place for name, codec in codecs.items()}

    def asked(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the model itself says, in the order of the questions."""
        found: list[dict[str, Any]] = json.loads(_run(self.folder, "ask", json.dumps(questions)))
        return found


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The server on a free port of the loopback, with model, cache and log in ``folder``."""
    _run(folder, "make")
    log, port = folder / "serve.log", free_port()
    command = [_python(), "-c", SERVE, "serve", MODEL, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=_environment(folder), stdout=output, stderr=output)
    try:
        address = f"http://127.0.0.1:{port}"
        _until_it_is_well(process, address, log)
        yield Served(address, folder)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until_it_is_well(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def _run(folder: Path, command: str, given: str = "") -> str:
    done = subprocess.run(
        [_python(), str(SCRIPT), command, MODEL],
        cwd=folder,
        env=_environment(folder),
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _python() -> str:
    named = os.environ.get("RECTIFIER_TRANSFORMERS_PYTHON")
    assert named, ABSENT
    return named


def _environment(folder: Path) -> dict[str, str]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "cache"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return os.environ | offline | {"OMP_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"}
