"""The robust design: the one whose worst regret over the pilot's scenarios is least.

    minimise over n   max_s V_s(n) / V_s*,     V_s* the best variance of the budget where scenario s is true

Each V_s is the variance of a c-optimal design problem of its own. Stacked, they are one problem with the means of all
scenarios, block-diagonal information and contrasts t / sqrt(V_s*), of which allocation.py minimises the worst variance.
Few scenarios bind, so they are added one at a time: solve for those at hand, judge the design in all, add the worst
(an exchange; the stacked optimum is a lower bound, and gives the gap).

**Shapes** S scenarios of P means, stacked (S P); G groups.
**Units** regrets are relative.
**Assumes** what uncertainty.py assumes.
**Breaks** a stack too large to solve: the best of the scenarios' own designs and the plug-in is taken.
**Raises** what allocation.py raises.
**Source** standardised maximin efficiency, Dette (1997); Hettich & Kortanek (1993) for the exchange.
**Differs** regret is in the variance of the worst contrast; whole numbers are searched by the same criterion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy

from service.calibration.designs.allocation import quick_allocation, variances, work_of
from service.calibration.designs.bands import Scenario
from service.calibration.designs.constraints import limits_of
from service.calibration.designs.integers import Wanted
from service.calibration.designs.interior_point import InformationTable, Limits, Vector
from service.calibration.designs.market import Market, Plan, quick_best, whole_design

MOST_STACKED = 4
MOST_ROUNDS = 8
MOST_SEARCHED = 24
"""Means of a stack up to which whole numbers are searched; beyond, the continuous optimum is rounded."""
STACK_WORK = 3e6
"""Work of one Newton step of a stack; it grows with the third power of the scenarios stacked."""
CLOSE = 3e-4
"""Relative gap of the worst variance ratio at which the exchange stops."""


@dataclass(frozen=True, slots=True)
class Robust:
    """Whole counts (G,), worst regret of theirs and of the plug-in's, relative gap of the continuous optimum."""

    counts: Vector
    worst_regret: float
    plug_in_worst_regret: float
    gap: float


def robust_counts(market: Market, plan: Plan, scenarios: list[Scenario]) -> Robust:
    """The minimax-regret design in whole units for what the plan may spend, never worse than the plan's."""
    money = plan.money(market)
    here = quick_best(market, money)
    band = [Scenario(market, here.counts, here.variance), *scenarios]
    limits = limits_of(market.groups, market.constraints, market.joint.n_arms, money)
    stacked, counts, bound = _exchanged(band, limits, plan.optimum.counts)
    judged = replace(market, table=stacked)
    ways = (True, False) if stacked.factors.shape[1] <= MOST_SEARCHED else (False,)
    searched = (whole_design(judged, counts, Wanted(budget=money), thorough=thorough) for thorough in ways)
    options = [plan.counts, *(one for one in searched if one is not None)]
    best = min(options, key=lambda one: worst_ratio(band, one)[0])
    reached = worst_ratio(band, counts)[0]
    worst = worst_ratio(band, best)[0]
    plug_in = worst_ratio(band, plan.counts)[0]
    return Robust(best, max(0.0, worst - 1), max(0.0, plug_in - 1), max(0.0, 1 - bound / reached))


def worst_ratio(band: list[Scenario], counts: Vector) -> tuple[float, int]:
    """Largest variance over the best one there, and in which scenario."""
    ratios = variance_ratios(band, counts)
    return float(ratios.max()), int(ratios.argmax())


def variance_ratios(band: list[Scenario], counts: Vector) -> Vector:
    """Variance over the best one, scenario by scenario (S,)."""
    return np.array([float(variances(one.market.table, counts).max()) / one.variance for one in band])


def _exchanged(band: list[Scenario], limits: Limits, first: Vector) -> tuple[InformationTable, Vector, float]:
    """Stack of the scenarios that bind or regret the optimum most, the optimum (G,), and a bound on its worst ratio."""
    most = min(MOST_STACKED, int(np.cbrt(STACK_WORK / work_of(band[0].market.table))))
    counts, bound, active = first, 1.0, [0]
    if most < 2:
        counts = min([one.counts for one in band], key=lambda one: worst_ratio(band, one)[0])
    ratios = variance_ratios(band, counts)
    reached = ratios.max()
    for _ in range(MOST_ROUNDS if most > 1 else 0):
        worst = int(ratios.argmax())
        if worst in active or ratios[worst] <= bound * (1 + CLOSE):
            break
        active = [*sorted(active, key=lambda s: -ratios[s])[: most - 1], worst]
        best = quick_allocation(stack([band[s] for s in active]), limits)
        bound = max(bound, best.variance * (1 - best.optimality_gap))
        ratios = variance_ratios(band, best.counts)
        if ratios.max() < reached:
            reached, counts = ratios.max(), best.counts
    nearest = np.argsort(-variance_ratios(band, counts), kind="stable").tolist()
    judges = list(dict.fromkeys([*active, *nearest]))[: max(2, len(active) + 1)]
    return stack([band[s] for s in judges]), counts, bound


def stack(band: list[Scenario]) -> InformationTable:
    """The scenarios as one problem: group by group the rows of all, contrasts over the root of the best variance."""
    tables = [one.market.table for one in band]
    order = np.argsort(np.concatenate([table.row_group for table in tables]), kind="stable")
    factors = scipy.linalg.block_diag(*(table.factors for table in tables))[order]
    contrasts = scipy.linalg.block_diag(*(one.market.table.contrasts / np.sqrt(one.variance) for one in band))
    return InformationTable(factors, tables[0].starts * len(band), contrasts)
