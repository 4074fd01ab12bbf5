from __future__ import annotations

import pytest

from service.gateway.elicitation import question_text
from service.gateway.elicitation.wording import is_plain, span
from tests.gateway.elicitation.asked import item, question

LIKERT = item("likert", [(1, "Low"), (2, "High")])


def text(asked, method="sample", number=None, order=None):
    return question_text(question(asked, order), method, number)


def test_text_options_in_the_order_shown_and_one_instruction():
    assert text(LIKERT, order=(1, 0)) == (
        'Text of q\n2: High\n1: Low\nAnswer with JSON and nothing else: {"q": ...}, '
        "where ... is the code of one option."
    )
    assert text(LIKERT, number=3) == (
        '3. Text of q\n1: Low\n2: High\nIn your JSON answer, "q" is the code of one option.'
    )


def test_an_option_that_is_its_own_label_stands_once():
    assert text(item("choice", ["Red", ("b", "Blue")])).splitlines()[1:3] == ["Red", "b: Blue"]


def test_decisions_are_asked_by_the_wire():
    assert text(LIKERT, "decision") == "Text of q\n1: Low\n2: High"


def test_labels_of_one_token():
    assert text(LIKERT, "logprob", order=(1, 0)) == (
        "Text of q\n2: High\n1: Low\nAnswer with exactly one of 2, 1 and nothing else."
    )
    assert text(item("choice", [("yes", "Yes"), ("no", "No")], decline="option"), "logprob") == (
        "Text of q\nA: Yes\nB: No\nC: Don't know\nAnswer with exactly one of A, B, C and nothing else."
    )


def test_probabilities():
    assert text(LIKERT, "verbalized").endswith(
        '{"q": ...}, where ... is an object with the probability of every option by its code, summing to 1.'
    )
    several = item("multi_select", ["a", "b"], decline="schema")
    assert text(several, "verbalized", 1).endswith(
        '"q" is an object with the probability, from 0 to 1, that each option applies, by its code, '
        "or null if you don't know."
    )


@pytest.mark.parametrize(
    ("type_", "codes", "wanted"),
    [
        ("choice", ["a"], "the code of one option"),
        ("likert", ["a"], "the code of one option"),
        ("numeric", (), "a number"),
        ("multi_select", ["a"], "a list of the codes of all options that apply"),
        ("ranking", ["a"], "a list of the codes of all options from first to last"),
        ("free_text", (), "your answer as a string"),
    ],
)
def test_what_each_type_wants(type_, codes, wanted):
    assert text(item(type_, codes), number=1).endswith(f'In your JSON answer, "q" is {wanted}.')
    assert text(item(type_, codes, decline="schema"), number=1).endswith(f"{wanted}, or null if you don't know.")
    declined = text(item(type_, codes, decline="option"), number=1)
    code = '["declined"]' if type_ in {"multi_select", "ranking"} else '"declined"'
    how = "." if type_ in {"choice", "likert"} else f", or {code} if you don't know."
    assert declined.endswith(wanted + how)
    assert "declined: Don't know" in declined.splitlines()


def test_a_lone_free_text_is_plain():
    assert text(item("free_text")) == "Text of q\nAnswer in your own words."
    assert text(item("free_text", decline="option")).endswith('words, or "declined" if you don\'t know.')
    assert text(item("free_text", decline="schema")).endswith(
        '{"q": ...}, where ... is your answer as a string, or null if you don\'t know.'
    )
    plain = question(item("free_text"))
    assert is_plain([plain], "sample")
    assert not is_plain([plain, plain], "sample")
    assert not is_plain([question(LIKERT)], "sample")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({}, "a number"),
        ({"integer": True}, "a whole number"),
        ({"low": 0.0, "high": 40.0}, "a number from 0 to 40"),
        ({"low": -0.5}, "a number of at least -0.5"),
        ({"high": 1000000.0, "integer": True}, "a whole number of at most 1000000"),
        ({"low": 1e22, "high": 1e300}, "a number from 1e+22 to 1e+300"),
    ],
)
def test_ranges_in_words(bounds, words):
    assert span(item("numeric", **bounds)) == words


def test_names_are_written_as_json():
    assert '{"a \\"b\\"": ...}' in text(item("choice", ["a"], name='a "b"'))
