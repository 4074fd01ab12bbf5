from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.providers.protocol import Decision, Question
from service.gateway.providers.typed_questions import (
    asked,
    asked_by_name,
    decided_by_name,
    distribution,
    gathered,
    likelihood,
    one_text,
)
from service.gateway.study import Item, Option
from tests.gateway.providers.decided import MEDIA, TRUST, VOTE, call


def form(item, options, most_levels=10):
    (part,) = asked(Question(item, options), 0, most_levels)
    return part.form


def likert(count, labels=None, **rest):
    return Item(
        "x", "likert", "?", tuple(Option(i, labels[i] if labels else f"level {i}") for i in range(count)), **rest
    )


def test_a_likert_item_shown_along_its_scale_is_a_scale():
    assert form(TRUST, TRUST.options) == "scale"
    assert form(TRUST, TRUST.options[::-1]) == "scale"


def test_a_likert_item_mixed_too_long_too_short_or_with_an_option_of_declining_is_a_choice():
    assert form(TRUST, TRUST.options[1:] + TRUST.options[:1]) == "choice"
    assert form(likert(10), likert(10).options) == "scale"
    assert form(likert(11), likert(11).options) == "choice"
    assert form(likert(11), likert(11).options, 255) == "scale"
    assert form(likert(1), likert(1).options) == "choice"
    declining = likert(5, decline="option")
    assert form(declining, declining.offered) == "choice"


def test_a_choice_is_one_also_where_its_codes_are_numbers():
    item = Item("x", "choice", "?", (Option(0, "No"), Option(1, "Yes")))
    (part,) = asked(Question(item, item.options), 4, 10)
    assert (part.name, part.form, part.options, part.descriptions) == ("q5", "choice", ("No", "Yes"), ("", ""))


@pytest.mark.parametrize("labels", [("a", "a"), ("a", ""), ("a", " b"), ("a", "b\n"), ("a", "b\x07")])
def test_labels_that_cannot_be_names_are_descriptions_of_places(labels):
    item = likert(2, labels)
    (part,) = asked(Question(item, item.options), 0, 10)
    assert (part.form, part.options) == ("choice", ("1", "2"))
    assert part.descriptions == tuple(label if label.strip() else "1" for label in labels)


def test_several_options_are_a_yes_or_no_each():
    first, second = asked(Question(MEDIA, MEDIA.options), 2, 10)
    assert (first.name, second.name, first.form) == ("q3_1", "q3_2", "binary")
    assert first.text == "Which of these did you use today?\nThis is among the answers chosen: Radio"


def test_item_names_are_not_on_the_wire():
    assert not {"trust", "vote", "media"} & set(str(asked_by_name(call(), 10)).split("'"))


def test_a_distribution_is_put_in_the_order_shown_and_rounding_is_taken_out():
    found = distribution({"b": 0.3001, "a": 0.7}, ("a", "b"))
    assert found.probabilities == pytest.approx((0.7 / 1.0001, 0.3001 / 1.0001), abs=1e-15)
    assert found.off_option_mass is None


def test_mass_off_the_options_is_what_the_server_says_or_what_the_sum_lacks():
    assert distribution({"a": 0.7, "b": 0.3}, ("a", "b"), 0.9) == Decision((0.7, 0.3), None, pytest.approx(0.1))
    lacking = distribution({"a": 0.6, "b": 0.2}, ("a", "b"))
    assert lacking.probabilities == pytest.approx((0.75, 0.25))
    assert lacking.off_option_mass == pytest.approx(0.2)
    assert distribution({"a": 0.7, "b": 0.3}, ("a", "b"), 1.0).off_option_mass == 0
    assert distribution({"a": 0.6, "b": 0.2}, ("a", "b"), 0.5).off_option_mass == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ({}, "constraint_not_honoured"),
        ({"a": 1.0}, "unparseable"),
        ({"a": 0.5, "b": 0.3, "c": 0.2}, "unparseable"),
        ({"a": 0.5, "c": 0.5}, "unparseable"),
        ({"a": 0.5, "b": None}, "unparseable"),
        ({"a": -0.1, "b": 1.1}, "unparseable"),
        ({"a": 0.9, "b": 0.9}, "unparseable"),
        ({"a": 0.0, "b": 0.0}, "unparseable"),
        ({"a": 45, "b": 55}, "unparseable"),
    ],
)
def test_what_is_no_distribution_over_the_options_is_missing(found, missing):
    assert distribution(found, ("a", "b")) == Decision(None, missing)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0, 1))
def test_what_comes_out_sums_to_one_with_a_mass_within_zero_and_one(values, mass):
    found = distribution(dict(enumerate(values)), range(len(values)), mass)
    if found.probabilities is not None:
        assert sum(found.probabilities) == pytest.approx(1, abs=1e-12)
        assert 0 <= found.off_option_mass <= 1


def test_likelihoods_and_their_gathering():
    assert likelihood(0.2) == Decision((0.2,))
    assert likelihood(None) == Decision(None, "constraint_not_honoured")
    assert likelihood(1.2) == Decision(None, "unparseable")
    assert gathered([Decision((0.2,)), Decision((0.7,))]) == Decision((0.2, 0.7))
    assert gathered([Decision((0.2,)), Decision(None, "refused"), Decision(None, "unparseable")]) == Decision(
        None, "refused"
    )
    assert gathered([Decision((0.5, 0.5), None, 0.3)]).off_option_mass == 0.3


def test_an_answer_of_another_type_or_none_is_missing_and_its_neighbours_stand():
    answers = {
        "q1": {"type": "choice", "probabilities": {}},
        "q2": {"type": "choice", "probabilities": {"Greens": 0.6, "Liberals": 0.2, "Nobody": 0.15, "Don't know": 0.05}},
        "q3_1": {"type": "noul", "noul": 0.7},
    }
    trust, vote, media = decided_by_name(call(TRUST, VOTE, MEDIA), 10, answers)
    assert trust == Decision(None, "unparseable")
    assert vote.probabilities == pytest.approx((0.6, 0.2, 0.15, 0.05))
    assert media == Decision(None, "unparseable")


def test_a_stated_mass_that_is_none_is_not_used():
    answers = {"q1": {"type": "score", "probabilities": {str(k): 0.2 for k in range(5)}}}
    for mass in (1.5, -1, "0.5", None):
        (trust,) = decided_by_name(call(TRUST), 10, answers, {"q1": {"label_mass": mass}})
        assert trust.off_option_mass is None


def test_the_system_text_stands_before_the_users():
    assert one_text(call()) == "You are 34.\n\nThe tax was raised."
    assert one_text(call(system="")) == "The tax was raised."
