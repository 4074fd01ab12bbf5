"""Conditional logit: statsmodels' fit, robust covariances by set and by respondent, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.discrete.conditional_models import ConditionalLogit

from service.calibration.calibrate import calibrate
from service.calibration.corrections import by_cluster, by_unit
from service.calibration.errors import CalibrationError
from service.calibration.estimands import conditional_logit
from service.calibration.influence import Design, Fitted
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from service.calibration.sample import Sample
from tests.calibration.choices import PRICED, Choices, choices

PLAN = Plan(estimand="conditional_logit", estimator="regression", model=PRICED)
NAMES = ("intercept", "price", "size")


def design(of: Choices, rows: np.ndarray) -> Design:
    x = np.concatenate((np.ones((1, rows.sum())), of.x[:, rows]))
    return Design(x, NAMES, ("/plan/estimand",) * 3, of.task[rows])


def fitted(of: Choices, weight: np.ndarray | None = None) -> Fitted:
    n = int(of.human.sum())
    return conditional_logit.fit(of.y[of.human][None], design(of, of.human), np.ones(n) if weight is None else weight)


def first_rows(of: Choices) -> np.ndarray:
    return np.unique(of.task[of.human], return_index=True)[1]


@pytest.mark.parametrize("uneven", [False, True])
def test_it_is_maximum_likelihood_with_robust_covariances(uneven: bool) -> None:
    for seed in range(4):
        of = choices(seed, uneven=uneven)
        fit, human = fitted(of), of.human
        model = ConditionalLogit(of.y[human], of.x[:, human].T, groups=of.task[human])
        theirs = model.fit(method="newton", disp=0, maxiter=100)
        assert fit.converged
        assert fit.theta == pytest.approx(theirs.params, rel=1e-8)
        bread = np.linalg.inv(-model.hessian(fit.theta))
        assert np.linalg.inv(fit.root.T @ fit.root) == pytest.approx(bread, rel=1e-5)  # their Hessian is numerical
        p = np.exp(fit.theta @ of.x)
        p /= np.bincount(of.task, p)[of.task]
        score = (of.x * (of.y - p))[:, human]
        exact = np.linalg.inv(fit.root.T @ fit.root)
        for groups in (of.task[human], of.who[human]):
            sums = np.array([score[:, groups == g].sum(axis=1) for g in np.unique(groups)])
            at = first_rows(of)
            phi = fit.influence[:, at] / at.size
            ours = np.array([phi[:, groups[at] == g].sum(axis=1) for g in np.unique(groups)])
            assert ours.T @ ours == pytest.approx(exact @ sums.T @ sums @ exact, rel=1e-8)


def test_influence_is_the_derivative_by_a_sets_weight() -> None:
    of = choices(5, respondents=15)
    n, fit = int(of.human.sum()), fitted(of)
    sets = np.unique(of.task[of.human]).size
    for task in (0, 13, 40):
        step = 1e-5 * sets * (of.task[of.human] == task)
        moved = fitted(of, np.ones(n) + step).theta - fitted(of, np.ones(n) - step).theta
        row = np.flatnonzero(of.task[of.human] == task)[0]
        assert moved / 2e-5 == pytest.approx(fit.influence[:, row], rel=1e-4)


def test_factors_are_those_of_the_curvature_and_one_set_is_one_unit() -> None:
    of = choices(6, uneven=True)
    fit = fitted(of).of(first_rows(of))
    assert np.einsum("rjn,rkn->jk", fit.factor, fit.factor) == pytest.approx(np.eye(2), abs=1e-10)
    units, clusters = by_unit(fit), by_cluster(fit, np.arange(fit.influence.shape[1]), jackknife=False)
    assert units.of(fit.influence) == pytest.approx(clusters.of(fit.influence), rel=1e-9)
    assert units.df == pytest.approx(clusters.df, rel=1e-9)


def test_answers_are_shared_out_within_sets() -> None:
    of = choices(7)
    n = int(of.human.sum())
    scaled = np.where(of.task[of.human] % 2 == 0, 0.4, 1.0) * of.y[of.human]
    ones = np.ones(n)
    assert conditional_logit.fit(scaled[None], design(of, of.human), ones).theta == pytest.approx(fitted(of).theta)
    silent = np.where(of.task[of.human] == 3, 0.0, of.y[of.human])
    even = np.where(of.task[of.human] == 3, 1.0 / 3.0, of.y[of.human])
    both = [conditional_logit.fit(y[None], design(of, of.human), ones).theta for y in (silent, even)]
    assert both[0] == pytest.approx(both[1], rel=1e-10)


def test_a_study_counts_sets_and_clusters_and_the_llm_helps() -> None:
    of = choices(8, respondents=60, more=400)
    found = calibrate(of.sample(), PLAN)
    assert [e.component for e in found.estimates] == ["price", "size"]
    assert [e.human_sample_size for e in found.estimates] == [240, 240]
    assert "cluster_advised" not in {w.code for w in found.warnings}
    assert all(e.variance_ratio < 0.9 for e in found.estimates)
    alone = calibrate(of.sample(clusters=False), PLAN)
    assert "cluster_advised" in {w.code for w in alone.warnings}
    assert alone.estimates[0].human_only.estimate == pytest.approx(found.estimates[0].human_only.estimate, rel=1e-12)
    assert alone.estimates[0].human_only.df > found.estimates[0].human_only.df


def test_the_order_of_rows_and_the_names_of_sets_do_not_matter() -> None:
    of = choices(9)
    turn = np.random.default_rng(0).permutation(of.task.size)
    other = Choices(of.x[:, turn], of.y[turn], of.f[turn], 9000 - of.task[turn], of.who[turn], of.human[turn])
    first, second = calibrate(of.sample(), PLAN), calibrate(other.sample(), PLAN)
    for a, b in zip(first.estimates, second.estimates, strict=True):
        assert a.result.estimate == pytest.approx(b.result.estimate, rel=1e-9)
        assert a.result.standard_error == pytest.approx(b.result.standard_error, rel=1e-9)


def test_sets_without_exactly_one_choice_are_refused() -> None:
    of = choices(1)
    two = np.where(of.task == 2, 1.0, of.y)
    for y in (two, np.where(of.task == 2, 0.0, of.y), np.where(of.task == 2, 1.0 / 3.0, of.y)):
        assert problem(replace(of, y=y)) == ("not_one_choice", "/data/outcomes/chosen")
    kept = np.ones(of.task.size, dtype=bool)
    kept[np.flatnonzero((of.task == 2) & (of.y == 0.0))] = False
    lone = Choices(of.x[:, kept], of.y[kept], of.f[kept], of.task[kept], of.who[kept], of.human[kept])
    assert problem(lone) == ("lone_alternative", "/data/outcomes/chosen")


def test_a_term_that_is_the_same_within_every_set_is_refused() -> None:
    of = choices(2)
    flat = replace(of, x=np.array([of.x[0], of.task.astype(float)]))
    assert problem(flat) == ("collinear_terms", "/plan/estimand/terms/1")


def problem(of: Choices) -> tuple[str, str]:
    with pytest.raises(CalibrationError) as refused:
        calibrate(of.sample(), PLAN)
    return refused.value.problems[0].code, refused.value.problems[0].pointer


def test_separation_has_no_maximum() -> None:
    of = choices(3)
    low = np.array([of.x[0][of.task == t].min() for t in range(of.task.max() + 1)])
    assert problem(replace(of, y=(of.x[0] == low[of.task]).astype(float)))[0] == "no_maximum"


def with_covariate(of: Choices, z: np.ndarray) -> Sample:
    table = Table(
        outcomes=(("chosen", np.where(of.human, of.y, np.nan)),),
        predictions=(PredictionColumn(of.f, "gpt"),),
        covariates=(("price", of.x[0]), ("size", of.x[1]), ("task", of.task.astype(float)), ("z", z)),
        survey=Survey(cluster=of.who.astype(float)),
    )
    return from_table(table, "error", Reading(None, PRICED))[0]


def test_a_covariate_is_fitted_by_least_squares_within_sets() -> None:
    of = choices(10, uneven=True)
    own, n = design(of, of.human), int(of.human.sum())
    z = np.random.default_rng(1).normal(size=n) + of.x[0][of.human]
    found = conditional_logit.adjusting(z[None], own, np.ones(n))
    index = np.unique(own.choice_set, return_inverse=True)[1]
    inside = [row - (np.bincount(index, row) / np.bincount(index))[index] for row in (*own.x[1:], z)]
    assert found.theta == pytest.approx(np.linalg.lstsq(np.array(inside[:2]).T, inside[2], rcond=None)[0], rel=1e-9)
    at = first_rows(of)
    assert found.influence[:, at].sum(axis=1) == pytest.approx(np.zeros(2), abs=1e-8)


def test_a_covariate_of_alternatives_adjusts_by_what_it_says_within_sets() -> None:
    of = choices(11, respondents=60, more=300)
    z = of.f + 0.3 * np.random.default_rng(2).normal(size=of.task.size)
    first, moved = (
        calibrate(with_covariate(of, values), PLAN).estimates for values in (z, 5.0 - 2.0 * z + of.task.astype(float))
    )
    for one, two in zip(first, moved, strict=True):
        assert two.result.estimate == pytest.approx(one.result.estimate, rel=1e-8)
        assert two.result.standard_error == pytest.approx(one.result.standard_error, rel=1e-8)
    without = calibrate(of.sample(), PLAN).estimates
    assert first[0].result.estimate != without[0].result.estimate
    assert first[0].human_only == without[0].human_only


def test_choices_without_the_name_of_their_sets_are_refused() -> None:
    of = choices(12)
    alone = replace(PLAN, model=Model(("price", "size")))
    with pytest.raises(CalibrationError) as refused:
        calibrate(from_table(bare(of), "error", Reading(None, alone.model)), alone)
    problems = [(p.code, p.pointer) for p in refused.value.problems]
    assert problems == [("missing_choice_set", "/plan/estimand/choice_set")]


def bare(of: Choices) -> Table:
    return Table(
        outcomes=(("chosen", np.where(of.human, of.y, np.nan)),),
        predictions=(PredictionColumn(of.f, "gpt"),),
        covariates=(("price", of.x[0]), ("size", of.x[1])),
    )
