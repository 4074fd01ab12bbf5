"""Fits made elsewhere: least squares of several outcomes on the same terms, with their joint covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration.psps import Summary


def fits(x: np.ndarray, outcomes: list[np.ndarray], *, robust: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of every outcome on x (n, k), and their joint covariance: classical, or HC2."""
    n, k = x.shape
    bread = np.linalg.inv(x.T @ x)
    theta = [bread @ x.T @ y for y in outcomes]
    residuals = np.array([y - x @ b for y, b in zip(outcomes, theta, strict=True)])
    if robust:
        kept = np.sqrt(1.0 - np.einsum("nk,kl,nl->n", x, bread, x))
        scores = np.concatenate([(x * (e / kept)[:, None]) @ bread for e in residuals], axis=1)
        return np.concatenate(theta), scores.T @ scores
    return np.concatenate(theta), np.kron(residuals @ residuals.T / (n - k), bread)


def design(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    return np.concatenate((np.ones((n, 1)), rng.normal(size=(n, k - 1))), axis=1)


def fitted(
    rng: np.random.Generator, n: int = 60, m: int = 600, k: int = 3, rho: float = 0.7, *, robust: bool = False
) -> Summary:
    """Coefficients 0 of k terms, an LLM correlated rho with the humans."""
    x, others = design(rng, n, k), design(rng, m, k)
    y = rng.normal(size=n)
    f = rho * y + np.sqrt(1.0 - rho**2) * rng.normal(size=n)
    theta, covariance = fits(x, [y, f], robust=robust)
    gamma, spread = fits(others, [rng.normal(size=m)], robust=robust)
    return summary(theta, gamma, covariance, spread, n)


def summary(theta: np.ndarray, gamma: np.ndarray, covariance: np.ndarray, spread: np.ndarray, n: int) -> Summary:
    k = gamma.shape[0]
    zero = np.zeros((k, k))
    return Summary(
        components=tuple(f"b{j}" for j in range(k)),
        theta=theta[:k],
        gamma_human=theta[k:],
        gamma_llm_only=gamma,
        c11=covariance[:k, :k],
        c12=covariance[:k, k:],
        c22=covariance[k:, k:],
        c33=spread,
        c13=zero,
        c23=zero,
        n_human=n,
    )


def one(y: np.ndarray, f: np.ndarray, only: np.ndarray) -> Summary:
    """A mean: sample covariances divided by n."""
    n, m = y.size, only.size
    spread = np.array([[only.var(ddof=1) / m]])
    return summary(np.array([y.mean(), f.mean()]), np.array([only.mean()]), np.cov(y, f) / n, spread, n)


def with_llm(of: Summary, a: np.ndarray, shift: float = 0.0) -> Summary:
    """The same with the LLM's coefficients mapped by a (p, p) and shifted."""
    return replace(
        of,
        gamma_human=a @ of.gamma_human + shift,
        gamma_llm_only=a @ of.gamma_llm_only + shift,
        c12=of.c12 @ a.T,
        c22=a @ of.c22 @ a.T,
        c33=a @ of.c33 @ a.T,
        c13=of.c13 @ a.T,
        c23=a @ of.c23 @ a.T,
    )
