"""Response propensities against explicit matrices, and against the sandwich of all estimating equations at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.linalg import inv, solve

from service.calibration.calibrate import calibrate
from service.calibration.plan import Plan
from service.calibration.response_propensity import modelled
from tests.calibration.nonresponse import Asked, sample, table

STUDIES = [
    pytest.param(Asked(80, arms, weights=weights, llm_only=rest), estimator, id=f"{arms}-{weights}-{rest}-{estimator}")
    for arms in (1, 2)
    for weights in (False, True)
    for rest in (0, 60)
    for estimator in ("regression", "human_only")
]


def propensities(z: np.ndarray, answered: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Coefficients of the weighted logistic regression by plain Newton steps; z (N, k)."""
    gamma = np.zeros(z.shape[1])
    for _ in range(50):
        e = 1.0 / (1.0 + np.exp(-z @ gamma))
        gamma = gamma + solve(z.T @ (z * (w * e * (1.0 - e))[:, None]), z.T @ (w * (answered - e)))
    return gamma


def rows(asked: Asked, seed: int):
    sent = table(asked, seed)
    c = np.column_stack([sent.predictions[0].values, sent.covariates[0][1]])
    human = np.array(sent.human)
    w = np.ones(len(human)) if sent.survey.weight is None else sent.survey.weight
    arm = np.zeros(len(human), int) if sent.arm is None else sent.arm.codes
    return sent.outcomes[0][1], c, human, w, arm


def by_matrices(asked: Asked, seed: int, estimator: str) -> tuple[float, float]:
    """The estimate and its variance, every sum written out over all units."""
    y, c, human, w, arm = rows(asked, seed)
    only = ~human if asked.arms == 1 else np.zeros(len(human), bool)
    q = np.zeros(len(human))
    for source in (human, only):
        if source.any():
            q[source] = w[source] / w[source].sum() * (w[source].sum() ** 2 / (w[source] ** 2).sum())
    q /= q.sum()
    reference, total = q @ c, 0.0
    influence, slope = np.zeros(len(human)), np.zeros(2)
    for d, t in [(0, 1.0)] if asked.arms == 1 else [(0, -1.0), (1, 1.0)]:
        of = np.flatnonzero(human & (arm == d))
        answered = np.isfinite(y[of])
        z = np.column_stack([np.ones(of.size), c[of]])
        gamma = propensities(z, answered, w[of])
        e = 1.0 / (1.0 + np.exp(-z @ gamma))
        who, omega = of[answered], (w[of] / e)[answered]
        X = np.ones((who.size, 1)) if estimator == "human_only" else np.column_stack([np.ones(who.size), c[who]])
        at = np.ones(1) if estimator == "human_only" else np.concatenate([[1.0], reference])
        O = np.diag(omega)
        G = inv(X.T @ O @ X)
        H = X @ G @ X.T @ O
        beta = G @ X.T @ O @ y[who]
        kept = ((np.eye(who.size) - H) ** 2).sum(axis=1)
        r = (O @ X @ G @ at) * (y[who] - X @ beta) / np.sqrt(kept)
        information = z.T @ (z * (w[of] * e * (1.0 - e))[:, None])
        moved = -((1.0 - e[answered]) * r) @ z[answered]
        influence[who] += t * r
        influence[of] += t * (w[of] * (answered - e))[:, None] * z @ inv(information) @ moved
        total += t * float(at @ beta)
        slope += t * (beta[1:] if beta.size > 1 else np.zeros(2))
    size = 1.0 / (q @ q)
    influence += q * ((c - reference) @ slope) * np.sqrt(size / (size - 1.0))
    return total, float(influence @ influence)


@pytest.mark.parametrize(("asked", "estimator"), STUDIES)
def test_estimate_and_variance_by_explicit_matrices(asked: Asked, estimator: str) -> None:
    plan = Plan(estimator=estimator, control=None if asked.arms == 1 else "control")
    found = calibrate(sample(asked, 11), plan).estimates[0].result
    estimate, variance = by_matrices(asked, 11, estimator)
    assert found.estimate == pytest.approx(estimate, abs=1e-10)
    assert found.standard_error**2 == pytest.approx(variance, rel=1e-9)


def test_the_propensities_are_those_of_logistic_regression() -> None:
    asked = Asked(80, weights=True)
    y, c, _, w, _ = rows(asked, 3)
    z, answered = np.column_stack([np.ones(80), c]), np.isfinite(y)
    e = 1.0 / (1.0 + np.exp(-z @ propensities(z, answered, w)))
    response = modelled(sample(asked, 3)).response[0]
    assert response.probability == pytest.approx(e[answered], rel=1e-9)
    assert response.lowest == pytest.approx(e.min(), rel=1e-9)


@pytest.mark.parametrize("curved", [False, True])
def test_the_variance_is_the_sandwich_of_all_equations(curved: bool) -> None:
    """Propensity, regression, pool mean and estimate solved as one set of equations; leverage is what is left apart."""
    asked = Asked(3000, curved=curved)
    y, c, _, _, _ = rows(asked, 5)
    z, answered = np.column_stack([np.ones(asked.n), c]), np.isfinite(y)
    filled = np.where(answered, y, 0.0)

    def equations(p: np.ndarray) -> np.ndarray:
        gamma, beta, mean = p[:3], p[3:6], p[6:8]
        e = 1.0 / (1.0 + np.exp(-z @ gamma))
        return np.column_stack(
            [
                (answered - e)[:, None] * z,
                (answered / e * (filled - z @ beta))[:, None] * z,
                c - mean,
                beta[0] + mean @ beta[1:] - p[8] + np.zeros(asked.n),
            ]
        )

    gamma = propensities(z, answered, np.ones(asked.n))
    e = 1.0 / (1.0 + np.exp(-z @ gamma))
    beta = solve(z.T @ (z * (answered / e)[:, None]), z.T @ (answered / e * filled))
    mean = c.mean(axis=0)
    p = np.concatenate([gamma, beta, mean, [beta[0] + mean @ beta[1:]]])
    assert np.abs(equations(p).mean(axis=0)).max() < 1e-10
    step = 1e-6
    slopes = [
        (equations(p + step * u).mean(axis=0) - equations(p - step * u).mean(axis=0)) / 2 / step for u in np.eye(9)
    ]
    bread, f = inv(np.array(slopes).T), equations(p)
    variance = (bread @ (f.T @ f / asked.n) @ bread.T / asked.n)[8, 8]
    found = calibrate(sample(asked, 5), Plan(estimator="regression")).estimates[0].result
    assert found.estimate == pytest.approx(p[8], abs=1e-10)
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=0.005)
