from __future__ import annotations

import asyncio
import gzip
import json

import jsonschema
import pytest

from service.api.catalogue import CATALOGUE
from service.api.limits import Limits
from tests.api.standin import service
from tests.web.asgi import Answer, ask, call

SMALL = Limits(max_body_bytes=1000, max_inflated_bytes=2000, max_values=50, deadline_seconds=0.3, body_idle_seconds=0.1)
JSON = {"content-type": "application/json"}
APP = service(SMALL).asgi


def post(body: object, path: str = "/v1/sums", app=APP, **headers: str) -> Answer:
    pieces = body if isinstance(body, (bytes, list)) else json.dumps(body).encode()
    return ask(app, "POST", path, body=pieces, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()})


def is_problem(answer: Answer, status: int, code: str) -> None:
    document = json.loads(ask(APP, "GET", "/openapi.json").body)
    schema = {"$ref": "#/components/schemas/ProblemDocument", "components": document["components"]}
    jsonschema.validate(answer.json, schema)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert answer.json["type"] == f"/v1/problems/{code}"
    assert answer.json["title"] == CATALOGUE[code].title if code in CATALOGUE else True
    assert answer.json["instance"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_good_request_is_answered() -> None:
    answer = post({"numbers": [1, 2.5, None]})
    assert (answer.status, answer.json["total"]) == (200, 3.5)
    assert answer.headers["content-type"] == "application/json"


def test_small_work_stays_on_the_loop_and_large_work_leaves_it() -> None:
    assert post({"numbers": [1]}).json["thread"] == "MainThread"
    assert post({"numbers": [1], "work": 1e6}).json["thread"].startswith("compute")
    app = service(inline_body_bytes=10).asgi
    assert post({"numbers": [1]}, app=app).json["thread"].startswith("compute")


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
        (gzip.compress(b'{"numbers": [1]}')[:-5], {"content_encoding": "gzip"}, 400, "corrupt_encoding"),
        ([b'{"num', 0.3, b'bers": []}'], {}, 408, "body_timeout"),
        (b"{}", {"accept": "text/html"}, 406, "not_acceptable"),
        (b"{}", {"accept": "application/json;q=0"}, 406, "not_acceptable"),
        (b" " * 1001, {}, 413, "body_too_large"),
        ([b" " * 600, b" " * 600], {}, 413, "body_too_large"),
        (gzip.compress(b" " * 2001), {"content_encoding": "gzip"}, 413, "body_too_large"),
        (json.dumps({"numbers": [1] * 52}).encode(), {}, 413, "too_many_numbers"),
        (
            gzip.compress(json.dumps({"numbers": [1] * 52}).encode()),
            {"content_encoding": "gzip"},
            413,
            "too_many_numbers",
        ),
        (b"{}", {"content_type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"content_type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (b"{}", {"content_encoding": "br"}, 415, "unsupported_media_type"),
        ({"numbers": ["NA"]}, {}, 422, "r_na_string"),
        ({"numbers": [True]}, {}, 422, "r_logical"),
        ({"numbers": ["1.5"]}, {}, 422, "number_as_string"),
        ({"numbers": [{}]}, {}, 422, "rows_not_columns"),
        ({"numbers": 1}, {}, 422, "scalar_for_array"),
        ([b"[]"], {}, 422, "empty_list_for_object"),
        ({"numbers": [], "seconds": None}, {}, 422, "null_value"),
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


def test_gzip_in_several_members() -> None:
    body = gzip.compress(b'{"numb') + gzip.compress(b'ers": [1, 2]}')
    assert post(body, content_encoding="gzip").json["total"] == 3


def test_framework_refusals_are_problem_documents_too() -> None:
    is_problem(ask(APP, "GET", "/nowhere"), 404, "not_found")
    is_problem(ask(APP, "GET", "/v1/problems/no_such_code"), 404, "not_found")
    is_problem(ask(APP, "GET", "/docs/passwd"), 404, "not_found")
    is_problem(ask(APP, "GET", "/livez", headers={"host": "a b"}), 400, "malformed_request")
    wrong_method = ask(APP, "GET", "/v1/sums", headers={"accept": "text/html"})
    is_problem(wrong_method, 405, "method_not_allowed")
    assert "POST" in wrong_method.headers["allow"]
    assert "HEAD" in ask(APP, "DELETE", "/livez").headers["allow"]
    is_problem(ask(APP, "BREW", "/livez"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "query", ["validate_only=maybe", "validate_only=", "validateonly=true", "validate_only=1", "%ff"]
)
def test_query_parameters_are_strict(query: str) -> None:
    is_problem(post({"numbers": [1]}, f"/v1/sums?{query}"), 422, "unknown_parameter")


def test_validate_only_answers_without_computing() -> None:
    assert post({"numbers": [1], "trouble": "crash"}, "/v1/sums?validate_only=TRUE").json["valid"] is True
    is_problem(post({"numbers": ["NA"]}, "/v1/sums?validate_only=true"), 422, "r_na_string")
    assert post({"numbers": [1]}, "/v1/sums?validate_only=false").json["total"] == 1


def test_the_errors_of_the_core_keep_place_and_hint() -> None:
    assert post({"numbers": [], "trouble": "one"}).json["errors"] == [
        {"pointer": "/numbers", "code": "zero_variance", "detail": "The numbers do not vary.", "hint": "Send others."}
    ]


def test_the_queue_is_bounded_and_says_when_to_come_back() -> None:
    app = service(threads=1, queue=1, inline_work=0.0)

    async def three() -> list[Answer]:
        body = json.dumps({"numbers": [1], "seconds": 0.3}).encode()
        calls = [asyncio.create_task(call(app.asgi, "POST", "/v1/sums", body=[body])) for _ in range(3)]
        await asyncio.sleep(0.1)
        assert not app.lifecycle.ready()
        return await asyncio.gather(*calls)

    app.lifecycle.start()
    *good, refused = sorted(asyncio.run(three()), key=lambda answer: answer.status)
    assert [answer.status for answer in good] == [200, 200]
    is_problem(refused, 503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert app.lifecycle.ready()


def test_work_past_its_deadline_keeps_its_thread() -> None:
    app = service(Limits(deadline_seconds=0.1), threads=1, queue=1, inline_work=0.0)
    body = json.dumps({"numbers": [1], "seconds": 0.5}).encode()

    async def late_then_two() -> list[int]:
        first = await call(app.asgi, "POST", "/v1/sums", body=[body])
        rest = await asyncio.gather(*(call(app.asgi, "POST", "/v1/sums", body=[body]) for _ in range(2)))
        return [first.status, *sorted(answer.status for answer in rest)]

    assert asyncio.run(late_then_two()) == [504, 503, 504]


def test_a_client_that_leaves_is_not_an_error_of_ours() -> None:
    lines: list[bytes] = []
    app = service(log=lines.append).asgi
    ask(app, "POST", "/v1/sums", body=[b"{", None], headers=JSON)
    line = json.loads(lines[0])
    assert (line["status"], line["failure"]) == (499, None)


def test_probes_have_three_meanings() -> None:
    unstarted = service()
    assert ask(unstarted.asgi, "GET", "/livez").status == 200
    is_problem(ask(unstarted.asgi, "GET", "/startupz"), 503, "not_ready")
    is_problem(ask(unstarted.asgi, "GET", "/readyz"), 503, "not_ready")
    unstarted.lifecycle.start()
    assert ask(unstarted.asgi, "GET", "/startupz").status == ask(unstarted.asgi, "GET", "/readyz").status == 200
    unstarted.lifecycle.drain()
    is_problem(ask(unstarted.asgi, "GET", "/readyz"), 503, "not_ready")
    assert ask(unstarted.asgi, "GET", "/livez").status == 200


def test_nothing_of_the_data_reaches_log_or_metrics() -> None:
    lines: list[bytes] = []
    app = service(log=lines.append).asgi
    secret = "Zaphod"
    post({"numbers": [secret], secret: 4711.25}, app=app)
    post({"numbers": [4711.25], "trouble": "crash"}, app=app)
    post({"numbers": [4711.25]}, f"/v1/sums?{secret}=1", app=app)
    ask(app, "GET", f"/{secret}", headers={"x-request-id": f"{secret} {secret}", "user-agent": secret})
    written = b"\n".join(lines) + ask(app, "GET", "/metrics").body
    assert written.count(b'"event":"request"') == 4
    assert secret.encode() not in written
    assert b"4711.25" not in written
    assert json.loads(lines[1])["failure"].startswith("ZeroDivisionError at run:")


def test_the_request_id_is_taken_over_when_well_formed() -> None:
    assert ask(APP, "GET", "/livez", headers={"x-request-id": "abc-123"}).headers["x-request-id"] == "abc-123"
    for bad in ("", "a b", "x" * 65, 'a"b', "\xff"):
        assert len(ask(APP, "GET", "/livez", headers={"x-request-id": bad}).headers["x-request-id"]) == 16


def test_requests_are_counted_by_route_status_and_size() -> None:
    app = service().asgi
    post({"numbers": [1]}, app=app)
    ask(app, "GET", "/v1/problems/overloaded")
    ask(app, "BREW", "/livez")
    metrics = ask(app, "GET", "/metrics").body.decode()
    name = "rectifier_http_request_duration_seconds_count"
    assert f'{name}{{method="POST",route="/v1/sums",size_class="1KiB",status="200"}} 1.0' in metrics
    assert f'{name}{{method="GET",route="/v1/problems/{{code}}",size_class="empty",status="200"}} 1.0' in metrics
    assert f'{name}{{method="other",route="unmatched",size_class="empty",status="405"}} 1.0' in metrics


def test_the_catalogue_is_json_or_html_by_accept() -> None:
    listed = ask(APP, "GET", "/v1/problems").json["problems"]
    assert {entry["code"] for entry in listed} == set(CATALOGUE)
    page = ask(APP, "GET", "/v1/problems/r_na_string", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "na = &#x27;null&#x27;" in page.body.decode()
    assert ask(APP, "GET", "/v1/problems/r_na_string").json["status"] == 422
    is_problem(ask(APP, "GET", "/v1/problems", headers={"accept": "image/png"}), 406, "not_acceptable")


def test_the_documentation_page_loads_nothing_from_elsewhere() -> None:
    page = ask(APP, "GET", "/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert b"http" not in page.body.replace(b"http-equiv", b"")
    for name, kind in (("docs.js", "javascript"), ("swagger-ui-bundle.js", "javascript"), ("swagger-ui.css", "css")):
        answer = ask(APP, "GET", f"/docs/{name}")
        assert answer.status == 200
        assert kind in answer.headers["content-type"]
        assert f"/docs/{name}".encode() in page.body


def test_head_and_options() -> None:
    assert ask(APP, "HEAD", "/livez").status == 200
    is_problem(ask(APP, "HEAD", "/v1/sums"), 405, "method_not_allowed")
    options = ask(APP, "OPTIONS", "/v1/sums")
    assert (options.status, options.headers["allow"]) == (204, "OPTIONS, POST")
