from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.providers.protocol import Received
from service.gateway.providers.reading import (
    at,
    count_at,
    failure_of,
    list_at,
    number_at,
    object_at,
    object_of,
    request_id_of,
    retry_after,
    text_at,
    unreadable,
    value_of,
)
from tests.gateway.providers.recorded import HEADERS, JSON, STATUSES

BODY = {"a": [{"b": "text", "n": 2, "f": 1.5, "t": True, "": ""}], "o": {}, "big": 10**30}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'"\xed\xa0\x80"', b'"\\ud800"', b"[" * 100_000, b"NaN", b"1e999", b"9" * 5000, b"{} {}"],
)
def test_what_is_no_json_is_none(body):
    assert value_of(body) is None
    assert object_of(body) is None


def test_an_object_is_read_and_anything_else_is_not():
    assert object_of(b'{"a": 1}') == {"a": 1}
    assert object_of(b"[1]") is None
    assert value_of(b"[1]") == [1]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), BODY),
        (("a", 0, "b"), "text"),
        (("a", -1, "b"), "text"),
        (("a", 1), None),
        (("a", -2), None),
        (("a", "b"), None),
        (("a", 0, "b", 0), None),
        (("x",), None),
    ],
)
def test_a_path_leads_somewhere_or_nowhere(path, found):
    assert at(BODY, *path) == found


def test_typed_getters():
    assert (text_at(BODY, "a", 0, "b"), text_at(BODY, "a", 0, ""), text_at(BODY, "a", 0, "n")) == ("text", "", None)
    assert (number_at(BODY, "a", 0, "n"), number_at(BODY, "a", 0, "f"), number_at(BODY, "a", 0, "t")) == (2, 1.5, None)
    assert (number_at(10**400), number_at(float("nan")), number_at(float("inf")), number_at("1")) == (None,) * 4
    assert (count_at(BODY, "a", 0, "n"), count_at(-1), count_at(1.9), count_at(BODY, "big"), count_at(None)) == (
        2,
        0,
        1,
        0,
        0,
    )
    assert (list_at(BODY, "a"), list_at(BODY, "o"), object_at(BODY, "o"), object_at(BODY, "a")) == (
        BODY["a"],
        [],
        {},
        {},
    )
    assert object_at(BODY, "a", 0) == BODY["a"][0]


@pytest.mark.parametrize(
    ("headers", "body", "name"),
    [
        ({"x-request-id": "1", "request-id": "2"}, {"id": "3"}, "1"),
        ({"request-id": "2"}, None, "2"),
        ({"apim-request-id": "2"}, None, "2"),
        ({"x-amzn-requestid": "2"}, None, "2"),
        ({"x-request-id": ""}, {"id": "3", "request_id": "4"}, "4"),
        ({}, {"id": "3"}, "3"),
        ({}, [], None),
        ({}, {"id": ""}, None),
        ({"x-request-id": "x" * 1000}, None, "x" * 200),
        ({}, {"id": "x" * 1000}, "x" * 200),
    ],
)
def test_the_name_of_the_exchange(headers, body, name):
    assert request_id_of(headers, body) == name


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "3", "retry-after-ms": "x"}, 3.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:00 GMT"}, 60.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:29:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:29:00 -0000"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "today"}, None),
    ],
)
def test_how_long_to_wait(headers, seconds):
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"retryDelay": "34.5s"}], 34.5),
        ([{"reason": "x"}, {"retryDelay": "1s"}], 1.0),
        ([{"retryDelay": "later"}], None),
        ([{"retryDelay": 3}], None),
        ("none", None),
    ],
)
def test_how_long_to_wait_in_a_body(details, seconds):
    body = {"error": {"details": details}}
    assert retry_after({}, body) == seconds
    assert retry_after({}, [body]) == seconds
    assert retry_after({"retry-after": "2"}, body) == 2.0


@pytest.mark.parametrize(
    ("status", "body", "missing", "retryable", "by"),
    [
        (302, b"", "upstream_error", False, "upstream"),
        (400, b"", "unsupported", False, "caller"),
        (400, b'{"error": "input is too long"}', "context_overflow", False, "caller"),
        (400, b'{"error": {"code": "string_above_max_length"}}', "context_overflow", False, "caller"),
        (400, b'{"error": {"type": "authentication_error"}}', "auth_failed", False, "caller"),
        (400, b'{"error": {"innererror": {"code": "ResponsibleAIPolicyViolation"}}}', "blocked_input", False, "caller"),
        (400, b'{"error": {"message": "no more than 3 per day"}}', "unsupported", False, "caller"),
        (401, b"<html>", "auth_failed", False, "caller"),
        (402, b"", "rate_limited", False, "caller"),
        (403, b'{"error": {"code": "content_filter"}}', "blocked_input", False, "caller"),
        (404, b"", "unsupported", False, "caller"),
        (408, b"", "timeout", True, "upstream"),
        (409, b"", "upstream_error", False, "upstream"),
        (413, b"", "context_overflow", False, "caller"),
        (422, b'{"detail": [{"type": "extra_forbidden"}]}', "unsupported", False, "caller"),
        (429, b"", "rate_limited", True, "upstream"),
        (429, b'{"error": {"type": "insufficient_quota"}}', "rate_limited", False, "caller"),
        (429, b'{"error": {"message": "Limit 200 requests per day"}}', "rate_limited", False, "caller"),
        (500, b"", "upstream_error", True, "upstream"),
        (500, b'{"error": {"type": "overloaded_error"}}', "upstream_error", True, "overloaded"),
        (502, b"", "upstream_error", True, "upstream"),
        (503, b"", "upstream_error", True, "overloaded"),
        (504, b"", "timeout", True, "upstream"),
        (529, b"", "upstream_error", True, "overloaded"),
    ],
)
def test_what_a_status_means(status, body, missing, retryable, by):
    failure = failure_of(Received(status, {}, body))
    assert (failure.missing, failure.retryable, failure.by) == (missing, retryable, by)


@pytest.mark.parametrize(
    ("status", "word", "retryable"),
    [
        (409, "true", True),
        (500, "false", False),
        (429, "false", False),
        (429, "maybe", True),
        (401, "true", False),
        (402, "true", False),
    ],
)
def test_the_provider_says_whether_to_try_again_but_not_what_the_caller_did_wrong(status, word, retryable):
    assert failure_of(Received(status, {"x-should-retry": word}, b"")).retryable is retryable


def test_the_body_may_name_the_status():
    failure = failure_of(Received(200, {}, b"{}"), 429)
    assert (failure.missing, failure.detail) == ("rate_limited", "the provider limits the rate (status 429)")


@given(STATUSES, HEADERS, JSON, st.text(min_size=12))
def test_the_details_are_ours(status, headers, body, words):
    error = {"error": {"message": words, "code": words, "details": [{"reason": words}]}, "other": body}
    failure = failure_of(Received(status, headers, json.dumps(error).encode()))
    assert words not in failure.detail


@pytest.mark.parametrize(("body", "retryable"), [(b"{", True), (b"", True), (b"[]", True), (b"{}", False)])
def test_a_success_that_is_none(body, retryable):
    failure = unreadable(Received(200, {"x-request-id": "r"}, body))
    assert (failure.missing, failure.retryable, failure.by) == ("upstream_error", retryable, "upstream")
    assert failure.request_id == "r"
