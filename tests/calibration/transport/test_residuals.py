from __future__ import annotations

import numpy as np
import pytest

from service.calibration.margins import Margin, Margins
from service.calibration.sample import Units
from service.calibration.transport import residuals
from service.calibration.transport.entropy import balanced

RNG = np.random.default_rng(4)
N = 40
RAW = np.stack([RNG.normal(0.0, 10.0, N), RNG.random(N) < 0.4])
X = RAW - np.array([[3.0], [0.55]])
C = RNG.normal(size=(2, N)) + 0.05 * RAW[0]
Y = C[0] + 0.04 * RAW[0] + 0.5 * RAW[1] + RNG.normal(size=N)
W = balanced(RNG.uniform(0.5, 2.0, N), X).weight * N
MARGINS = Margins((Margin("age", (), "/p/age"), Margin("sex", ("f", "m"), "/p/sex")), np.array([3.0, 0.55]))


def explicit() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients (3, 3) of y, c on (1, x), residuals (3, N), and I - H of the fit, by dense matrices."""
    x = np.concatenate((np.ones((1, N)), X))
    inverse = np.linalg.inv((x * W) @ x.T)
    left = np.eye(N) - x.T @ inverse @ (x * W)
    values = np.concatenate((Y[None], C))
    return values @ (x * W).T @ inverse, values @ left.T, left


def test_weighted_means_stay_and_residuals_are_those_of_the_regression() -> None:
    found, df = residuals.of_humans(Units(C, Y, x=X), W)
    coefficients, residual, left = explicit()
    assert found.weight is not None
    assert np.allclose(found.weight, W)
    assert found.y @ W / N == pytest.approx(Y @ W / N, abs=1e-12)
    assert np.allclose(found.c @ W, C @ W, atol=1e-11)
    assert np.allclose(np.concatenate((found.y[None], found.c)) - coefficients[:, :1], residual, atol=1e-12)
    assert np.allclose(found.on_target, coefficients[:, 1:], atol=1e-12)
    assert np.allclose(found.corrected, residual / np.sqrt((left**2).sum(axis=1)), atol=1e-12)
    k = left.T @ np.diag((W / N) ** 2 / (left**2).sum(axis=1)) @ left
    assert df == pytest.approx(min(np.trace(k) ** 2 / np.trace(k @ k), N - 3), rel=1e-10)


def test_the_slope_on_predictions_is_that_with_the_covariates_beside_them() -> None:
    """Frisch and Waugh: residuals on residuals are the joint regression."""
    found, _ = residuals.of_humans(Units(C, Y, x=X), W)
    alone = np.linalg.lstsq(
        ((found.c - (found.c @ W / N)[:, None]) * np.sqrt(W)).T, (found.y - found.y @ W / N) * np.sqrt(W), rcond=None
    )[0]
    x = np.concatenate((np.ones((1, N)), C, X))
    assert np.allclose(alone, np.linalg.solve((x * W) @ x.T, (x * W) @ Y)[1:3], atol=1e-10)


def test_clusters_are_left_out_of_the_fit() -> None:
    """Residuals of a cluster are those of a fit to the others, as far as the covariates go."""
    cluster = np.arange(N) // 5
    found, df = residuals.of_humans(Units(C, Y, x=X, cluster=cluster), W)
    _, residual, _ = explicit()
    for g in range(8):
        own, rest = cluster == g, cluster != g
        z = X[:, rest]
        slope = np.linalg.solve((z * W[rest]) @ z.T, (z * W[rest]) @ residual[0, rest])
        assert np.allclose(found.corrected[0, own], residual[0, own] - slope @ X[:, own], atol=1e-10)
    assert 1.0 < df < 8.0


def test_llm_only_units_keep_their_weighted_means_too() -> None:
    found = residuals.of_llm_only(Units(C, x=X), W)
    coefficients, residual, _ = explicit()
    assert np.allclose(found.c - coefficients[1:, :1], residual[1:], atol=1e-12)
    same = residuals.of_llm_only(Units(C, x=np.zeros((0, N))), W)
    assert np.allclose(same.c, C)


def test_margins_that_humans_cannot_carry() -> None:
    def told(keep) -> list[tuple[str, str]]:
        return [(p.pointer, p.code) for p in residuals.problems(MARGINS, X[:, keep], "a")]

    women = np.flatnonzero(RAW[1] == 1)
    assert told(slice(None)) == []
    assert told(np.setdiff1d(np.arange(N), women[1:])) == [("/p/sex/m", "category_of_one")]
    assert told(np.setdiff1d(np.arange(N), women)[:4]) == []
    few = [*np.setdiff1d(np.arange(N), women)[:2], *women[:2]]
    assert told(few) == [("/plan/target", "too_many_margins")]
