"""Discoveries: how many hypotheses would be rejected, and which to take to humans next for a budget.

Formula: hypothesis i is found iff p_i <= w_i k error_rate/J, with probability P_i(k) by the expectation (both tails).
    holm: k = J/(weights not rejected yet), exact for one more hypothesis; in folds the same with each fold's own
    benjamini_hochberg: k = max(k0, rejected + sum of P_i(k) over those taken), the largest solution, k0 the rank that
    one more hypothesis is sure of; before any human number (expected discoveries): all are taken, none is rejected
Equal costs: the n most probable for the largest n that the budget buys are the best choice, exactly.
Shapes: J hypotheses. Units: money in one currency, outcome_sd in outcome units, n humans over two equal arms:
standard error 2 outcome_sd/sqrt(n).
Assumes: the calibration; nothing that the error rate rests on.
Breaks: with a wrong calibration the order is a guess, and probabilities are wrong; hence exploratory.
Raises: nothing.
Source: Genovese & Wasserman (2002), JRSS B 64:499-517 (the step-up threshold as a fixed point).
Differs: power has both tails.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration.moments import FloatArray, IntArray
from service.calibration.screenings.expectation import Expectation

ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Budget:
    """What the next humans cost and bring; ``n_human`` per hypothesis, over both arms."""

    budget: float
    human_cost: float
    outcome_sd: float
    n_human: int

    @property
    def cost(self) -> float:
        """Of one hypothesis."""
        return self.human_cost * self.n_human

    @property
    def standard_error(self) -> float:
        """Of a difference of two equal arms."""
        return 2.0 * self.outcome_sd / sqrt(self.n_human)

    @property
    def affordable(self) -> int:
        """How many hypotheses it buys; never overspends by more than rounding."""
        return int(min(1e9, self.budget / self.cost * (1.0 + 1e-12)))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the procedure stands: ``unit`` (J,) = w error_rate/J, ``rank`` (J,) k for one more, rejected so far.

    ``step_up``: discoveries raise the thresholds of others. ``most``: no p-value above is rejected.
    """

    unit: FloatArray
    rank: FloatArray
    rejected: int
    step_up: bool
    most: float = 1.0

    def power(self, expected: Expectation, rank: FloatArray | float) -> FloatArray:
        """P_i(k) (J,)."""
        return expected.power(np.minimum(self.unit * rank, self.most))


def expected_discoveries(expected: Expectation, standing: Standing) -> float:
    """Rejections to expect when all hypotheses are run; for a standing without humans."""
    return float(_raised(expected, standing, np.arange(standing.unit.shape[0]), standing.unit.shape[0])[1].sum())


def best_next(
    expected: Expectation, standing: Standing, candidates: IntArray, affordable: int
) -> tuple[IntArray, FloatArray]:
    """The best hypotheses among candidate indexes, most probable first, and their probabilities of discovery."""
    rows, power = _raised(expected, standing, candidates, affordable)
    order = np.argsort(-power, kind="stable")
    return rows[order], power[order]


def _raised(
    expected: Expectation, standing: Standing, candidates: IntArray, affordable: int
) -> tuple[IntArray, FloatArray]:
    """Candidates taken, in their own order, and P_i(k) at the largest solution k, reached from above."""
    taken = min(affordable, candidates.shape[0])
    rank: FloatArray = standing.rank
    if standing.step_up:
        rank = np.maximum(standing.rank, float(standing.rejected + taken))
    for _ in range(ROUNDS):
        power = standing.power(expected, rank)
        best = np.sort(np.argsort(-power[candidates], kind="stable")[:taken])
        rows = candidates[best]
        lower = np.maximum(standing.rank, standing.rejected + float(power[rows].sum()))
        if not standing.step_up or np.array_equal(lower, rank):
            break
        rank = lower
    return rows, power[rows]
