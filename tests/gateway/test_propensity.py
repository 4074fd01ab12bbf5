from __future__ import annotations

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.propensity import (
    DECLINES,
    Subject,
    logistic,
    normal,
    picked,
    position,
    probabilities,
    uniforms,
    utilities,
)
from service.gateway.study import DECLINED

FIVE = (1, 2, 3, 4, 5)


def subject(**changed):
    return Subject(**{"model": "m", "persona": "p", "arm": "a", "draw": "d", **changed})


def expected(who, item="q"):
    return sum(code * p for code, p in zip(FIVE, probabilities(who, item, "likert", FIVE), strict=True))


def test_numbers_of_hashes_are_uniform_and_normal_enough():
    numbers = [normal("n", str(k)) for k in range(4000)]
    assert abs(fmean(numbers)) < 0.05
    assert abs(pstdev(numbers) - 1) < 0.05
    flat = [u for k in range(500) for u in uniforms(str(k))]
    assert abs(fmean(flat) - 0.5) < 0.02
    assert 0 <= min(flat) < max(flat) < 1


def test_words_are_told_apart_by_their_ends():
    assert uniforms("ab", "c") != uniforms("a", "bc")


def test_the_position_depends_on_everything_and_on_the_draw_only_with_noise():
    here = position(subject(), "q")
    for changed in ({"persona": "p2"}, {"arm": "a2"}, {"model": "m2"}):
        assert position(subject(**changed), "q") != here
    assert position(subject(), "q2") != here
    assert position(subject(draw="d2"), "q") == here
    assert position(subject(draw="d2", noise=0.5), "q") != position(subject(noise=0.5), "q")
    assert position(subject(bias=1.5), "q") == pytest.approx(here + 1.5)


def test_a_bias_raises_answers_and_an_arm_moves_all_personas_alike():
    low, high = (fmean(expected(subject(persona=str(k), bias=b)) for k in range(200)) for b in (-1, 1))
    assert high - low > 0.8
    shifts = {
        round(position(subject(persona=str(k)), "q") - position(subject(persona=str(k), arm="b"), "q"), 9)
        for k in range(9)
    }
    assert len(shifts) == 1


def test_a_scale_is_answered_along_its_codes_whatever_the_order_shown():
    along = probabilities(subject(), "q", "likert", FIVE)
    assert probabilities(subject(), "q", "likert", FIVE[::-1]) == along[::-1]
    assert sum(along) == pytest.approx(1)
    top = along.index(max(along))
    assert along[: top + 1] == sorted(along[: top + 1])
    assert along[top:] == sorted(along[top:], reverse=True)


def test_choices_follow_their_codes_too():
    three = probabilities(subject(), "q", "choice", ("a", "b", "c"))
    assert probabilities(subject(), "q", "choice", ("c", "a", "b")) == pytest.approx([three[2], three[0], three[1]])
    assert probabilities(subject(), "q", "likert", ("a", "b", "c")) == pytest.approx(three)
    noisy = subject(noise=1.0)
    assert probabilities(noisy, "q", "choice", ("a", "b")) != probabilities(subject(), "q", "choice", ("a", "b"))


def test_declining_has_its_share_and_no_place_on_the_scale():
    declining = probabilities(subject(), "q", "likert", (*FIVE, DECLINED))
    assert declining[5] == DECLINES
    plain = probabilities(subject(), "q", "likert", FIVE)
    assert declining[:5] == pytest.approx([(1 - DECLINES) * p for p in plain])
    assert probabilities(subject(), "q", "choice", ("a", DECLINED)) == pytest.approx([1 - DECLINES, DECLINES])


def test_several_are_each_by_itself():
    each = probabilities(subject(), "q", "multi_select", (1, 2, 3, DECLINED))
    assert each[3] == DECLINES
    assert each[:3] == pytest.approx([logistic(u) for u in utilities(subject(), "q", (1, 2, 3))])


def test_a_chance_falls_on_a_place_by_weight():
    assert [picked((1, 0, 3), chance) for chance in (0, 0.24, 0.25, 0.99, 1.0)] == [0, 0, 2, 2, 2]


def test_nothing_to_choose_from_is_an_error():
    for codes in ((), (DECLINED,)):
        with pytest.raises(ValueError, match="nothing"):
            probabilities(subject(), "q", "likert", codes)


@given(
    st.lists(st.integers(-9, 9) | st.text(max_size=3), min_size=1, max_size=12, unique_by=str),
    st.sampled_from(["likert", "choice", "multi_select"]),
    st.floats(-1e6, 1e6),
    st.floats(0, 1e6),
)
def test_probabilities_are_ones_for_any_codes_and_any_bias(codes, kind, bias, noise):
    found = probabilities(subject(bias=bias, noise=noise), "q", kind, tuple(codes))
    assert all(0 <= p <= 1 + 1e-12 for p in found)
    assert kind == "multi_select" or sum(found) == pytest.approx(1)
