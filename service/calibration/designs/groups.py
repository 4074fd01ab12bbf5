"""The groups on offer: every way of spending money on one unit, with its price and what it observes.

    human in arm d, no model                 c_h
    human in arm d + models M                c_h + answers per model * sum of c_f over M
    LLM-only unit + models M (not empty)     c_p + answers per model * sum of c_f over M

answers per model = D under ``shared`` (a twin is asked under every condition), else 1. LLM-only units belong to an arm
under ``independent``, to nobody otherwise. Under ``randomization`` no LLM-only unit is on offer: the reference mean is
over the humans of all arms, who all show the columns of all conditions.
Covariates come with every unit, at no price on a human and in the persona's price on an LLM-only unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from service.calibration.designs.interior_point import InformationTable, Matrix, Vector
from service.calibration.designs.joint import Joint, columns_shown
from service.calibration.errors import InvalidPlan, Problem, UnsupportedCombination

MOST_MODELS = 8
SMALLEST_PRICE = 1e-9


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices: one human answer set, one LLM answer by model (K,), one more unit's profile."""

    human: float
    llm: tuple[float, ...]
    persona: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """One way of spending on one unit; ``arm`` is None for one population and for a twin without a human answer."""

    arm: int | None
    human: bool
    models: tuple[int, ...]
    unit_cost: float


def groups_on_offer(joint: Joint, costs: Costs) -> tuple[Group, ...]:
    """Every group that is not beaten by a free extra model: humans of each arm first, then LLM-only units."""
    _refuse_bad(joint, costs)
    free = {k for k, price in enumerate(costs.llm) if price == 0}
    subsets = [
        models
        for size in range(len(joint.models) + 1)
        for models in combinations(range(len(joint.models)), size)
        if free <= set(models)
    ]
    single = joint.prediction_design == "single"
    answers = joint.n_arms if joint.prediction_design == "shared" else 1
    extra = [answers * sum(costs.llm[k] for k in models) for models in subsets]
    human_arms: tuple[int | None, ...] = (None,) if single else tuple(range(joint.n_arms))
    pool_arms = human_arms if joint.prediction_design == "independent" else (None,)
    humans = [
        Group(arm, True, models, costs.human + price)
        for arm, (models, price) in product(human_arms, zip(subsets, extra, strict=True))
    ]
    if joint.identification == "randomization":
        return tuple(humans)
    return (
        *humans,
        *(
            Group(arm, False, models, costs.persona + price)
            for arm, (models, price) in product(pool_arms, zip(subsets, extra, strict=True))
            if models
        ),
    )


def too_many_models(count: int, pointer: str) -> Problem:
    """The problem of more models than a design weighs."""
    text, hint = f"{count} models; a design weighs at most {MOST_MODELS}", "leave out those that correlate least"
    return Problem(pointer, "too_many_models", text, hint)


def _refuse_bad(joint: Joint, costs: Costs) -> None:
    if len(joint.models) > MOST_MODELS:
        raise UnsupportedCombination([too_many_models(len(joint.models), "/costs/llm")])
    if joint.identification == "randomization" and joint.prediction_design != "shared":
        raise UnsupportedCombination.at(
            "/basis/identification",
            "randomization_needs_shared",
            "without predictions for every unit under all conditions the LLM-only units carry all the gain",
            "use exchangeability, or shared predictions",
        )
    prices = [("/costs/human", costs.human), ("/costs/persona", costs.persona), *(("/costs/llm", c) for c in costs.llm)]
    problems = [
        Problem(pointer, "bad_price", "a price is not finite and at least zero", "give a price in one currency")
        for pointer, price in prices
        if not (np.isfinite(price) and price >= 0)
    ]
    if costs.human < SMALLEST_PRICE and not problems:
        hint = f"give a price of at least {SMALLEST_PRICE:g}, or another currency"
        problems.append(Problem("/costs/human", "bad_price", "a human answer costs next to nothing", hint))
    if len(costs.llm) != len(joint.models):
        detail = f"{len(costs.llm)} prices for {len(joint.models)} models"
        problems.append(Problem("/costs/llm", "length_mismatch", detail, "give one price for each model"))
    if problems:
        raise InvalidPlan(problems)


def information_table(joint: Joint, groups: tuple[Group, ...], contrasts: Matrix) -> InformationTable:
    """Whitened rows of every group, F_g = L_g^{-1} A_g, without the known means; contrasts (C, D) over arms."""
    return information_tables([joint], groups, contrasts)[0]


def information_tables(joints: Sequence[Joint], groups: tuple[Group, ...], contrasts: Matrix) -> list[InformationTable]:
    """The table of each joint; they differ in nothing but their covariances."""
    D, first = joints[0].n_arms, joints[0]
    unknown = [*range(D), *(D + j for j, column in enumerate(first.columns) if not column.known_mean)]
    place = {entry: p for p, entry in enumerate(unknown)}
    covariances = np.stack([joint.covariance for joint in joints])
    blocks = [_whitened(covariances, _observed(first, group), place) for group in groups]
    padded = np.zeros((len(unknown), contrasts.shape[0]))
    padded[:D] = contrasts.T
    starts = np.cumsum([0, *(block.shape[1] for block in blocks[:-1])]).astype(np.intp)
    factors = np.concatenate(blocks, axis=1)
    return [InformationTable(factors[s], starts, padded) for s in range(len(joints))]


def _observed(joint: Joint, group: Group) -> tuple[int, ...]:
    """Entries of z that a unit of the group shows."""
    D, arm = joint.n_arms, group.arm or 0
    outcome = [arm] if group.human else []
    bought = {None, *group.models}
    shown = columns_shown(joint.columns, joint.prediction_design, arm)
    return (*outcome, *(D + j for j in shown if joint.columns[j].model in bought))


def _whitened(covariances: Matrix, entries: tuple[int, ...], place: dict[int, int]) -> Matrix:
    """L^{-1} A of every covariance, (S, observed, P)."""
    inverse = np.linalg.inv(np.linalg.cholesky(covariances[:, np.array(entries)[:, None], np.array(entries)]))
    seen = [row for row, entry in enumerate(entries) if entry in place]
    whitened = np.zeros((*inverse.shape[:2], len(place)))
    whitened[:, :, [place[entries[row]] for row in seen]] = inverse[:, :, seen]
    return whitened


def unit_costs(groups: tuple[Group, ...]) -> Vector:
    """Price of one unit of each group, (G,)."""
    return np.array([group.unit_cost for group in groups])
