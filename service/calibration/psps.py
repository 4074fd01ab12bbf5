"""Calibration from fitted coefficients and covariances alone (post-prediction summary statistics).

Formula: with 1 = theta_H, 2 = gamma_H (the LLM's answers for the same humans), 3 = gamma_S (LLM-only units), C_ab their
covariances, D = C22 + C33 - C23 - C32,
    theta = theta_H + Om'(gamma_S - gamma_H),   Om = D^{-1} (C12 - C13)'
    Var_plug = C11 - (C12 - C13) D^{-1} (C12 - C13)',   E = C11 - C12 C22^{-1} C21
    Var = E (n-1)/(n-p-1) (1 + p/(n-p-2)) + [Var_plug - E],   df = n - p - 1;   with C13, C23 not 0: Var_plug
A component uses its own gamma (p = 1), or all of them (``cross``, p their rank). R^2 = C12 C22^{-1} C21 / C11, and
``helps`` where adjusted R^2 > p/(n-2): the limited-harm rule.
Shapes: k components, p gammas; C11 (k, k), C12 (k, p), C22 (p, p). Units: those of the coefficients.
Assumes: covariances estimated on n humans; gamma_S independent of them unless C13 and C23 say otherwise.
Breaks: robust covariances of few humans (OLS with 3 terms, HC2, own gamma, .95: slopes cover .91-.92 at n = 20, .935 at
50, .937 to .942 at 100, .934 where residuals spread, human-only .93 at 20; classical ones .95 throughout, with
``cross`` .97 at 20; 10,000 replicates, Monte Carlo error .002) get ``small_summary``. Covariances of different fits
(robust beside classical) make Var_plug meaningless, even negative.
Raises: nothing.
Source: Miao & Lu, arXiv 2405.20039 (PSPS); the corrections for small n are the exact factors of Gaussian regression.
Differs: the factor of E, the t interval and the rule; published are Var_plug and a normal quantile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray, IntArray

FEWEST = 4  # humans beyond the rank for the limited-harm rule
RANK = 1e-10  # of a correlation matrix: directions with less variance are dropped


@dataclass(frozen=True, slots=True)
class Summary:
    """Coefficients and covariances of fits made elsewhere; ``c13`` (k, p) and ``c23`` (p, p) are 0 unless sent."""

    components: tuple[str, ...]
    theta: FloatArray
    gamma_human: FloatArray
    gamma_llm_only: FloatArray
    c11: FloatArray
    c12: FloatArray
    c22: FloatArray
    c33: FloatArray
    c13: FloatArray
    c23: FloatArray
    n_human: int
    cross: bool = False

    @property
    def paired(self) -> bool:
        """Whether every component has a gamma of its own."""
        return self.gamma_human.shape == self.theta.shape

    @property
    def overlapping(self) -> bool:
        """Whether gamma_S shares units with the humans."""
        return bool(self.c13.any() or self.c23.any())

    @property
    def gap_covariance(self) -> FloatArray:
        """Covariance D (p, p) of gamma_S - gamma_H."""
        return np.asarray(self.c22 + self.c33 - self.c23 - self.c23.T)


@dataclass(frozen=True, slots=True)
class Rectified:
    """Calibrated components (k,): estimates, variances, df, ranks p, R^2, whether the LLM helps; Om' (k, p).

    ``r`` is the signed correlation of a component with its gamma where it uses one, else the root of R^2.
    """

    estimate: FloatArray
    variance: FloatArray
    df: FloatArray
    rank: FloatArray
    r: FloatArray
    helps: FloatArray
    slope: FloatArray


def rectified(summary: Summary) -> Rectified:
    """Every component with its slopes, whether they help or not."""
    k, p = summary.c12.shape
    whole = np.arange(p)
    shared = _inverses(summary, whole) if summary.cross else None
    each = [_component(summary, j, *(whole, shared) if shared else _own(summary, j)) for j in range(k)]
    slope = np.stack([row for row, _ in each])
    variance, df, rank, r, helps = np.array([numbers for _, numbers in each]).T
    estimate = summary.theta + slope @ (summary.gamma_llm_only - summary.gamma_human)
    return Rectified(estimate, variance, df, rank, r, helps, slope)


@dataclass(frozen=True, slots=True)
class _Inverses:
    """Inverses of D and C22 on some gammas, and the rank of D."""

    gap: FloatArray
    human: FloatArray
    rank: int


def _inverses(summary: Summary, group: IntArray) -> _Inverses:
    gap, rank = inverse(summary.gap_covariance, group)
    return _Inverses(gap, inverse(summary.c22, group)[0], rank)


def _own(summary: Summary, j: int) -> tuple[IntArray, _Inverses]:
    group = np.array([j])
    return group, _inverses(summary, group)


def _component(summary: Summary, j: int, group: IntArray, of: _Inverses) -> tuple[FloatArray, tuple[float, ...]]:
    """Component j by a group of gammas: its row of Om' (p,); variance, df, rank, r, and 1 where the LLM helps."""
    toward, paired = summary.c12[j, group] - summary.c13[j, group], summary.c12[j, group]
    own, n, rank = float(summary.c11[j, j]), summary.n_human, of.rank
    slope = np.zeros(summary.c12.shape[1])
    slope[group] = of.gap @ toward
    plug = float(own - toward @ of.gap @ toward)
    residual = max(0.0, float(own - paired @ of.human @ paired))
    share = min(1.0, max(0.0, 1.0 - residual / own))
    sign = -1.0 if len(group) == 1 and paired[0] < 0.0 else 1.0
    variance = max(0.0, _variance(summary, plug, residual, rank))
    helps = rank > 0 and n >= rank + FEWEST and _adjusted(share, rank, n) > rank / (n - 2.0)
    return slope, (variance, n - rank - 1.0, float(rank), sign * share**0.5, float(helps))


def inverse(covariance: FloatArray, group: IntArray) -> tuple[FloatArray, int]:
    """Inverse of some rows and columns of a covariance, and their rank; directions without variance are 0."""
    own = covariance[np.ix_(group, group)]
    size = np.sqrt(np.maximum(np.diag(own), 0.0))
    scale = np.where(size > 0.0, 1.0 / np.where(size > 0.0, size, 1.0), 0.0)
    values, vectors = np.linalg.eigh(own * scale * scale[:, None])
    kept = values > RANK
    root = vectors[:, kept] / np.sqrt(values[kept]) * scale[:, None]
    return root @ root.T, int(kept.sum())


def correlation(summary: Summary, slope: FloatArray) -> FloatArray:
    """Correlation (k, k) of theta_H + Om'(gamma_S - gamma_H) for slopes Om' (k, p)."""
    toward = summary.c12 - summary.c13
    cross = slope @ toward.T
    found = summary.c11 - cross - cross.T + slope @ summary.gap_covariance @ slope.T
    size = np.sqrt(np.maximum(np.diag(found), 0.0))
    scale = np.where(size > 0.0, 1.0 / np.where(size > 0.0, size, 1.0), 0.0)
    found = np.clip(found * scale * scale[:, None], -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _variance(summary: Summary, plug: float, residual: float, p: int) -> float:
    n = summary.n_human
    if summary.overlapping or not p:
        return plug
    return residual * (n - 1.0) / (n - p - 1.0) * (1.0 + p / (n - p - 2.0)) + plug - residual


def _adjusted(share: float, p: int, n: int) -> float:
    return 1.0 - (1.0 - share) * (n - 1.0) / (n - p - 1.0)
