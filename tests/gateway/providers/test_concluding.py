from __future__ import annotations

import pytest

from service.gateway.providers.concluding import alternatives, concluded
from service.gateway.providers.protocol import Completion, Usage
from tests.gateway.providers.recorded import call_of

ENVELOPE = Completion(usage=Usage(3, 0, 1, 0), model_returned="m", request_id="r")
LOGPROBS = (("A", -0.1), ("B", -2.5))


@pytest.mark.parametrize(
    ("kind", "text", "reason", "logprobs", "missing"),
    [
        ("sample", '{"q1": 4}', None, None, None),
        ("sample", ' \n{"q1": 4}\n', None, None, None),
        ("sample", "4", None, None, "constraint_not_honoured"),
        ("sample", "null", None, None, "constraint_not_honoured"),
        ("sample", "[4]", None, None, "constraint_not_honoured"),
        ("sample", '{"q1": 4} or so', None, None, "constraint_not_honoured"),
        ("sample", "I cannot answer that question.", None, None, "constraint_not_honoured"),
        ("sample", "", None, None, "empty"),
        ("sample", " \n", None, None, "empty"),
        ("sample", '{"q1": 4}', "truncated", None, "truncated"),
        ("sample", '{"q1": 4}', "refused", None, "refused"),
        ("sample", "", "blocked_output", None, "blocked_output"),
        ("free_text", "I cannot answer that question.", None, None, None),
        ("free_text", "", "truncated", None, "truncated"),
        ("logprob", "A", "truncated", LOGPROBS, None),
        ("logprob", "A", None, LOGPROBS, None),
        ("logprob", "", None, LOGPROBS, None),
        ("logprob", "A", None, None, "logprobs_absent"),
        ("logprob", "A", "truncated", None, "logprobs_absent"),
        ("logprob", " ", "truncated", None, "truncated"),
        ("logprob", "A", "refused", LOGPROBS, "refused"),
    ],
)
def test_what_counts_as_an_answer(kind, text, reason, logprobs, missing):
    completion = concluded(call_of(kind), ENVELOPE, text, reason, logprobs)
    assert completion.missing == missing
    assert completion.text == (text or None)
    assert completion.logprobs == (logprobs if missing is None else None)
    assert (completion.detail == "") == (missing is None)
    assert (completion.usage, completion.model_returned, completion.request_id) == (ENVELOPE.usage, "m", "r")


@pytest.mark.parametrize(
    ("top", "chosen", "found"),
    [
        ([{"t": "A", "v": -0.5}], {"t": "A", "v": -0.5}, (("A", -0.5),)),
        ([{"t": "A", "v": -0.5}], {"t": "B", "v": -3}, (("A", -0.5), ("B", -3.0))),
        ([{"t": "A", "v": -0.5}], {"t": "B", "v": -9999.0}, (("A", -0.5),)),
        ([{"t": "A", "v": -0.5}], None, (("A", -0.5),)),
        ([{"t": "A", "v": -0.5}, {"t": "B", "v": -9999.0}], {}, (("A", -0.5),)),
        ([{"t": "A", "v": 0.0001}], {}, (("A", 0.0),)),
        ([{"t": 1, "v": -1}, {"t": "A"}, None, "A"], {"t": "B", "v": -3}, None),
        ([], {"t": "B", "v": -3}, None),
    ],
)
def test_alternatives_of_the_first_token(top, chosen, found):
    assert alternatives(top, chosen, "t", "v") == found
