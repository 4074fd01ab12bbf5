"""Conjoint effects: statsmodels' regression, cell means where combinations are restricted, raw means by level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from service.calibration.calibrate import calibrate
from service.calibration.conjoint import with_interactions
from service.calibration.errors import CalibrationError
from service.calibration.estimands import amce
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from tests.calibration.conjoints import LEVELS, MODEL, Conjoint, conjoint, design

PLAN = Plan(estimand="amce", estimator="regression", model=MODEL)


def fitted(of: Conjoint) -> tuple:
    made = with_interactions(design(of), np.ones(of.human.sum()))
    return made, amce.fit(of.y[of.human][None], made, np.ones(of.human.sum()))


def test_effects_are_the_coefficients_of_one_regression_with_its_robust_covariances() -> None:
    for seed in range(5):
        of = conjoint(seed)
        made, fit = fitted(of)
        assert made.products == ()
        y, groups, n = of.y[of.human], of.who[of.human], int(of.human.sum())
        plain = OLS(y, made.x.T).fit(cov_type="HC0")
        phi = fit.influence[:6] / n
        assert fit.theta[:6] == pytest.approx(plain.params, rel=1e-8, abs=1e-11)
        assert phi @ phi.T == pytest.approx(plain.cov_params(), rel=1e-8, abs=1e-12)
        kinds = {"groups": groups, "use_correction": False}
        robust = OLS(y, made.x.T).fit(cov_type="cluster", cov_kwds=kinds)
        sums = np.array([phi[:, groups == g].sum(axis=1) for g in np.unique(groups)])
        assert sums.T @ sums == pytest.approx(robust.cov_params(), rel=1e-8, abs=1e-12)


def test_marginal_means_are_means_by_level_with_their_own_robust_errors() -> None:
    of = conjoint(3)
    _, fit = fitted(of)
    y = of.y[of.human]
    for k, (name, levels) in enumerate(LEVELS.items()):
        for number, level in enumerate(levels):
            j = fit.names.index(f"mean of {name}={level}")
            mine = of.shown[k][of.human] == number
            assert fit.theta[j] == pytest.approx(y[mine].mean(), rel=1e-12)
            assert float(fit.influence[j] @ fit.influence[j]) / y.size**2 == pytest.approx(
                y[mine].var() / mine.sum(), rel=1e-10
            )


@pytest.mark.parametrize("banned", [((2, 1),), ((0, 2),), ((0, 2), (1, 1))])
def test_restricted_effects_average_over_the_combinations_that_are_shown(banned: tuple) -> None:
    """Two saturated attributes: differences of cell means, weighted by how often the other level is shown."""
    of = conjoint(5, banned=banned)
    made, fit = fitted(of)
    assert made.products
    a, b, y = of.shown[0][of.human], of.shown[1][of.human], of.y[of.human]
    rest = OLS(
        y,
        np.array(
            [(a == i) & (b == j) for i in range(3) for j in range(3) if (i, j) not in banned]
            + [of.shown[2][of.human] == 1],
            dtype=float,
        ).T,
    ).fit()
    cells = dict(
        zip([(i, j) for i in range(3) for j in range(3) if (i, j) not in banned], rest.params[:-1], strict=True)
    )
    for level, name in ((1, "school"), (2, "college")):
        both = [j for j in range(3) if (0, j) in cells and (level, j) in cells]
        share = np.array([(b == j).sum() for j in both]) / np.isin(b, both).sum()
        expected = sum(s * (cells[level, j] - cells[0, j]) for s, j in zip(share, both, strict=True))
        assert fit.theta[fit.names.index(f"education={name}")] == pytest.approx(expected, rel=1e-9)


def test_restricted_effects_have_the_covariance_of_that_combination_of_coefficients() -> None:
    of = conjoint(6, banned=((2, 1),))
    made, fit = fitted(of)
    y, groups = of.y[of.human], of.who[of.human]
    x = np.concatenate((made.x, [made.x[i] * made.x[j] for i, j in made.products]))
    theirs = OLS(y, x.T).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    for j in range(1, 6):
        contrast = np.concatenate((np.eye(6)[j], made.shares[j]))
        sums = np.array([fit.influence[j, groups == g].sum() for g in np.unique(groups)]) / y.size
        assert fit.theta[j] == pytest.approx(contrast @ theirs.params, rel=1e-9)
        assert sums @ sums == pytest.approx(contrast @ theirs.cov_params() @ contrast, rel=1e-8)


def test_a_chance_gap_is_no_restriction() -> None:
    of = conjoint(1, respondents=3, more=10, banned=((2, 1),))
    assert fitted(of)[0].products == ()


def test_another_baseline_turns_the_sign() -> None:
    of = conjoint(2)
    first = calibrate(of.sample(), PLAN)
    turned = Model(MODEL.terms, baselines={"education": "college", "job": "waiter"})
    second = calibrate(of.sample(turned), replace(PLAN, model=turned))
    one = next(e.result for e in first.estimates if e.component == "education=college")
    other = next(e.result for e in second.estimates if e.component == "education=none")
    assert one.estimate == pytest.approx(-other.estimate, rel=1e-10)
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-9)
    assert one.df == pytest.approx(other.df, rel=1e-8)


def test_components_and_warnings() -> None:
    of = conjoint(4, banned=((2, 1),))
    found = calibrate(of.sample(clusters=False), PLAN)
    assert [e.component for e in found.estimates] == [
        *("education=college", "education=school", "job=doctor", "job=nurse", "sex=m"),
        *("mean of education=none", "mean of education=college", "mean of education=school"),
        *("mean of job=waiter", "mean of job=doctor", "mean of job=nurse", "mean of sex=f", "mean of sex=m"),
    ]
    assert {"cluster_advised", "restricted_combinations"} <= {w.code for w in found.warnings}
    assert {"cluster_advised", "restricted_combinations"}.isdisjoint(
        w.code for w in calibrate(conjoint(4).sample(), PLAN).warnings
    )


def test_levels_that_never_meet_the_same_others_are_refused() -> None:
    """School goes with nurses only and none with waiters and doctors only: nothing compares them."""
    of = conjoint(7, banned=((0, 1), (1, 0), (1, 2)))
    with pytest.raises(CalibrationError) as refused:
        fitted(of)
    assert refused.value.problems[0].code == "no_common_combination"
    assert refused.value.problems[0].pointer == "/plan/estimand/terms/0"


def test_an_attribute_of_numbers_is_refused() -> None:
    of = conjoint(7)
    made = replace(design(of), baselines=(None,) * 6)
    with pytest.raises(CalibrationError) as refused:
        with_interactions(made, np.ones(of.human.sum()))
    assert refused.value.problems[0].code == "attribute_of_numbers"


@pytest.mark.parametrize(("humans", "llms"), [(2, 1), (2, 2), (3, 2)])
def test_a_level_that_as_many_humans_are_shown_as_llms_have_slopes_is_told_by_the_humans(
    humans: int, llms: int
) -> None:
    """Slopes would fit the humans' influence values exactly, and the error of their mean would be rounding."""
    rng, n, everyone = np.random.default_rng(humans), 30, np.arange(230)
    y = rng.normal(size=230)
    said = tuple(PredictionColumn(0.7 * y + rng.normal(size=230), f"m{k}") for k in range(llms))
    level = Labels(np.where(everyone < n, everyone < humans, everyone % 3 == 0).astype(int), ("u", "v"))
    data = Table((("y", np.where(everyone < n, y, np.nan)),), said, covariates=(("a", level),))
    plan = Plan(estimand="amce", model=Model(("a",)))
    found = {e.component: e for e in calibrate(from_table(data, "error", Reading(None, plan.model)), plan).estimates}
    assert found["mean of a=v"].result == found["mean of a=v"].human_only
    assert found["mean of a=v"].result.standard_error > 0.1
    assert found["mean of a=u"].verdict == "llm_used"
    with pytest.raises(CalibrationError) as refused:
        calibrate(from_table(data, "error", Reading(None, plan.model)), replace(plan, estimator="regression"))
    assert {p.code for p in refused.value.problems} == {"too_many_columns"}
