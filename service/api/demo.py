"""The demonstration: a real server on a free loopback port, the bundled example posted to it, the answer shown."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

_START_SECONDS = 30.0


class DemoError(RuntimeError):
    """The demonstration could not be shown; says why."""


def demo() -> int:
    """Start, post, print, stop; the exit status."""
    request = files("service.api").joinpath("example.json").read_bytes()
    try:
        with running_server() as address:
            answer = post(f"{address}/v1/calibrations", request)
    except DemoError as error:
        print(f"rectifier demo: {error}", file=sys.stderr)  # noqa: T201 - a command prints
        return 1
    print(shown(answer))  # noqa: T201
    return 0


def shown(answer: dict[str, Any]) -> str:
    """The first estimate of an answer for people, beside what humans and the LLM say alone, and what to buy next."""
    first, design, costs = answer["estimates"][0], answer["design"], answer["design"]["cost"]
    lines = [f"{first['name']} (outcome {first['outcome']}), {first['human_sample_size']} humans", ""]
    for label, part in (("calibrated", first), ("human-only", first["human_only"])):
        interval = part["interval"]
        between = f"[{interval['lower']:6.3f}, {interval['upper']:6.3f}]"
        lines.append(f"  {label:11s}{part['estimate']:7.3f}  {100 * interval['level']:g}% interval {between}")
    used = (
        f"  effective sample size {first['effective_sample_size']:.1f}, "
        f"PPI correlation {first['ppi_correlation']:.2f}, claim {answer['claim']}, verdict {first['verdict']}"
    )
    bought = (
        f"  next study for {costs:g}: {design['n_human']:g} humans, {design['n_llm_only']:g} LLM-only units, "
        f"sampling ratio {design['sampling_ratio']:.2f}, {100 * answer['cost_share']:.0f}% of what humans alone cost"
    )
    alone = (
        f"  {'LLM-only':11s}{first['llm_only']['estimate']:7.3f}  {first['llm_only']['claim']}: no interval is valid"
    )
    lines += [alone, "", used, bought, "", textwrap.fill(answer["report"], 100)]
    return "\n".join(lines)


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a server in a process of its own; stopped by SIGTERM in the end, and it must end well."""
    port = _free_port()
    command = [sys.executable, "-m", "service.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, env=os.environ | {"RECTIFIER_ACCESS_LOG": "false"}) as process:  # noqa: S603 - ours
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, process)
            yield address
        finally:
            process.terminate()
            status = process.wait(timeout=60)
    if status != 0:
        raise DemoError(f"the server ended with status {status}")


def post(url: str, body: bytes) -> dict[str, Any]:
    """The decoded answer to a JSON request."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        raise DemoError(f"the service refused the example: {error.read().decode()}") from error
    return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise DemoError(f"the server stopped at once, status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=1):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    raise DemoError(f"the server was not ready after {_START_SECONDS:g} seconds")
