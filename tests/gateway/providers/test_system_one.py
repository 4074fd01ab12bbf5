from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from service.gateway.providers.protocol import Completion, Decision, Failure, Received, Usage
from service.gateway.providers.system_one import CODEC
from service.gateway.study import Item, Option
from tests.gateway.providers.decided import HOSTILE, TRUST, call, changed, fixture


def test_the_request_has_only_what_every_server_takes():
    sent = CODEC.encode(call(parameters={"temperature": 1}))
    body = json.loads(sent.body)
    assert (sent.path, CODEC.authorization("k")) == ("/systemone", {"authorization": "Bearer k"})
    assert set(body) == {"model", "state", "questions"}
    assert body["state"] == "You are 34.\n\nThe tax was raised."
    assert [question["type"] for question in body["questions"].values()] == ["score", "choice", "noul", "noul"]
    assert all(set(question) <= {"type", "instructions", "criteria"} for question in body["questions"].values())
    assert sent.parameters_dropped == ("temperature",)


def test_more_than_ten_levels_go_as_a_choice():
    item = Item("x", "likert", "?", tuple(Option(k, f"level {k}") for k in range(11)))
    assert json.loads(CODEC.encode(call(item)).body)["questions"]["q1"]["type"] == "choice"


def test_vllm_says_how_much_fell_off_the_labels():
    found = CODEC.decode(call(), fixture("system_one", "vllm"))
    trust, vote, media = found.decisions
    assert trust.probabilities == pytest.approx((0.05, 0.1, 0.2, 0.45, 0.2))
    assert vote.probabilities == pytest.approx((0.6, 0.2, 0.15, 0.05))
    assert (trust.off_option_mass, vote.off_option_mass) == pytest.approx((0.02, 0.02))
    assert media.probabilities == (0.7, 0.2)
    assert (found.usage, found.model_returned, found.request_id) == (Usage(412, 0, 4, 0), "m", "decision-1")


def test_transformers_does_not():
    found = CODEC.decode(call(), fixture("system_one", "transformers"))
    assert [decision.off_option_mass for decision in found.decisions] == [None, None, None]
    assert found.decisions[1].probabilities == pytest.approx((0.6, 0.2, 0.15, 0.05))


def test_a_refused_question_does_not_lose_its_neighbours():
    def change(body):
        body["answers"]["q2"] = {"type": "refusal"}

    trust, vote, media = CODEC.decode(call(), changed(fixture("system_one", "transformers"), change)).decisions
    assert vote == Decision(None, "refused")
    assert trust.probabilities is not None
    assert media.probabilities == (0.7, 0.2)


def test_what_a_server_does_not_take_is_the_callers_and_other_shapes_are_upstream_errors():
    failed = CODEC.decode(call(), fixture("system_one", "error_422"))
    assert (failed.missing, failed.retryable, failed.by) == ("unsupported", False, "caller")
    for body in (b"{}", b"[]", b'{"answers":3}', b""):
        assert CODEC.decode(call(), Received(200, {}, body)).missing == "upstream_error"


def test_usage_that_is_not_there_is_unknown():
    found = CODEC.decode(call(), changed(fixture("system_one", "vllm"), lambda body: body.pop("usage")))
    assert found.usage is None


@settings(max_examples=200)
@given(HOSTILE)
def test_decoding_never_raises(response):
    assert isinstance(CODEC.decode(call(TRUST), response), Completion | Failure)
