from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.published.coefficients import Coefficients, given, influence, power_tuned, ppi
from service.calibration.published.points import LINKS, points
from tests.calibration.published.studies import drawn

FAMILIES = list(LINKS)


def spread(family, rows, theta, lam):
    """The published covariance from gradients and Hessian, matrix by matrix."""
    link = LINKS[family]
    both = np.hstack([rows.x, rows.x_only]) if lam else rows.x
    bread = np.linalg.inv((both * link.variance(theta @ both)) @ both.T / both.shape[1])
    mean, mean_only = link.mean(theta @ rows.x), link.mean(theta @ rows.x_only)
    human = np.cov(rows.x * (mean - rows.y) - lam * rows.x * (mean - rows.f))
    only = np.cov(lam * rows.x_only * (mean_only - rows.f_only))
    return bread @ (human + rows.n / rows.m * only) @ bread / rows.n


@pytest.mark.parametrize("lam", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_standard_errors_are_the_sandwich_of_the_paper(family, lam):
    rows = drawn(0, family)
    fit = given(family, rows, lam)
    assert fit.standard_error**2 == pytest.approx(np.diag(spread(family, rows, fit.estimate, lam)), rel=1e-10)
    assert fit.centre.tolist() == fit.estimate.tolist()
    assert fit.tuning.tolist() == fit.point_tuning.tolist() == [lam] * 3


@pytest.mark.parametrize("family", FAMILIES)
def test_ppi_is_lambda_1(family):
    rows = drawn(1, family)
    for name in Coefficients.__slots__:
        assert getattr(ppi(family, rows), name).tolist() == getattr(given(family, rows, 1.0), name).tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_lambda_minimises_the_summed_variance_to_the_order_of_its_plug_in(family):
    """The plug-in pools the predictions' variance: equal to the exact minimiser in large samples."""
    rows = drawn(2, family, 4_000, 9_000)
    at = influence(family, rows, points(family, rows)(0.5))
    grid = np.linspace(0.0, 1.0, 1001)
    best = grid[np.argmin([(at.standard_error(lam) ** 2).sum() for lam in grid])]
    assert at.tuning(slice(None)) == pytest.approx(best, abs=0.03)
    own = grid[np.argmin([at.standard_error(lam)[1] for lam in grid])]
    assert at.tuning(slice(1, 2)) == pytest.approx(own, abs=0.03)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_sequence_of_points(family):
    rows = drawn(3, family)
    fit, point = power_tuned(family, rows), points(family, rows)
    once = influence(family, rows, point(1.0)).tuning(slice(None))
    again = influence(family, rows, point(once)).tuning(slice(None))
    assert fit.point_tuning.tolist() == [once] * 3
    assert fit.tuning.tolist() == [again] * 3
    assert fit.estimate.tolist() == point(once).tolist()
    assert fit.centre.tolist() == point(again).tolist()
    assert fit.standard_error == pytest.approx(np.sqrt(np.diag(spread(family, rows, fit.centre, again))), rel=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_lambda_per_coefficient_does_not_depend_on_the_units_of_other_terms(family):
    rows, units = drawn(4, family), np.array([[1.0], [1.0], [1e3]])
    moved = replace(rows, x=rows.x * units, x_only=rows.x_only * units)
    own, own_moved = (power_tuned(family, r, per_coefficient=True) for r in (rows, moved))
    assert own_moved.tuning == pytest.approx(own.tuning, rel=1e-9)
    assert own_moved.estimate * units[:, 0] == pytest.approx(own.estimate, rel=1e-9)
    one, one_moved = (power_tuned(family, r).tuning[0] for r in (rows, moved))
    assert abs(one - one_moved) > 1e-4 or one == one_moved == 1.0


@pytest.mark.parametrize("family", FAMILIES)
def test_a_contrary_llm_gets_lambda_0_and_the_human_only_answer(family):
    rows = drawn(5, family, sign=-1.0)
    fit, human = power_tuned(family, rows), given(family, rows, 0.0)
    assert fit.tuning.tolist() == fit.point_tuning.tolist() == [0.0] * 3
    assert fit.estimate.tolist() == human.estimate.tolist()
    assert fit.standard_error.tolist() == human.standard_error.tolist()


def test_lambda_0_is_hc0_with_n_minus_1():
    rows = drawn(6, "linear")
    fit = given("linear", rows, 0.0)
    residual = rows.y - fit.estimate @ rows.x
    bread = np.linalg.inv(rows.x @ rows.x.T)
    hc0 = bread @ ((rows.x * residual**2) @ rows.x.T) @ bread
    assert fit.standard_error**2 == pytest.approx(np.diag(hc0) * rows.n / (rows.n - 1), rel=1e-11)


def test_predictions_that_are_the_fit_itself_tell_nothing():
    """Influence of the predictions is then 0 everywhere: no variance to tune on, and lambda is 0, not nan."""
    rows = drawn(7, "linear")
    at = influence("linear", rows, np.array([1.0, 2.0, 3.0]))
    nothing = replace(at, llm=np.zeros_like(at.llm), llm_only=np.zeros_like(at.llm_only))
    assert nothing.tuning(slice(None)) == 0.0


def test_a_mean_beyond_a_double_is_refused():
    rows = drawn(8, "poisson")
    with pytest.raises(NotIdentified):
        influence("poisson", rows, np.array([800.0, 0.0, 0.0]))
