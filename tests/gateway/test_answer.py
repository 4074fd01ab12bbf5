from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.answer import Answer, answered, applying, is_distribution, missing, moments, weighed
from service.gateway.study import DECLINED, Item, Option


def likert(*codes, decline="none"):
    return Item("q", "likert", "?", tuple(Option(code, f"label {code}") for code in codes), decline=decline)


def test_the_record_of_the_contract():
    answer = weighed(likert(1, 2, 3, 4, 5), (0.05, 0.1, 0.2, 0.45, 0.2), "logprob", text="4", off_option_mass=0.01)
    assert answer.value == 4
    assert answer.expected == pytest.approx(3.65, abs=1e-12)
    assert answer.variance == pytest.approx(1.1275, abs=1e-12)
    assert (answer.status, answer.text, answer.rule) == ("answered", "4", "logprob")
    assert (answer.off_option_mass, answer.missing, answer.repaired) == (0.01, None, False)


def test_codes_are_weighed_not_places():
    answer = weighed(likert(-10, 0, 100), (0.5, 0.25, 0.25), "decision")
    assert (answer.expected, answer.variance) == (20.0, 0.5 * 900 + 0.25 * 400 + 0.25 * 6400)


def test_declining_is_left_out_of_the_moments_and_stays_in_the_probabilities():
    answer = weighed(likert(1, 2, decline="option"), (0.3, 0.1, 0.6), "decision")
    assert (answer.value, answer.probabilities) == (DECLINED, (0.3, 0.1, 0.6))
    assert answer.expected == pytest.approx(1.25)
    assert answer.variance == pytest.approx(0.1875)


@pytest.mark.parametrize("rest", [0.0, 5e-7])
def test_nothing_but_declining_has_no_moments(rest):
    answer = weighed(likert(1, 2, decline="option"), (rest, 0.0, 1 - rest), "decision")
    assert (answer.value, answer.expected, answer.variance) == (DECLINED, None, None)


@pytest.mark.parametrize("codes", [("1", "2"), (1, "other"), ()])
def test_codes_that_are_no_numbers_have_no_moments(codes):
    assert moments(likert(*codes), (0.5, 0.5)) == (None, None)


def test_a_tie_goes_to_the_item_s_first_option():
    assert weighed(likert(3, 1, 2), (0.2, 0.4, 0.4), "decision").value == 1


def test_several_options_by_themselves():
    item = Item("q", "multi_select", "?", (Option(1, "a"), Option(2, "b"), Option(3, "c")))
    answer = applying(item, (0.9, 0.5, 0.51), "verbalized", text="t")
    assert (answer.value, answer.probabilities, answer.expected) == ((1, 3), (0.9, 0.5, 0.51), None)
    assert (answer.rule, answer.text) == ("verbalized", "t")
    assert applying(item, (0.1, 0.2, 0.3), "decision").value == ()


def test_declining_several_options():
    item = Item("q", "multi_select", "?", (Option("a", "a"), Option("b", "b")), decline="option")
    assert applying(item, (0.9, 0.1, 0.6), "decision").value == DECLINED
    assert applying(item, (0.9, 0.1, 0.4), "decision").value == ("a",)
    own = Item("q", "multi_select", "?", (Option("declined", "declined an offer"),))
    assert applying(own, (0.9,), "decision").value == ("declined",)


def test_written_and_missing_answers():
    assert answered(4, "exact", "4.") == Answer("answered", 4, text="4.", rule="exact")
    assert missing("off_option_mass", "x", 0.9) == Answer(
        "missing", missing="off_option_mass", text="x", off_option_mass=0.9
    )


@pytest.mark.parametrize(
    ("probabilities", "is_one"),
    [
        ((0.5, 0.5), True),
        ((1.0, 0.0), True),
        ((0.5, 0.5 + 9e-7), True),
        ((0.5, 0.5 + 2e-6), False),
        ((1.5, -0.5), False),
        ((nan, 1.0), False),
        ((inf, 0.0), False),
        ((), False),
    ],
)
def test_distributions(probabilities, is_one):
    assert is_distribution(probabilities, 1e-6) is is_one


@given(
    st.lists(st.integers(-1000, 1000), min_size=1, max_size=12, unique=True).flatmap(
        lambda codes: st.tuples(
            st.just(codes), st.lists(st.floats(1e-3, 1), min_size=len(codes), max_size=len(codes)), st.booleans()
        )
    )
)
def test_moments_are_those_of_a_distribution_on_the_codes(drawn):
    codes, weights, declines = drawn
    item = likert(*codes, decline="option" if declines else "none")
    masses = [*weights, 0.5] if declines else weights
    probabilities = tuple(w / sum(masses) for w in masses)
    answer = weighed(item, probabilities, "decision")
    assert min(codes) - 1e-9 <= answer.expected <= max(codes) + 1e-9
    assert -1e-9 <= answer.variance <= (max(codes) - min(codes)) ** 2 / 4 + 1e-6
    raw = sum(w * c for w, c in zip(weights, codes, strict=True)) / sum(weights)
    squares = sum(w * c * c for w, c in zip(weights, codes, strict=True)) / sum(weights)
    assert answer.expected == pytest.approx(raw, abs=1e-9)
    assert answer.variance == pytest.approx(squares - raw**2, abs=1e-6)
    assert answer.probabilities[item.offered.index(next(o for o in item.offered if o.code == answer.value))] == max(
        probabilities
    )
