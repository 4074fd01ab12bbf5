from __future__ import annotations

import pytest

from service.gateway.elicitation import read
from tests.gateway.elicitation.asked import NEAR, call, near_items, wrote

ITEMS = near_items()
MISSING, ANSWERED = NEAR["replies"]["missing"], NEAR["replies"]["answered"]
# what the repairs of parsing.repairs turn into an answer: nothing but these
REPAIRABLE = {'"Yes"', "Answer: Yes", '```json\n{"q": "yes"}\n```'}


@pytest.mark.parametrize(("item", "text", "reason"), MISSING)
def test_near_answer_is_missing(item, text, reason):
    (answer,) = read(call("sample", ITEMS[item]), wrote(text))
    assert (answer.status, answer.missing) == ("missing", reason)
    assert (answer.value, answer.expected, answer.probabilities, answer.rule) == (None, None, None, None)
    assert answer.text == text


@pytest.mark.parametrize(("item", "text", "value"), ANSWERED)
def test_exact_answer_is_answered(item, text, value):
    (answer,) = read(call("sample", ITEMS[item]), wrote(text))
    value = tuple(value) if isinstance(value, list) else value
    assert (answer.status, answer.missing, answer.repaired) == ("answered", None, False)
    assert (answer.value, type(answer.value)) == (value, type(value))
    assert (answer.expected, answer.variance) == (None, None)
    assert answer.text == text


@pytest.mark.parametrize(("item", "text", "reason"), MISSING)
def test_lenience_changes_only_what_is_listed(item, text, reason):
    (answer,) = read(call("sample", ITEMS[item]), wrote(text), lenient=True)
    assert (answer.status == "answered") is (text in REPAIRABLE)
    assert answer.repaired is (text in REPAIRABLE)


@pytest.mark.parametrize(("item", "text", "value"), ANSWERED)
def test_lenience_leaves_exact_answers_alone(item, text, value):
    asked = call("sample", ITEMS[item])
    assert read(asked, wrote(text), lenient=True) == read(asked, wrote(text))


def test_the_set_is_as_large_as_promised():
    assert len(MISSING) >= 79
    assert len(ANSWERED) >= 40
    assert {ITEMS[item].type for item, _, _ in MISSING} == {ITEMS[item].type for item, _, _ in ANSWERED}
    assert len({i.type for i in ITEMS.values()}) == 6
    assert len({(item, text) for item, text, _ in MISSING + ANSWERED}) == len(MISSING) + len(ANSWERED)
