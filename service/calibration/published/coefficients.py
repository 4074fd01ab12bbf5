"""PPI and PPI++ of regression coefficients as ppi-python 0.2.3 computes them, written on influence values.

Formula: at a point theta, with V the inverse mean Hessian over humans and LLM-only units (humans alone at lambda = 0),
    a_i = V x_i (y_i - m_i),  b_i = V x_i (f_i - m_i) of humans,  c_i = V x_i (f_i - m_i) of LLM-only units
    lambda_j = cov(a_j, b_j; ddof 0) / ((1 + n/N) var(b_j and c_j pooled; ddof 1)), clipped to [0, 1]
    one lambda: numerator and denominator each summed over the coefficients
    se_j^2 = var(a_j - lambda b_j)/n + lambda^2 var(c_j)/N, ddof 1
The published sequence: point at lambda 1 -> lambda' -> **estimate** at lambda' (the published point) -> lambda'' ->
**centre** at lambda'' with its standard error: the published interval is centre -+ normal quantile x error. It is not
centred at the published point, and both are given.
Shapes: k coefficients, n humans, N LLM-only units. Units: a coefficient's own (log odds, log mean).
Assumes: humans and LLM-only units from one population, independent, equally weighted.
Breaks: one lambda for all coefficients changes with the units of the terms (it adds variances of unlike things); the
predictions' errors in V and theta are ignored, so intervals are short below about 50 humans.
Raises: NotIdentified ``collinear_terms``, ``no_maximum``.
Source: Angelopoulos, Duchi & Zrnic 2311.01453, sections 4 and 6; Angelopoulos et al. 2301.09633 (lambda = 1).
Differs: ppi-python drops ``coord`` for logistic and poisson; here one lambda per coefficient is offered for them too,
by the same formula. Where predictions do not vary lambda is 0 (there: nan). No weights: ppi-python takes them, but its
standard errors then change when a constant is added to outcome and predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.published.points import LINKS, bread, points
from service.calibration.published.rows import Family, Rows


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Per coefficient (k,): the published point, and centre, standard error and lambda of the published interval.

    ``point_tuning`` is the lambda of ``estimate``; at a given lambda point and centre are the same.
    """

    estimate: FloatArray
    centre: FloatArray
    standard_error: FloatArray
    tuning: FloatArray
    point_tuning: FloatArray


@dataclass(frozen=True, slots=True)
class Influence:
    """Influence values at a point: humans' outcomes and predictions (k, n), LLM-only predictions (k, N)."""

    human: FloatArray
    llm: FloatArray
    llm_only: FloatArray

    def tuning(self, of: slice) -> float:
        """The lambda in [0, 1] that minimises the summed variance of these coefficients."""
        n, m = self.llm.shape[1], self.llm_only.shape[1]
        human, llm = self.human[of], self.llm[of]
        shared = ((human - human.mean(axis=1, keepdims=True)) * (llm - llm.mean(axis=1, keepdims=True))).sum() / n
        spread = np.hstack([llm, self.llm_only[of]]).var(axis=1, ddof=1).sum()
        return min(1.0, max(0.0, float(shared / ((1.0 + n / m) * spread)))) if spread > 0.0 else 0.0

    def standard_error(self, lam: float) -> FloatArray:
        """Standard errors (k,) at lambda."""
        n, m = self.llm.shape[1], self.llm_only.shape[1]
        rest = (self.human - lam * self.llm).var(axis=1, ddof=1) / n
        return np.asarray(np.sqrt(rest + lam**2 * self.llm_only.var(axis=1, ddof=1) / m))


def ppi(family: Family, rows: Rows) -> Coefficients:
    """Prediction-powered inference, lambda = 1."""
    return given(family, rows, 1.0)


def given(family: Family, rows: Rows, lam: float) -> Coefficients:
    """PPI++ at a given lambda in [0, 1]; 0 is the human-only sandwich (HC0 times n/(n - 1)), with a normal quantile."""
    theta = points(family, rows)(lam)
    error = influence(family, rows, theta, used=lam != 0.0).standard_error(lam)
    tuning = np.full(len(theta), lam)
    return Coefficients(theta, theta, error, tuning, tuning)


def power_tuned(family: Family, rows: Rows, *, per_coefficient: bool = False) -> Coefficients:
    """PPI++ with its own lambda: one for all coefficients (coord=None there), or one for each (coord=j)."""
    point, k = points(family, rows), len(rows.x)
    first = point(1.0)
    if not per_coefficient:
        return _tuned(family, rows, point, first, slice(None))
    each = [_tuned(family, rows, point, first, slice(j, j + 1)) for j in range(k)]
    own = [[getattr(each[j], name)[j] for j in range(k)] for name in Coefficients.__slots__]
    return Coefficients(*(np.array(values) for values in own))


def _tuned(
    family: Family, rows: Rows, point: Callable[[float], FloatArray], first: FloatArray, of: slice
) -> Coefficients:
    """The published sequence of points and lambdas, from the point at lambda = 1, tuned for some coefficients."""
    once = influence(family, rows, first).tuning(of)
    estimate = point(once)
    again = influence(family, rows, estimate).tuning(of)
    centre = point(again)
    error = influence(family, rows, centre, used=again != 0.0).standard_error(again)
    k = len(first)
    return Coefficients(estimate, centre, error, np.full(k, again), np.full(k, once))


def influence(family: Family, rows: Rows, theta: FloatArray, *, used: bool = True) -> Influence:
    """Influence values at theta (k,); ``used`` says whether LLM-only units enter the mean Hessian."""
    link = LINKS[family]
    eta, eta_only = theta @ rows.x, theta @ rows.x_only
    with np.errstate(over="ignore"):  # a mean beyond the range of a double ends in ``no_maximum``
        mean, mean_only = link.mean(eta), link.mean(eta_only)
        curvature, curvature_only = link.variance(eta), link.variance(eta_only)
    if used:
        inverse = bread(np.hstack([rows.x, rows.x_only]), np.concatenate([curvature, curvature_only]))
    else:
        inverse = bread(rows.x, curvature)
    terms = inverse @ rows.x
    return Influence(
        terms * (rows.y - mean), terms * (rows.f - mean), (inverse @ rows.x_only) * (rows.f_only - mean_only)
    )
