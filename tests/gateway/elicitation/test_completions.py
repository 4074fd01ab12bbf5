from __future__ import annotations

import pytest

from service.gateway.elicitation import read
from service.gateway.providers.protocol import Completion
from tests.gateway.elicitation.asked import call, item, states, wrote

LIKERT = item("likert", [(1, "Low"), (2, "Middle"), (3, "High")])
THREE = (item("choice", ["a", "b"], "one"), item("likert", [1, 2, 3], "two"), item("free_text", (), "three"))


# --- any method


@pytest.mark.parametrize("method", ["decision", "logprob", "sample", "verbalized"])
@pytest.mark.parametrize("reason", ["refused", "truncated", "blocked_output", "empty", "constraint_not_honoured"])
def test_what_the_codec_found_missing_stays_missing(method, reason):
    (answer,) = read(call(method, LIKERT), Completion(missing=reason, text=None))
    assert (answer.status, answer.missing, answer.value) == ("missing", reason, None)


def test_a_truncated_answer_is_not_read_but_kept():
    (answer,) = read(call("sample", LIKERT), Completion(text='{"q": 2}', missing="truncated"), lenient=True)
    assert (answer.missing, answer.text) == ("truncated", '{"q": 2}')


@pytest.mark.parametrize("method", ["sample", "verbalized"])
@pytest.mark.parametrize("text", [None, "", " \n"])
def test_nothing_written_is_empty(method, text):
    assert states(read(call(method, LIKERT), wrote(text))) == ["empty"]
    assert states(read(call("sample", *THREE), wrote(text))) == ["empty"] * 3


# --- sample


def test_one_spoilt_member_does_not_lose_its_neighbours():
    asked = call("sample", *THREE)
    assert states(read(asked, wrote('{"one": "b", "two": 3, "three": " so "}'))) == ["b", 3, "so"]
    spoilt = '{"one": "I cannot answer that.", "two": 7, "three": "so"}'
    assert states(read(asked, wrote(spoilt))) == ["refused", "not_an_option", "so"]
    huge = f'{{"one": "a", "two": {"9" * 5000}, "three": "so"}}'
    assert states(read(asked, wrote(huge))) == ["a", "unparseable", "so"]
    assert states(read(asked, wrote('{"one": "a", "three": "so"}'))) == ["a", "unparseable", "so"]
    assert {a.rule for a in read(asked, wrote('{"one": "b", "two": 3, "three": "so"}'))} == {"json"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"one": "a", "two": 1, "three": "so", "four": 4}', "unparseable"),
        ('{"one": "a", "two": 1, "three": "so", "one": "b"}', "unparseable"),
        ('{"one": "a", "two": 1', "unparseable"),
        ("a, 1, so", "unparseable"),
        ("I cannot answer these.", "refused"),
        ("a", "unparseable"),
    ],
)
def test_what_is_no_object_of_the_asked_members_is_lost_as_a_whole(text, reason):
    assert states(read(call("sample", *THREE), wrote(text))) == [reason] * 3


def test_the_rule_says_how_a_value_was_read():
    rules = {text: read(call("sample", LIKERT), wrote(text))[0].rule for text in ("2", "middle.", '{"q": 2}')}
    assert rules == {"2": "exact", "middle.": "exact", '{"q": 2}': "json"}
    assert read(call("sample", item("free_text")), wrote("2"))[0].rule == "text"


def test_a_label_that_looks_like_json():
    braces = item("choice", [("x", "{x}"), ("y", "{}")])
    assert states(read(call("sample", braces), wrote("{x}"))) == ["x"]
    assert states(read(call("sample", braces), wrote("{}"))) == ["unparseable"]


@pytest.mark.parametrize(
    ("text", "state", "mended"),
    [
        ("2.", "constraint_not_honoured", 2),
        ("Middle", "constraint_not_honoured", 2),
        ('```json\n{"q": 2}\n```', "constraint_not_honoured", 2),
        ("I cannot answer that.", "refused", "refused"),
        ("Medium", "constraint_not_honoured", "constraint_not_honoured"),
        ("[2]", "constraint_not_honoured", "constraint_not_honoured"),
    ],
)
def test_a_text_that_ignores_the_schema_is_no_answer_unless_it_may_be_mended(text, state, mended):
    ignored = Completion(text=text, missing="constraint_not_honoured")
    (answer,) = read(call("sample", LIKERT), ignored)
    assert (states([answer]), answer.rule, answer.repaired, answer.text) == ([state], None, False, text)
    (answer,) = read(call("sample", LIKERT), ignored, lenient=True)
    assert (states([answer]), answer.repaired, answer.text) == ([mended], mended == 2, text)


# --- lenient


@pytest.mark.parametrize("text", ['"Low"', "Answer: low", "```\n1\n```", '```json\n{"q": 1}\n```', 'answer: "1"'])
def test_repairs_are_marked(text):
    assert read(call("sample", LIKERT), wrote(text))[0].missing is not None
    (answer,) = read(call("sample", LIKERT), wrote(text), lenient=True)
    assert (answer.value, answer.repaired, answer.text, answer.missing) == (1, True, text, None)


@pytest.mark.parametrize("text", ['"I cannot answer"', "Answer: lower", "```\nLow or High\n```", "The answer: low"])
def test_repairs_do_not_find_answers_in_sentences(text):
    strict = read(call("sample", LIKERT), wrote(text))
    assert read(call("sample", LIKERT), wrote(text), lenient=True) == strict
    assert strict[0].status == "missing"


def test_a_repaired_object_keeps_what_is_missing_in_it():
    text = '```json\n{"one": "a", "two": 9, "three": "so"}\n```'
    answers = read(call("sample", *THREE), wrote(text), lenient=True)
    assert states(answers) == ["a", "not_an_option", "so"]
    assert [a.repaired for a in answers] == [True, False, True]
    verbalized = read(
        call("verbalized", item("likert", [1, 2])), wrote('```\n{"q": {"1": 1, "2": 0}}\n```'), lenient=True
    )
    assert (verbalized[0].value, verbalized[0].repaired) == (1, True)
    ignored = Completion(text=text, missing="constraint_not_honoured")
    assert states(read(call("sample", *THREE), ignored, lenient=True)) == ["a", "not_an_option", "so"]
