"""CPU per proxied chat completion: the gateway's pass-through against LiteLLM's proxy before one instant upstream.

python -m benchmarks.proxy LITELLM [requests]: LITELLM is the ``litellm`` command of an environment of its own (with its
``proxy`` extra; tried with the version that the table names). Requests go one after the other over kept connections, in
alternating rounds; CPU is user and system time of the whole process tree of each proxy.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

import psutil

UPSTREAM = """
import asyncio, json, sys
BODY = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
  "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}],
  "usage": {"prompt_tokens": 60, "completion_tokens": 6, "total_tokens": 66}}).encode()
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(BODY)
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            length = head.lower().partition(b"content-length:")[2].split(b"\\r\\n")[0]
            await reader.readexactly(int(length or 0))
            writer.write(HEAD + BODY)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()
asyncio.run(main())
"""
MESSAGES = [
    {"role": "system", "content": "You are 34 years old and work as a nurse."},
    {"role": "user", "content": "A warm letter.\nHow much do you trust the sender? Answer with a number from 1 to 5."},
]
ROUNDS = 10


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(stack: ExitStack, command: list[str], port: int, **environment: str) -> psutil.Process:
    """A process that listens, stopped with the stack."""
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return psutil.Process(process.pid)
        time.sleep(0.2)
    raise TimeoutError(command[0])


def cpu(process: psutil.Process) -> float:
    """User and system seconds of a process and its children."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return float(sum(t.user + t.system for t in times))


def asked(port: int, model: str, requests: int) -> None:
    """So many chat completions over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"model": model, "messages": MESSAGES, "temperature": 0.5})
    for _ in range(requests):
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        content = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{reply.status}: {content[:300]!r}")
    connection.close()


def proxies(stack: ExitStack, litellm: str) -> dict[str, tuple[psutil.Process, int, str]]:
    """Both proxies before one upstream: process, port, model."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    upstream, ours, theirs = free_port(), free_port(), free_port()
    started(stack, [sys.executable, "-c", UPSTREAM, str(upstream)], upstream)
    base = f"http://127.0.0.1:{upstream}/v1"
    providers = folder / "providers.toml"
    providers.write_text(f'[providers.up]\ncodec = "openai_chat"\nbase_url = "{base}"\nlocal = true\n')
    config = folder / "config.yaml"
    config.write_text(
        f"model_list: [{{model_name: m, litellm_params: {{model: openai/m, api_base: '{base}', api_key: k}}}}]\n"
    )
    gateway = started(
        stack,
        [sys.executable, "-m", "service.cli", "gateway", "--port", str(ours)],
        ours,
        RECTIFIER_PROVIDERS_FILE=str(providers),
        RECTIFIER_ACCESS_LOG="false",
    )
    command = [litellm, "--config", str(config), "--host", "127.0.0.1", "--port", str(theirs)]
    other = started(
        stack,
        command,
        theirs,
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY="true",
    )
    return {"gateway": (gateway, ours, "up/m"), "LiteLLM proxy": (other, theirs, "m")}


def main() -> None:
    litellm, requests = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    spent: dict[str, list[float]] = {}
    with ExitStack() as stack:
        both = proxies(stack, litellm)
        for _, port, model in both.values():
            asked(port, model, 50)
        for _ in range(ROUNDS):
            for name, (process, port, model) in both.items():
                before = cpu(process)
                asked(port, model, requests)
                spent.setdefault(name, []).append((cpu(process) - before) / requests)
    found = {name: median(seconds) for name, seconds in spent.items()}
    print("| chat completion, CPU per call, median | ms |\n|---|---|")
    for name, seconds in found.items():
        print(f"| {name} | {1e3 * seconds:.2f} |")
    print(f"| ratio | {found['LiteLLM proxy'] / found['gateway']:.1f} |")


if __name__ == "__main__":
    main()
