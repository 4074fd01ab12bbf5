"""Hostile and clumsy input over real HTTP: the right 4xx as a problem document, never a 5xx, memory bounded."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator

import msgspec
import pytest

from service.web.compression import zstd_module
from service.web.problems import MEDIA_TYPE
from tests.acceptance.talk import Reply, hear, post, request, say

MIB = 1 << 20
GOOD = {
    "data": {
        "layout": "arrays",
        "arms": [
            {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]},
            {"name": "treatment", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5], "llm_only": [4, 5, 4, 4, 3]},
        ],
    }
}
BODY = json.dumps(GOOD).encode()
PACK = msgspec.msgpack.encode
PACKED = {"Content_Type": "application/vnd.msgpack"}
ZSTD = zstd_module()


def with_human(value: object) -> bytes:
    document = json.loads(BODY)
    document["data"]["arms"][0]["human"] = value
    return json.dumps(document).encode()


def is_problem(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.headers["content-type"]) == (status, MEDIA_TYPE), reply.body[:300]
    assert (reply.json["status"], reply.json["code"]) == (status, code)
    assert reply.json["type"] == f"/v1/problems/{code}"
    assert all(e["pointer"].startswith("/") or e["pointer"] == "" for e in reply.json["errors"])
    assert "server" not in reply.headers


@pytest.fixture(autouse=True)
def still_well(server) -> Iterator[None]:
    """After every case the service computes, and it never answered 5xx."""
    yield
    assert post(server, BODY).status == 200
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {line["level"] for line in lines if line["event"] == "server"} <= {"warning"}
    statuses = [line["status"] for line in lines if line["event"] == "request"]
    assert [s for s in statuses if s >= 500] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (with_human([3, "NA", 2, 4]), 422, "r_na_string"),
        (with_human([3, "NaN", 2, 4]), 422, "r_na_string"),
        (with_human([3, True, 2, 4]), 422, "r_logical"),
        (with_human([3, "1.5", 2, 4]), 422, "number_as_string"),
        (with_human([3, None, 2, 4]), 422, "missing_human_answer"),
        (with_human([3, 4, 2]), 422, "length_mismatch"),
        (with_human(3), 422, "scalar_for_array"),
        (with_human([{"y": 3}]), 422, "rows_not_columns"),
        (with_human([3, float("nan"), 2, 4]), 400, "nan_literal"),
        (with_human([3, float("-inf"), 2, 4]), 400, "nan_literal"),
        (with_human([3, 77, 2, 4]).replace(b"77", b"1e999"), 422, "numeric_overflow"),
        (with_human([3, 10**400, 2, 4]), 422, "numeric_overflow"),
        (BODY.replace(b'"arms"', b'"amrs"'), 422, "invalid_request"),
        (BODY.replace(b'"data"', b'"zzz": 1, "data"'), 422, "unknown_field"),
        (BODY.replace(b'"data"', b'"data": {}, "data"'), 400, "duplicate_key"),
        (BODY.replace(b"control", b"contr\xff"), 400, "invalid_utf8"),
        (BODY.replace(b"control", b"\\ud800"), 400, "malformed_json"),
        (BODY[:-3], 400, "malformed_json"),
        (BODY + b"x", 400, "malformed_json"),
        (b"", 400, "empty_body"),
        (b"\x00" * 1000, 400, "malformed_json"),
        (b"[" * 10_000 + b"]" * 10_000, 400, "too_deep"),
        (b'{"data":' * 10_000 + b"1" + b"}" * 10_000, 400, "too_deep"),
        (b"[" * (10 * MIB), 400, "too_deep"),
        (b"[]", 422, "empty_list_for_object"),
        (b"3", 422, "wrong_type"),
        (b"null", 422, "null_not_allowed"),
        (b"[" + b"1," * 10_100_000 + b"1]", 413, "too_many_numbers"),
    ],
)
def test_body(server, body: bytes, status: int, code: str) -> None:
    is_problem(post(server, body), status, code)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (BODY, {"Content_Type": "text/plain"}, 415, "unsupported_media_type"),
        (BODY, {"Content_Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (BODY, PACKED, 400, "malformed_msgpack"),
        (b"", PACKED, 400, "empty_body"),
        (PACK(GOOD)[:-1], PACKED, 400, "malformed_msgpack"),
        (PACK(GOOD) + b"\xc0", PACKED, 400, "malformed_msgpack"),
        (b"\x81\xa4data\xd6\xff\x00\x00\x00\x00", PACKED, 400, "malformed_msgpack"),
        (b"\x91" * MIB, PACKED, 400, "too_deep"),
        (b"\xdd\xff\xff\xff\xff", PACKED, 413, "too_many_numbers"),
        (b"\xdf\xff\xff\xff\xff", PACKED, 413, "too_many_numbers"),
        (b"\xc6\xff\xff\xff\xff", PACKED, 400, "malformed_msgpack"),
        (b"\xdd" + (4 * MIB).to_bytes(4, "big") + b"\x91\x00" * 4 * MIB, PACKED, 413, "too_many_numbers"),
        (b"\x82\xa4data\x01\xa4data\x02", PACKED, 400, "duplicate_key"),
        (b"a,b\n1,2\n", {"Content_Type": "text/csv"}, 422, "missing_field"),
        (b"a,a\n1,2\n", {"Content_Type": "text/csv"}, 400, "duplicate_header"),
        (b'a,b\n1,"2\n', {"Content_Type": "text/csv"}, 400, "malformed_csv"),
        ("a,b\n1,\xe9".encode("utf-16"), {"Content_Type": "text/csv; charset=utf-16"}, 400, "invalid_utf8"),
        (b"a\n" + b"\n" * 10_100_000, {"Content_Type": "text/csv"}, 413, "too_many_numbers"),
        (BODY, {"Content_Encoding": "zstd"}, 400, "corrupt_encoding"),
        (ZSTD.compress(BODY)[:-4], {"Content_Encoding": "zstd"}, 400, "corrupt_encoding"),
        (ZSTD.compress(BODY) + b"x", {"Content_Encoding": "zstd"}, 400, "corrupt_encoding"),
        (ZSTD.compress(b"") * 100_000, {"Content_Encoding": "zstd"}, 400, "corrupt_encoding"),
        (gzip.compress(BODY, mtime=0), {"Content_Encoding": "zstd"}, 400, "corrupt_encoding"),
        (BODY, {"Content_Encoding": "zstd, gzip"}, 415, "unsupported_media_type"),
        (BODY, {"Content_Encoding": "br"}, 415, "unsupported_media_type"),
        (BODY, {"Content_Encoding": "gzip, gzip"}, 415, "unsupported_media_type"),
        (BODY, {"Content_Encoding": "gzip"}, 400, "corrupt_encoding"),
        (gzip.compress(BODY, mtime=0)[:-4], {"Content_Encoding": "gzip"}, 400, "corrupt_encoding"),
        (gzip.compress(BODY, mtime=0)[:20], {"Content_Encoding": "gzip"}, 400, "corrupt_encoding"),
        (gzip.compress(BODY, mtime=0) + b"x", {"Content_Encoding": "gzip"}, 400, "corrupt_encoding"),
        (gzip.compress(b"", mtime=0) * 100_000, {"Content_Encoding": "gzip"}, 400, "corrupt_encoding"),
        (BODY, {"Accept": "image/png"}, 406, "not_acceptable"),
        (BODY, {"Content_Length": "-1"}, 400, "malformed_request"),
        (BODY, {"Content_Length": "1e3"}, 400, "malformed_request"),
        (BODY, {"Content_Length": "9" * 30}, 400, "malformed_request"),
        (BODY, {"Content_Length": str(10**15)}, 413, "body_too_large"),
        (BODY, {"Host": "a b"}, 400, "malformed_request"),
        (BODY, {"X_Long": "x" * 70_000}, 431, "header_too_large"),
        (BODY, {f"X_{i}": "x" * 1000 for i in range(100)}, 431, "header_too_large"),
    ],
)
def test_headers(server, body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    is_problem(post(server, body, **headers), status, code)


def test_endless_headers_are_cut_off(server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nX-Endless: ")
        with pytest.raises(OSError):  # noqa: PT012 - the reset may come at any of the sends
            for _ in range(1000):
                connection.sendall(b"x" * 10_000)
                time.sleep(0.001)
    assert server.peak_bytes() < 400 * MIB


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", ""])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8", ""])
def test_clumsy_but_readable(server, accept: str, content_type: str) -> None:
    assert post(server, BODY, Accept=accept, Content_Type=content_type).status == 200
    assert post(server, gzip.compress(BODY, mtime=0), Accept=accept, Content_Encoding="gzip").status == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"hello\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "malformed_request"),
        (b"FOO /livez HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "malformed_request"),
        (request("PROPFIND", "/livez"), 405, "method_not_allowed"),
        (request("TRACE", "/v1/calibrations"), 405, "method_not_allowed"),
        (request("GET", "/v1/calibrations"), 405, "method_not_allowed"),
        (request("DELETE", "/v1/calibrations"), 405, "method_not_allowed"),
        (request("GET", "/v1/nothing"), 404, "not_found"),
        (request("POST", "/v1/nothing", BODY), 404, "not_found"),
        (request("GET", "/%00%ff/../../etc/passwd"), 404, "not_found"),
        (request("GET", "/docs/..%2f..%2fsettings.py"), 404, "not_found"),
        (request("GET", "/v1/problems/%3Cscript%3E", Accept="text/html"), 404, "not_found"),
        (request("POST", "/v1/calibrations?debug=1", BODY), 422, "unknown_parameter"),
        (request("GET", "/livez").replace(b"/livez", b"/\xc3\xa9"), 400, "malformed_request"),
    ],
)
def test_request_lines(server, data: bytes, status: int, code: str) -> None:
    is_problem(say(server, data), status, code)


def test_head_and_options(server) -> None:
    assert say(server, request("HEAD", "/livez"), head=True).status == 200
    assert say(server, request("HEAD", "/v1/calibrations"), head=True).status == 405
    assert say(server, request("OPTIONS", "/v1/calibrations")).headers["allow"] == "OPTIONS, POST"


def test_an_upgrade_is_not_a_way_around(server) -> None:
    data = request("GET", "/livez", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13")
    assert say(server, data).status == 200


def test_a_slow_body_is_dropped(server) -> None:
    with server.connect() as connection:
        connection.sendall(request("POST", "/v1/calibrations", BODY)[:-10])
        started = time.monotonic()
        is_problem(hear(connection), 408, "body_timeout")
        assert time.monotonic() - started < 3
        connection.settimeout(10)
        assert connection.recv(1) == b""


def test_a_half_open_connection_is_dropped(server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost")
        connection.settimeout(15)
        assert connection.recv(1) == b""


def test_the_connection_serves_on_after_a_refusal(server) -> None:
    with server.connect() as connection:
        connection.sendall(request("POST", "/v1/calibrations", b"{") + request("POST", "/v1/calibrations", BODY))
        assert [hear(connection).status, hear(connection).status] == [400, 200]


def test_expect_continue_spares_the_upload(server) -> None:
    with server.connect() as connection:
        head = request("POST", "/v1/calibrations", Content_Length=str(200 * MIB), Expect="100-continue")
        connection.sendall(head)
        is_problem(hear(connection), 413, "body_too_large")


def test_200_megabytes_declared(server) -> None:
    peak = send_200_megabytes(server, request("POST", "/v1/calibrations", Content_Length=str(200 * MIB)), b"%s")
    assert peak < 16 * MIB


def test_200_megabytes_streamed(server) -> None:
    head = request("POST", "/v1/calibrations", Content_Length="", Transfer_Encoding="chunked")
    peak = send_200_megabytes(server, head, b"100000\r\n%s\r\n")
    assert peak < 128 * MIB


def send_200_megabytes(server, head: bytes, frame: bytes) -> int:
    """How much more memory than before the server ever held; a client that sends all before it listens."""
    server.reset_peak()
    idle = server.peak_bytes()
    piece = frame % (b" " * MIB)
    with server.connect() as connection:
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(piece)
        is_problem(hear(connection), 413, "body_too_large")
    return server.peak_bytes() - idle


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_refused_in_bounded_memory(server, layers: int) -> None:
    squeeze = zlib.compressobj(1, wbits=31)
    zeros = b"0" * (16 * MIB)
    bomb = b"".join([*(squeeze.compress(zeros) for _ in range(64)), squeeze.flush()])
    server.reset_peak()
    idle = server.peak_bytes()
    if layers == 2:
        is_problem(post(server, gzip.compress(bomb, mtime=0), Content_Encoding="gzip"), 400, "malformed_json")
    else:
        is_problem(post(server, bomb, Content_Encoding="gzip"), 413, "body_too_large")
    assert server.peak_bytes() - idle < 32 * MIB


@pytest.mark.parametrize("layers", [1, 2])
def test_a_zstd_bomb_is_refused_in_bounded_memory(server, layers: int) -> None:
    bomb = ZSTD.compress(b"0" * (16 * MIB)) * 64
    post(server, ZSTD.compress(BODY), Content_Encoding="zstd")
    server.reset_peak()
    idle = server.peak_bytes()
    if layers == 2:
        is_problem(post(server, ZSTD.compress(bomb), Content_Encoding="zstd"), 400, "malformed_json")
    else:
        is_problem(post(server, bomb, Content_Encoding="zstd"), 413, "body_too_large")
    assert server.peak_bytes() - idle < 32 * MIB


def test_sigterm_answers_what_is_in_flight(tmp_path) -> None:
    from tests.acceptance.conftest import start

    own = start(tmp_path / "log")
    with own.connect() as connection:
        data = request("POST", "/v1/calibrations", BODY)
        connection.sendall(data[:-10])
        time.sleep(0.3)
        own.process.terminate()
        time.sleep(0.3)
        connection.sendall(data[-10:])
        assert hear(connection).status == 200
    assert own.process.wait(timeout=20) == 0


def test_a_bad_setting_stops_the_start_with_its_name(tmp_path) -> None:
    from tests.acceptance.conftest import start

    with pytest.raises(AssertionError, match=r"RECTIFIER_THREADS: a positive whole number is needed"):
        start(tmp_path / "log", RECTIFIER_THREADS="two")
