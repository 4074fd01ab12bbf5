from __future__ import annotations

from dataclasses import replace
from math import inf, log, nan

import msgspec
import pytest

from service.gateway.elicitation import read
from service.gateway.elicitation.completions import MAX_OFF_OPTION_MASS, label_masses
from service.gateway.providers.protocol import Completion, Decision
from tests.gateway.elicitation.asked import call, item, question, states, wrote

LIKERT = item("likert", [(1, "Low"), (2, "Middle"), (3, "High")])
COLOURS = item("multi_select", ["red", "blue"], "colours")


def decided(*decisions):
    return Completion(decisions=tuple(d if isinstance(d, Decision) else Decision(tuple(d)) for d in decisions))


# --- decision


def test_decisions_are_turned_from_the_order_shown_to_the_item_s():
    asked = question(LIKERT, (2, 0, 1))
    (answer,) = read(call("decision", asked), decided((0.7, 0.1, 0.2)))
    assert (answer.value, answer.probabilities) == (3, (0.1, 0.2, 0.7))
    assert answer.expected == pytest.approx(2.6)
    assert answer.variance == pytest.approx(0.44)
    assert (answer.rule, answer.off_option_mass) == ("decision", None)


def test_a_refused_question_does_not_lose_its_neighbours():
    two = replace(LIKERT, name="r")
    answers = read(call("decision", LIKERT, two, item("choice", "ab", "s")), decided(
        (0.2, 0.3, 0.5), Decision(None, "refused"), Decision(None)
    ))  # fmt: skip
    assert states(answers) == [3, "refused", "unparseable"]


@pytest.mark.parametrize(
    "probabilities",
    [(0.5, 0.5), (0.5, 0.5, 0.0, 0.0), (0.5, 0.4, 0.0), (1.2, -0.2, 0.0), (nan, 0.5, 0.5), (inf, 0.0, 0.0), ()],
)
def test_no_distribution_is_no_answer(probabilities):
    assert states(read(call("decision", LIKERT), decided(probabilities))) == ["unparseable"]


def test_declining_by_decision():
    asked = question(replace(LIKERT, decline="option"), (3, 0, 1, 2))
    (answer,) = read(call("decision", asked), decided((1.0, 0.0, 0.0, 0.0)))
    assert (answer.value, answer.expected, answer.probabilities) == ("declined", None, (0.0, 0.0, 0.0, 1.0))


def test_mass_off_the_options_of_a_decision():
    at, above = (Decision((0.2, 0.3, 0.5), off_option_mass=off) for off in (MAX_OFF_OPTION_MASS, 0.51))
    (answer,) = read(call("decision", LIKERT), decided(at))
    assert (answer.value, answer.off_option_mass) == (3, 0.5)
    (answer,) = read(call("decision", LIKERT), decided(above))
    assert (answer.missing, answer.off_option_mass, answer.probabilities) == ("off_option_mass", 0.51, None)


def test_several_options_decided_by_themselves():
    asked = call("decision", question(COLOURS, (1, 0)))
    (answer,) = read(asked, decided((0.9, 0.8)))
    assert (answer.value, answer.probabilities, answer.rule) == (("red", "blue"), (0.8, 0.9), "decision")
    assert states(read(asked, decided((0.9, 1.1)))) == ["unparseable"]
    assert states(read(asked, decided((0.9, nan)))) == ["unparseable"]
    assert states(read(asked, decided((0.9,)))) == ["unparseable"]


def test_other_than_one_decision_per_question():
    two = call("decision", LIKERT, replace(LIKERT, name="r"))
    assert states(read(two, decided((0.2, 0.3, 0.5)))) == ["unparseable"] * 2
    assert states(read(two, wrote("2"))) == ["constraint_not_honoured"] * 2


# --- logprob


def first_token(**masses):
    """Probabilities of first tokens; a leading underscore stands for a space."""
    return Completion(text="x", logprobs=tuple((t.replace("_", " "), log(p)) for t, p in masses.items()))


def test_spellings_of_a_label_are_one():
    asked = item("choice", [("yes", "Yes"), ("no", "No")])
    (answer,) = read(call("logprob", asked), first_token(A=0.3, _A=0.2, a=0.1, B=0.2, C=0.1))
    assert answer.value == "yes"
    assert answer.probabilities == pytest.approx((0.75, 0.25))
    assert answer.off_option_mass == pytest.approx(0.2)
    assert (answer.rule, answer.text, answer.expected) == ("logprob", "x", None)


def test_labels_are_of_the_order_shown():
    asked = item("likert", [1, 2, 10])
    (answer,) = read(call("logprob", question(asked, (2, 0, 1))), first_token(A=0.6, B=0.3, C=0.1))
    assert (answer.value, answer.probabilities) == (10, pytest.approx((0.3, 0.1, 0.6)))
    assert answer.expected == pytest.approx(6.5)


def test_tokens_that_only_begin_or_end_like_a_label_are_none():
    asked = call("logprob", item("likert", [1, 2]))
    completion = Completion(logprobs=(("1", log(0.4)), ("2", log(0.2)), ("10", log(0.2)), ("1.", log(0.1)), ("", -9.0)))
    (answer,) = read(asked, completion)
    assert answer.off_option_mass == pytest.approx(0.4)
    assert answer.probabilities == pytest.approx((2 / 3, 1 / 3))


def test_out_of_top_counts_nothing():
    (answer,) = read(call("logprob", LIKERT), Completion(logprobs=(("1", -9999.0), ("2", 0.0))))
    assert (answer.probabilities, answer.off_option_mass) == ((0.0, 1.0, 0.0), 0.0)


@pytest.mark.parametrize(("mass", "answers"), [(0.5000001, True), (0.4999999, False), (1e-300, False)])
def test_mass_off_the_labels(mass, answers):
    (answer,) = read(call("logprob", LIKERT), Completion(text="I", logprobs=(("2", log(mass)),)))
    assert answer.missing == (None if answers else "off_option_mass")
    assert answer.off_option_mass == pytest.approx(1 - mass)
    assert (answer.probabilities is None) is not answers


@pytest.mark.parametrize("logprobs", [None, ()])
def test_absent_log_probabilities(logprobs):
    assert states(read(call("logprob", LIKERT), Completion(text="2", logprobs=logprobs))) == ["logprobs_absent"]


@pytest.mark.parametrize("logprob", [0.01, inf, nan])
def test_impossible_log_probabilities(logprob):
    assert states(read(call("logprob", LIKERT), Completion(logprobs=(("1", logprob),)))) == ["unparseable"]
    both = Completion(logprobs=(("1", log(0.8)), ("2", log(0.8))))
    assert states(read(call("logprob", LIKERT), both)) == ["unparseable"]


def test_masses_of_labels():
    assert label_masses(("A", "B"), [("A", log(0.5)), ("A", log(0.5)), ("\nb", log(0.25))]) == [0.5, 0.25]
    assert label_masses(("A",), [("a", 5e-4)]) == [1.0]
    assert label_masses(("A",), [("a", -inf)]) == [0.0]


def test_one_token_answers_one_question():
    asked = call("logprob", LIKERT)
    several = replace(asked, questions=asked.questions * 2)
    assert states(read(several, first_token(A=1.0))) == ["unsupported"] * 2


# --- verbalized


def states_of(asked, *members, **rest):
    return read(call("verbalized", *asked), wrote(msgspec.json.encode(rest or members[0]).decode()))


def test_stated_probabilities():
    asked = question(LIKERT, (2, 0, 1))
    (answer,) = read(call("verbalized", asked), wrote('{"q": {"3": 0.7, "1": 0.1, "2": 0.2}}'))
    assert (answer.value, answer.rule) == (3, "verbalized")
    assert answer.probabilities == pytest.approx((0.1, 0.2, 0.7))
    assert answer.expected == pytest.approx(2.6)


@pytest.mark.parametrize(("stated", "sound"), [(0.519, True), (0.481, True), (0.521, False), (0.479, False)])
def test_stated_probabilities_are_renormalised_within_two_hundredths(stated, sound):
    (answer,) = states_of([item("likert", [1, 2])], {"q": {"1": 0.5, "2": stated}})
    assert answer.missing == (None if sound else "unparseable")
    if sound:
        assert sum(answer.probabilities) == pytest.approx(1, abs=1e-12)
        assert answer.probabilities[0] == pytest.approx(0.5 / (0.5 + stated))


@pytest.mark.parametrize(
    "member",
    [
        {"1": 50, "2": 50},
        {"1": "0.5", "2": "0.5"},
        {"1": 1.0},
        {"1": 0.5, "2": 0.3, "3": 0.2},
        {"1": True, "2": False},
        {"1": None, "2": 1},
        {"1": -0.1, "2": 1.1},
        {},
        [0.5, 0.5],
        None,
        1,
        "1: 50%, 2: 50%",
    ],
)
def test_what_states_no_distribution(member):
    assert states(states_of([item("likert", [1, 2])], {"q": member})) == ["unparseable"]


def test_refusing_or_declining_to_state():
    asked = item("likert", [1, 2], decline="schema")
    (answer,) = states_of([asked], {"q": None})
    assert (answer.value, answer.probabilities, answer.expected, answer.rule) == ("declined", None, None, "verbalized")
    assert states(states_of([asked], {"q": "I cannot answer that."})) == ["refused"]
    assert states(read(call("verbalized", asked), wrote("I cannot answer that."))) == ["refused"]
    assert states(read(call("verbalized", asked), wrote("1"))) == ["unparseable"]
    offered = item("likert", [1, 2], decline="option")
    (answer,) = states_of([offered], {"q": {"1": 0.2, "2": 0.2, "declined": 0.6}})
    assert (answer.value, answer.expected) == ("declined", pytest.approx(1.5))


def test_several_options_stated_by_themselves():
    (answer,) = states_of([COLOURS], colours={"red": 1, "blue": 0.2})
    assert (answer.value, answer.probabilities, answer.rule) == (("red",), (1.0, 0.2), "verbalized")
    assert all(isinstance(p, float) for p in answer.probabilities)
    assert states(states_of([COLOURS], colours={"red": 1.5, "blue": 0.2})) == ["unparseable"]
