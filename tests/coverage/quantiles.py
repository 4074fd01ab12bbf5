"""Simulated coverage of quantile intervals: a skewed outcome, one population or two arms, through the product.

y = exp(SPREAD u) with u = rho v + sqrt(1 - rho^2) e; the LLM answers exp(SPREAD v), v and e standard normal. Every arm
has n humans and LLM_ONLY n LLM-only units; the treated arm's outcome is EFFECT times as large. Asked for: the
q-quantile exp(SPREAD ndtri(q)), or the difference of the two arms', (EFFECT - 1) times it.
``study`` also makes weighted, clustered, stratified, shared (twins) and Likert versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.special import ndtri

from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.quantiles.arm import arm_quantile
from service.calibration.quantiles.effects import Asked
from service.calibration.quantiles.results import result, settings_of
from service.calibration.sample import Sample
from tests.calibration.quantiles.asking import resolved

SPREAD, EFFECT, LLM_ONLY = 0.8, 1.5, 10
ARMS = ("control", "treated")


@dataclass(frozen=True, slots=True)
class Case:
    """One cell: arms (1 or 2), humans per arm, quantile, correlation of the latent answers, estimator."""

    arms: int
    n: int
    q: float
    rho: float = 0.7
    estimator: str = "auto"
    alternative: str = "two_sided"

    @property
    def truth(self) -> float:
        """What the intervals should contain."""
        control = float(np.exp(SPREAD * ndtri(self.q)))
        return control if self.arms == 1 else (EFFECT - 1.0) * control

    @property
    def plan(self) -> Plan:
        """The plan of every replicate."""
        return Plan(quantiles=(self.q,), estimator=self.estimator, alternative=self.alternative)


@dataclass(frozen=True, slots=True)
class Tally:
    """Shares of replicates: covered, missed on either side, an open end, refused; mean error over sd; mean widths."""

    replicates: int
    coverage: float
    too_low: float
    too_high: float
    open_end: float
    error_ratio: float
    variance_ratio: float

    @property
    def monte_carlo_error(self) -> float:
        """Standard error of the coverage."""
        return sqrt(self.coverage * (1.0 - self.coverage) / self.replicates)


def draw(rng: np.random.Generator, case: Case) -> Sample:
    """One sample of the skewed populations."""
    arms = []
    for d in range(case.arms):
        v, only = rng.standard_normal(case.n), rng.standard_normal(LLM_ONLY * case.n)
        u = case.rho * v + sqrt(1.0 - case.rho**2) * rng.standard_normal(case.n)
        scale = EFFECT if d else 1.0
        arms.append(ArmArrays(ARMS[d], *(scale * np.exp(SPREAD * x) for x in (u, v, only))))
    return from_arrays(arms)


def covered(
    case: Case, replicates: int, seed: int, make: Callable[[np.random.Generator, Case], Sample] = draw, **plan: object
) -> Tally:
    """Coverage over replicates of one case; estimates and intervals are those of the product."""
    rng = np.random.default_rng([seed, case.arms, case.n, round(1000 * case.q), round(100 * case.rho)])
    rows = []
    for _ in range(replicates):
        found = resolved(make(rng, case), replace(case.plan, **plan))
        arms = tuple(arm_quantile(found, d, case.q, case.estimator) for d in range(case.arms))
        asked = Asked(found, case.q, arms, settings_of(found.settings, "t"))
        parts = asked.parts(found.contrasts[0].weights, [a.calibrated for a in arms])
        answer = result(parts, asked.settings)
        low, high = answer.interval.lower, answer.interval.upper
        ratio = np.mean([a.calibrated.variance / a.human_variance for a in arms])
        rows.append(
            (
                high is not None and high < case.truth,
                low is not None and low > case.truth,
                low is None or high is None,
                answer.estimate,
                answer.standard_error,
                ratio,
            )
        )
    low, high, ends, value, error, ratio = np.array(rows, dtype=float).T
    missed = low.mean() + high.mean()
    return Tally(
        replicates,
        float(1.0 - missed),
        float(low.mean()),
        float(high.mean()),
        float(ends.mean()),
        float(error.mean() / value.std(ddof=1)),
        float(ratio.mean()),
    )
