"""Allocation over questions against closed forms, brute force over splits, and studies that ``calibrate`` analyses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.closed_forms import cost_share
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis
from service.calibration.designs.market import best_variance, market_of
from service.calibration.designs.objective import Aim, Objective
from service.calibration.designs.planned import drawn, planned_study
from service.calibration.designs.questionnaire import Asked, Questionnaire
from service.calibration.designs.questions import questions_design
from service.calibration.errors import InvalidPlan
from service.calibration.plan import Plan
from tests.calibration.studies import problems

SD, RHO, HUMAN, LLM, WEIGHT = (1.0, 2.0, 0.5), (0.7, 0.3, 0.9), (5.0, 3.0, 8.0), 0.02, (1.0, 2.0, 3.0)
BUDGET = Objective("budget", 3000.0)


def single(sd: float, rho: float) -> Basis:
    return assumed_basis(Assumed(("m",), np.array([sd]), np.array([[rho]]), np.eye(1)))


def armed(sd: float, rho: float, prediction_design: str, arms: tuple[str, ...] = ("c", "t")) -> Basis:
    D = len(arms)
    assumed = Assumed(("m",), np.full(D, sd), np.full((D, 1), rho), np.eye(1), arms, prediction_design, 0.5)
    return assumed_basis(assumed)


ASKED = tuple(Asked(f"q{k}", single(SD[k], RHO[k]), Costs(HUMAN[k], (LLM,)), WEIGHT[k]) for k in range(3))
UNIT = np.array([c * s**2 * cost_share(r, LLM / c) for c, s, r in zip(HUMAN, SD, RHO, strict=True)])
W = np.array(WEIGHT)


def asked(sample="separate", minimise="weighted_sum", questions=ASKED, **rest) -> Questionnaire:
    return Questionnaire(questions, sample, minimise, rest.pop("objective", BUDGET), **rest)


@pytest.mark.parametrize("minimise", ["weighted_sum", "worst"])
def test_the_money_is_split_as_the_closed_form_says(minimise):
    """B_q is proportional to sqrt(w v) for the sum and to w v for the worst, v the variance of a unit of money."""
    found = questions_design(asked(minimise=minimise))
    share = np.sqrt(W * UNIT) if minimise == "weighted_sum" else W * UNIT
    each = W * UNIT / (3000 * share / share.sum())
    exact = each.sum() if minimise == "weighted_sum" else each.max()
    assert found.value_continuous == pytest.approx(exact, rel=1e-10)
    assert [q.share for q in found.questions] == pytest.approx(share / share.sum(), abs=0.004)
    even = W * UNIT / 1000
    assert found.value_even == pytest.approx(even.sum() if minimise == "weighted_sum" else even.max(), rel=1e-8)
    variances = np.array([q.standard_error**2 for q in found.questions]) * W
    assert found.value == pytest.approx(variances.sum() if minimise == "weighted_sum" else variances.max(), rel=1e-12)
    assert exact <= found.value <= exact * 1.002
    assert found.cost <= 3000
    assert found.optimality_gap < 1e-9


def test_with_free_answers_humans_follow_the_contracts_formula():
    """n_q proportional to sqrt(w_q s_q^2 (1 - rho_q^2) / c_q)."""
    free = tuple(replace(one, costs=replace(one.costs, llm=(0.0,))) for one in ASKED)
    found = questions_design(asked(questions=free, constraints=Constraints(max_llm_only=1e9)))
    n = np.array([q.n_human for q in found.questions])
    shares = np.sqrt(W * np.array(SD) ** 2 * (1 - np.array(RHO) ** 2) / np.array(HUMAN))
    assert n / n.sum() == pytest.approx(shares / shares.sum(), abs=0.003)


def test_no_split_of_the_money_is_better():
    """Every question designed alone with its part, over a grid of parts."""
    two, parts = ASKED[:2], np.linspace(0.05, 0.95, 31)
    markets = [market_of(one.basis, one.costs, Constraints()) for one in two]
    table = np.array(
        [
            [one.weight * best_variance(m, p * 3000) for one, m, p in zip(two, markets, (part, 1 - part), strict=True)]
            for part in parts
        ]
    )
    for minimise, best in (("weighted_sum", table.sum(axis=1).min()), ("worst", table.max(axis=1).min())):
        found = questions_design(asked(minimise=minimise, questions=two)).value_continuous
        assert found <= best * (1 + 1e-9)
        assert best <= found * 1.05


def information(k: int, prediction_design: str, n: np.ndarray, with_llm: np.ndarray, only: np.ndarray) -> np.ndarray:
    """Variance of question k's contrast, (N,): n humans without and with answers per arm, LLM-only units per pool."""
    s, r, a = SD[k], RHO[k], 0.5
    if prediction_design != "shared":
        joint = np.array([[s * s, s * r], [s * r, 1.0]])
        matrix = with_llm[:, None, None] * np.linalg.inv(joint)
        matrix[:, 0, 0] += n / s**2
        matrix[:, 1, 1] += only
        return np.linalg.inv(matrix)[:, 0, 0] * (1 if prediction_design == "single" else 2)
    pool = np.array([[1, a], [a, 1]])
    matrix = np.zeros((n.size, 4, 4))  # y_c, y_t, f_c, f_t
    matrix[:, 2:, 2:] += only[:, None, None] * np.linalg.inv(pool)
    for d in (0, 1):
        cross = s * r * np.array([1, a] if d == 0 else [a, 1])
        joint = np.block([[np.array([[s * s]]), cross[None, :]], [cross[:, None], pool]])
        places = np.array([d, 2, 3])
        matrix[:, places[:, None], places] += with_llm[:, None, None] * np.linalg.inv(joint)
        matrix[:, d, d] += n / s**2
    t = np.array([-1.0, 1.0, 0.0, 0.0])
    return np.einsum("i,nij,j->n", t, np.linalg.inv(matrix), t)


@pytest.mark.parametrize("minimise", ["weighted_sum", "worst"])
@pytest.mark.parametrize("prediction_design", ["single", "independent", "shared"])
def test_one_sample_serves_every_question(minimise, prediction_design):
    """Against a grid over the three ways to spend: humans without answers, humans with, LLM-only units."""
    D, pools = (1 if prediction_design == "single" else 2), (2 if prediction_design == "independent" else 1)
    bases = [single(SD[k], RHO[k]) if D == 1 else armed(SD[k], RHO[k], prediction_design) for k in range(2)]
    questions = tuple(Asked(f"q{k}", bases[k], Costs(5.0, (0.05,)), WEIGHT[k]) for k in range(2))
    found = questions_design(asked("same", minimise, questions))
    answers = 2 * 0.05 * (D if prediction_design == "shared" else 1)
    plain, with_llm = (g.ravel() for g in np.meshgrid(np.linspace(0, 0.98, 50), np.linspace(0.01, 1, 100)))
    plain, with_llm = plain[plain + with_llm <= 1 + 1e-9], with_llm[plain + with_llm <= 1 + 1e-9]
    counts = (
        3000 * plain / 5 / D,
        3000 * with_llm / (5 + answers) / D,
        3000 * np.maximum(0, 1 - plain - with_llm) / answers / pools,
    )
    each = [WEIGHT[k] * information(k, prediction_design, *counts) for k in range(2)]
    best = float((sum(each) if minimise == "weighted_sum" else np.maximum(*each)).min())
    assert found.value_continuous <= best * (1 + 1e-9)
    assert best <= found.value_continuous * 1.003
    assert found.value_even is None
    assert {q.n_human for q in found.questions} == {found.n_human}
    assert all(q.groups is q.cost is q.share is None for q in found.questions)
    assert found.groups is not None
    assert {round(g.unit_cost, 9) for g in found.groups} <= {5.0, 5 + answers, answers}


def test_targets_and_limits_hold():
    limits = Constraints(min_human_per_arm=400)
    found = questions_design(asked(minimise="worst", objective=Objective("standard_error", 0.05), constraints=limits))
    assert math.sqrt(found.value) <= 0.05
    assert found.value == pytest.approx(found.value_continuous, rel=1e-3)
    assert [q.standard_error * math.sqrt(q.weight) < 0.05 + 1e-9 for q in found.questions] == [True] * 3
    assert min(q.n_human for q in found.questions) >= 400
    assert found.frontier == ()
    capped = questions_design(asked(constraints=Constraints(max_human=300)))
    assert capped.n_human <= 300
    assert capped.value_even is None
    assert all(q.standard_error_even is None for q in capped.questions)
    poor = questions_design(asked(constraints=Constraints(min_human_per_arm=130)))
    assert poor.value_even is None  # 1000 do not pay for 130 humans at 8


def test_power_is_each_questions_own():
    questions = (replace(ASKED[0], effect=0.3), ASKED[1])
    found = questions_design(asked(questions=questions, aim=Aim(0.1)))
    alone = [Aim(effect).power_at(q.standard_error) for effect, q in zip((0.3, 0.1), found.questions, strict=True)]
    assert [q.power for q in found.questions] == alone
    assert found.questions[0].effective_sample_size == pytest.approx(1 / found.questions[0].standard_error ** 2)
    assert [p.cost for p in found.frontier] == sorted(p.cost for p in found.frontier)
    assert found.frontier[6].standard_error == pytest.approx(math.sqrt(found.value_continuous))


def test_questions_may_differ_in_arms_where_they_have_samples_of_their_own():
    several = Asked("arms", armed(1.0, 0.5, "independent", ("a", "b", "c")), Costs(4.0, (0.1,)))
    found = questions_design(asked(minimise="worst", questions=(several, ASKED[0])))
    alone = design(several.basis, several.costs, Objective("budget", found.questions[0].cost))
    assert found.questions[0].standard_error == pytest.approx(alone.design.standard_error, rel=2e-3)
    assert {g.arm for g in found.questions[0].groups} == {"a", "b", "c"}
    assert found.questions[1].n_human > 0


def test_few_humans_are_told():
    assert [w.code for w in questions_design(asked(objective=Objective("budget", 100.0))).warnings] == ["few_humans"]
    assert questions_design(asked()).warnings == ()


def test_what_no_money_buys_is_refused():
    with pytest.raises(InvalidPlan) as refused:
        questions_design(asked(objective=Objective("budget", 10.0)))
    assert problems(refused.value) == [("/objective/budget", "infeasible_constraints")]
    with pytest.raises(InvalidPlan) as between:  # nine and a half humans at least, and money for less than ten
        questions_design(
            asked(
                questions=ASKED[:1], objective=Objective("budget", 48.0), constraints=Constraints(min_human_per_arm=9.5)
            )
        )
    assert problems(between.value) == [("/constraints", "infeasible_constraints")]


@pytest.mark.unwatched
def test_allocation_beats_even_money_by_the_predicted_amount():
    """Each question's study drawn and calibrated; the sum of the estimates' variances within 3.5 Monte Carlo errors."""
    found, R = questions_design(asked()), 100
    totals = {}
    for name, parts in (
        ("optimal", [q.cost for q in found.questions]),
        ("even", [1000.0] * 3),
    ):
        terms = []
        for k, (one, part) in enumerate(zip(ASKED, parts, strict=True)):
            planned = design(one.basis, one.costs, Objective("budget", part)).design
            study = planned_study(one.basis.joint, planned)
            generator = np.random.default_rng([k, name == "even"])
            estimates = [calibrate(s, Plan()).estimates[0].result.estimate for s in drawn(study, R, generator)]
            terms.append(one.weight * float(np.var(estimates, ddof=1)))
        error = math.sqrt(2 / (R - 1)) * math.hypot(*terms)
        totals[name] = (sum(terms), error)
    (best, best_error), (even, even_error) = totals["optimal"], totals["even"]
    assert abs(best - found.value) < 3.5 * best_error
    assert abs(even - found.value_even) < 3.5 * even_error
    predicted = found.value / found.value_even
    assert predicted < 0.75
    assert abs(math.log(best / even / predicted)) < 3.5 * math.hypot(best_error / best, even_error / even)
