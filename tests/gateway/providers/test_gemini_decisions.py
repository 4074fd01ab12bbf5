from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from service.gateway.providers.gemini_decisions import CODEC
from service.gateway.providers.protocol import Completion, Decision, Failure, Received, Usage
from service.gateway.study import Item, Option
from tests.gateway.providers.decided import AGREEMENT, HOSTILE, TRUST, call, changed, fixture


def test_the_request_has_the_clients_names():
    sent = CODEC.encode(call(model="gemini-decision-1", parameters={"seed": 1}))
    body = json.loads(sent.body)
    assert (sent.path, CODEC.authorization("k")) == ("/decisions", {"x-goog-api-key": "k"})
    assert set(body) == {"model", "input", "questions"}
    assert body["input"] == "You are 34.\n\nThe tax was raised."
    assert body["questions"]["q1"] == {
        "type": "score",
        "instructions": "I trust the government.",
        "criteria": list(AGREEMENT),
    }
    assert list(body["questions"]["q2"]["criteria"].items()) == [
        ("Greens", ""),
        ("Liberals", ""),
        ("Nobody", ""),
        ("Don't know", ""),
    ]
    assert body["questions"]["q3_1"]["type"] == "noul"
    assert (sent.parameters_sent, sent.parameters_dropped) == ({}, ("seed",))


def test_long_scales_stay_scales():
    item = Item("x", "likert", "?", tuple(Option(k, f"level {k}") for k in range(11)))
    assert json.loads(CODEC.encode(call(item)).body)["questions"]["q1"]["type"] == "score"


def test_decisions_by_name_with_the_clipped_probability_as_it_came():
    found = CODEC.decode(call(), fixture("gemini_decisions", "answered"))
    trust, vote, media = found.decisions
    assert trust.probabilities == pytest.approx((0.05, 0.1, 0.2, 0.45, 0.2))
    assert vote.probabilities == pytest.approx((0.6, 0.2, 0.15, 0.05))
    assert media.probabilities == (0.99, 0.2)
    assert found.usage == Usage(412, 0, 0, 0)


def test_a_blocked_input_is_said_so_for_the_whole_call():
    found = CODEC.decode(call(), fixture("gemini_decisions", "blocked"))
    assert (found.missing, found.decisions, found.usage.input) == ("blocked_input", (), 412)
    assert "made up" not in found.detail


def test_a_question_left_out_or_refused_does_not_lose_its_neighbours():
    def change(body):
        del body["answers"]["q1"]
        body["answers"]["q2"] = {"type": "refusal"}

    trust, vote, media = CODEC.decode(call(), changed(fixture("gemini_decisions", "answered"), change)).decisions
    assert (trust, vote) == (Decision(None, "unparseable"), Decision(None, "refused"))
    assert media.probabilities == (0.99, 0.2)


def test_probabilities_that_did_not_come():
    def change(body):
        del body["answers"]["q2"]["probabilities"]
        del body["answers"]["q3_2"]["noul"]

    _, vote, media = CODEC.decode(call(), changed(fixture("gemini_decisions", "answered"), change)).decisions
    assert vote == media == Decision(None, "constraint_not_honoured")


def test_a_bad_key_is_a_400_and_other_shapes_are_upstream_errors():
    failed = CODEC.decode(call(), fixture("gemini_decisions", "bad_key"))
    assert (failed.missing, failed.retryable, failed.by) == ("auth_failed", False, "caller")
    for body in (b"{}", b"[1]", b'{"answers":[]}', b"\xff"):
        assert CODEC.decode(call(), Received(200, {}, body)).missing == "upstream_error"


def test_usage_counts_thoughts_as_output_or_is_unknown():
    answered = fixture("gemini_decisions", "answered")
    found = CODEC.decode(call(), changed(answered, lambda body: body["usage"].update(total_thought_tokens=9)))
    assert found.usage == Usage(412, 0, 9, 9)
    assert CODEC.decode(call(), changed(answered, lambda body: body.pop("usage"))).usage is None


@settings(max_examples=200)
@given(HOSTILE)
def test_decoding_never_raises(response):
    assert isinstance(CODEC.decode(call(TRUST), response), Completion | Failure)
