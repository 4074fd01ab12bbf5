"""Multiplicity: p-values adjusted for their number, and one error rate for simultaneous intervals.

Formula, p_(1) <= .. <= p_(J):
    holm                max_{i <= j} min(1, (J - i + 1) p_(i))
    hochberg            min_{i >= j} (J - i + 1) p_(i)
    benjamini_hochberg  min_{i >= j} min(1, J p_(i) / i)
    max_t               with M_1 <= .. <= M_B the smallest of J p-values in B draws under all null hypotheses,
                        (#{M <= p} + 1)/(B + 1); intervals at the error rate M_k, largest k with k/(B + 1) < 1 - level
The draws of max_t are p-values of J correlated normals: on the scale of p-values every margin is exact whatever its df,
identical contrasts count once and independent ones as in Sidak's. Estimated variances that contrasts share only make
the joint error smaller.
Shapes: J estimates, correlation (J, J). Units: none.
Assumes: benjamini_hochberg and hochberg: independent or positively dependent estimates. Breaks: max_t with fewer than
about 10 degrees of freedom in some arm is as approximate as t itself.
Source: Holm (1979); Hochberg (1988); Benjamini & Hochberg (1995); Westfall & Young (1993); Hothorn, Bretz & Westfall
(2008), Biometrical Journal 50:346-363.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal
from zlib import crc32

import numpy as np
from scipy.special import ndtr

from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.plan import Population
from service.calibration.variance import Influence, contrast_variance

Adjustment = Literal["holm", "hochberg", "benjamini_hochberg"]
MOST, LEAST = 50_000, 5_000  # draws of max_t
WORK = 2e9  # multiplications that more draws than LEAST may cost
CELLS = 2_000_000  # numbers held at a time


def adjusted(p_values: Sequence[float | None], method: Adjustment) -> list[float | None]:
    """Adjusted p-values in the same order; None stays None and does not count."""
    places = [i for i, p in enumerate(p_values) if p is not None]
    p = np.array([p_values[i] for i in places], dtype=np.float64)
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, p.shape[0] + 1)
    factor = p.shape[0] / rank if method == "benjamini_hochberg" else p.shape[0] - rank + 1.0
    stepped = np.minimum(1.0, p[order] * factor)
    up = method == "holm"
    stepped = np.maximum.accumulate(stepped) if up else np.minimum.accumulate(stepped[::-1])[::-1]
    found: list[float | None] = [None] * len(p_values)
    for i, value in zip(order, stepped, strict=True):
        found[places[i]] = float(value)
    return found


@dataclass(frozen=True, slots=True)
class MaxT:
    """Simultaneous inference: the error rate of every single interval, and the sorted minima (B,) it comes from.

    ``monte_carlo_error`` is the standard error of an adjusted p-value at 1 - level.
    """

    error_rate: float
    minima: FloatArray
    monte_carlo_error: float

    @property
    def replicates(self) -> int:
        """Number of draws."""
        return len(self.minima)

    def adjusted(self, p_value: float) -> float:
        """The adjusted p-value: below 1 - level exactly when ``p_value`` is below ``error_rate``."""
        return (int(np.searchsorted(self.minima, p_value, side="right")) + 1) / (len(self.minima) + 1)


def max_t(correlation: FloatArray, *, two_sided: bool, level: float, seed: int) -> MaxT:
    """Simultaneous error rate of J estimates with this correlation (J, J), one- or two-sided tests."""
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-12 * values[-1]
    root = vectors[:, kept] * np.sqrt(values[kept])
    root /= np.sqrt(np.square(root).sum(axis=1))[:, None]
    count, rank = root.shape
    replicates = int(min(MOST, max(LEAST, WORK / (count * rank))))
    generator = np.random.default_rng([seed, crc32(b"max_t")])
    minima = np.empty(replicates)
    step = max(1, CELLS // count)
    for start in range(0, replicates, step):
        drawn = root @ generator.standard_normal((rank, min(step, replicates - start)))
        farthest = np.abs(drawn).max(axis=0) if two_sided else drawn.max(axis=0)
        minima[start : start + step] = ndtr(-farthest) * (2.0 if two_sided else 1.0)
    minima.sort()
    error = 1.0 - level
    sizes = np.arange(1, replicates + 1) / (replicates + 1)
    k = max(1, int(np.searchsorted(sizes, error, side="left")))
    return MaxT(float(minima[k - 1]), minima, sqrt(error * (1.0 - error) / replicates))


def contrast_correlation(estimate: Estimate, contrasts: FloatArray, population: Population = "super") -> FloatArray:
    """Correlation (J, J) of several contrasts (J, D) of one estimate, from the variances of their sums."""
    sizes = [sqrt(contrast_variance(estimate, t, population)[0]) for t in contrasts]
    scaled = [t / size if size > 0.0 else np.zeros_like(t) for t, size in zip(contrasts, sizes, strict=True)]
    found = np.eye(len(scaled))
    for i, first in enumerate(scaled):
        for j, second in enumerate(scaled[:i]):
            sums = [_variance(estimate, t, population) for t in (first + second, first - second)]
            found[i, j] = found[j, i] = min(1.0, max(-1.0, (sums[0] - sums[1]) / 4.0))
    return found


def _variance(estimate: Estimate, contrast: FloatArray, population: Population) -> float:
    return contrast_variance(estimate, contrast, population)[0] if contrast.any() else 0.0


def correlation(estimates: Sequence[Sequence[Influence]]) -> FloatArray:
    """Correlation (J, J) of estimates from their influence values, lined up by unit or cluster, or else by source.

    Estimates of different samples, such as the whole and a subgroup, are lined up where all their units are numbered.
    An estimate without a source does not rest on it; one without any variance is uncorrelated with all others.
    """
    numbered = all(group.keys is not None for groups in estimates for group in groups)
    stacked = _by_key(estimates) if numbered else _by_source(estimates)
    size = np.sqrt(np.square(stacked).sum(axis=1))
    stacked /= np.where(size > 0.0, size, 1.0)[:, None]
    found = np.clip(stacked @ stacked.T, -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _by_key(estimates: Sequence[Sequence[Influence]]) -> FloatArray:
    """Influence values (J, units), or of clusters; 0 where an estimate does not rest on one."""
    parts = [[(g.keys, g.values) for g in groups if g.keys is not None] for groups in estimates]
    used = np.unique(np.concatenate([keys for part in parts for keys, _ in part]))
    found = np.zeros((len(parts), used.shape[0]))
    for row, part in zip(found, parts, strict=True):
        for keys, values in part:
            row[np.searchsorted(used, keys)] = values
    return found


def _by_source(estimates: Sequence[Sequence[Influence]]) -> FloatArray:
    """The same of sources whose units are in the same order for all estimates."""
    sizes: dict[str, int] = {group.source: len(group.values) for groups in estimates for group in groups}
    empty = {source: np.zeros(size) for source, size in sizes.items()}
    rows = [np.concatenate(list((empty | {g.source: g.values for g in groups}).values())) for groups in estimates]
    return np.stack(rows)
