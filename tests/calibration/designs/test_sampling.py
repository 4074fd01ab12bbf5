"""Sampling probabilities against brute force, closed forms, and the spread of estimates that ``calibrate`` makes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.designs.objective import Aim, Objective
from service.calibration.designs.sampling import Frame, mixed, probabilities, remaining, sampling_design
from service.calibration.errors import InvalidPlan
from service.calibration.layouts.draft import Draft, finish
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.survey import SurveyRows
from service.calibration.plan import Plan
from service.calibration.sample import Column
from tests.calibration.studies import problems as told

PLACE, BAD = "/basis/predicted_error", "bad_predicted_error"
U = np.random.default_rng(3).gamma(2.0, 0.4, 40)


def budget(humans: float) -> Objective:
    return Objective("budget", humans)


def brute(u: np.ndarray, n: float) -> np.ndarray:
    """min(1, gamma u) by bisection on gamma."""
    low, high = 0.0, 1e9
    for _ in range(300):
        gamma = (low + high) / 2
        low, high = (gamma, high) if np.minimum(1, gamma * u).sum() < n else (low, gamma)
    return np.minimum(1, high * u)


@pytest.mark.parametrize("n", [3.0, 10.0, 25.5, 39.0, 39.99])
def test_probabilities_sum_to_the_budget_and_stop_at_one(n):
    found = probabilities(U, n)
    assert found.sum() == pytest.approx(n, rel=1e-12)
    assert found == pytest.approx(brute(U, n), rel=1e-9)
    assert found.max() <= 1


def test_a_census_asks_everybody():
    assert probabilities(U, 40.0).tolist() == [1.0] * 40
    found = sampling_design(Frame(U, 2.0), 1.0, budget(100.0))
    assert (found.n_expected, found.n_certain, found.cost, found.n_uniform) == (40.0, 40, 40.0, pytest.approx(40.0))
    assert found.standard_error == pytest.approx(2.0 / math.sqrt(40))


def test_no_other_probabilities_of_the_same_sum_are_better():
    """Brute force on a grid of three units, and random shifts of probability between pairs of many."""
    u, rng = np.array([2.0, 1.0, 0.2]), np.random.default_rng(0)
    grid = np.linspace(0.002, 1, 500)
    a, b = np.meshgrid(grid, grid)
    c = 1.5 - a - b
    values = np.where((c > 0) & (c <= 1), u[0] ** 2 / a + u[1] ** 2 / b + u[2] ** 2 / np.where(c > 0, c, 1), np.inf)
    best = float((u**2 / probabilities(u, 1.5)).sum())
    assert best <= values.min()
    assert values.min() == pytest.approx(best, rel=1e-4)
    chances = probabilities(U, 12.0)
    for _ in range(300):
        i, j = rng.choice(40, 2, replace=False)
        step = rng.uniform(0, min(1 - chances[i], chances[j] * 0.99))
        moved = chances.copy()
        moved[i], moved[j] = moved[i] + step, moved[j] - step
        assert remaining(Frame(U), moved) >= remaining(Frame(U), chances) - 1e-12


def test_the_gain_is_that_of_the_errors_spread():
    found = sampling_design(Frame(U, 2.0), 5.0, Objective("budget", 25.0))
    assert found.n_certain == 0
    assert found.rectifier_variance_ratio == pytest.approx(U.mean() ** 2 / np.mean(U**2), rel=1e-12)
    assert found.n_uniform == pytest.approx(5 / found.rectifier_variance_ratio, rel=1e-12)
    assert found.kish_n == pytest.approx(40**2 / np.sum(1 / found.probabilities))
    explained = 4 - np.mean(U**2)
    assert found.standard_error == pytest.approx(math.sqrt((explained + U.mean() ** 2 * 40 / 5) / 40), rel=1e-12)
    assert found.standard_error_uniform == pytest.approx(math.sqrt((explained + np.mean(U**2) * 40 / 5) / 40))
    assert found.variance_ratio == pytest.approx((found.standard_error / found.standard_error_uniform) ** 2)
    assert found.standard_error_human_only == pytest.approx(2 / math.sqrt(5))
    assert found.cost == 25.0


def test_a_uniform_share_bounds_what_wrong_errors_cost():
    wrong = np.where(np.arange(40) < 20, 1e-6, 1.0)
    frame = Frame(wrong, uniform_share=0.25)
    chances = mixed(frame, 10.0)
    assert chances.sum() == pytest.approx(10.0)
    assert chances.min() >= 0.25 * 10 / 40
    for truth in (np.ones(40), wrong[::-1], np.random.default_rng(1).gamma(1, 1, 40)):
        assert np.mean(truth**2 / chances) <= np.mean(truth**2) * 4 / 0.25 + 1e-9
    assert mixed(Frame(wrong, uniform_share=1.0), 10.0) == pytest.approx(np.full(40, 0.25))
    assert mixed(Frame(np.array([0.0, 1, 1, 1]), uniform_share=0.5), 2.0).min() == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("objective", "aim", "reached"),
    [
        (Objective("standard_error", 0.4), Aim(), lambda f: f.standard_error == pytest.approx(0.4, rel=1e-9)),
        (Objective("interval_width", 1.6), Aim(), lambda f: f.interval_width == pytest.approx(1.6, rel=1e-9)),
        (Objective("power"), Aim(1.2, 0.8), lambda f: f.power == pytest.approx(0.8, rel=1e-6)),
        (Objective("effective_sample_size", 25.0), Aim(), lambda f: 4 / f.standard_error**2 == pytest.approx(25)),
        (Objective("standard_error", 9.0), Aim(), lambda f: f.n_expected == pytest.approx(3.0)),
    ],
)
def test_targets_are_met_by_the_fewest_humans(objective, aim, reached):
    found = sampling_design(Frame(U, 2.0), 1.0, objective, aim)
    assert reached(found)
    assert [p.cost for p in found.frontier] == sorted(p.cost for p in found.frontier)
    assert [p.standard_error for p in found.frontier] == sorted(p.standard_error for p in found.frontier)[::-1]


def test_without_the_outcomes_sd_there_is_no_standard_error():
    found = sampling_design(Frame(U), 1.0, budget(10.0), Aim(0.3))
    assert found.standard_error is found.standard_error_uniform is found.variance_ratio is found.power is None
    assert found.interval_width is found.standard_error_human_only is None
    assert found.frontier == ()
    assert found.rectifier_variance_ratio < 1


def test_doubts_are_told():
    small = np.where(np.arange(40) < 4, 0.01, 1.0)
    codes = [w.code for w in sampling_design(Frame(small), 1.0, budget(5.0)).warnings]
    assert codes == ["few_humans", "small_probabilities"]
    assert sampling_design(Frame(np.ones(40)), 1.0, budget(20.0)).warnings == ()


@pytest.mark.parametrize(
    ("frame", "objective", "problems"),
    [
        (Frame(np.array([1.0, 0.0, np.nan, -1.0])), budget(3), [(f"{PLACE}/{i}", BAD) for i in (1, 2, 3)]),
        (Frame(np.ones(2)), budget(3), [(PLACE, BAD)]),
        (Frame(np.zeros(9), uniform_share=0.5), budget(3), [(PLACE, BAD)]),
        (Frame(np.array([1.0, 1e200, 1.0, np.inf])), budget(3), [(f"{PLACE}/{i}", BAD) for i in (1, 3)]),
        (Frame(np.full(9, 1e-200)), budget(3), [(PLACE, BAD)]),
        (Frame(np.ones(9), uniform_share=1.5), budget(3), [("/basis/uniform_share", "bad_probability")]),
        (Frame(np.ones(9), 0.9), budget(3), [(PLACE, BAD)]),
        (Frame(np.ones(9)), Objective("standard_error", 1.0), [("/basis/outcome_sd", "outcome_sd_required")]),
        (Frame(np.ones(9), 2.0), Objective("standard_error", 0.1), [("/objective", "target_out_of_reach")]),
        (Frame(np.ones(9)), budget(2.9), [("/objective/budget", "infeasible_constraints")]),
    ],
)  # fmt: skip
def test_refusals(frame, objective, problems):
    with pytest.raises(InvalidPlan) as refused:
        sampling_design(frame, 1.0, objective)
    assert told(refused.value) == problems


def estimates(chances: np.ndarray, u: np.ndarray, replicates: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and errors of ``design_based`` over fresh frames whose errors are as predicted; the truth is zero."""
    rng, plan, found = np.random.default_rng(seed), Plan(estimator="design_based"), []
    for _ in range(replicates):
        c = rng.normal(size=u.size)
        y = c + u * rng.normal(size=u.size)
        asked = rng.random(u.size) < chances
        sample = finish(
            Draft(
                arms=("all",),
                prediction_design="independent",
                outcome="y",
                y=(y[asked],),
                columns=(DraftColumn(Column("f", "prediction", "f"), (c[asked],), (c[~asked],)),),
                pools=(int((~asked).sum()),),
                pointers=("/data",),
                survey=(SurveyRows(sampling_probability=chances[asked]),),
                survey_llm_only=(SurveyRows(),),
            )
        )
        result = calibrate(sample, plan).estimates[0].result
        found.append((result.estimate, result.interval.lower <= 0 <= result.interval.upper))
    told_, covered = np.array(found).T
    return told_, covered


def test_they_beat_uniform_probabilities_by_the_predicted_amount():
    """Frames of 600 units, 150 humans; the variance ratio within 3.5 Monte Carlo errors, log-variances being normal."""
    u = np.tile(np.array([0.2, 0.2, 0.2, 0.2, 0.2, 3.0]), 100)
    found = sampling_design(Frame(u, math.sqrt(1 + np.mean(u**2))), 1.0, budget(150.0))
    assert found.variance_ratio < 0.65
    R = 300
    active, covered = estimates(found.probabilities, u, R, 1)
    even, _ = estimates(np.full(600, 0.25), u, R, 2)
    error = math.sqrt(4 / (R - 1))  # of log(s1^2 / s2^2)
    assert abs(math.log(active.var(ddof=1) / even.var(ddof=1) / found.variance_ratio)) < 3.5 * error
    assert active.std(ddof=1) == pytest.approx(found.standard_error, rel=3.5 / math.sqrt(2 * R))
    assert even.std(ddof=1) == pytest.approx(found.standard_error_uniform, rel=3.5 / math.sqrt(2 * R))
    assert abs(covered.mean() - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / R)
