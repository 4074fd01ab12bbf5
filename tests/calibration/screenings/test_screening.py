from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from service.calibration.screenings.discoveries import Budget
from service.calibration.screenings.expectation import EffectCalibration, LlmEffects
from service.calibration.screenings.question import Hypotheses, Question, Weighting
from service.calibration.screenings.rejections import adjusted
from service.calibration.screenings.screening import repeated, resolved, screen, two_sided_p_values

COUNT = 60
rng = np.random.default_rng(21)
EFFECT = np.where(rng.random(COUNT) < 0.4, rng.normal(0, 0.5, COUNT), 0.0)
LLM = LlmEffects(2.5 * EFFECT + rng.normal(0, 0.3, COUNT), np.full(COUNT, 0.02))
P = two_sided_p_values(EFFECT + rng.normal(0, 0.14, COUNT), np.full(COUNT, 0.14))
HALF = np.where(np.arange(COUNT) % 2 == 0, P, np.nan)
NAMES = tuple(f"h{i}" for i in range(COUNT))
BUDGET = Budget(5000, 5.0, 1.0, 200)
ASKED = Question(calibration=EffectCalibration(0.4, 0.1), next=BUDGET)
CROSSED = Weighting(method="cross_weighted")
EVERY = [
    replace(ASKED, multiplicity=m, weighting=w) for m in ("benjamini_hochberg", "holm") for w in (Weighting(), CROSSED)
]


def screened(p: np.ndarray = HALF, question: Question = ASKED):
    return screen(Hypotheses(NAMES, LLM, p), question)


def test_p_values_of_effects_have_two_tails() -> None:
    found = two_sided_p_values(np.array([1.959963984540054, -1.959963984540054, 0.0]), np.ones(3))
    assert found == pytest.approx([0.05, 0.05, 1.0], rel=1e-12)


@pytest.mark.parametrize("question", EVERY)
def test_rejected_exactly_when_adjusted_is_at_most_the_error_rate(question) -> None:
    found = screened(question=question).hypotheses
    for one, p in zip(found, HALF, strict=True):
        if np.isnan(p):
            assert (one.p_value, one.p_value_adjusted, one.rejected, one.claim) == (None, None, None, "exploratory")
        else:
            assert one.rejected is (one.p_value_adjusted <= 0.05)
            assert one.claim == "confirmatory"
    assert np.mean([one.weight for one in found]) == pytest.approx(1.0)
    assert any(one.rejected for one in found)


def test_fixed_weights_are_the_same_whatever_the_humans_said() -> None:
    """Bit for bit, as are the expected discoveries."""
    one, other = screened(P), screened(np.full(COUNT, np.nan))
    assert [h.weight for h in one.hypotheses] == [h.weight for h in other.hypotheses]
    assert one.expected_discoveries == other.expected_discoveries
    assert (one.claim, other.claim) == ("confirmatory", "exploratory")


def test_the_procedure_is_the_weighted_one() -> None:
    found = screened(P)
    again = adjusted(P, np.array([h.weight for h in found.hypotheses]), "benjamini_hochberg")
    assert [h.p_value_adjusted for h in found.hypotheses] == again.tolist()


@pytest.mark.parametrize("question", EVERY)
def test_what_is_next_would_be_rejected_at_its_threshold(question) -> None:
    """The probability of the one hypothesis that the budget buys is that of the p-values that would get it rejected."""
    question = replace(question, next=replace(BUDGET, budget=1000.0))
    found = screened(question=question)
    (best,) = found.next
    i = NAMES.index(best.name)
    assert np.isnan(HALF[i])

    def rejected(p: float) -> bool:
        tried = HALF.copy()
        tried[i] = p
        return bool(screened(tried, question).hypotheses[i].rejected)

    low, high = 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if rejected(middle) else (low, middle)
    expected = 0.4 * LLM.estimate[i]
    variance = 0.01 + (0.4 * 0.02) ** 2 + BUDGET.standard_error**2
    draws = expected + np.sqrt(variance) * np.random.default_rng(0).standard_normal(40_000)
    share = (two_sided_p_values(draws, np.full(40_000, BUDGET.standard_error)) <= low).mean()
    assert best.probability_of_discovery == pytest.approx(share, abs=0.01)


def test_with_cross_weights_no_p_value_above_the_error_rate_is_rejected() -> None:
    tiny = np.full(COUNT, 1e-12)
    tiny[0] = 0.051
    found = screened(tiny, replace(ASKED, weighting=CROSSED)).hypotheses[0]
    assert found.rejected is False


def test_everything_rejected_leaves_nothing_next() -> None:
    for question in EVERY:
        assert screened(np.full(COUNT, 1e-12), question).next == ()
    assert screened(question=replace(ASKED, next=replace(BUDGET, budget=10.0))).next == ()
    assert screened(question=replace(ASKED, next=None)).next is None


def test_a_fold_of_which_all_is_rejected_is_left_alone() -> None:
    p = np.where(np.arange(COUNT) < 59, 1e-12, np.nan)
    found = screened(p, EVERY[3])
    assert [one.name for one in found.next] == ["h59"]


def test_the_same_request_gives_the_same_answer_and_another_seed_other_folds() -> None:
    crossed = replace(ASKED, weighting=CROSSED)
    assert screened(question=crossed) == screened(question=crossed)
    assert screened(question=crossed) != screened(question=replace(crossed, seed=1))


def test_defaults_come_from_the_llm_effects_and_the_budget() -> None:
    assert resolved(LLM, ASKED).planned_standard_error == BUDGET.standard_error
    assert resolved(LLM, replace(ASKED, weighting=Weighting(planned_standard_error=0.3))).planned_standard_error == 0.3
    bare = resolved(LLM, Question())
    assert bare.calibration.slope == 0.4
    assert bare.folds is None
    assert bare.planned_standard_error > 0
    assert resolved(LlmEffects(LLM.estimate[:3], LLM.standard_error[:3]), Question(weighting=CROSSED)).folds == 3


def test_names_that_stand_twice_are_all_told() -> None:
    assert [p.pointer for p in repeated(["a", "b", "a", "a"])] == ["/hypotheses/2/name", "/hypotheses/3/name"]
    assert repeated(["a", "b"]) == []


def test_twenty_thousand_hypotheses_take_seconds_at_most() -> None:
    count = 20_000
    effects = rng.normal(0, 0.4, count)
    many = Hypotheses(tuple(map(str, range(count))), LlmEffects(effects, np.full(count, 0.02)), rng.random(count))
    began = time.process_time()
    screen(many, ASKED)
    assert time.process_time() - began < 3.0
