from __future__ import annotations

import gzip
import hashlib
import json

import msgspec
import pytest

from service.api.reading.whole import digest
from service.web.compression import zstd_module
from tests.api.asking import APP, is_problem, post
from tests.api.standin import service
from tests.web.asgi import ask

zstd = zstd_module()
PACK = msgspec.msgpack.encode
PACKED = {"content_type": "application/vnd.msgpack"}


def test_a_good_request_is_answered() -> None:
    answer = post({"numbers": [1, 2.5, None]})
    assert (answer.status, answer.json["total"]) == (200, 3.5)
    assert answer.headers["content-type"] == "application/json"


def test_small_work_stays_on_the_loop_and_large_work_leaves_it() -> None:
    assert post({"numbers": [1]}).json["thread"] == "MainThread"
    assert post({"numbers": [1], "work": 1e6}).json["thread"].startswith("compute")
    app = service(inline_body_bytes=10).asgi
    assert post({"numbers": [1, 2, 3]}, app=app).json["thread"] == "MainThread"
    assert post({"numbers": list(range(20))}, app=app).json["thread"].startswith("compute")


def test_bodies_of_numbers_alone_may_be_four_times_as_long_as_other_small_ones() -> None:
    app = service(inline_body_bytes=1000).asgi

    def thread(size: int, many: bytes) -> str:
        found: str = post(b'{"numbers": [1]}' + many * (size - 16), app=app).json["thread"]
        return found

    assert thread(4000, b" ") == "MainThread"
    assert thread(4001, b" ").startswith("compute")
    many = PACK({"numbers": [0.5] * 600})
    app = service(inline_body_bytes=2000).asgi
    assert post(many, app=app, **PACKED).json["thread"].startswith("compute")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 400, "empty_body"),
        (b"{", {}, 400, "malformed_json"),
        (b'{"numbers": [NaN]}', {}, 400, "nan_literal"),
        (b'"\xff"', {}, 400, "invalid_utf8"),
        (b"[" * 200, {}, 400, "too_deep"),
        (b'{"numbers": [], "numbers": []}', {}, 400, "duplicate_key"),
        (b"no gzip", {"content_encoding": "gzip"}, 400, "corrupt_encoding"),
        (gzip.compress(b'{"numbers": [1]}', mtime=0)[:-5], {"content_encoding": "gzip"}, 400, "corrupt_encoding"),
        ([b'{"num', 0.3, b'bers": []}'], {}, 408, "body_timeout"),
        (b"{}", {"accept": "text/html"}, 406, "not_acceptable"),
        (b"{}", {"accept": "application/json;q=0"}, 406, "not_acceptable"),
        (b" " * 1001, {}, 413, "body_too_large"),
        ([b" " * 600, b" " * 600], {}, 413, "body_too_large"),
        (gzip.compress(b" " * 2001, mtime=0), {"content_encoding": "gzip"}, 413, "body_too_large"),
        (json.dumps({"numbers": [1] * 52}).encode(), {}, 413, "too_many_numbers"),
        (
            gzip.compress(json.dumps({"numbers": [1] * 52}).encode(), mtime=0),
            {"content_encoding": "gzip"},
            413,
            "too_many_numbers",
        ),
        (zstd.compress(b" " * 2001), {"content_encoding": "zstd"}, 413, "body_too_large"),
        (zstd.compress(b'{"numbers": [1]}')[:-5], {"content_encoding": "zstd"}, 400, "corrupt_encoding"),
        (b"", PACKED, 400, "empty_body"),
        (b"{}", PACKED, 400, "malformed_msgpack"),
        (b"\x82\xa1a\x01\xa1a\x02", PACKED, 400, "duplicate_key"),
        (PACK({"numbers": [1] * 51}), PACKED, 413, "too_many_numbers"),
        (
            gzip.compress(PACK({"numbers": [1] * 51}), mtime=0),
            PACKED | {"content_encoding": "gzip"},
            413,
            "too_many_numbers",
        ),
        (PACK({"numbers": [float("nan")]}), PACKED, 422, "not_a_number"),
        (PACK({"numbers": ["NA"]}), PACKED, 422, "r_na_string"),
        (PACK({"numbers": ["NA"]}), PACKED | {"accept": "application/msgpack"}, 422, "r_na_string"),
        (b"{}", {"accept": "text/csv"}, 406, "not_acceptable"),
        (b"numbers\n1", {"content_type": "text/csv"}, 415, "unsupported_media_type"),
        (b"{}", {"content_type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"content_type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (b"{}", {"content_encoding": "br"}, 415, "unsupported_media_type"),
        ({"numbers": ["NA"]}, {}, 422, "r_na_string"),
        ({"numbers": [True]}, {}, 422, "r_logical"),
        ({"numbers": ["1.5"]}, {}, 422, "number_as_string"),
        ({"numbers": [{}]}, {}, 422, "rows_not_columns"),
        ({"numbers": 1}, {}, 422, "scalar_for_array"),
        ([b"[]"], {}, 422, "empty_list_for_object"),
        ({"numbers": [], "seconds": None}, {}, 422, "null_not_allowed"),
        ({"numbers": [10**400]}, {}, 422, "numeric_overflow"),
        ({"numbers": [], "zzz": 1}, {}, 422, "unknown_field"),
        ({}, {}, 422, "missing_field"),
        ({"numbers": [[]]}, {}, 422, "wrong_type"),
        ({"numbers": [], "trouble": "x"}, {}, 422, "unknown_value"),
        ({"numbers": [[]], "zzz": 1}, {}, 422, "invalid_request"),
        ({"numbers": [], "trouble": "one"}, {}, 422, "zero_variance"),
        ({"numbers": [], "trouble": "two"}, {}, 422, "invalid_request"),
        ({"numbers": [], "trouble": "expensive"}, {}, 422, "too_expensive"),
        ({"numbers": [], "trouble": "crash"}, {}, 500, "internal_error"),
        ({"numbers": [], "seconds": 1, "work": 1e9}, {}, 504, "deadline_exceeded"),
    ],
)
def test_every_refusal_is_a_problem_document(body: object, headers: dict[str, str], status: int, code: str) -> None:
    is_problem(post(body, **headers), status, code)


def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    is_problem(post([None], content_length="1001"), 413, "body_too_large")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "text/html, application/json;q=0.5", "application/json, x/y", ""]
)
def test_accepting_json_in_any_way_is_enough(accept: str) -> None:
    assert post({"numbers": [1]}, accept=accept).status == 200


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", ""])
def test_json_may_have_parameters_and_no_content_type_means_json(content_type: str) -> None:
    assert post({"numbers": [1]}, content_type=content_type).status == 200
    assert ask(APP, "POST", "/v1/sums", body=b'{"numbers":[1]}').status == 200


@pytest.mark.parametrize("name", ["application/vnd.msgpack", "application/msgpack", "application/x-msgpack"])
def test_messagepack_goes_in_and_out_independently(name: str) -> None:
    body = PACK({"numbers": [1, 2.5, None]})
    assert post(body, content_type=name).json["total"] == 3.5
    for content_type, sent in ((name, body), ("application/json", {"numbers": [1, 2.5, None]})):
        answer = post(sent, content_type=content_type, accept=f"application/json;q=0.5, {name}")
        assert (answer.status, answer.headers["content-type"]) == (200, name)
        assert msgspec.msgpack.decode(answer.body)["total"] == 3.5
    assert post(body, content_type=name, accept="*/*").headers["content-type"] == "application/json"
    assert post(body, content_type=name, accept=f"{name};q=0.2, application/json;q=0.3").json["total"] == 3.5


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
def test_the_digest_is_over_the_body_before_it_was_compressed(encoding: str) -> None:
    body = b'{"numbers":[1]}'
    sent = {"gzip": gzip.compress(body, mtime=0), "zstd": zstd.compress(body), "identity": body}[encoding]
    answer = post(sent, "/v1/sums?validate_only=true", content_encoding=encoding)
    assert answer.json["digest"] == f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_the_digest_of_a_csv_request_is_over_its_parameters_too() -> None:
    queries = ({}, {"data": "{}"}, {"data": "{}", "plan": "{}"})
    assert len({digest(bytearray(b"a"), query) for query in queries}) == 3


def test_gzip_in_several_members() -> None:
    body = gzip.compress(b'{"numb', mtime=0) + gzip.compress(b'ers": [1, 2]}', mtime=0)
    assert post(body, content_encoding="gzip").json["total"] == 3


@pytest.mark.parametrize(
    "query",
    ["validate_only=maybe", "validate_only=", "validateonly=true", "validate_only=1", "%ff", "plan={}", "data={}"],
)
def test_query_parameters_are_strict(query: str) -> None:
    is_problem(post({"numbers": [1]}, f"/v1/sums?{query}"), 422, "unknown_parameter")


def test_validate_only_computes_and_tells_the_error_or_that_there_is_none() -> None:
    told = post({"numbers": [1]}, "/v1/sums?validate_only=TRUE").json
    assert (told["valid"], "total" in told) == (True, False)
    is_problem(post({"numbers": [1], "trouble": "crash"}, "/v1/sums?validate_only=true"), 500, "internal_error")
    is_problem(post({"numbers": ["NA"]}, "/v1/sums?validate_only=true"), 422, "r_na_string")
    assert post({"numbers": [1]}, "/v1/sums?validate_only=false").json["total"] == 1


def test_the_errors_of_the_core_keep_place_and_hint() -> None:
    assert post({"numbers": [], "trouble": "one"}).json["errors"] == [
        {"pointer": "/numbers", "code": "zero_variance", "detail": "The numbers do not vary.", "hint": "Send others."}
    ]


def test_work_over_the_limit_is_refused_before_it_begins() -> None:
    answer = post({"numbers": [1], "work": 1e11})
    assert (answer.status, answer.json["code"]) == (422, "too_expensive")
    assert "1e+11" in answer.json["errors"][0]["detail"]
