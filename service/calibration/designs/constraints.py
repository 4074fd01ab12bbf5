"""What limits a design: the budget, least humans per arm, most humans, most LLM-only units; as A n <= b.

Feasibility is decided in closed form, because every limit is a sum over humans of an arm, all humans, all LLM-only
units or all prices: the least humans must fit under the most, and their cheapest price under the budget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.designs.groups import Group, unit_costs
from service.calibration.designs.interior_point import Limits, Matrix, Vector
from service.calibration.errors import InvalidPlan, Problem

FREE_LLM_ONLY_CAP = 1_000_000.0
"""Most LLM-only units when some cost nothing and no limit is given."""
LOOSENING = 1e-7
"""Relative room given to limits that meet each other exactly, so that an interior exists."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """Least humans (one number for every arm, or one per arm), most humans and most LLM-only units over all arms."""

    min_human_per_arm: float | tuple[float, ...] = 0.0
    max_human: float | None = None
    max_llm_only: float | None = None

    def least(self, n_arms: int) -> Vector:
        """Least humans of each arm, (D,)."""
        return np.broadcast_to(np.asarray(self.min_human_per_arm, dtype=np.float64), (n_arms,)).copy()

    @property
    def any_count(self) -> bool:
        """Whether anything but the budget limits the counts."""
        stated = self.max_human is not None or self.max_llm_only is not None
        return stated or bool(np.any(np.asarray(self.min_human_per_arm) > 0))


def in_arm(groups: tuple[Group, ...], n_arms: int) -> Matrix:
    """Indicator of humans of each arm, (D, G)."""
    chosen = np.zeros((n_arms, len(groups)))
    for g, group in enumerate(groups):
        if group.human:
            chosen[group.arm or 0, g] = 1.0
    return chosen


def cheapest_human(groups: tuple[Group, ...], n_arms: int) -> list[int]:
    """Cheapest way to get a human answer in each arm, (D,)."""
    return [
        min((g for g, one in enumerate(groups) if one.human and (one.arm or 0) == d), key=lambda g: groups[g].unit_cost)
        for d in range(n_arms)
    ]


def check_constraints(constraints: Constraints, n_arms: int) -> None:
    """Refuse counts that are negative, not finite, or not one per arm."""
    least = np.atleast_1d(np.asarray(constraints.min_human_per_arm, dtype=np.float64))
    problems = []
    if least.size not in (1, n_arms):
        detail = f"{least.size} numbers for {n_arms} arms"
        problems.append(
            Problem("/constraints/min_human_per_arm", "length_mismatch", detail, "give one, or one per arm")
        )
    given = (
        ("min_human_per_arm", least),
        ("max_human", constraints.max_human),
        ("max_llm_only", constraints.max_llm_only),
    )
    problems += [
        Problem(
            f"/constraints/{name}", "bad_count", "a count is negative or not finite", "give a count of at least zero"
        )
        for name, value in given
        if value is not None and not bool(np.all(np.isfinite(value) & (np.asarray(value) >= 0)))
    ]
    if problems:
        raise InvalidPlan(problems)


def refuse_infeasible(groups: tuple[Group, ...], constraints: Constraints, n_arms: int, budget: float | None) -> None:
    """InvalidPlan naming a minimal set of limits that contradict each other, if there is one."""
    least = constraints.least(n_arms)
    price = unit_costs(groups)[cheapest_human(groups, n_arms)]
    most = constraints.max_human
    if most is not None and most < n_arms:
        _refuse(f"{n_arms} arms need at least {n_arms} humans", "max_human")
    if most is not None and least.sum() > most:
        _refuse("the least humans of the arms sum to more than the most humans", "min_human_per_arm", "max_human")
    if budget is None:
        return
    if price.sum() > budget * (1 + LOOSENING):
        _refuse(f"one human in each arm costs {price.sum():g}, more than the budget", "budget")
    if float(price @ least) > budget * (1 + LOOSENING):
        _refuse(f"the least humans cost {price @ least:g}, more than the budget", "min_human_per_arm", "budget")


def _refuse(detail: str, *names: str) -> None:
    pointers = {"budget": "/objective/budget"}
    hint = "change " + " or ".join(names)
    raise InvalidPlan(
        [Problem(pointers.get(name, f"/constraints/{name}"), "infeasible_constraints", detail, hint) for name in names]
    )


def usable(groups: tuple[Group, ...], constraints: Constraints) -> tuple[Group, ...]:
    """The groups that the limits leave room for: no LLM-only units when at most zero are allowed."""
    return groups if constraints.max_llm_only != 0 else tuple(group for group in groups if group.human)


def whole_limits(groups: tuple[Group, ...], constraints: Constraints, n_arms: int) -> tuple[Matrix, Vector]:
    """Count limits (K, G) and bounds (K,), lower ones negated; a cap on LLM-only units when some are free."""
    arms, least = in_arm(groups, n_arms), constraints.least(n_arms)
    humans = arms.sum(axis=0)
    pool = 1 - humans
    most_pool = constraints.max_llm_only
    if most_pool is None and np.any(unit_costs(groups)[pool > 0] == 0):
        most_pool = FREE_LLM_ONLY_CAP
    rows, bounds = [*(-arms[least > 0])], [*(-least[least > 0])]
    for row, most in ((humans, constraints.max_human), (pool, most_pool)):
        if most is not None and row.any():
            rows.append(row)
            bounds.append(most)
    return np.array(rows).reshape(len(bounds), len(groups)), np.array(bounds)


def limits_of(groups: tuple[Group, ...], constraints: Constraints, n_arms: int, budget: float) -> Limits:
    """Rows, bounds and a strictly interior point; limits that meet exactly are loosened by 1e-7 of themselves."""
    refuse_infeasible(groups, constraints, n_arms, budget)
    rows, bounds = whole_limits(groups, constraints, n_arms)
    core = np.zeros(len(groups))
    core[cheapest_human(groups, n_arms)] = constraints.least(n_arms)
    return with_interior(np.vstack([unit_costs(groups), rows]), np.append(budget, bounds), core)


def with_interior(rows: Matrix, bounds: Vector, core: Vector) -> Limits:
    """Start from the least humans and spread half of what each upper limit leaves evenly over its groups."""
    upper = bounds > 0
    room = bounds[upper] - rows[upper] @ core
    tight = room < LOOSENING * bounds[upper]
    loosened = bounds.copy()
    loosened[upper] = np.where(tight, bounds[upper] + 2 * LOOSENING * bounds[upper], bounds[upper])
    room = loosened[upper] - rows[upper] @ core
    G = rows.shape[1]
    with np.errstate(divide="ignore"):
        reach = room[:, None] / (2 * G * rows[upper])
    return Limits(rows, loosened, core + reach.min(axis=0))
