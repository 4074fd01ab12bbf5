"""Leverage corrections against dense matrices: several scores, fits side by side, a basis, clusters."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration import generalized_linear
from service.calibration.corrections import by_cluster, by_unit, corrected
from service.calibration.influence import Design, Fitted, side_by_side


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


def linear(seed: int, n: int = 24, k: int = 3) -> tuple[Fitted, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.concatenate((np.ones((1, n)), rng.standard_normal((k - 1, n))))
    y, codes = rng.standard_normal(n), rng.integers(0, 6, n)
    design = Design(x, tuple("abcdef"[:k]), ("/plan/estimand",) * k)
    return generalized_linear.fit(generalized_linear.LINEAR, y[None], design, np.ones(n)), x, y, codes


def dense(x: np.ndarray, y: np.ndarray, codes: np.ndarray, exponent: float) -> tuple[np.ndarray, np.ndarray]:
    """Sums of corrected influence by cluster (k, G) and Bell-McCaffrey df (k,), from explicit matrices."""
    n, inverse = y.size, np.linalg.inv(x @ x.T)
    residual = np.eye(n) - x.T @ inverse @ x
    sums, df = [], []
    for row in inverse @ x:
        z, values = [], []
        for g in np.unique(codes):
            at = codes == g
            block = residual[np.ix_(at, at)]
            values.append(row[at] @ power(block, exponent) @ (residual @ y)[at])
            z.append(residual[:, at] @ power(block, -0.5) @ row[at])
        inner = np.array(z) @ np.array(z).T
        sums.append(values)
        df.append(np.trace(inner) ** 2 / np.vdot(inner, inner))
    return np.array(sums), np.array(df)


@pytest.mark.parametrize("jackknife", [False, True])
def test_clusters_of_a_linear_fit_are_cr2_and_cr3(jackknife: bool) -> None:
    fit, x, y, codes = linear(1)
    found = by_cluster(fit, codes, jackknife=jackknife)
    phi = found.of(fit.influence) / y.size
    sums = np.array([phi[:, codes == g].sum(axis=1) for g in np.unique(codes)]).T
    expected, df = dense(x, y, codes, -1.0 if jackknife else -0.5)
    assert sums == pytest.approx(expected, rel=1e-9)
    assert found.df == pytest.approx(np.minimum(df, 5.0), rel=1e-9)


def test_units_are_clusters_of_one() -> None:
    fit, x, y, _ = linear(2)
    found = by_unit(fit)
    expected, df = dense(x, y, np.arange(y.size), -0.5)
    assert found.of(fit.influence) / y.size == pytest.approx(expected, rel=1e-9)
    assert found.df == pytest.approx(np.minimum(df, y.size - 3.0), rel=1e-9)


@pytest.mark.parametrize("clustered", [False, True])
def test_fits_side_by_side_are_corrected_one_by_one(clustered: bool) -> None:
    (first, _, _, codes), (second, _, _, _) = linear(3), linear(4, k=2)
    both = side_by_side((first, second), (1, 2, 4))
    own = codes if clustered else None
    found = corrected(both, own, jackknife=False)
    parts = [corrected(fit, own, jackknife=False) for fit in (first, second)]
    apart = [part.of(fit.influence) for part, fit in zip(parts, (first, second), strict=True)]
    assert found.of(both.influence) == pytest.approx(np.concatenate(apart), rel=1e-12)
    assert found.df == pytest.approx(np.concatenate([p.df for p in parts]), rel=1e-12)
    assert both.leverage == pytest.approx(np.maximum(first.leverage, second.leverage), rel=1e-12)
    assert both.places == (1, 2, 4)


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("jackknife", [False, True])
def test_on_a_basis_influence_values_are_residuals(clustered: bool, jackknife: bool) -> None:
    rng = np.random.default_rng(5)
    basis = np.linalg.qr(np.array([np.ones(18), *rng.standard_normal((2, 18))]).T)[0].T
    phi, codes = rng.standard_normal((1, 18)), np.arange(18) // 3 if clustered else np.arange(18)
    fit = Fitted(("",), np.zeros(1), phi, basis=basis)
    found = corrected(fit, codes if clustered else None, jackknife=jackknife)
    residual = np.eye(18) - basis.T @ basis
    even, z = np.ones(18), []
    power_used = -1.0 if jackknife and clustered else -0.5
    for g in np.unique(codes):
        at = codes == g
        turned = power(residual[np.ix_(at, at)], power_used)
        assert found.of(phi)[0, at] == pytest.approx(turned @ phi[0, at], rel=1e-9)
        z.append(residual[:, at] @ turned @ even[at])
    inner = np.array(z) @ np.array(z).T
    expected = np.trace(inner) ** 2 / np.vdot(inner, inner)
    assert found.df[0] == pytest.approx(min(expected, 5.0 if clustered else 16.0), rel=1e-9)
    assert fit.leverage == pytest.approx(np.diag(basis.T @ basis), rel=1e-12)


def test_a_fit_without_leverage_is_left_alone() -> None:
    fit = Fitted(("a", "b"), np.zeros(2), np.arange(20.0).reshape(2, 10))
    assert corrected(fit, None, jackknife=False).of(fit.influence) is fit.influence
    assert corrected(fit, None, jackknife=False).df.tolist() == [8.0, 8.0]
    assert corrected(fit, np.arange(10) // 2, jackknife=True).df.tolist() == [4.0, 4.0]


def centring(strata: np.ndarray) -> np.ndarray:
    same = np.equal.outer(strata, strata)
    size = same.sum(axis=1)
    return (np.eye(strata.size) - same / size[:, None]) * np.sqrt(size / (size - 1.0))[:, None]


@pytest.mark.parametrize("scores", [1, 2])
@pytest.mark.parametrize("clustered", [False, True])
def test_within_strata_the_working_variance_stays_and_df_are_those_of_the_centred_form(
    scores: int, clustered: bool
) -> None:
    """Rows of several scores by unit are clusters of scores: K from explicit blocks, then centred in strata."""
    rng = np.random.default_rng(6)
    whole = np.linalg.qr(rng.standard_normal((24 * scores, 3)))[0]
    factor = np.moveaxis(whole.reshape(24, scores, 3), (0, 1, 2), (2, 0, 1))
    root = np.triu(rng.standard_normal((3, 3))) + 3.0 * np.eye(3)
    fit = Fitted(tuple("abc"), np.zeros(3), rng.standard_normal((3, 24)), factor, root)
    codes, strata = np.arange(24) // 2, np.arange(24) // 2 % 3
    found = corrected(fit, codes if clustered else None, jackknife=False, strata=strata)
    plain = corrected(fit, codes if clustered else None, jackknife=False)
    assert found.of(fit.influence) == pytest.approx(plain.of(fit.influence), rel=1e-12)
    maker, group = np.eye(24 * scores) - whole @ whole.T, np.repeat(codes if clustered else np.arange(24), scores)
    for j, row in enumerate(np.linalg.inv(root)):
        z = []
        for g in np.unique(group):
            at = group == g
            z.append(maker[:, at] @ power(maker[np.ix_(at, at)], -0.5) @ whole[at] @ row)
        inner = np.array(z) @ np.array(z).T
        c = centring(strata[::2] if clustered else strata)
        inside = c @ inner @ c.T
        most = 11.0 - 2.0 if clustered else 21.0 - 2.0
        assert found.share[j] == pytest.approx(np.trace(inner) / np.trace(inside), rel=1e-9)
        assert np.trace(inner) == pytest.approx(row @ row, rel=1e-9)
        assert found.df[j] == pytest.approx(min(np.trace(inside) ** 2 / np.vdot(inside, inside), most), rel=1e-9)


def test_on_a_basis_and_without_leverage_strata_take_degrees_of_freedom() -> None:
    rng, strata = np.random.default_rng(7), np.arange(18) % 3
    basis = np.linalg.qr(np.array([np.ones(18), *rng.standard_normal((2, 18))]).T)[0].T
    fit = Fitted(("",), np.zeros(1), rng.standard_normal((1, 18)), basis=basis)
    found = corrected(fit, None, jackknife=False, strata=strata)
    residual = np.eye(18) - basis.T @ basis
    z = residual / np.sqrt(np.diag(residual))
    inside = centring(strata) @ z.T @ z @ centring(strata).T
    assert found.share[0] == pytest.approx(np.trace(z.T @ z) / np.trace(inside), rel=1e-9)
    assert found.df[0] == pytest.approx(min(np.trace(inside) ** 2 / np.vdot(inside, inside), 14.0), rel=1e-9)
    bare = Fitted(("a", "b"), np.zeros(2), np.arange(36.0).reshape(2, 18))
    assert corrected(bare, None, jackknife=False, strata=strata).df.tolist() == [14.0, 14.0]
    assert corrected(bare, np.arange(18) % 9, jackknife=False, strata=strata).df.tolist() == [6.0, 6.0]
    both = side_by_side((linear(3, n=18)[0], linear(4, n=18, k=2)[0]), (1, 4))
    assert corrected(both, None, jackknife=False, strata=strata).share.shape == (5,)
