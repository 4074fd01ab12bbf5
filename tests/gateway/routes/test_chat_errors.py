from __future__ import annotations

import json

import pytest

from service.gateway.providers.protocol import Completion, Failure
from service.gateway.routes.chat_errors import failed, refused, unanswered
from service.web.problems import ProblemError


@pytest.mark.parametrize(
    ("failure", "status", "expected"),
    [
        (Failure("rate_limited", True, "upstream", "d", 2.3), 429, {"Retry-After": "3", "x-should-retry": "false"}),
        (Failure("upstream_error", True, "upstream", "d"), 502, {"x-should-retry": "false"}),
        (Failure("upstream_error", True, "overloaded", "d"), 503, {"x-should-retry": "false"}),
        (Failure("deadline", False, "caller", "d"), 504, {"x-should-retry": "false"}),
        (Failure("circuit_open", False, "upstream", "d"), 503, {"Retry-After": "8"}),
    ],
)
def test_what_was_tried_in_vain_is_not_to_be_tried_again(failure: Failure, status: int, expected: dict) -> None:
    answer = failed(failure, 7.5, {"X-Kept": "yes"})
    assert (answer.status_code, answer.headers) == (status, {"X-Kept": "yes"} | expected)
    assert json.loads(answer.content)["error"]["code"] == failure.missing


def test_an_open_circuit_is_waited_for_a_second_at_least() -> None:
    assert failed(Failure("circuit_open", False, "upstream", "d"), 0.0, {}).headers["Retry-After"] == "1"


def test_refusals_have_the_status_of_their_code() -> None:
    for code, status in (("body_too_large", 413), ("malformed_upstream_key", 422), ("no_such_code", 422)):
        answer = refused(ProblemError(code, "why", headers={"X-Kept": "yes"}))
        assert (answer.status_code, answer.headers) == (status, {"X-Kept": "yes"})
        assert json.loads(answer.content)["error"] == {
            "message": "why", "type": "invalid_request_error", "code": code, "param": None,
        }  # fmt: skip


def test_an_overflow_is_the_callers_and_emptiness_is_not() -> None:
    assert unanswered(Completion(missing="context_overflow"), {}).status_code == 400
    assert unanswered(Completion(missing="empty"), {}).status_code == 502
