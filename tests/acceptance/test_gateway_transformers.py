"""The gateway before a real model: ``transformers serve`` with random weights, asked over its four wires.

What the model says is computed a second time without any server (tiny_model.py) from prompts spelled out here
(model_prompts.py): probabilities must be its own, texts what it writes with the parameters on record, and where the
server ignores what was asked of it, nothing may pass for an answer that is none. No part of an ordinary run:
``python -m pytest -m transformers`` on this file, RECTIFIER_TRANSFORMERS_PYTHON naming a Python with torch and
transformers[serving].
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby

import pytest

from tests.acceptance.generating import COLOUR, TRUST, cells, fetched, generate, places, planned, study
from tests.acceptance.model_prompts import decided, written
from tests.acceptance.transformers_serve import MODEL, served

pytestmark = pytest.mark.transformers

MEDIA = {
    "name": "media",
    "type": "multi_select",
    "text": "What did you use?",
    "options": [{"code": "p", "label": "Radio"}, {"code": "n", "label": "Newspaper"}],
}
AGE = {"name": "age", "type": "numeric", "text": "How old is the sender?", "min": 0, "max": 40, "integer": True}
MANY = COLOUR | {"options": [{"code": k, "label": f"colour {k}"} for k in range(27)]}
CODES = {"trust": [1, 2, 3, 4, 5], "colour": ["r", "b", "g"], "media": ["p", "n"]}
DRAWN = {"truncated", "empty", "constraint_not_honoured"}
SINGLE = 1e-5  # the server computes in single precision, the check in double: 1e-6 apart at most
RANKS = ["trust", "colour", "media"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with served(tmp_path_factory.mktemp("transformers")) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(gateways, tiny):
    texts = tiny.offered(1, chat="openai_compatible", openai="openai_chat", responses="openai_responses")
    return gateways(texts | tiny.offered(50, decisions="system_one"), RECTIFIER_CACHE="off")


def asking(count, wire, method, *items, model=MODEL, parameters=None, **elicitation):
    named = {"name": wire, "provider": wire, "model": model, "parameters": parameters or {}, "on_unsupported": "drop"}
    return study(count, named, items=items, elicitation={"method": method} | elicitation)


def run(gateway, body):
    """The cells of a run: every place of the design once, none asked twice, counted at the end."""
    records = generate(gateway, body)
    found, end = cells(records), records[-1]
    assert places(records) == planned(body)
    assert {cell["provenance"]["attempts"] for cell in found} == {1}
    assert end["counts"] == Counter(cell["missing"] or "answered" for cell in found)
    assert end["drift"] == []
    return found


def own_shares(cell, answers):
    """The model's probabilities in the order of the item's own options."""
    shares = [each["shares"][0] for each in answers] if cell["item"] == "media" else answers[0]["shares"]
    by_code = dict(zip(cell["provenance"]["option_order"], shares, strict=True))
    return [by_code[code] for code in CODES[cell["item"]]]


@pytest.mark.parametrize(("together", "order"), [(1, "fixed"), (1, "counterbalanced"), (3, "counterbalanced")])
def test_decisions_are_the_softmax_of_the_models_own_logits(gateway, tiny, together, order):
    body = asking(6, "decisions", "decision", TRUST, COLOUR, MEDIA, option_order=order, items_per_call=together)
    found = run(gateway, body)
    by_call = sorted(found, key=lambda cell: (cell["provenance"]["request_id"], RANKS.index(cell["item"])))
    calls = [list(call) for _, call in groupby(by_call, key=lambda cell: cell["provenance"]["request_id"])]
    assert Counter(len(call) for call in calls) == {together: len(found) // together}
    asked = [pair for call in calls for pair in decided(body, call)]
    answers = iter(tiny.asked([question for _, questions in asked for question in questions]))
    inputs = 0
    for cell, questions in asked:
        own = [next(answers) for _ in questions]
        inputs += sum(each["input"] for each in own)
        assert cell["probabilities"] == pytest.approx(own_shares(cell, own), abs=SINGLE)
        if cell["item"] != "media":
            assert sum(cell["probabilities"]) == pytest.approx(1, abs=1e-12)
        if cell["item"] == "trust":
            assert cell["expected"] == pytest.approx(
                sum(k * p for k, p in enumerate(own_shares(cell, own), 1)), abs=5 * SINGLE
            )
    assert sum(cell["usage"]["input"] for cell in found) == inputs
    assert {cell["provenance"]["model_returned"] for cell in found} == {MODEL}
    assert len({tuple(cell["probabilities"]) for cell in found}) > len(found) // 2


def test_what_falls_off_the_labels_is_not_told_by_this_server(gateway, tiny):
    body = asking(2, "decisions", "decision", TRUST)
    found = run(gateway, body)
    masses = [each["mass"] for each in tiny.asked([q for cell in found for _, (q,) in decided(body, [cell])])]
    assert max(masses) < 0.1
    assert {cell["off_option_mass"] for cell in found} == {None}


def outcome(text, length, most):
    """The reason of a text by rules of its own: this server ignores the schema, so nothing it writes is an answer."""
    if length >= most:
        return "truncated"
    return "constraint_not_honoured" if text.strip() else "empty"


@pytest.mark.parametrize(
    ("wire", "parameters", "reasons", "seeds"),
    [
        ("chat", {"temperature": 2, "seed": 11, "max_output_tokens": 12}, DRAWN, 40),
        ("openai", {"temperature": 1.5, "seed": 12, "max_output_tokens": 12}, DRAWN, 40),
        ("responses", {"temperature": 0, "max_output_tokens": 4}, {"truncated"}, 1),
    ],
)
def test_texts_are_what_the_model_writes_with_the_parameters_on_record(gateway, tiny, wire, parameters, reasons, seeds):
    body = asking(40 // seeds, wire, "sample", TRUST, AGE, parameters=parameters, replicates=seeds)
    found = run(gateway, body)
    for cell, own in zip(found, tiny.asked([written(body, cell) for cell in found]), strict=True):
        assert (cell["raw"]["text"] or "") == own["text"]
        assert (cell["usage"]["input"], cell["usage"]["output"]) == (own["input"], own["output"])
        told = outcome(own["text"], own["output"], parameters["max_output_tokens"])
        assert (cell["value"], cell["missing"]) == (None, told)
    assert {cell["missing"] for cell in found} >= reasons
    assert len({cell["provenance"]["parameters_sent"].get("seed") for cell in found}) == seeds


@pytest.mark.parametrize("wire", ["chat", "openai", "responses"])
def test_ignored_log_probabilities_are_no_answers(gateway, wire):
    found = run(gateway, asking(20, wire, "logprob", TRUST, COLOUR, parameters={"temperature": 1.5}))
    assert all(cell["provenance"]["parameters_sent"]["top_logprobs"] == 20 for cell in found)
    assert {cell["probabilities"] for cell in found} == {None}
    for cell in found:
        cut = cell["usage"]["output"] == (16 if wire == "responses" else 1) and not (cell["raw"]["text"] or "").strip()
        assert cell["missing"] == ("truncated" if cut else "logprobs_absent")
    assert sum(cell["missing"] == "logprobs_absent" for cell in found) > 10


@pytest.mark.parametrize("wire", ["chat", "openai", "responses"])
def test_an_ignored_schema_gives_no_probabilities(gateway, wire):
    parameters = {"temperature": 1.5, "max_output_tokens": 30}
    found = run(gateway, asking(20, wire, "verbalized", TRUST, COLOUR, parameters=parameters))
    assert {cell["missing"] for cell in found} <= {"constraint_not_honoured", "truncated", "empty"}
    assert sum(cell["missing"] == "constraint_not_honoured" for cell in found) > 10


@pytest.mark.parametrize(
    ("wire", "method", "item", "model"),
    [
        ("chat", "sample", TRUST, "another"),
        ("decisions", "decision", TRUST, "another"),
        ("decisions", "decision", MANY, MODEL),
    ],
)
def test_what_the_server_does_not_take_is_unsupported_and_asked_once(gateway, wire, method, item, model):
    found = run(gateway, asking(3, wire, method, item, model=model))
    assert {cell["missing"] for cell in found} == {"unsupported"}
    assert {attempt["status"] for cell in found for attempt in cell["provenance"]["tries"]} <= {400, 422}


def test_the_pass_through_gives_what_the_model_writes(gateway, tiny):
    messages = [{"role": "system", "content": "You are 34."}, {"role": "user", "content": "Whom do you trust?"}]
    asked = {"temperature": 1.5, "seed": 3, "max_tokens": 12}
    status, content = fetched(gateway, "/v1/chat/completions", {"model": f"chat/{MODEL}", "messages": messages} | asked)
    (own,) = tiny.asked([{"prompt": "<s><|system|>You are 34.<|user|>Whom do you trust?<|assistant|>"} | asked])
    answer = json.loads(content)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, own["text"])
    assert answer["usage"]["completion_tokens"] == own["output"]
