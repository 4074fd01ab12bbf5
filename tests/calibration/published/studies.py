"""Seeded data for the published forms: one population with a design, outcomes of a family and predictions."""

from __future__ import annotations

import numpy as np

from service.calibration.published.rows import Family, Rows


def drawn(seed: int, family: Family, n: int = 60, m: int = 150, *, sign: float = 1.0) -> Rows:
    """Intercept, arm and a covariate; predictions are the outcome's mean moved by shared noise."""
    rng = np.random.default_rng([seed, n, m])
    x = np.vstack([np.ones(n + m), rng.integers(0, 2, n + m), rng.normal(size=n + m)])
    shared = rng.normal(size=n + m)
    eta = np.array([-0.2, 0.5, 0.4]) @ x
    if family == "linear":
        y, f = eta + shared + rng.normal(size=n + m), sign * (eta + shared) + 0.5 * rng.normal(size=n + m)
    elif family == "logistic":
        y = (eta + 0.8 * shared + rng.logistic(size=n + m) > 0.0).astype(float)
        f = 1.0 / (1.0 + np.exp(-(0.2 + eta + sign * (0.8 * shared + 0.6 * (y - 0.5)))))
    else:
        y = rng.poisson(np.exp(eta + 0.4 * shared)).astype(float)
        f = np.exp(eta + sign * 0.4 * shared) + 0.2 * rng.normal(size=n + m)
    return Rows(x[:, :n], y[:n], f[:n], x[:, n:], f[n:])
