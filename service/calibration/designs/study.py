"""The design that a study's own data suggest: its moments as a pilot, its plan's contrasts and identification.

Formula: the pilot of ``pilot.assumed_from_moments`` with every column of c that carries a slope, the pool covariance of
the calibration's own pools, and the contrasts of the plan; without a budget, what this study would have cost:
    sum over humans (human + answers) + sum over LLM-only units (persona + answers).

**Shapes** D arms, p columns; contrasts (C, D).
**Units** money in the caller's currency.
**Assumes** a new study would meet the same people and models.
**Breaks** small pilots: the correlations are estimates and no band is given yet.
**Raises** UnsupportedCombination: missing or unknown model prices; what ``design`` raises.
**Source** Broska, Howes & van Loon (2025), the mixed subjects design. **Differs** in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import Objective, design
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, Column, Matrix
from service.calibration.designs.pilot import ArmMoments, PilotMoments, assumed_from_moments
from service.calibration.designs.summary import Aim
from service.calibration.errors import InvalidPlan, Problem
from service.calibration.estimate import Frame
from service.calibration.plan import Costs as StudyCosts


def design_of_study(
    frame: Frame,
    contrasts: Matrix,
    costs: StudyCosts,
    *,
    objective: Objective | None = None,
    limits: Constraints | None = None,
    aim: Aim | None = None,
) -> DesignAnswer:
    """The optimal design for the study's data at these prices; by default for its budget, or for what it cost."""
    prices = model_prices(frame.sample.models, costs.llm, "/costs/llm")
    asked = objective or Objective("budget", costs.budget or study_cost(frame, costs.human, prices, costs.persona))
    worth = tuple(
        price for model, price in zip(frame.sample.models, prices, strict=True) if model in _usable_models(frame)
    )
    return design(basis_of_study(frame, contrasts), Costs(costs.human, worth, costs.persona), asked, limits, aim)


def basis_of_study(frame: Frame, contrasts: Matrix) -> Basis:
    """The study's joint covariance as a design basis."""
    sample = frame.sample
    usable = list(frame.screened.usable)
    arms = () if len(sample.arms) == 1 else sample.arms
    independent = bool(arms) and not sample.shared
    columns, pool = [], np.zeros((0, 0))
    for d in range(len(sample.arms)) if independent else (0,):
        columns += [_column(frame, j, d if independent else None) for j in usable]
        block = frame.pools[d].covariance[np.ix_(usable, usable)]
        pool = np.block([[pool, np.zeros((len(pool), len(block)))], [np.zeros((len(block), len(pool))), block]])
    outcome_first = [0, *(j + 1 for j in usable)]
    return assumed_from_moments(
        PilotMoments(
            arms=arms,
            models=_usable_models(frame),
            columns=tuple(columns),
            by_arm=tuple(ArmMoments(m.n, m.covariance()[np.ix_(outcome_first, outcome_first)]) for m in frame.human),
            pool_covariance=pool,
            prediction_design=("shared" if sample.shared else "independent") if arms else "single",
            identification="randomization" if frame.identification == "randomization" else "exchangeability",
            contrasts=contrasts,
        )
    )


def _column(frame: Frame, index: int, arm: int | None) -> Column:
    column = frame.sample.columns[index]
    model = None if column.model is None else _usable_models(frame).index(column.model)
    asked_under = frame.sample.arms.index(column.arm) if column.arm is not None and frame.sample.shared else arm
    return Column(model, asked_under, column.population_mean is not None)


def _usable_models(frame: Frame) -> tuple[str, ...]:
    """The models with a column that carries a slope; the others can buy nothing."""
    usable = {frame.sample.columns[j].model for j in frame.screened.usable}
    return tuple(model for model in frame.sample.models if model in usable)


def model_prices(models: Sequence[str], prices: float | object, pointer: str) -> tuple[float, ...]:
    """The price of one answer of each model: one number for all, or one for exactly the models there are."""
    if not isinstance(prices, dict):
        assert isinstance(prices, float | int)
        return (float(prices),) * len(models)
    problems = [
        Problem(pointer, "missing_price", f"model {model!r} has no price", "give a price for every model")
        for model in models
        if model not in prices
    ]
    problems += [
        Problem(pointer, "unknown_model", "a price names a model that is not there", "names match exactly")
        for model in prices
        if model not in models
    ]
    if problems:
        raise InvalidPlan(problems)
    return tuple(float(prices[model]) for model in models)


def study_cost(frame: Frame, human: float, prices: Sequence[float], persona: float) -> float:
    """What the study would have cost: every human and LLM-only unit with all the answers that were bought on it."""
    models = frame.sample.models
    answers = sum(
        prices[models.index(c.model)] * c.draws
        for c in frame.sample.columns
        if c.kind == "prediction" and c.model is not None
    )
    humans = sum(m.n for m in frame.human)
    pools = (m for m in frame.llm_only if m is not None)
    used = 0 if frame.identification == "randomization" else sum(m.n for m in pools)
    return humans * (human + answers) + used * (persona + answers)
