"""betting: hedged capital for bounded outcomes, valid in every sample size.

Formula, per arm, outcomes mapped to [0, 1], humans in the order of a seeded shuffle:
    x_i = y_i - b_i (f_i - mean of a block of fresh reference units' f),   so that x_i lies in [-|b_i|, 1 + |b_i|]
    K(m) = max over t of prod_{i <= t} (1 + l_i(m) (x_i - m)),   l_i(m) = min(l_i, 3/4 / (m + |b_i|))
    l_i  = sqrt(2 log(1/.025) / (n s^2_{i-1})),   s^2 the running variance of x (prior 1/4, mean 1/2)
Under a mean of at most m the capital K(m) exceeds 1/a with probability at most a (Ville), so the lower bound with
error a is the smallest m with K(m) <= 1/a, and 1/K(m) is the p-value of m; upper bounds by 1 - x. b_i and l_i use
units before i only: b_i is the share of the slope of y on f so far at which the bound is expected to be nearest, at
most 1 in size (with few humans the wider range of x costs more than predictions gain, and b_i is 0).
Contrasts combine the arms' bounds at a/D (Bonferroni); their p-value is the tail at which that bound reaches the value.
Reference units: LLM-only units, or under randomization the humans of the other arms, split into n blocks.
Shapes: n humans per arm. Units: outcome units.
Assumes: humans and reference units are simple random samples; bounds hold for every possible answer. Nothing else.
Breaks: nothing; about 1.2 times as wide as t for one arm, twice for a difference, and need not contain the estimate.
Raises: ``rows_required``, ``missing_bounds``, ``outside_bounds``, ``unsupported_combination``.
Source: Waudby-Smith & Ramdas 2010.09686 (JRSS-B 2024), sections 4.1 to 4.4.
Differs: x_i is adjusted by predictions; bets are tuned for error .025 at every level, so that tests are nested.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from service.calibration.capital import Capital, bets
from service.calibration.card import Card
from service.calibration.crossing import crossing
from service.calibration.errors import InvalidPlan
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Side
from service.calibration.intervals.requirements import require_inside, require_rows, unsupported
from service.calibration.moments import FloatArray
from service.calibration.sample import Units

FARTHEST = 600.0  # -log of the smallest tail that is told from 0
SUPPORTED = "simple random samples with rows: no weights, clusters, strata or unequal probabilities"

CARD = Card(
    name="betting",
    title="Betting interval (finite-sample valid)",
    formula="all means against which a hedged sequence of bets does not win more than 1/error; Bonferroni over arms",
    assumptions=("the outcome lies between the stated bounds", "units are a simple random sample, independent"),
    limits=(
        "about 1.2 times as wide as t for one arm, twice for a difference; need not contain the estimate",
        "no weights, clusters, strata or unequal probabilities; needs rows and bounds",
    ),
    sources=("arXiv 2010.09686",),
)


@dataclass(frozen=True, slots=True)
class Wager:
    """One arm's part: weight in outcome units, and the capital against its mean being too small, and too large."""

    weight: float
    below: Capital
    above: Capital

    def bound(self, tail: float, outward: float) -> float:
        """The arm's contribution to a lower (outward -1) or upper (outward 1) bound."""
        small = outward * self.weight < 0.0
        return self.weight * (self.below.bound(tail) if small else 1.0 - self.above.bound(tail))


@dataclass(frozen=True, slots=True)
class Hedged:
    """The pivot of a contrast: Bonferroni over its arms' capital processes."""

    wagers: tuple[Wager, ...]
    shift: float

    def bound(self, tail: float, side: Side) -> float:
        """The combination of the arms' bounds, each with its share of the tail."""
        outward = -1.0 if side == "lower" else 1.0
        return self.shift + sum(w.bound(tail / len(self.wagers), outward) for w in self.wagers)

    def tail(self, value: float, side: Side) -> float:
        """1/K for one arm; else the tail at which the bound reaches ``value``."""
        if len(self.wagers) == 1:
            return self._of_one_arm(value, side)
        sign = 1.0 if side == "lower" else -1.0

        def room(z: float) -> float:
            return sign * (value - self.bound(exp(-z), side))

        return 1.0 if room(0.0) >= 0.0 else exp(-crossing(room, FARTHEST))

    def _of_one_arm(self, value: float, side: Side) -> float:
        wager = self.wagers[0]
        mean = (value - self.shift) / wager.weight
        small = (side == "lower") == (wager.weight > 0.0)
        return wager.below.tail(mean) if small else wager.above.tail(1.0 - mean)


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Hedged:
    """The hedged-capital pivot of a contrast (D,)."""
    frame = estimate.frame
    require_rows(frame.sample, CARD.name)
    if context.bounds is None:
        raise InvalidPlan.at(
            "/plan/bounds", "missing_bounds", "betting needs the smallest and the largest possible outcome", "give both"
        )
    require_inside(frame, context.bounds, CARD.name)
    if not frame.sample.plain:
        raise unsupported(CARD.name, "is for simple random samples", SUPPORTED)
    low, high = context.bounds
    wagers = [
        _wager(estimate, d, float(contrast[d]) * (high - low), context) for d in np.flatnonzero(contrast).tolist()
    ]
    return Hedged(tuple(wagers), low * float(contrast.sum()))


def _wager(estimate: Estimate, arm: int, weight: float, context: Context) -> Wager:
    sample = estimate.frame.sample
    source = sample.human[arm]
    assert isinstance(source, Units)
    assert source.y is not None
    assert context.bounds is not None
    low, high = context.bounds
    generator = context.generator(f"betting {arm}")
    order = generator.permutation(source.n)
    y = np.clip((source.y[order] + sample.origin - low) / (high - low), 0.0, 1.0)
    f, reference = _predictions(estimate, arm, context.bounds)
    blocks = np.array_split(generator.permutation(reference), source.n)
    means = np.array([block.mean() if block.size else 0.0 for block in blocks])
    placed = bets(y, f[order], means, np.array([block.size for block in blocks]))
    return Wager(weight, Capital.against(placed.x, placed.reach), Capital.against(1.0 - placed.x, placed.reach))


def _predictions(estimate: Estimate, arm: int, bounds: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """An arm's own LLM prediction in [0, 1] for its humans (n,) and the reference units (m,), none without slope."""
    sample = estimate.frame.sample
    direction, (low, high) = sample.directions[arm], bounds
    constant = sample.direction_level + sum(w * c.origin for w, c in zip(direction, sample.columns, strict=True))

    def mapped(source: object) -> FloatArray:
        assert isinstance(source, Units)
        return np.asarray(np.clip((direction @ source.c + constant - low) / (high - low), 0.0, 1.0))

    own = mapped(sample.human[arm])
    only = sample.llm_only[sample.pool_of(arm)]
    if not estimate.slope[arm].any() or not direction.any():
        return own, np.zeros(0)
    if sample.shared and estimate.frame.identification == "randomization":
        return own, np.concatenate([mapped(s) for d, s in enumerate(sample.human) if d != arm])
    return own, np.zeros(0) if only is None else mapped(only)
