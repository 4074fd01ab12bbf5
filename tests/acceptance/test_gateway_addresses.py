"""Where the gateway's requests may go: every way home ends in missing cells, and nobody there is ever connected to."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys

import pytest
from aiohttp.abc import AbstractResolver

from service.gateway.app import create_gateway
from service.gateway.providers.offer import Provider
from service.gateway.settings import Settings
from service.gateway.upstream import Upstream
from tests.acceptance.conftest import written
from tests.acceptance.counting import counting
from tests.acceptance.generating import cells, fetched, generate, places, planned, study
from tests.web.asgi import call

HOME = [
    "127.0.0.1",
    "127.8.9.10",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "2852039166",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "10.0.0.1",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
]
NEVER = ["169.254.169.254", "2852039166", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0"]


@pytest.fixture
def upstream():
    with counting(0) as server:
        yield server


def unreached(records, body):
    """Every cell there and missing, after one try that met nobody."""
    assert places(records) == planned(body)
    assert {cell["missing"] for cell in cells(records)} == {"upstream_error"}
    tries = [cell["provenance"]["tries"] for cell in cells(records)]
    assert [(len(each), each[0]["status"]) for each in tries] == [(1, None)] * len(tries)


def models(names):
    return [{"name": name, "provider": name, "model": "x"} for name in names]


def test_no_spelling_of_a_private_place_is_connected_to(gateways, upstream):
    port = upstream.server_port
    offered = {
        f"p{k}": {"codec": "openai_chat", "base_url": f"https://{host}:{port}/v1"} for k, host in enumerate(HOME)
    }
    offered |= {
        f"l{k}": {"codec": "openai_chat", "base_url": f"http://{host}:{port}/v1", "local": True}
        for k, host in enumerate(NEVER)
    }
    gateway = gateways(offered, RECTIFIER_RETRY_BASE_SECONDS="0.01")
    body = study(1, *models(offered))
    unreached(generate(gateway, body), body)
    chat = {"model": "p0/x", "messages": [{"role": "user", "content": "Hello"}]}
    status, answer = fetched(gateway, "/v1/chat/completions", chat)
    assert (status >= 400, json.loads(answer)["error"]["code"]) == (True, "upstream_error")
    assert upstream.connections == 0
    assert str(port) not in gateway.log.read_text()


def test_a_redirect_is_not_followed(gateways, upstream):
    with counting(0) as elsewhere:
        upstream.location = f"http://127.0.0.1:{elsewhere.server_port}/v1/chat/completions"
        gateway = gateways(upstream.offered())
        body = study(2, *models(["counting"]))  # too few to open the breaker
        unreached(generate(gateway, body), body)
        assert (upstream.connections > 0, elsewhere.connections) == (True, 0)


class Rebinding(AbstractResolver):
    """A resolver that has a name go through these addresses, one per look-up; None: nobody knows the name."""

    def __init__(self, *addresses):
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        if address is None:
            raise OSError("no such name")
        flags = socket.AI_NUMERICHOST
        return [{"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": flags}]

    async def close(self):
        pass


async def asked(app, *names):
    """The records of one run in this process."""
    body = study(1, *models(names), cache="off")
    headers = {"content-type": "application/json"}
    answer = await call(app.asgi, "POST", "/v1/generations", headers=headers, body=json.dumps(body).encode(), stay=60)
    return [json.loads(line) for line in answer.body.splitlines()], body


def test_a_name_that_turns_home_is_not_followed_there(upstream):
    """Unknown at first, then home; and allowed as home for a local provider, which opens no way for another."""
    port = upstream.server_port
    providers = {
        "inside": Provider("inside", "openai_chat", f"http://rebound.example:{port}/v1", local=True),
        "outside": Provider("outside", "openai_chat", f"https://rebound.example:{port}/v1"),
    }
    resolvers = []

    def resolver():
        resolvers.append(Rebinding(None, "127.0.0.1"))
        return resolvers[-1]

    async def told():
        async with Upstream(resolver=resolver) as transport:
            app = create_gateway(Settings(providers=providers, retry_base_seconds=0.01), transport, None)
            found = [await asked(app, name) for name in ("inside", "outside", "outside")]
            assert app.desk.runs.taken == 0
        return found

    (inside, _), (outside, _), (later, body) = asyncio.run(told())
    assert {cell["status"] for cell in cells(inside)} == {"answered"}
    reached = upstream.connections
    assert reached > 0
    assert {cell["missing"] for cell in cells(outside)} == {"upstream_error"}
    unreached(later, body)
    assert [resolver.asked > 1 for resolver in resolvers] == [True, True]
    assert upstream.connections == reached
    assert upstream.asked.total() == len(cells(inside))


def refused(tmp_path, providers):
    """What the start says, and how it ends."""
    file = written(tmp_path / "providers.toml", providers)
    environment = {"RECTIFIER_PROVIDERS_FILE": str(file), "PATH": ""}
    command = [sys.executable, "-m", "service.cli", "gateway", "--port", "1"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stderr


def test_a_plain_address_without_local_stops_the_start(tmp_path):
    bad = {
        "a": "http://api.example/v1",
        "b": "ftp://api.example",
        "c": "https:///v1",
        "d": "https://u:hunter2@e.example",
    }
    status, said = refused(tmp_path, {n: {"codec": "openai_chat", "base_url": url} for n, url in bad.items()})
    assert status == 2
    for name in bad:
        assert f"providers.{name}.base_url: " in said
    assert "http only with local = true" in said
    assert "hunter2" not in said
    assert "Traceback" not in said
