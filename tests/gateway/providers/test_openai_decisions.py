from __future__ import annotations

import json

import httpx2
import openai
import pytest
from hypothesis import given, settings

from service.gateway.providers.openai_decisions import CODEC
from service.gateway.providers.protocol import Completion, Decision, Failure, Question, Received, Usage
from tests.gateway.providers.decided import AGREEMENT, HOSTILE, MEDIA, TRUST, VOTE, call, changed, fixture

SCALE = [{"label": label} for label in AGREEMENT]


def questions():
    text = "Which of these did you use today?\nThis is among the answers chosen: "
    return [
        {"type": "score", "instructions": "I trust the government.", "name": "q1", "levels": SCALE},
        {
            "type": "choice",
            "instructions": "Which party would you vote for?",
            "name": "q2",
            "choices": [{"value": value} for value in ("Greens", "Liberals", "Nobody", "Don't know")],
        },
        {"type": "predicate", "instructions": f"{text}Radio", "name": "q3_1"},
        {"type": "predicate", "instructions": f"{text}Newspaper", "name": "q3_2"},
    ]


def test_the_request_is_what_the_official_client_sends():
    seen = []

    def answer(request):
        seen.append(request)
        return httpx2.Response(200, content=fixture("openai_decisions", "answered").body)

    client = openai.OpenAI(
        api_key="k",
        base_url="https://openai.invalid/v1",
        http_client=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )
    messages = [{"role": "system", "content": "You are 34."}, {"role": "user", "content": "The tax was raised."}]
    found = client.decisions.create(model="m", input=messages, questions=questions())
    sent = CODEC.encode(call())
    assert json.loads(sent.body) == json.loads(seen[0].content)
    assert seen[0].url.path == f"/v1{sent.path}"
    assert CODEC.authorization("k") == {"authorization": seen[0].headers["authorization"]}
    assert [part.name for part in found.answers] == ["q1", "q2", "q3_1", "q3_2"]
    assert found.answers[0].probabilities[3].probability == 0.45
    assert found.usage.input_tokens_details.cached_tokens == 256


def test_the_official_client_reads_the_refusal():
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, content=fixture("openai_decisions", "one_refused").body)
    )
    client = openai.OpenAI(
        api_key="k", base_url="https://openai.invalid/v1", http_client=httpx2.Client(transport=transport)
    )
    found = client.decisions.create(model="m", input="x", questions=questions())
    assert [part.type for part in found.answers] == ["score", "refusal", "predicate", "predicate"]


def test_without_a_system_text_the_input_is_the_users():
    assert json.loads(CODEC.encode(call(system="")).body)["input"] == "The tax was raised."


def test_every_parameter_is_dropped_and_said_so():
    sent = CODEC.encode(call(parameters={"temperature": 0.5, "seed": 7}))
    assert sent.parameters_sent == {}
    assert set(sent.parameters_dropped) == {"temperature", "seed"}
    assert b"temperature" not in sent.body


def test_descriptions_stand_beside_values_that_are_places():
    item = TRUST.__class__("x", "choice", "?", (VOTE.options[0], VOTE.options[0]))
    body = json.loads(CODEC.encode(call(item)).body)
    assert body["questions"][0]["choices"] == [
        {"value": "1", "description": "Greens"},
        {"value": "2", "description": "Greens"},
    ]


def test_decisions_follow_the_options_as_shown():
    found = CODEC.decode(call(), fixture("openai_decisions", "answered"))
    trust, vote, media = found.decisions
    assert trust.probabilities == pytest.approx((0.05, 0.1, 0.2, 0.45, 0.2))
    assert vote.probabilities == pytest.approx((0.6, 0.2, 0.15, 0.05))
    assert media.probabilities == (0.7, 0.2)
    assert found.usage == Usage(412, 256, 0, 0)
    assert (found.model_returned, found.request_id, found.missing) == ("gpt-6-luna", "req_1", None)


def test_the_same_levels_turned_round_are_read_by_their_place():
    backward = call(Question(TRUST, TRUST.options[::-1]))
    body = json.loads(CODEC.encode(backward).body)
    assert body["questions"][0]["levels"] == SCALE[::-1]
    answer = fixture("openai_decisions", "answered")
    (found,) = CODEC.decode(backward, changed(answer, lambda body: body.update(answers=body["answers"][:1]))).decisions
    assert found.probabilities == pytest.approx((0.05, 0.1, 0.2, 0.45, 0.2))


def test_a_refused_question_does_not_lose_its_neighbours():
    trust, vote, media = CODEC.decode(call(), fixture("openai_decisions", "one_refused")).decisions
    assert vote == Decision(None, "refused")
    assert trust.probabilities is not None
    assert media.probabilities == (0.7, 0.2)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["answers"].pop(),
        lambda body: body["answers"].append(body["answers"][0]),
        lambda body: body["answers"].reverse(),
        lambda body: body["answers"][1].update(name=None),
        lambda body: body["answers"].__setitem__(1, "no object"),
    ],
)
def test_answers_in_another_number_or_under_other_names_are_not_matched(change):
    found = CODEC.decode(call(), changed(fixture("openai_decisions", "answered"), change))
    assert isinstance(found, Completion)
    assert (found.missing, found.decisions) == ("unparseable", ())
    assert "Greens" not in found.detail


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda answer: answer.update(type="predicate", probability=0.5), "unparseable"),
        (lambda answer: answer.pop("probabilities"), "constraint_not_honoured"),
        (lambda answer: answer.update(probabilities=[]), "constraint_not_honoured"),
        (lambda answer: answer["probabilities"].append(answer["probabilities"][0]), "unparseable"),
        (lambda answer: answer["probabilities"][0].update(value=True), "unparseable"),
        (lambda answer: answer["probabilities"][0].pop("probability"), "unparseable"),
    ],
)
def test_probabilities_that_are_not_there_or_not_of_the_options(change, missing):
    for place in (0, 1):
        altered = changed(fixture("openai_decisions", "answered"), lambda body, k=place: change(body["answers"][k]))
        found = CODEC.decode(call(), altered).decisions
        assert found[place] == Decision(None, missing)
        assert found[1 - place].probabilities is not None


def test_failures_are_read_and_other_shapes_are_upstream_errors():
    failed = CODEC.decode(call(), fixture("openai_decisions", "error_429"))
    assert isinstance(failed, Failure)
    assert (failed.missing, failed.retryable, failed.retry_after) == ("rate_limited", True, 0.25)
    for body in (b"{}", b"[]", b"nothing", b'{"answers":{}}'):
        other = CODEC.decode(call(), Received(200, {}, body))
        assert isinstance(other, Failure)
        assert other.missing == "upstream_error"


def test_usage_that_is_not_there_is_unknown():
    found = CODEC.decode(call(), changed(fixture("openai_decisions", "answered"), lambda body: body.pop("usage")))
    assert found.usage is None


@settings(max_examples=200)
@given(HOSTILE)
def test_decoding_never_raises(response):
    assert isinstance(CODEC.decode(call(TRUST, VOTE, MEDIA), response), Completion | Failure)
