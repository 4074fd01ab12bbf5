from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given, settings

from service.gateway.providers.protocol import Call, Completion, Decision, Failure, Parameter, Question, Received, Usage
from service.gateway.providers.simulated import CODEC, PARTICULAR
from service.gateway.simulation import respond
from service.gateway.study import Method
from tests.gateway.providers.decided import HOSTILE, MEDIA, TRUST, VOTE, call, received


def text_call(method="sample", **rest):
    labels = tuple("ABCDE") if method == "logprob" else ()
    schema = (
        {"type": "object", "properties": {"trust": {"type": "integer"}}} if method in {"sample", "verbalized"} else None
    )
    return Call("simulated", method, "s", "u", (Question(TRUST, TRUST.options),), schema, labels, **rest)


def test_it_can_do_everything():
    assert CODEC.capabilities.methods == set(get_args(Method))
    assert CODEC.capabilities.parameters == {*get_args(Parameter), *PARTICULAR}
    assert CODEC.capabilities.several_items
    assert CODEC.authorization("secret") == {}


def test_the_request_holds_the_questions_as_shown_and_every_parameter():
    parameters = {"temperature": 0.5, "seed": 3, "bias": 1.0, "stop": ["x"], "unheard_of": 1, "top_p": None}
    asked = Question(TRUST, TRUST.options[::-1])
    sent = CODEC.encode(call(asked, draw=5, parameters=parameters))
    body = json.loads(sent.body)
    assert sent.path == "/answers"
    assert [option["code"] for option in body["questions"][0]["options"]] == [5, 4, 3, 2, 1]
    assert (body["draw"], body["bias"], body["seed"], body["system"]) == (5, 1.0, 3, "You are 34.")
    assert sent.parameters_sent == {
        "temperature": 0.5,
        "seed": 3,
        "bias": 1.0,
        "stop": ["x"],
        "max_output_tokens": 1024,
    }
    assert sent.parameters_dropped == ("unheard_of",)
    assert "schema" not in body
    assert "labels" not in body


def test_the_schema_and_the_labels_go_along():
    assert json.loads(CODEC.encode(text_call()).body)["schema"]["properties"] == {"trust": {"type": "integer"}}
    assert json.loads(CODEC.encode(text_call("logprob")).body)["labels"] == list("ABCDE")


def test_decisions_come_back_in_the_order_shown():
    found = CODEC.decode(call(), respond(CODEC.encode(call()).body))
    trust, vote, media = found.decisions
    assert (len(trust.probabilities), len(vote.probabilities), len(media.probabilities)) == (5, 4, 2)
    assert (found.model_returned, found.fingerprint) == ("m", "simulation-1")
    assert found.request_id.startswith("sim-")
    assert found.usage == Usage(input=8, output=0)


def test_a_refused_decision_does_not_lose_its_neighbours():
    body = {"decisions": [{"name": "trust", "probabilities": [0.2] * 5}, {"name": "vote", "refusal": True}]}
    trust, vote = CODEC.decode(call(TRUST, VOTE), received(body)).decisions
    assert trust.probabilities == pytest.approx((0.2,) * 5)
    assert vote == Decision(None, "refused")


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ([], "constraint_not_honoured"),
        ([0.5], "unparseable"),
        ([0.5, 0.6, 0.1], "unparseable"),
        ([0.5, 7], "unparseable"),
    ],
)
def test_probabilities_that_are_not_one_per_option(found, missing):
    body = {"decisions": [{"name": "media", "probabilities": found}]}
    assert CODEC.decode(call(MEDIA), received(body)).decisions == (Decision(None, missing),)


def test_decisions_that_were_not_asked_for():
    for names in (["vote"], ["trust", "trust"], []):
        body = {"decisions": [{"name": name, "probabilities": [0.2] * 5} for name in names]}
        found = CODEC.decode(call(TRUST), received(body))
        assert (found.missing, found.decisions) == ("unparseable", ())


def test_texts_labels_refusals_and_cuts():
    plain = {"text": '{"trust":4}', "finish": "stop"}
    assert CODEC.decode(text_call(), received(plain)).text == '{"trust":4}'
    cut = CODEC.decode(text_call(), received({"text": '{"tr', "finish": "length"}))
    assert (cut.missing, cut.text) == ("truncated", '{"tr')
    refused = CODEC.decode(text_call(), received({"text": "", "refusal": True, "finish": "stop"}))
    assert refused.missing == "refused"
    top = [{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.5}]
    assert CODEC.decode(text_call("logprob"), received({"text": "A", "logprobs": top})).logprobs == (
        ("A", -0.1),
        ("B", -2.5),
    )
    assert CODEC.decode(text_call("logprob"), received({"text": "A", "logprobs": []})).missing == "logprobs_absent"


def test_other_shapes_are_upstream_errors():
    for asked in (call(TRUST), text_call()):
        for body in (b"{}", b"[]", b"\x00", b'{"decisions":{},"text":3}'):
            assert CODEC.decode(asked, Received(200, {}, body)).missing == "upstream_error"
    assert CODEC.decode(text_call(), received({}, 500)).retryable


@settings(max_examples=200)
@given(HOSTILE)
def test_decoding_never_raises(response):
    for asked in (call(TRUST, MEDIA), text_call(), text_call("logprob")):
        assert isinstance(CODEC.decode(asked, response), Completion | Failure)
