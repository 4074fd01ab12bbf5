from __future__ import annotations

import numpy as np
import pytest

from service.calibration.leverage import LEAST, degrees_of_freedom, kept, with_constant


def design(seed: int, n: int, p: int, *, weighted: bool) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Z (1 + p, n), root weights or None, and the hat matrix X (X'OX)^{-1} X'O."""
    rng = np.random.default_rng(seed)
    omega = rng.gamma(2.0, 1.0, n) if weighted else np.ones(n)
    omega = omega / omega.mean()
    c = rng.normal(size=(p, n))
    root = np.sqrt(omega)
    centred = (c - (c @ omega / n)[:, None]) * root
    basis = np.linalg.qr(centred.T)[0].T if p else np.zeros((0, n))
    x = np.column_stack([np.ones(n), c.T])
    hat = x @ np.linalg.inv(x.T @ (omega[:, None] * x)) @ (x.T * omega)
    return with_constant(basis, root if weighted else None), root if weighted else None, hat


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("p", [0, 1, 3])
def test_kept_shares_and_degrees_of_freedom_are_those_of_the_explicit_matrices(p: int, *, weighted: bool) -> None:
    for seed in range(20):
        z, root, hat = design(seed, 13, p, weighted=weighted)
        spare = np.eye(13) - hat
        g = (spare**2).sum(axis=1)
        assert kept(z, root) == pytest.approx(g, rel=1e-10)
        a = np.random.default_rng(seed).normal(size=13)
        k = spare.T @ np.diag(a**2 / g) @ spare
        expected = np.trace(k) ** 2 / np.trace(k @ k)
        assert degrees_of_freedom(a, g, z, root) == pytest.approx(_top(a, k, expected), rel=1e-9)


def _top(a: np.ndarray, k: np.ndarray, expected: float) -> float:
    """The trace of K is sum a^2, because every row of I - H has squared length g."""
    assert np.trace(k) == pytest.approx(a @ a)
    return expected


def test_a_mean_has_one_degree_of_freedom_less_than_units() -> None:
    z, root, _ = design(1, 9, 0, weighted=False)
    assert degrees_of_freedom(np.full(9, 1 / 9), kept(z, root), z, root) == pytest.approx(8.0)


def test_a_unit_without_a_residual_keeps_next_to_nothing_instead_of_less() -> None:
    root = np.sqrt(np.array([1e6, 1.0, 1.0]) / ((1e6 + 2) / 3))
    share = kept(with_constant(np.zeros((0, 3)), root), root)
    assert share[0] >= LEAST
    assert share[0] < 1e-5


@pytest.mark.parametrize("exponent", range(1, 13))
def test_degrees_of_freedom_are_never_fewer_than_one(exponent: int) -> None:
    """(Sum of eigenvalues)^2 / sum of squares, of which rounding leaves nothing or less with such weights."""
    omega = np.append(np.ones(39), 10.0**exponent)
    root = np.sqrt(omega / omega.mean())
    z = with_constant(np.zeros((0, 40)), root)
    found = degrees_of_freedom(root**2 / 40, kept(z, root), z, root)
    assert 1.0 <= found < 39.0
