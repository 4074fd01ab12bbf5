"""Correlation of human and LLM answers over pairs, with an interval that needs no normal data.

Formula: r of (y, f) over paired units; interval atanh r -+ t_{n-3} s, with s^2 = sum of squared influence values
    phi_i = (u_i v_i - r (u_i^2 + v_i^2)/2) / (n (1 - r^2)) / sqrt(1 - h_i),  u, v standardised (divisor n),
    h_i = 1/n + (u_i^2 + v_i^2 - 2 r u_i v_i) / (n (1 - r^2));  from moments s^2 = 1/(n - 3).
With clusters influence is summed inside each, s^2 times G/(G - 1), on G - 1 degrees of freedom.
Coverage of .95 intervals at n = 20 | 40 (3,000 replicates, r .5): Gaussian .950 | .952; outcome lognormal .947 | .922.
Shapes: n pairs. Units: none.
Assumes: independent units or clusters, finite fourth moments. Breaks: heavy tails; few clusters.
Raises: nothing.
Source: Fisher (1915), Biometrika 10; Devlin, Gnanadesikan & Kettenring (1975), Biometrika 62 (influence function).
Differs: t quantiles, and the leverage correction of a regression's residuals (HC2).
"""

from __future__ import annotations

from math import atanh, sqrt, tanh

import numpy as np
from scipy.special import stdtr, stdtrit

from service.calibration.diagnostics.finding import Interval, Measure
from service.calibration.diagnostics.study import Pairs
from service.calibration.moments import FloatArray, Moments

NEAR_ONE = 1.0 - 1e-9
NEAR_ZERO = 1e-9


def correlation(pairs: Pairs | None, joint: Moments, level: float) -> Measure:
    """Correlation of (y, f) with its interval and the p-value of its being 0; ``pairs`` None: from moments alone."""
    s = joint.scatter
    r = min(1.0, max(-1.0, float(s[0, 1]) / sqrt(float(s[0, 0]) * float(s[1, 1]))))
    if abs(r) > NEAR_ONE:
        return Measure("ppi_correlation", r, Interval("fisher_z", level, r, r), 0.0)
    error, df = (1.0 / sqrt(joint.n - 3.0), joint.n - 3) if pairs is None else _error(pairs, joint, r)
    z, size = atanh(r), float(stdtrit(df, (1.0 + level) / 2.0)) * error
    p = 2.0 * float(stdtr(df, -abs(z) / error)) if error > 0.0 else 0.0
    return Measure("ppi_correlation", r, Interval("fisher_z", level, tanh(z - size), tanh(z + size)), p)


def _error(pairs: Pairs, joint: Moments, r: float) -> tuple[float, int]:
    """Standard error of atanh r and its degrees of freedom."""
    n = pairs.n
    u = (pairs.y - joint.mean[0]) / sqrt(float(joint.scatter[0, 0]) / n)
    v = (pairs.f - joint.mean[1]) / sqrt(float(joint.scatter[1, 1]) / n)
    scale = n * (1.0 - r * r)
    leverage = 1.0 / n + (u * u + v * v - 2.0 * r * u * v) / scale
    influence: FloatArray = (u * v - r * (u * u + v * v) / 2.0) / scale / np.sqrt(np.maximum(1.0 - leverage, NEAR_ZERO))
    df = n - 3
    if pairs.cluster is not None:
        influence = np.bincount(np.unique(pairs.cluster, return_inverse=True)[1], influence).astype(np.float64)
        groups = influence.shape[0]
        influence, df = influence * sqrt(groups / max(1.0, groups - 1.0)), max(1, groups - 1)
    return sqrt(float(influence @ influence)), df


def vary(joint: Moments) -> bool:
    """Whether both of (y, f) differ by more than rounding."""
    return all(float(joint.scatter[k, k]) > joint.n * (1e-14 * abs(float(joint.mean[k]))) ** 2 for k in (0, 1))
