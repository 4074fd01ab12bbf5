"""The design that a study's own data suggest: its moments as a pilot, its plan's contrasts and identification.

Formula: the pilot of ``pilot.assumed_from_moments`` with every column of c that carries a slope, the pool covariance of
the calibration's own pools, and the contrasts of the plan; without a budget, what this study would have cost:
    sum over humans (human + answers) + sum over LLM-only units (persona + answers).

**Shapes** D arms, p columns; contrasts (C, D).
**Units** money in the caller's currency.
**Assumes** a new study would meet the same people and models.
**Breaks** small pilots: the correlations are estimates; the bands say how far they reach.
**Raises** UnsupportedCombination: missing or unknown model prices; what ``design`` raises.
**Source** Broska, Howes & van Loon (2025), the mixed subjects design. **Differs** in nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import Question, answer, refusing_overflow
from service.calibration.designs.draws import Draws
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, Collected, Column, Matrix
from service.calibration.designs.objective import Aim, Objective
from service.calibration.designs.pilot import ArmMoments, PilotMoments, assumed_from_moments
from service.calibration.designs.uncertainty import scenarios_of
from service.calibration.errors import InvalidPlan, Problem
from service.calibration.estimate import Frame
from service.calibration.plan import Costs as StudyCosts


@dataclass(frozen=True, slots=True)
class DrawsAsked:
    """Most draws per persona to weigh, and their ICC: a number, one by model, or None for the study's own."""

    icc: float | Mapping[str, float] | None = None
    most: int = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """What the new study is asked for; None: the budget of the costs, no limits, the usual power, one draw.

    ``seed`` of the scenarios; ``top_up``: whether to say what to add to the units at hand.
    """

    objective: Objective | None = None
    limits: Constraints = field(default_factory=Constraints)
    aim: Aim = field(default_factory=Aim)
    draws: DrawsAsked | None = None
    seed: int = 0
    top_up: bool = False


def design_of_study(frame: Frame, contrasts: Matrix, costs: StudyCosts, wish: Wish) -> DesignAnswer:
    """What the study's data suggest for a wish at these prices, with bands and a robust design."""
    prices = model_prices(frame.sample.models, costs.llm, "/costs/llm")
    asked = wish.objective or Objective("budget", costs.budget or study_cost(frame, costs.human, prices, costs.persona))
    draws = draws_of_study(frame, wish)
    with refusing_overflow():
        basis = basis_of_study(frame, contrasts, np.random.default_rng(wish.seed))
    if wish.top_up:
        basis = replace(basis, collected=collected(frame))
    return answer(basis, prices_of_study(frame, costs), Question(asked, wish.limits, wish.aim, draws))


def prices_of_study(frame: Frame, costs: StudyCosts) -> Costs:
    """The prices of the models that can be bought."""
    models, usable = frame.sample.models, _usable_models(frame)
    prices = model_prices(models, costs.llm, "/costs/llm")
    worth = tuple(price for model, price in zip(models, prices, strict=True) if model in usable)
    return Costs(costs.human, worth, costs.persona)


def draws_of_study(frame: Frame, wish: Wish) -> Draws | None:
    """The draws to weigh, of the models that can be bought; None: one draw."""
    if wish.draws is None:
        return None
    models = frame.sample.models
    icc = dict(zip(models, icc_by_model(models, wish.draws.icc), strict=True))
    return Draws(tuple(icc[m] for m in _usable_models(frame)), wish.draws.most)


def basis_of_study(frame: Frame, contrasts: Matrix, generator: np.random.Generator | None = None) -> Basis:
    """The study's joint covariance as a design basis; with a generator, scenarios of what else it allows."""
    pilot = pilot_of_study(frame, contrasts)
    basis = assumed_from_moments(pilot)
    return basis if generator is None else replace(basis, scenarios=scenarios_of(pilot, generator))


def pilot_of_study(frame: Frame, contrasts: Matrix) -> PilotMoments:
    """The study's moments, of the columns that carry a slope."""
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
    return PilotMoments(
        arms=arms,
        models=_usable_models(frame),
        columns=tuple(columns),
        by_arm=tuple(ArmMoments(m.n, m.covariance()[np.ix_(outcome_first, outcome_first)]) for m in frame.human),
        pool_covariance=pool,
        prediction_design=("shared" if sample.shared else "independent") if arms else "single",
        identification="randomization" if frame.identification == "randomization" else "exchangeability",
        contrasts=contrasts,
        pool_sizes=tuple(float(one.size) for one in frame.pools),
    )


def collected(frame: Frame) -> tuple[Collected, ...]:
    """The study's units: every human and every LLM-only unit that is used, with the answers of all usable models."""
    sample, models = frame.sample, tuple(range(len(_usable_models(frame))))
    alone = len(sample.arms) == 1
    humans = [Collected(None if alone else d, True, models, m.n) for d, m in enumerate(frame.human)]
    pools = [] if frame.identification == "randomization" else enumerate(frame.llm_only)
    of_arms = not (alone or sample.shared)
    others = [
        Collected(k if of_arms else None, False, models, m.n) for k, m in pools if m is not None and m.n and models
    ]
    return (*humans, *others)


def _column(frame: Frame, index: int, arm: int | None) -> Column:
    column = frame.sample.columns[index]
    model = None if column.model is None else _usable_models(frame).index(column.model)
    asked_under = frame.sample.arms.index(column.arm) if column.arm is not None and frame.sample.shared else arm
    known = column.population_mean is not None
    if column.kind != "prediction":
        return Column(model, asked_under, known, repeats=False)
    return Column(model, asked_under, known, column.draws, column.icc)


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


def icc_by_model(models: Sequence[str], icc: float | Mapping[str, float] | None) -> tuple[float | None, ...]:
    """The ICC of each model's draws: one number for all, one for exactly the models there are, or None throughout."""
    if not isinstance(icc, Mapping):
        return (icc,) * len(models)
    if set(icc) != set(models):
        text = "not exactly the models of this design"
        raise InvalidPlan.at("/draws/icc", "unknown_model", text, "one ICC for each model")
    return tuple(icc[model] for model in models)


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
