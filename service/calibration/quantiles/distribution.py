"""The calibrated distribution function of an arm at its human answers, with the variance that a test of it needs.

Formula: at t the engine analyses 1{y <= t} on 1{f_l <= t} (every LLM l, every condition under shared predictions),
refusal indicators and covariates: F(t), V(t), df(t). Thresholds are the distinct human answers of the arm but the
largest, where every human is at or below. In closed form (``counts``) for one LLM column and independent units, else
one analysis per threshold; with more than ``MOST`` thresholds at every one of a coarse grid and, within ``REACH``
standard errors of a level asked for, at evenly spaced ones. Ends of intervals are then taken outwards, to the next
human answer after the last threshold that was rejected.
Limited harm (``auto``): the rule of ``estimators.auto`` applied once, to the indicators at the humans' own q-quantile;
it looks at the R^2 there, never at the calibrated estimate, and holds at every t.
Shapes: K thresholds. Units: t in stored units (deviations from the sample's origin), F in shares.
Source: Woodruff (1952), JASA 47:635-646; Francisco & Fuller (1991), Annals of Statistics 19:454-469.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.estimators import auto, estimator
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Population
from service.calibration.quantiles import counts
from service.calibration.quantiles.counts import Levels
from service.calibration.quantiles.indicators import answers, arm_frame, cut
from service.calibration.sample import Units
from service.calibration.variance import contrast_variance

MOST = 512  # thresholds that are analysed one by one
COARSE = 64
REACH = 6.0


@dataclass(frozen=True)
class Way:
    """How an arm is analysed at any t: the frame it stands in, its cells there with their weights t (D,), the method.

    ``sloped`` says which cells of the frame carry a slope under ``auto`` (None: the estimator decides).
    """

    frame: Frame
    weights: FloatArray
    estimator: str
    population: Population
    sloped: tuple[bool, ...] | None = None

    @property
    def cells(self) -> tuple[int, ...]:
        """The arm's cells in the frame."""
        return tuple(np.flatnonzero(self.weights).tolist())

    def at(self, t: float) -> Estimate:
        """The engine's estimate of the indicators at t."""
        frame = replace(self.frame, sample=cut(self.frame.sample, t))
        if self.sloped is None:
            return estimator(self.estimator).fit(frame, self.weights)
        none = np.zeros(len(frame.sample.columns))
        usable = [on and frame.whole[d] is not None for d, on in enumerate(self.sloped)]
        return assemble(frame, [frame.slope(d) if on else none for d, on in enumerate(usable)], frame.pools)


@dataclass(frozen=True, slots=True)
class Curve:
    """F, V, df and the humans' own share at thresholds (K,); ``after`` (K,) is the next human answer after each.

    ``n`` humans gave answers from ``first`` (the first threshold) to ``last``.
    """

    thresholds: FloatArray
    after: FloatArray
    levels: Levels
    n: int
    last: float

    @property
    def first(self) -> float:
        """The smallest human answer."""
        return float(self.thresholds[0])

    def variance_at(self, q: float) -> FloatArray:
        """V0 (K,): what V would be if F were q, V q (1 - q) / [Fh (1 - Fh) n/(n - 1)] times the variance's own scale.

        Fh (1 - Fh) n/(n - 1) is the variance of one human's indicator at t, so V over it is 1 / (units worth).
        """
        share = self.levels.human
        return np.asarray(self.levels.variance * q * (1.0 - q) / (share * (1.0 - share) * self.n / (self.n - 1.0)))


def way(frame: Frame, weights: FloatArray, name: str, population: Population, q: float) -> Way:
    """How an arm, given as weights of the frame's cells (D,), is analysed for a quantile q."""
    inner, cells = arm_frame(frame, np.flatnonzero(weights).tolist())
    own = np.zeros(len(inner.sample.arms))
    own[list(cells)] = weights[weights != 0.0]
    found = Way(inner, own, name, population)
    if name != "auto":
        return found
    there = Way(inner, own, "human_only", population).at(human_quantile(found, q)).frame
    helped = tuple(auto.helpful(there, d) for d in range(len(own)))
    return Way(inner, own, name, population, helped)


def human_quantile(way: Way, q: float) -> float:
    """The threshold at which the humans' own distribution function first reaches q; the largest one if none does."""
    y = answers(way.frame, way.cells)
    distinct = np.unique(y)[:-1]
    parts = [way.frame.arms[d] for d in way.cells]
    weight = np.concatenate(
        [
            way.weights[d] / arm.joint.n * (np.ones(arm.joint.n) if arm.root_weight is None else arm.root_weight**2)
            for d, arm in zip(way.cells, parts, strict=True)
        ]
    )
    order = np.argsort(y, kind="stable")
    shares = np.cumsum(weight[order])[np.searchsorted(y[order], distinct, side="right") - 1]
    reached = np.flatnonzero(shares >= q * (1.0 - 1e-12))
    return float(distinct[reached[0]] if reached.size else distinct[-1])


def curve(way: Way, levels: Sequence[float]) -> Curve:
    """The distribution function of an arm at its human answers; ``levels`` are the q it will be inverted at."""
    y = answers(way.frame, way.cells)
    distinct = np.unique(y)
    eligible, n = distinct[:-1], y.shape[0]
    closed = _closed_form(way, y, eligible)
    if closed is not None:
        return Curve(eligible, distinct[1:], closed, n, float(distinct[-1]))
    every = np.arange(eligible.shape[0])
    chosen = every
    if every.shape[0] > MOST:
        chosen = np.unique(np.linspace(0, every[-1], COARSE).round().astype(np.int64))
        coarse = Curve(eligible[chosen], distinct[chosen + 1], _analysed(way, eligible[chosen]), n, float(distinct[-1]))
        chosen = np.union1d(chosen, _near(coarse, chosen, levels))
    return Curve(eligible[chosen], distinct[chosen + 1], _analysed(way, eligible[chosen]), n, float(distinct[-1]))


def _near(coarse: Curve, chosen: IntArray, levels: Sequence[float]) -> IntArray:
    """Positions of thresholds within ``REACH`` standard errors of any level, at most ``MOST`` for each."""
    found = [np.zeros(0, dtype=np.int64)]
    for q in levels:
        z = (coarse.levels.share - q) / np.sqrt(np.maximum(coarse.variance_at(q), 1e-300))
        inside = np.flatnonzero(np.abs(z) <= REACH)
        crossing = int(np.flatnonzero(np.append(coarse.levels.share >= q, True))[0])
        low = min([crossing, *inside[:1].tolist()]) - 1
        high = max([crossing, *inside[-1:].tolist()]) + 1
        ends = chosen[max(low, 0)], chosen[min(high, len(chosen) - 1)]
        count = min(MOST, int(ends[1] - ends[0]) + 1)
        found.append(np.linspace(ends[0], ends[1], count).round().astype(np.int64))
    return np.concatenate(found)


def _closed_form(way: Way, y: FloatArray, thresholds: FloatArray) -> Levels | None:
    """``counts`` where it is exact: independent units of equal weight, one stratum, and no column but one LLM's."""
    sample = way.frame.sample
    if not sample.plain:
        return None
    used = any(on for d, on in enumerate(way.sloped or way.frame.has_pool) if way.weights[d])
    if way.estimator == "human_only" or not used:
        return counts.human_only(counts.at_most(y, thresholds), y.shape[0])
    human, llm_only = sample.human[way.cells[0]], sample.llm_only[0]
    single = len(sample.columns) == 1 and sample.columns[0].kind == "prediction" and not sample.shared
    if not single or not isinstance(llm_only, Units) or not isinstance(human, Units):
        return None
    if way.estimator == "ppi" and llm_only.n < 2:
        return None
    shift = sample.columns[0].origin - sample.origin
    found = counts.count(y, human.c[0] + shift, llm_only.c[0] + shift, thresholds)
    return counts.ppi(found) if way.estimator == "ppi" else counts.regression(found)


def _analysed(way: Way, thresholds: FloatArray) -> Levels:
    """One engine analysis per threshold."""
    rows = [_level(way, t) for t in thresholds.tolist()]
    share, variance, df, human = np.array(rows).T
    return Levels(share, variance, df, human)


def _level(way: Way, t: float) -> tuple[float, float, float, float]:
    estimate = way.at(t)
    variance, df = contrast_variance(estimate, way.weights, way.population)
    human = sum(float(way.weights[d]) * float(estimate.frame.human[d].mean[0]) for d in way.cells)
    return float(way.weights @ estimate.theta), variance, df, human
