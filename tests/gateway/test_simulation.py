from __future__ import annotations

import json
from collections import Counter
from statistics import fmean
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.gateway.elicitation import labels_of, question_text, read, schema_of
from service.gateway.propensity import Subject, probabilities
from service.gateway.providers.protocol import Call, Failure, Question
from service.gateway.providers.simulated import CODEC
from service.gateway.simulation import LATENCY_HEADER, respond
from service.gateway.study import Item, ItemType, Option

AGREEMENT = tuple(Option(k, label) for k, label in enumerate(("No", "Rather no", "Neither", "Rather yes", "Yes"), 1))
TRUST = Item("trust", "likert", "I trust the government.", AGREEMENT)
VOTE = Item("vote", "choice", "Which one?", (Option("a", "Greens"), Option("b", "Liberals")))


def planned(method, *items, system="You are 34.", arm="Taxes were raised.", draw=0, model="simulated", **parameters):
    """A call as it is rendered."""
    questions = tuple(Question(item, item.offered) for item in items)
    asked = "\n\n".join(question_text(question, method, None) for question in questions)
    labels = labels_of(questions[0]) if method == "logprob" else ()
    schema = schema_of(questions, method)
    return Call(model, method, system, f"{arm}\n{asked}", questions, schema, labels, parameters, draw)


def answers(call):
    """What is read from the response to a call."""
    received = respond(CODEC.encode(call).body)
    found = CODEC.decode(call, received)
    assert not isinstance(found, Failure), found
    return read(call, found)


def many(times, method, item, **rest):
    return [answers(planned(method, item, draw=k, **rest))[0] for k in range(times)]


def test_the_same_bytes_have_the_same_answer():
    body = CODEC.encode(planned("sample", TRUST)).body
    assert respond(body) == respond(body)


@pytest.mark.parametrize("method", ["decision", "logprob", "sample", "verbalized"])
def test_draws_seeds_and_personas_differ(method):
    base = planned(method, TRUST)
    bodies = [
        CODEC.encode(each).body for each in (base, planned(method, TRUST, draw=1), planned(method, TRUST, seed=1))
    ]
    assert len({json.loads(respond(body).body)["id"] for body in bodies}) == 3
    found = {answers(planned(method, TRUST, system=f"You are {age}."))[0].value for age in range(20, 60)}
    assert len(found) > 1
    expected = {answers(planned(method, TRUST, draw=k))[0] for k in range(30)}
    assert len(expected) > 1


def test_decisions_without_noise_are_the_propensities_and_draws_add_nothing():
    call = planned("decision", TRUST, noise=0.0, bias=0.5)
    (found,) = answers(call)
    who = Subject("simulated", "You are 34.", "Taxes were raised.\n", "", 0.5, 0.0)
    truth = probabilities(who, "trust", "likert", (1, 2, 3, 4, 5))
    assert found.probabilities == pytest.approx(truth)
    assert answers(planned("decision", TRUST, noise=0.0, bias=0.5, draw=9)) == (found,)


def test_methods_agree_on_what_they_ask():
    truth = answers(planned("decision", TRUST, noise=0.0))[0]
    assert answers(planned("logprob", TRUST, noise=0.0))[0].probabilities == pytest.approx(truth.probabilities)
    stated = answers(planned("verbalized", TRUST, noise=0.0))[0]
    assert stated.probabilities == pytest.approx(truth.probabilities, abs=2e-4)
    sampled = [answer.value for answer in many(1500, "sample", TRUST, noise=0.0)]
    assert fmean(sampled) == pytest.approx(truth.expected, abs=0.1)


def test_arms_move_answers_and_bias_raises_them():
    def level(**rest):
        return fmean(answers(planned("decision", TRUST, system=str(k), **rest))[0].expected for k in range(150))

    assert abs(level() - level(arm="Taxes were cut.")) > 0.05
    assert level(bias=1.0) > level() + 0.3


def test_what_is_set_after_the_models_name_holds_unless_a_parameter_says_otherwise():
    named = answers(planned("decision", TRUST, model="simulated:bias=2,noise=0"))[0]
    assert named.probabilities == answers(planned("decision", TRUST, bias=2.0, noise=0.0))[0].probabilities
    other = answers(planned("decision", TRUST, model="simulated:bias=2,noise=0", bias=0.0))[0]
    assert other.probabilities == answers(planned("decision", TRUST, noise=0.0))[0].probabilities
    body = json.loads(respond(CODEC.encode(planned("decision", TRUST, model="simulated:bias=2")).body).body)
    assert (body["model"], body["fingerprint"]) == ("simulated", "simulation-1")


@pytest.mark.parametrize("method", ["decision", "logprob", "sample", "verbalized"])
def test_refusals_come_at_their_rate(method):
    reasons = Counter(answer.missing for answer in many(400, method, TRUST, refusal_rate=0.3))
    assert set(reasons) == {None, "refused"}
    assert reasons["refused"] / 400 == pytest.approx(0.3, abs=0.08)


def test_a_refused_decision_does_not_lose_its_neighbours():
    pairs = [answers(planned("decision", TRUST, VOTE, draw=k, refusal_rate=0.5)) for k in range(100)]
    assert {tuple(answer.missing for answer in pair) for pair in pairs} == {
        (None, None),
        (None, "refused"),
        ("refused", None),
        ("refused", "refused"),
    }


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        ("decision", "unparseable"),
        ("logprob", "logprobs_absent"),
        ("sample", "constraint_not_honoured"),
        ("verbalized", "constraint_not_honoured"),
    ],
)
def test_malformed_answers_are_missing_for_their_reason(method, missing):
    reasons = Counter(answer.missing for answer in many(200, method, TRUST, malformed_rate=0.5))
    assert set(reasons) == {None, missing}
    assert 60 < reasons[missing] < 140


@pytest.mark.parametrize("method", ["decision", "logprob"])
def test_mass_off_the_options_is_reported(method):
    found = answers(planned(method, TRUST, off_option=0.1))[0]
    assert found.off_option_mass == pytest.approx(0.1)
    assert sum(found.probabilities) == pytest.approx(1)
    assert answers(planned(method, TRUST, off_option=0.7))[0].missing == "off_option_mass"
    assert answers(planned(method, TRUST, off_option=0.0))[0].off_option_mass == pytest.approx(0, abs=1e-9)


def test_off_option_samples_are_not_options():
    assert {answer.missing for answer in many(20, "sample", TRUST, off_option=1.0)} == {"not_an_option"}


def test_errors_are_429_and_500_with_a_wait_and_the_latency():
    statuses = Counter()
    for k in range(300):
        call = planned("sample", TRUST, draw=k, error_rate=0.4, latency_ms=12.0)
        received = respond(CODEC.encode(call).body)
        assert received.headers[LATENCY_HEADER] == "12"
        statuses[received.status] += 1
        if received.status == 429:
            failed = CODEC.decode(call, received)
            assert (failed.missing, failed.retryable, failed.retry_after) == ("rate_limited", True, 0.01)
    assert set(statuses) == {200, 429, 500}
    assert statuses[200] == pytest.approx(180, abs=30)
    assert LATENCY_HEADER not in respond(CODEC.encode(planned("sample", TRUST)).body).headers


def test_a_lone_free_text_is_plain_and_a_short_bound_cuts_it():
    item = Item("why", "free_text", "Why?")
    call = planned("sample", item)
    assert call.schema is None
    assert answers(call)[0].status == "answered"
    assert answers(planned("sample", item, max_output_tokens=1))[0].missing == "truncated"


@pytest.mark.parametrize("kind", ["choice", "likert", "numeric", "multi_select", "ranking", "free_text"])
@pytest.mark.parametrize("decline", ["none", "option", "schema"])
def test_every_sampled_item_type_is_answered_on_the_whole_path(kind, decline):
    options = () if kind in {"numeric", "free_text"} else AGREEMENT
    item = Item(
        "x", kind, "?", options, 0 if kind == "numeric" else None, 40 if kind == "numeric" else None, decline=decline
    )
    found = [answers(planned("sample", item, TRUST, draw=k)) for k in range(60)]
    assert {answer.status for pair in found for answer in pair} == {"answered"}


def test_without_items_text_in_the_prompt_all_of_it_counts_as_the_arm():
    call = planned("decision", TRUST, noise=0.0)
    nowhere = Call("simulated", "decision", call.system, "Answer.", call.questions, parameters={"noise": 0.0})
    who = Subject("simulated", "You are 34.", "Answer.", "", 0.0, 0.0)
    assert answers(nowhere)[0].probabilities == pytest.approx(probabilities(who, "trust", "likert", (1, 2, 3, 4, 5)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[" * 5000,
        b'{"model":"m","method":"guess","questions":[]}',
        b'{"model":"m","method":"logprob","questions":[]}',
        b'{"model":"simulated:x=1","method":"decision","questions":[]}',
        b'{"model":"simulated:bias=much","method":"decision","questions":[]}',
        b'{"model":"simulated:bias=nan","method":"decision","questions":[]}',
        b'{"model":"m","method":"sample","questions":[]}',
    ],
)
def test_what_makes_no_sense_is_a_400(body):
    received = respond(body)
    assert received.status == 400
    assert CODEC.decode(planned("sample", TRUST), received).missing == "unsupported"


def test_questions_that_no_method_can_ask_are_a_400():
    number = Item("n", "numeric", "?")
    for method in ("decision", "verbalized"):
        call = Call("simulated", method, "", "", (Question(number, ()),), {"properties": {"n": {}}})
        assert respond(CODEC.encode(call).body).status == 400
    short = Call("simulated", "logprob", "", "", (Question(TRUST, AGREEMENT),), labels=("A",))
    assert respond(CODEC.encode(short).body).status == 400


@settings(max_examples=150)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode), st.integers(0, 400), st.binary(max_size=3))
def test_no_bytes_break_it(noise, place, patch):
    assert respond(noise).status in {200, 400}
    body = CODEC.encode(planned("sample", TRUST)).body
    assert respond(body[:place] + patch + body[place + len(patch) :]).status in {200, 400}


@pytest.mark.parametrize("decline", ["option", "schema"])
@pytest.mark.parametrize("kind", get_args(ItemType))
def test_declining_is_an_answer_of_every_type(kind, decline):
    item = Item("q", kind, "Well?", () if kind in {"numeric", "free_text"} else AGREEMENT, decline=decline)
    found = many(200, "sample", item)
    assert {answer.status for answer in found} == {"answered"}
    assert 0 < [answer.value for answer in found].count("declined") < 30
