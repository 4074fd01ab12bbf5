from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from service.calibration.analyses import analyses
from service.calibration.layouts.target import Target
from service.calibration.plan import Plan
from service.calibration.transport.tipping import tipping_gamma
from service.calibration.transport.transported import transported
from tests.calibration.transports import answered, samples, table


def arms(data, plan: Plan, target=None):
    """Every arm's weights and e = y - b'c of the data as sent; the answer's parts."""
    sent = samples(data) if target is None else samples(data, target)
    made = transported(sent, plan)
    found = analyses(made, plan).groups[0][0]
    slope = found.fits[0].slope
    parts = [
        (units.weight, raw.y - slope[d] @ raw.c[: slope.shape[1]])
        for d, (units, raw) in enumerate(zip(made[0].human, sent[0].human, strict=True))
    ]
    return parts, found


def lowest(weight: np.ndarray, e: np.ndarray, gamma: float) -> float:
    """The least of sum v e / sum v over all corners of the box: a linear-fractional programme has its optimum there."""
    corners = np.array(list(product((1.0 / gamma, gamma), repeat=len(e)))) * weight
    return float((corners @ e / corners.sum(axis=1)).min())


def by_programme(weight: np.ndarray, e: np.ndarray, gamma: float) -> float:
    """The same by Charnes and Cooper's transformation: v = u / s, sum u = 1, s w / gamma <= u <= s w gamma."""
    n = len(e)
    upper = np.column_stack((np.eye(n), -weight * gamma))
    lower = np.column_stack((-np.eye(n), weight / gamma))
    found = linprog(
        np.append(e, 0.0),
        A_ub=np.concatenate((upper, lower)),
        b_ub=np.zeros(2 * n),
        A_eq=np.append(np.ones(n), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * (n + 1),
    )
    return float(found.fun)


def test_one_population_against_every_corner() -> None:
    data = table(5, 11, 40, arms=False)
    plan, target = Plan(estimator="regression", null_value=0.0), Target({"age": 43.0})
    data = replace(data, covariates=data.covariates[1:])
    ((weight, e),), found = arms(data, plan, target)
    estimate = found.estimates[0].result.estimate
    gamma = tipping_gamma(found.fits[0], np.ones(1), estimate)
    assert gamma is not None
    level = estimate - weight @ e / weight.sum()
    sign = np.sign(estimate)
    for factor, left in ((1.0, 0.0), (0.999, 1.0), (1.001, -1.0)):
        end = sign * level + lowest(weight, sign * e, gamma * factor)
        assert end == pytest.approx(0.0, abs=1e-9) if left == 0.0 else np.sign(end) == left


@pytest.mark.parametrize("swapped", [False, True])
def test_two_arms_against_linear_programmes(swapped: bool) -> None:
    data = table(6, 60, 100)
    plan = Plan(estimator="regression", control="t" if swapped else "c")
    parts, found = arms(data, replace(plan, control="c"))
    answer = answered(data, estimator="regression", control=plan.control)
    estimate, gamma = answer.estimates[0].result.estimate, answer.transport.tipping[0].gamma
    assert (estimate < 0.0) is swapped
    (wc, ec), (wt, et) = parts
    moved = by_programme(wt, et, gamma) - wt @ et / wt.sum() + by_programme(wc, -ec, gamma) + wc @ ec / wc.sum()
    assert abs(estimate) + moved == pytest.approx(0.0, abs=1e-8)
    assert found.estimates[0].result.estimate == pytest.approx(abs(estimate), abs=1e-12)


def test_at_the_null_value_and_far_from_it() -> None:
    _, found = arms(table(6, 60, 100), Plan(control="c"))
    contrast = np.array([-1.0, 1.0])
    assert tipping_gamma(found.fits[0], contrast, 0.0) == 1.0
    assert tipping_gamma(found.fits[0], contrast, 1e3) is None
    near, far = (tipping_gamma(found.fits[0], contrast, gap) for gap in (0.1, 0.5))
    assert 1.0 < near < far
    assert tipping_gamma(found.fits[0], contrast, 2.0) > 4.0
