"""Decisions and log probabilities over real HTTP: the gateway's socket and codecs against a scripted server."""

from __future__ import annotations

import asyncio
from math import log

import pytest

from service.gateway.elicitation import labels_of, question_text, read
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Call, Completion, Failure, Question
from service.gateway.providers.registry import CODECS
from service.gateway.study import Item, Option
from service.gateway.upstream import Upstream
from tests.acceptance.mock_llm import rule, served

AGREEMENT = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
TRUST = Item("trust", "likert", "I trust the government.", tuple(Option(k, t) for k, t in enumerate(AGREEMENT, 1)))
VOTE = Item("vote", "choice", "Would you vote?", (Option(0, "No"), Option(1, "Yes")))
MEDIA = Item("media", "multi_select", "What did you use today?", (Option("r", "Radio"), Option("n", "Newspaper")))
SHARES = (0.05, 0.1, 0.2, 0.45, 0.2)
EXPECTED = 0.05 + 0.2 + 0.6 + 1.8 + 1.0
VARIANCE = 0.05 + 0.4 + 1.8 + 7.2 + 5.0 - EXPECTED**2


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("mock_llm")) as running:
        yield running


def asked(method, *questions, parameters=None):
    questions = tuple(q if isinstance(q, Question) else Question(q, q.offered) for q in questions)
    text = "\n\n".join(question_text(question, method, None) for question in questions)
    labels = labels_of(questions[0]) if method == "logprob" else ()
    return Call("m", method, "You are 34.", f"Taxes were raised.\n{text}", questions, None, labels, parameters or {})


def completion(server, codec, call, version="v1"):
    """What the server says to the call, decoded."""
    provider = Provider("p", codec, f"{server.address}/{version}", local=True)

    async def sent():
        async with Upstream() as upstream:
            encoded = CODECS[codec].encode(call)
            return await upstream.send(provider, encoded, CODECS[codec].authorization("k"), 10)

    return CODECS[codec].decode(call, asyncio.run(sent()))


def answers(server, codec, call, version="v1"):
    found = completion(server, codec, call, version)
    assert isinstance(found, Completion), found
    return read(call, found)


def scored(name="q1", shares=SHARES, labels=AGREEMENT):
    listed = [{"value": k, "label": t, "probability": p} for k, (t, p) in enumerate(zip(labels, shares, strict=True))]
    return {"type": "score", "name": name, "score": 99.0, "confidence": 0.45, "probabilities": listed}


def chosen(name="q2", **shares):
    listed = [{"value": value, "probability": p} for value, p in shares.items()]
    return {"type": "choice", "name": name, "choice": "No", "confidence": 0.5, "probabilities": listed}


def predicates(*shares):
    return [{"type": "predicate", "name": f"q3_{k}", "probability": p} for k, p in enumerate(shares, 1)]


def decided(*answers):
    usage = {"input_tokens": 90, "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 10}}
    usage |= {"output_tokens": 0, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 90}
    return {"model": "m-2026", "answers": answers, "usage": usage}


def test_probabilities_and_expected_values_are_right(server):
    reply = decided(scored(), chosen(Yes=0.3, No=0.7), *predicates(0.8, 0.1))
    right = (
        "headers.authorization == 'Bearer k' && body.model == 'm' && body.input[0].content == 'You are 34.'"
        " && body.questions[0].type == 'score' && body.questions[0].levels[4].label == 'Strongly agree'"
        " && body.questions[1].choices[0].value == 'No' && length(body.questions) == `4`"
    )
    server.scripted(rule("/v1/decisions", reply, right))
    call = asked("decision", TRUST, VOTE, MEDIA)
    trust, vote, media = answers(server, "openai_decisions", call)
    assert trust.probabilities == pytest.approx(SHARES)
    assert (trust.expected, trust.variance) == pytest.approx((EXPECTED, VARIANCE))
    assert (trust.value, trust.off_option_mass) == (4, None)
    assert (vote.value, vote.expected, vote.variance) == (0, pytest.approx(0.3), pytest.approx(0.21))
    assert (media.value, media.probabilities) == (("r",), (0.8, 0.1))
    found = completion(server, "openai_decisions", call)
    assert (found.model_returned, found.usage.input, found.usage.cached_input) == ("m-2026", 90, 10)


def test_a_scale_shown_backward_has_the_same_expected_value(server):
    server.scripted(rule("/v1/decisions", decided(scored(shares=SHARES[::-1], labels=AGREEMENT[::-1]))))
    (trust,) = answers(server, "openai_decisions", asked("decision", Question(TRUST, TRUST.options[::-1])))
    assert trust.probabilities == pytest.approx(SHARES)
    assert trust.expected == pytest.approx(EXPECTED)


def test_a_refused_question_does_not_lose_its_neighbours(server):
    reply = decided(scored(), {"type": "refusal", "name": "q2"}, *predicates(0.8, 0.1))
    server.scripted(rule("/v1/decisions", reply))
    trust, vote, media = answers(server, "openai_decisions", asked("decision", TRUST, VOTE, MEDIA))
    assert (vote.status, vote.missing, vote.probabilities) == ("missing", "refused", None)
    assert (trust.status, media.status) == ("answered", "answered")


def test_answers_that_are_not_those_asked_for_are_missing(server):
    server.scripted(rule("/v1/decisions", decided(scored(), *predicates(0.8, 0.1))))
    found = answers(server, "openai_decisions", asked("decision", TRUST, VOTE, MEDIA))
    assert {answer.missing for answer in found} == {"unparseable"}


def test_system_one_with_mass_off_the_options(server):
    shares = {str(k): p for k, p in enumerate(SHARES)}
    answered = {"q1": {"type": "score", "score": 2.65, "probabilities": shares}}
    answered["q2"] = {"type": "choice", "choice": "No", "probabilities": {"Yes": 0.3, "No": 0.7}}
    diagnostics = {"q1": {"label_mass": 0.9}, "q2": {"label_mass": 0.3}}
    reply = {"model": "m", "answers": answered, "usage": {"input_tokens": 9, "output_tokens": 2}}
    call = asked("decision", TRUST, VOTE, MEDIA)
    right = "body.questions.q2.criteria.Yes == ''"
    server.scripted(rule("/v1/systemone", reply | {"diagnostics": diagnostics}, right))
    trust, vote, media = answers(server, "system_one", call)
    assert trust.expected == pytest.approx(EXPECTED)
    assert trust.off_option_mass == pytest.approx(0.1)
    assert (vote.missing, vote.off_option_mass) == ("off_option_mass", pytest.approx(0.7))
    assert media.missing == "unparseable"


def test_gemini_decides_or_blocks(server):
    answered = {f"q1_{k}": {"type": "noul", "noul": p, "confidence": 0.99} for k, p in enumerate((0.99, 0.01), 1)}
    blocked = {"prompt_feedback": {"block_reason": "safety"}}
    keyed = "headers.\"x-goog-api-key\" == 'k'"
    server.scripted(
        rule("/v1beta/decisions", {"answers": answered, "usage": {"total_input_tokens": 5}}, keyed),
        rule("/v1beta/decisions", blocked, "body.questions.q1.type == 'score'"),
    )
    (media,) = answers(server, "gemini_decisions", asked("decision", MEDIA), "v1beta")
    assert (media.value, media.probabilities) == (("r",), (0.99, 0.01))
    (trust,) = answers(server, "gemini_decisions", asked("decision", TRUST), "v1beta")
    assert (trust.status, trust.missing) == ("missing", "blocked_input")


def chat(logprobs, text="A"):
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}
    usage = {"prompt_tokens": 50, "completion_tokens": 1, "total_tokens": 51}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def first_token(**shares):
    top = [{"token": token, "logprob": log(share), "bytes": None} for token, share in shares.items()]
    return {"content": [top[0] | {"top_logprobs": top}], "refusal": None}


def test_log_probabilities_and_the_mass_off_the_labels(server):
    call = asked("logprob", VOTE)
    first, second = call.labels
    right = "body.logprobs == `true` && body.top_logprobs == `20`"
    server.scripted(rule("/v1/chat/completions", chat(first_token(**{first: 0.6, second: 0.2, "I": 0.15})), right))
    (vote,) = answers(server, "openai_chat", call)
    assert vote.probabilities == pytest.approx((0.75, 0.25))
    assert vote.expected == pytest.approx(0.25)
    assert vote.off_option_mass == pytest.approx(0.2)


def test_mostly_other_words_is_no_answer(server):
    call = asked("logprob", VOTE)
    server.scripted(rule("/v1/chat/completions", chat(first_token(I=0.8, **{call.labels[0]: 0.15}), "I")))
    (vote,) = answers(server, "openai_chat", call)
    assert (vote.missing, vote.off_option_mass) == ("off_option_mass", pytest.approx(0.85))


@pytest.mark.parametrize("logprobs", [None, {"content": []}, {"content": None}, {}])
def test_log_probabilities_that_were_ignored_are_detected(server, logprobs):
    call = asked("logprob", VOTE)
    server.scripted(rule("/v1/chat/completions", chat(logprobs, call.labels[0])))
    (vote,) = answers(server, "openai_chat", call)
    assert (vote.status, vote.missing) == ("missing", "logprobs_absent")


def test_a_path_that_the_server_does_not_know_is_a_failure(server):
    server.scripted(rule("/v1/elsewhere", {}))
    failed = completion(server, "system_one", asked("decision", TRUST))
    assert isinstance(failed, Failure)
    assert (failed.missing, failed.retryable) == ("unsupported", False)
