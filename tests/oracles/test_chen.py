"""Chen & Chen, as R ipd 0.4.1.9000 has it, beside ``regression`` on the influence values of all coefficients.

Chen & Chen (2000) regress the human scores on the prediction scores without an intercept, at the pooled prediction fit;
``regression`` with ``cross: true`` has the intercept. Hence for a linear model, exactly,
    chen - human = (1 - q) (regression - human),    q = s' (mean of s_i s_i')^{-1} s,    s = mean of s_i over humans,
s_i the prediction scores: q is of the order of (number of coefficients)/n, and regression is the same to that order.
For a logistic model Chen & Chen also take the whole step between the two prediction fits where regression takes one
Newton step, which differs at the same order. Standard errors: theirs is HC0 without degrees of freedom.
"""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.plan import Plan
from service.calibration.published.points import LINKS, bread, minimum, tilted
from service.calibration.published.rows import Family, Rows
from service.calibration.sample import Column
from tests.calibration.studies import Study
from tests.oracles.golden_data import golden, ipd


def fit(family: Family, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The coefficients (k,) of y on x: the human half of the rectified loss."""
    return minimum(tilted(Rows(x, y, y, x, y), 0.0, LINKS[family]))


def scores(family: Family, x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return x * (y - LINKS[family].mean(theta @ x))


def hessian(family: Family, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return np.linalg.inv(bread(x, LINKS[family].variance(theta @ x)))


def chen(family: Family, rows: Rows) -> tuple[np.ndarray, np.ndarray, float]:
    """Estimates, standard errors and q, from the equations of ipd's manual (Gronsbell et al. 2411.19908)."""
    everyone, f = np.hstack([rows.x, rows.x_only]), np.concatenate([rows.f, rows.f_only])
    human, paired, pooled = fit(family, rows.x, rows.y), fit(family, rows.x, rows.f), fit(family, everyone, f)
    own, other = scores(family, rows.x, rows.y, human), scores(family, rows.x, rows.f, pooled)
    outer = np.linalg.inv(hessian(family, rows.x, human))
    joint, inner = own @ other.T / rows.n, np.linalg.inv(other @ other.T / rows.n)
    step = hessian(family, rows.x, pooled) @ (paired - pooled)
    estimate = human - outer @ joint @ inner @ step
    share = rows.m / (rows.n + rows.m)
    removed = share * outer @ joint @ inner @ joint.T @ outer
    error = np.sqrt(np.diag(outer @ own @ own.T @ outer / rows.n - removed) / rows.n)
    mean = other.mean(axis=1)
    return estimate, error, float(mean @ inner @ mean)


def regression(family: Family, rows: Rows) -> list[tuple[float, float, float]]:
    """Estimate, standard error and human estimate per coefficient: its influence values on those of all columns."""
    everyone, f = np.hstack([rows.x, rows.x_only]), np.concatenate([rows.f, rows.f_only])
    human, pooled = fit(family, rows.x, rows.y), fit(family, everyone, f)
    phi = bread(rows.x, LINKS[family].variance(human @ rows.x)) @ scores(family, rows.x, rows.y, human)
    inverse = bread(everyone, LINKS[family].variance(pooled @ everyone))
    columns = tuple(Column(f"phi{j}", "prediction", f"phi{j}", None, pointer="/data") for j in range(3))
    paired, only = (
        inverse @ scores(family, x, own, pooled) for x, own in ((rows.x, rows.f), (rows.x_only, rows.f_only))
    )
    answers = []
    for value, influence in zip(human, phi, strict=True):
        sample = Study((value + influence,), (paired,), (only,), columns).sample()
        result = calibrate(sample, Plan(estimator="regression")).estimates[0].result
        answers.append((result.estimate, result.standard_error, float(value)))
    return answers


@pytest.mark.parametrize(("family", "outcome", "model"), [("linear", "Y f", "ols"), ("logistic", "Yb fb", "logistic")])
def test_the_equations_are_ipds(family: Family, outcome: str, model: str) -> None:
    estimate, error, _ = chen(family, golden(*outcome.split()))
    published = ipd("chen", model)
    assert estimate == pytest.approx(published[0], abs=6e-11 if family == "linear" else 6e-9)
    assert error == pytest.approx(published[1], abs=6e-11 if family == "linear" else 6e-9)


def test_linear_regression_on_all_columns_is_chen_and_chen_but_for_the_intercept() -> None:
    rows = golden("Y", "f")
    estimate, error, q = chen("linear", rows)
    assert 0.0 < q < 3 * 3 / rows.n
    for theirs, their_error, (ours, our_error, human) in zip(estimate, error, regression("linear", rows), strict=True):
        assert theirs - human == pytest.approx((1.0 - q) * (ours - human), rel=1e-9)
        assert our_error == pytest.approx(their_error, rel=0.06)


def test_logistic_regression_on_all_columns_is_chen_and_chen_to_that_order() -> None:
    rows = golden("Yb", "fb")
    estimate, error, _ = chen("logistic", rows)
    for theirs, their_error, (ours, our_error, _) in zip(estimate, error, regression("logistic", rows), strict=True):
        assert ours == pytest.approx(theirs, abs=0.05 * their_error)
        assert our_error == pytest.approx(their_error, rel=0.06)
