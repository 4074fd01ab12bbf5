"""Exchangeability: whether LLM-only units have the mean predictions of the humans they stand in for.

Name: two-sample Hotelling T^2 (Wald) test of E[c | LLM-only] = E[c | human].
Formula: per pool, d = cbar_human - reference, V = S (1/n + 1/m), S the pooled covariance with nu = n + m - 2; columns
with a known population mean have that mean as reference and V = S/n. T^2 = d'V^{-1}d, F = T^2 (nu - p + 1)/(nu p) on
(p, nu - p + 1) degrees of freedom. Several pools: p-value = min(1, pools x smallest), Bonferroni.
Shapes: p usable columns (see ``columns``). Units: none.
Of a column with one value for all n humans and another for all m LLM-only units, which has no S, the p-value is
1 / C(n + m, m) (Fisher's exact test); units left out for want of an answer have theirs (``refusals``). Each is one more
test (Bonferroni).
With weights or clusters d is the gap of weighted means and V the sum over clusters (or units) of squared sums of their
influence on it, times G/(G - 1); nu = clusters with humans - 1.
Assumes: independent units or clusters; exact for Gaussian columns without weights and clusters, else in large samples.
Breaks: tests means only; different shapes with equal means pass. With more than nu columns only the first nu are
tested; where none varies it is ``None`` (not testable).
Raises: nothing.
Source: Hotelling (1931), Annals of Mathematical Statistics 2:360-378.
Differs: pooled covariance, because under the tested hypothesis the two distributions are equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import fdtrc

from service.calibration import pools
from service.calibration.card import Card
from service.calibration.estimate import Frame
from service.calibration.layouts.refusals import by_chance
from service.calibration.least_squares import EPS, inverse_factor
from service.calibration.moments import FloatArray, Moments, merge
from service.calibration.sample import Units

TEST_LEVEL = 0.05

CARD = Card(
    name="exchangeability",
    title="Exchangeability of LLM-only units with the humans",
    formula="Hotelling's T^2 of the humans' mean predictions against LLM-only units or stated population means",
    assumptions=("independent units",),
    limits=("tests means only: other differences pass", "with few units it hardly ever rejects"),
    sources=("Hotelling (1931), Annals of Mathematical Statistics 2:360-378",),
)


def pool_p_values(frame: Frame) -> tuple[float | None, ...]:
    """The p-value of each pool; None where a pool cannot be tested."""
    return tuple(_pool_p_value(frame, k) for k in range(len(frame.sample.llm_only)))


def one_column(gap: FloatArray, scatter: FloatArray, n: int, m: int) -> FloatArray:
    """P-values (K,) for one column each: gap of means and scatter about both means of n humans and m LLM-only units."""
    return _tail(gap * gap / (scatter * (1.0 / n + 1.0 / m)), 1, n + m - 2)


def combined(values: Sequence[float | None]) -> float | None:
    """The p-value over several pools (Bonferroni), or None where none of them can be tested."""
    known = [v for v in values if v is not None]
    return min(1.0, len(known) * min(known)) if known else None


def _pool_p_value(frame: Frame, k: int) -> float | None:
    means, only = _of_means(frame, k), frame.llm_only[k]
    if only is None or frame.identification == "randomization":
        return means
    human = merge([frame.human[d].without_first() for d in frame.sample.arms_of(k)])
    chances = [frame.sample.unanswered_by_chance]
    if _apart(human, only, frame.screened.usable):
        chances.append(by_chance(int(only.n), 0, int(human.n)))
    return combined([means, *(p for p in chances if p < 1.0)])


def _apart(human: Moments, only: Moments, columns: Sequence[int]) -> bool:
    """Whether a column has one value for all humans and another for all LLM-only units."""
    j = list(columns)
    rounding = 8 * EPS * np.sqrt(human.n + only.n) * np.maximum(np.abs(human.mean), np.abs(only.mean))[j]
    constant = np.sqrt(np.diag(human.scatter + only.scatter)[j]) <= rounding
    return bool((constant & (np.abs(human.mean - only.mean)[j] > rounding)).any())


def _of_means(frame: Frame, k: int) -> float | None:
    arms = frame.sample.arms_of(k)
    human = merge([frame.human[d].without_first() for d in arms])
    columns = list(frame.screened.usable)
    only = None if frame.identification == "randomization" else frame.llm_only[k]
    if frame.weighted or frame.sample.clustered:
        return _robust(frame, k, columns, with_llm_only=only is not None)
    if only is not None and not frame.any_known:
        scatter = (human.scatter + only.scatter) * (1.0 / human.n + 1.0 / only.n)
        return _hotelling(human, human.mean - only.mean, scatter, human.n + only.n - 2, columns)
    known = np.isfinite(frame.known)
    if only is None:
        columns = [j for j in columns if known[j]]
        gap = np.where(known, human.mean - frame.known, 0.0)
        return _hotelling(human, gap, human.scatter / human.n, human.n - 1, columns)
    share = 1.0 / human.n + np.where(known[:, None] | known[None, :], 0.0, 1.0 / only.n)
    gap = human.mean - np.where(known, frame.known, only.mean)
    return _hotelling(human, gap, (human.scatter + only.scatter) * share, human.n + only.n - 2, columns)


def _robust(frame: Frame, k: int, columns: list[int], *, with_llm_only: bool) -> float | None:
    """The test with weighted means and the variance of their gap from sums by cluster (or unit); nu = humans' - 1."""
    sample, known = frame.sample, np.isfinite(frame.known)
    human = [s for d in sample.arms_of(k) if isinstance(s := sample.asked(d), Units)]
    only = sample.llm_only[k] if with_llm_only else None
    if not isinstance(only, Units):
        columns = [j for j in columns if known[j]]
    mean, parts = _weighted_mean(human)
    reference, others = _weighted_mean([only]) if isinstance(only, Units) else (mean, parts[:, :0])
    gap = mean - np.where(known, frame.known, reference)
    parts = np.concatenate((parts, np.where(known[:, None], 0.0, -others)), axis=1)
    nu = parts.shape[1] - others.shape[1] - 1
    if sample.clustered:
        sources = [*human, *([only] if isinstance(only, Units) else [])]
        codes = np.concatenate([s.cluster for s in sources if s.cluster is not None])
        numbers = np.unique(codes, return_inverse=True)[1]
        parts = np.array([np.bincount(numbers, row) for row in parts])
        nu = np.unique(codes[: sum(s.n for s in human)]).size - 1
    count = parts.shape[1]
    if count < 2:
        return None
    return _hotelling(
        merge([frame.human[d].without_first() for d in sample.arms_of(k)]),
        gap,
        parts @ parts.T * (nu * count / (count - 1.0)),
        nu,
        columns,
    )


def _weighted_mean(sources: Sequence[Units]) -> tuple[FloatArray, FloatArray]:
    """Weighted mean (p,) of c over sources, and the units' influence on it (p, n)."""
    c = np.concatenate([s.c for s in sources], axis=1)
    weight = np.concatenate([pools.weight(s) for s in sources])
    share = weight / weight.sum()
    mean = c @ share
    return mean, (c - mean[:, None]) * share


def _hotelling(human: Moments, gap: FloatArray, scatter: FloatArray, nu: int, columns: list[int]) -> float | None:
    """P-value of T^2 for a gap of means d, with V = scatter / nu."""
    kept, loading = inverse_factor(scatter, human.mean, nu + 1, columns)
    p = len(kept)
    if p == 0:
        return None
    scaled = loading.T @ gap
    return float(_tail(scaled @ scaled, p, nu))


def _tail(square: FloatArray, p: int, nu: int) -> FloatArray:
    """P-value of T^2 = nu x ``square`` of p columns."""
    return np.asarray(fdtrc(p, nu - p + 1, square * ((nu - p + 1) / p)))
