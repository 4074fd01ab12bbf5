"""Heterogeneity: whether subgroups differ by more than chance.

Formula: w_g = 1/s_g^2, m = sum w_g y_g / sum w_g, Q = sum w_g (y_g - m)^2 (Cochran); its test allows for estimated
s_g by Welch: L = sum (1 - w_g/sum w)^2/df_g, F = [Q/(G-1)] / [1 + 2 (G-2) L/(G^2-1)] on G-1 and (G^2-1)/(3 L) degrees
of freedom, which is chi^2 as df grows. I^2 = max(0, 1 - (G-1)/Q); the standard deviation between subgroups is
DerSimonian and Laird's, sqrt(max(0, (Q - (G-1)) / (sum w - sum w^2/sum w))).
Shapes: G subgroups. Units: those of the estimates.
Assumes: estimates of different subgroups are independent. Breaks: clusters that span subgroups. Raises: nothing.
Source: Cochran (1954), Biometrics 10:101-129; Welch (1951), Biometrika 38:330-336; Higgins & Thompson (2002), SiM
21:1539-1558; DerSimonian & Laird (1986), Controlled Clinical Trials 7:177-188. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.special import chdtrc, fdtrc


@dataclass(frozen=True, slots=True)
class Differences:
    """Cochran's Q, its p-value, the share of it that is not chance, and the standard deviation between subgroups."""

    q: float
    p_value: float
    i_squared: float
    between_sd: float


def differences(estimates: Sequence[float], standard_errors: Sequence[float], degrees: Sequence[float]) -> Differences:
    """The test of equal subgroups; at least two, standard errors above 0, infinite df where they are known."""
    y, w, df = np.array(estimates), 1.0 / np.square(standard_errors), np.array(degrees)
    total, count = float(w.sum()), len(y)
    y = y - y[0]
    q = float(w @ np.square(y - w @ y / total))
    spare = count - 1.0
    loss = float((np.square(1.0 - w / total) / df).sum())
    if loss > 0.0:
        ratio = q / spare / (1.0 + 2.0 * (count - 2.0) * loss / (count**2 - 1.0))
        p_value = float(fdtrc(spare, (count**2 - 1.0) / (3.0 * loss), ratio))
    else:
        p_value = float(chdtrc(spare, q))
    pairs = float((np.outer(w, w / total) * (1.0 - np.eye(count))).sum())
    between = max(0.0, q - spare) / pairs if pairs > 0.0 else 0.0
    return Differences(q, p_value, max(0.0, 1.0 - spare / q) if q > 0.0 else 0.0, sqrt(between))


def degrees_of(df: float | None) -> float:
    """Degrees of freedom of a result; none are as many as one likes."""
    return inf if df is None else df
