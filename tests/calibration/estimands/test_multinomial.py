"""Multinomial logit: statsmodels' fit and covariances, derivatives, the order of categories, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import Logit, MNLogit

from service.calibration.calibrate import calibrate
from service.calibration.corrections import by_cluster, by_unit
from service.calibration.estimands import multinomial
from service.calibration.influence import Design, Fitted
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.calibration.choices import AGED, TRANSPORT, answered, categories

PLAN = Plan(estimand="multinomial", estimator="regression", model=AGED, categories=TRANSPORT)


def fitted(seed: int, n: int = 200, order: tuple[int, ...] = (0, 1, 2), weight: np.ndarray | None = None) -> Fitted:
    age, chosen, _ = answered(seed, n)
    y = np.equal(chosen, np.array(order)[:, None]).astype(float)
    design = Design(np.array([np.ones(n), 40.0 + 9.0 * age]), ("intercept", "age"), ("/plan/estimand",) * 2)
    names = tuple(TRANSPORT[k] for k in order)
    return multinomial.fit(y, replace(design, categories=names), np.ones(n) if weight is None else weight)


def test_it_is_maximum_likelihood_with_robust_covariances() -> None:
    for seed in range(4):
        age, chosen, _ = answered(seed, 200)
        x, groups, fit = np.array([np.ones(200), 40.0 + 9.0 * age]), np.arange(200) // 5, fitted(seed)
        theirs = MNLogit(chosen, x.T).fit(method="newton", maxiter=100, tol=1e-14, disp=0)
        assert fit.names == ("bus:intercept", "bus:age", "car:intercept", "car:age")
        assert fit.theta == pytest.approx(theirs.params.T.ravel(), rel=1e-8, abs=1e-11)
        assert np.linalg.inv(fit.root.T @ fit.root) == pytest.approx(theirs.cov_params(), rel=1e-7, abs=1e-11)
        score = MNLogit(chosen, x.T).score_obs(theirs.params)
        for own in (np.arange(200), groups):
            sums = np.array([score[own == g].sum(axis=0) for g in np.unique(own)])
            phi = np.array([fit.influence[:, own == g].sum(axis=1) for g in np.unique(own)]) / 200
            meat = theirs.cov_params() @ (sums.T @ sums) @ theirs.cov_params()
            assert phi.T @ phi == pytest.approx(meat, rel=1e-7, abs=1e-11)


def test_influence_is_the_derivative_by_a_units_weight() -> None:
    fit = fitted(1, n=120)
    for i in (0, 50, 99):
        step = 1e-5 * 120 * (np.arange(120) == i)
        moved = fitted(1, n=120, weight=1.0 + step).theta - fitted(1, n=120, weight=1.0 - step).theta
        assert moved / 2e-5 == pytest.approx(fit.influence[:, i], rel=1e-4, abs=1e-6)


def test_factors_are_those_of_the_curvature() -> None:
    fit = fitted(2)
    assert np.einsum("rjn,rkn->jk", fit.factor, fit.factor) == pytest.approx(np.eye(4), abs=1e-9)
    units, clusters = by_unit(fit), by_cluster(fit, np.arange(200), jackknife=False)
    assert units.of(fit.influence) == pytest.approx(clusters.of(fit.influence), rel=1e-7, abs=1e-9)
    assert units.df == pytest.approx(clusters.df, rel=1e-7)
    assert fit.leverage.max() < 1.0


def test_another_reference_gives_differences() -> None:
    first, other = fitted(3), fitted(3, order=(2, 0, 1))
    of_car = first.theta[2:]
    assert other.theta == pytest.approx(np.concatenate((-of_car, first.theta[:2] - of_car)), rel=1e-7)
    assert other.influence[:2] == pytest.approx(-first.influence[2:], rel=1e-6, abs=1e-8)


def test_two_categories_are_a_logit() -> None:
    age, chosen, _ = answered(4, 300)
    y = (chosen > 0).astype(float)
    design = Design(np.array([np.ones(300), age]), ("intercept", "age"), ("/plan/estimand",) * 2, categories=("0", "1"))
    fit = multinomial.fit(np.array([1.0 - y, y]), design, np.ones(300))
    theirs = Logit(y, design.x.T).fit(disp=0, tol=1e-14, cov_type="HC0")
    assert fit.theta == pytest.approx(theirs.params, rel=1e-8)
    assert fit.influence @ fit.influence.T / 300**2 == pytest.approx(theirs.cov_params(), rel=1e-8)


def test_a_study_is_analysed_once_and_the_llm_helps() -> None:
    found = calibrate(categories(5, n=200, m=1500), PLAN)
    assert [e.component for e in found.estimates] == ["bus:intercept", "bus:age", "car:intercept", "car:age"]
    assert all(e.variance_ratio < 0.95 for e in found.estimates)
    assert found.estimates[0].human_sample_size == 200
    assert found.applied.categories is None or found.applied.categories == TRANSPORT


def test_the_order_of_the_other_categories_only_orders_the_answer() -> None:
    first = {e.component: e.result for e in calibrate(categories(6), PLAN).estimates}
    samples = tuple(replace(s) for s in categories(6))
    again = {e.component: e.result for e in calibrate(tuple(reversed(samples)), PLAN).estimates}
    assert first == again


def test_a_category_that_nobody_chose_has_no_maximum() -> None:
    _, chosen, _ = answered(7, 80)
    y = np.equal(np.minimum(chosen, 1), np.arange(3)[:, None]).astype(float)
    design = Design(np.ones((1, 80)), ("intercept",), ("/plan/estimand",), categories=TRANSPORT)
    assert not multinomial.fit(y, design, np.ones(80)).converged


def test_a_covariate_adjusts_every_category_by_its_linear_fit_on_the_terms() -> None:
    age, _, _ = answered(8, 90)
    z = np.random.default_rng(3).normal(size=90) + age
    design = Design(np.array([np.ones(90), age]), ("intercept", "age"), ("/plan/estimand",) * 2, categories=TRANSPORT)
    found = multinomial.adjusting(z[None], design, np.ones(90))
    slope, level = np.polyfit(age, z, 1)
    assert found.names == ("bus:intercept", "bus:age", "car:intercept", "car:age")
    assert found.theta == pytest.approx([level, slope] * 2, rel=1e-9)
    assert np.array_equal(found.influence[:2], found.influence[2:])


def test_a_covariate_beside_the_llm_changes_nothing_by_its_scale() -> None:
    first, moved = (calibrate(beside(9, *scale), PLAN).estimates for scale in ((0.0, 1.0), (7.0, -3.0)))
    for one, two in zip(first, moved, strict=True):
        assert two.result.estimate == pytest.approx(one.result.estimate, rel=1e-8)
        assert two.result.standard_error == pytest.approx(one.result.standard_error, rel=1e-8)


def beside(seed: int, level: float, slope: float) -> tuple[Sample, ...]:
    """The study with a covariate that knows something of the choices."""
    age, chosen, p = answered(seed, 500)
    human = np.arange(500) < 120
    z = level + slope * (np.equal(chosen, 1) + np.random.default_rng(seed).normal(size=500))
    table = Table(
        outcomes=(("means", Labels(np.where(human, chosen, -1), TRANSPORT)),),
        predictions=tuple(PredictionColumn(p[k], "gpt", category=name) for k, name in enumerate(TRANSPORT)),
        covariates=(("age", age), ("z", z)),
    )
    return tuple(from_table(table, "error", Reading(Categories(TRANSPORT), AGED)))
