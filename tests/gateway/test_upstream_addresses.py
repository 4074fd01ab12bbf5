from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver

from service.gateway import upstream as module
from service.gateway.providers.protocol import Sent
from service.gateway.upstream import Upstream, target
from tests.gateway.raw_servers import (
    SECRET,
    SENT,
    Raw,
    failure,
    provider,
    send,
)

LOOPBACK = (
    "127.0.0.1",
    "127.0.0.2",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.0.0.1",
    "127.1",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "localhost",
    "①②⑦.⓪.⓪.①",
)


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_loopback_is_reached_by_a_provider_that_is_not_local(host):
    async def story():
        async with Raw() as raw:
            try:
                await send(f"https://{host}:{raw.port}", local=False)
            finally:
                assert raw.connections == 0

    assert failure(story()) == ("refused_address", False)


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "168.63.129.16", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"],
)
def test_metadata_and_disguises_are_not_reached_by_local_providers_either(host):
    assert failure(send(f"http://{host}:9")) == ("refused_address", False)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "100.64.0.1", "[fd12::1]", "169.254.169.254"])
def test_private_networks_are_closed_to_providers_that_are_not_local(host):
    assert failure(send(f"https://{host}", local=False)) == ("refused_address", False)


class Resolver(AbstractResolver):
    """Answers with the next list of addresses, and then with the last again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0
        self.closed = False

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [self.entry(host, address, port) for address in addresses]

    def entry(self, host, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}

    async def close(self):
        self.closed = True


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"]]
)
def test_a_name_that_leads_home_is_refused_even_among_other_addresses(addresses):
    async def story():
        async with Raw() as raw:
            try:
                url = f"https://provider.example:{raw.port}"
                await send(url, local=False, resolver=lambda: Resolver(addresses))
            finally:
                assert raw.connections == 0

    assert failure(story()) == ("refused_address", False)


def test_a_name_that_nobody_knows_is_a_request_that_was_not_sent():
    class Ignorant(Resolver):
        async def resolve(self, host, port=0, family=socket.AF_INET):
            raise OSError(None, "canary-persona")

    assert failure(send("https://provider.example", resolver=Ignorant)) == ("connection", False)


def test_closing_closes_the_resolver():
    resolver = Resolver(["127.0.0.1"])

    async def story():
        async with Raw() as raw:
            await send(f"http://provider.example:{raw.port}", resolver=lambda: resolver)

    asyncio.run(story())
    assert resolver.closed


@pytest.fixture
def second_is_public(monkeypatch):
    """127.0.0.2 stands for the public internet, so that no test has to go there."""
    monkeypatch.setattr(module, "is_allowed", lambda address, local: address == "127.0.0.2")


@pytest.mark.usefixtures("second_is_public")
def test_a_name_that_changes_its_answer_is_judged_by_each():
    async def story():
        async with Raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", host="127.0.0.2") as raw:
            resolver = Resolver(["127.0.0.2"], ["127.0.0.1"])
            async with Upstream(resolver=lambda: resolver) as upstream:
                there = provider(f"http://provider.example:{raw.port}")
                assert (await upstream.send(there, SENT, SECRET, 5.0)).body == b"{}"
                upstream._sessions[True].connector.clear_dns_cache()
                try:
                    await upstream.send(there, SENT, SECRET, 5.0)
                finally:
                    assert (resolver.asked, raw.connections) == (2, 1)

    assert failure(story()) == ("refused_address", False)


@pytest.mark.usefixtures("second_is_public")
def test_an_answer_that_changes_after_it_was_judged_is_judged_again_where_the_socket_is_made():
    class Changing(dict):
        looked = 0

        def __getitem__(self, name):
            if name != "host":
                return super().__getitem__(name)
            self.looked += 1
            return "127.0.0.2" if self.looked == 1 else "127.0.0.1"

    class ChangingResolver(Resolver):
        def entry(self, host, address, port):
            return Changing(super().entry(host, address, port))

    async def story():
        async with Raw() as raw:
            try:
                url = f"http://provider.example:{raw.port}"
                await send(url, resolver=lambda: ChangingResolver(["127.0.0.2"]))
            finally:
                assert raw.connections == 0

    assert failure(story()) == ("refused_address", False)


def test_what_was_allowed_for_a_local_provider_is_no_way_for_another():
    async def story():
        async with Raw() as raw, Upstream() as upstream:
            await upstream.send(provider(raw.url), SENT, SECRET, 5.0)
            elsewhere = provider(raw.url.replace("http:", "https:"), local=False)
            try:
                await upstream.send(elsewhere, SENT, SECRET, 5.0)
            finally:
                assert raw.connections == 1

    assert failure(story()) == ("refused_address", False)


@pytest.mark.parametrize(
    ("base_url", "path", "url"),
    [
        ("https://a.example", "/chat", "https://a.example/chat"),
        ("https://a.example/v1/", "/chat", "https://a.example/v1/chat"),
        ("https://A.example:8443/v1", "/m/x%3A0", "https://a.example:8443/v1/m/x%3A0"),
        ("https://a.example/d?api-version=1", "/chat", "https://a.example/d/chat?api-version=1"),
        ("https://a.example/d?api-version=1", "/chat?k=2", "https://a.example/d/chat?api-version=1&k=2"),
        ("https://a.example/v1#x", "/chat", "https://a.example/v1/chat"),
    ],
)
def test_paths_go_below_the_base_url(base_url, path, url):
    assert str(target(provider(base_url, local=False), path)) == url


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("http://a.example", False),
        ("ftp://a.example", True),
        ("a.example", True),
        ("https://", True),
        ("https:///x", False),
        ("https://user@a.example", False),
        ("https://user:pw@a.example", True),
        ("https://[::1", True),
        ("file:///etc/passwd", True),
    ],
)
def test_base_urls_that_are_none_are_refused(base_url, local):
    assert failure(send(base_url, local=local)) == ("refused_address", False)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "chat",
        "@evil.example/",
        ".evil.example/",
        ":1/",
        "/m/../../admin",
        "/m/%2e%2E/x",
        "/m/./x",
        "/m\\x",
        "/m x",
        "/m\r\nX: 1",
        "/m#x",
        "/mé",
        "/..",
    ],
)
def test_paths_that_could_lead_elsewhere_are_refused(path):
    assert failure(send("https://a.example", sent=Sent(path, b"", {}, {}))) == ("refused_address", False)
