from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import traceback
import tracemalloc
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from service.gateway import upstream as module
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Received, Sent
from service.gateway.transport import UpstreamError
from service.gateway.upstream import Simulated, Upstream, target

CANARY_KEY = "sk-canary-key-5f3a"
CANARY_BODY = b'{"persona": "canary-persona-9c1e"}'
SENT = Sent("/chat", CANARY_BODY, {"Content-Type": "application/json"}, {})
SECRET = {"Authorization": f"Bearer {CANARY_KEY}"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def provider(base_url, local=True):
    return Provider("p", "scripted", base_url, key=CANARY_KEY, local=local)


@contextlib.asynccontextmanager
async def served(handler):
    """An aiohttp server whose only handler answers everything; its base URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Raw:
    """A TCP server that reads a request's head and writes bytes; it counts its connections and requests."""

    def __init__(self, answer=OK, host="127.0.0.1", tls=None):
        self.answer, self.host, self.tls = answer, host, tls
        self.connections = self.requests = 0
        self.asked = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.talk, self.host, 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://{self.host}:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def talk(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                self.asked.set()
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                await reader.readexactly(int(length.split(b":")[1]))
                if self.answer is None:
                    await reader.read()  # until the client has had enough
                    return
                writer.write(self.answer)
                await writer.drain()
                if self.answer is not OK:
                    return
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


async def send(base_url, *, local=True, sent=SENT, secret=SECRET, seconds=5.0, **options):
    async with Upstream(**options) as upstream:
        return await upstream.send(provider(base_url, local), sent, secret, seconds)


def failure(coroutine):
    """How a send fails; what it leaves behind says nothing that it should not."""
    with pytest.raises(UpstreamError) as caught:
        asyncio.run(asyncio.wait_for(coroutine, 10))
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.args == (error.kind,)
    text = "".join(traceback.format_exception(error)) + repr(error)
    assert "sk-canary" not in text
    assert "canary-persona" not in text
    return error.kind, error.dispatched


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog):
    caplog.set_level(0)
    yield
    assert "canary" not in caplog.text


def test_a_request_goes_out_as_it_is_and_its_response_comes_back():
    seen = {}

    async def answer(request):
        seen.update(method=request.method, path=request.raw_path, headers=dict(request.headers))
        seen["body"] = await request.read()
        return web.Response(status=418, body=b"tea", headers={"X-Request-ID": "r1"})

    async def story():
        async with served(answer) as url:
            return await send(f"{url}/v1/", sent=Sent("/m/a%2Fb:c?x=1", CANARY_BODY, {"X-Own": "1"}, {}))

    received = asyncio.run(story())
    assert (received.status, received.body, received.headers["x-request-id"]) == (418, b"tea", "r1")
    assert all(name == name.lower() for name in received.headers)
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/v1/m/a%2Fb:c?x=1", CANARY_BODY)
    assert seen["headers"]["Authorization"] == SECRET["Authorization"]
    assert seen["headers"]["X-Own"] == "1"
    assert seen["headers"]["Accept-Encoding"] == "gzip"


def test_connections_are_kept_and_cookies_and_proxies_are_not(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    ports, cookies = set(), []

    async def answer(request):
        ports.add(request.transport.get_extra_info("peername")[1])
        cookies.append(request.headers.get("Cookie"))
        return web.Response(body=b"{}", headers={"Set-Cookie": "a=b"})

    async def story():
        async with served(answer) as url, Upstream() as upstream:
            for _ in range(5):
                await upstream.send(provider(url), SENT, SECRET, 5.0)

    asyncio.run(story())
    assert len(ports) == 1
    assert cookies == [None] * 5


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(status):
    asked = []

    async def answer(request):
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async def story():
        async with served(answer) as url:
            await send(url)

    assert failure(story()) == ("redirect", True)
    assert asked == ["/chat"]


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False), (5_000_000, False)])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_response_is_bounded(size, fits, chunked):
    async def answer(request):
        if not chunked:
            return web.Response(body=b"x" * size)
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(b"x" * size)
        return response

    async def story():
        async with served(answer) as url:
            return await send(url, max_bytes=1000)

    if fits:
        assert len(asyncio.run(story()).body) == size
    else:
        assert failure(story()) == ("too_large", True)


def test_the_bound_holds_for_what_is_inflated_and_in_little_memory():
    bomb = gzip.compress(bytes(256 * 2**20), 9)
    small = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    async def story(body):
        async with Raw(head % len(body) + body) as raw:
            return await send(raw.url, max_bytes=2**20)

    assert asyncio.run(story(small)).body == b"hello"
    tracemalloc.start()
    try:
        assert failure(story(bomb)) == ("too_large", True)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_body_that_dribbles_in_is_timed_out():
    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await response.write(b"x")
                await asyncio.sleep(0.02)
        return response

    async def story():
        async with served(answer) as url:
            await send(url, seconds=0.1)

    assert failure(story()) == ("timeout", True)


def test_no_answer_at_all_is_timed_out():
    async def story():
        async with Raw(None) as raw:
            await send(raw.url, seconds=0.05)

    assert failure(story()) == ("timeout", True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "connection"),
        (b"HTTP/1.1 200 OK\r\nContent-", "connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", "protocol"),
        (b"canary-persona is not HTTP\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "protocol"),
    ],
)
def test_responses_that_break_off_or_are_none(answer, kind):
    async def story():
        async with Raw(answer) as raw:
            await send(raw.url)

    assert failure(story()) == (kind, True)


def test_nobody_there_is_a_request_that_was_not_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert failure(send(f"http://127.0.0.1:{unused.getsockname()[1]}")) == ("connection", False)


def test_a_connection_that_is_not_made_in_time_was_not_sent(monkeypatch):
    monkeypatch.setattr(module, "_CONNECT_SECONDS", 0.05)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        assert failure(send(f"http://127.0.0.1:{full.getsockname()[1]}")) == ("timeout", False)
        for each in waiting:
            each.close()


def test_a_header_that_would_be_two_is_not_sent():
    async def story():
        async with Raw() as raw:
            try:
                await send(raw.url, secret={"Authorization": f"Bearer {CANARY_KEY}\r\nX-Other: 1"})
            finally:
                assert raw.requests == 0

    assert failure(story())[0] == "protocol"


def test_a_certificate_that_nobody_signed_is_not_trusted():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(Path(__file__).parent / "untrusted.pem")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    async def story():
        async with Raw(tls=tls) as raw:
            _, writer = await asyncio.open_connection("127.0.0.1", raw.port, ssl=trusting)
            writer.close()  # it does speak TLS
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server's side of the refusal
            try:
                await send(raw.url.replace("http:", "https:"))
            finally:
                assert raw.requests == 0

    assert failure(story()) == ("connection", False)


def test_a_cancelled_request_closes_its_connection():
    closed = asyncio.Event()

    class Watched(Raw):
        async def talk(self, reader, writer):
            await super().talk(reader, writer)
            closed.set()

    async def story():
        async with Watched(None) as raw, Upstream() as upstream:
            sending = asyncio.create_task(upstream.send(provider(raw.url), SENT, SECRET, 60.0))
            await asyncio.wait_for(raw.asked.wait(), 5)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            assert sending.cancelled()
            await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(story())


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


def simulated(headers, timeout=5.0):
    bodies = []

    def respond(body):
        bodies.append(body)
        return Received(200, headers, b"{}")

    received = asyncio.run(Simulated(respond).send(provider("http://simulated.invalid"), SENT, SECRET, timeout))
    assert bodies == [CANARY_BODY]
    return received


def test_the_simulation_is_answered_in_this_process_after_its_latency():
    assert simulated({}).body == b"{}"

    async def story():
        since = asyncio.get_running_loop().time()
        await Simulated(lambda _: Received(200, {"x-simulated-latency-ms": "30"}, b"")).send(
            provider("http://simulated.invalid"), SENT, SECRET, 5.0
        )
        return asyncio.get_running_loop().time() - since

    assert 0.029 < asyncio.run(story()) < 2


def test_a_latency_beyond_the_timeout_is_one():
    with pytest.raises(UpstreamError, match="timeout"):
        simulated({"x-simulated-latency-ms": "60000"}, timeout=0.01)


def test_the_simulation_of_the_house_is_the_default():
    received = asyncio.run(Simulated().send(provider("http://simulated.invalid"), SENT, SECRET, 5.0))
    assert received.status == 400  # this body asks nothing
