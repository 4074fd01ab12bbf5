"""Changes of a study that change every estimate in a known way: to a x estimate + b, by component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log

import numpy as np

from service.calibration.answer import EstimateBlock
from service.calibration.inference import Result
from service.calibration.plan import Plan
from tests.calibration.studies import Study
from tests.contract.laws import LAWS, OF_ESTIMANDS
from tests.contract.term_studies import TermStudy

Affine = tuple[float, float]


@dataclass(frozen=True)
class Move:
    """A change of study and plan, what becomes of an estimate (factor, addend), and the unit it is compared in."""

    study: Study
    plan: Plan
    becomes: Callable[[EstimateBlock], Affine]
    unit: float = 1.0


def with_predictions(study: Study, change) -> Study:
    """The study with every LLM's answers through one function."""
    asked = np.array([[column.kind == "prediction"] for column in study.columns])
    return study.with_c(lambda c: np.where(asked, change(c), c))


def level(study: Study, estimand: str, of: EstimateBlock) -> float:
    """How far a component moves with the outcome: a mean with it, a difference not at all."""
    moving = {
        "mean": True,
        "quantile": len(study.y) == 1,
        "linear": of.component == "intercept",
        "amce": (of.component or "").startswith("mean of"),
    }
    return float(moving.get(estimand, False))


def _with_outcome(study: Study, plan: Plan, change, *, needed: bool) -> Study:
    """The study with outcomes changed, and the LLMs' answers with them where the pair needs it."""
    moved = study.with_y(change)
    return with_predictions(moved, change) if needed or OF_ESTIMANDS[plan.estimand].together else moved


def shift(study: Study, plan: Plan, by: float) -> Move:
    """Outcome + by."""
    moved = _with_outcome(study, plan, lambda y: y + by, needed=False)
    return Move(moved, plan, lambda e: (1.0, by * level(study, plan.estimand, e)))


def reverse(study: Study, plan: Plan) -> Move:
    """Top - outcome: 6 - y, or 1 - y where answers are 0 or 1; quantiles from the other end."""
    top = 1.0 if plan.estimand == "logistic" else 6.0
    moved = _with_outcome(study, plan, lambda y: top - y, needed=LAWS[plan.estimator].reverse == "everything")
    asked = replace(plan, quantiles=tuple(1.0 - q for q in plan.quantiles))
    return Move(moved, asked, lambda e: (-1.0, top * level(study, plan.estimand, e)))


def scale(study: Study, plan: Plan, by: float) -> Move:
    """Outcome x by: log rates move in the intercept, correlations not at all, all else is multiplied."""
    moved = _with_outcome(study, plan, lambda y: by * y, needed=LAWS[plan.estimator].reverse == "everything")
    if plan.estimand == "poisson":
        return Move(moved, plan, lambda e: (1.0, log(by) * (e.component == "intercept")))
    factor = 1.0 if plan.estimand == "correlation" else by
    return Move(moved, plan, lambda _: (factor, 0.0), factor)


def terms(study: TermStudy, plan: Plan) -> Move:
    """The first term x -4: its coefficients are divided by it, a correlation turns its sign."""
    name = study.model.terms[0]
    factor = np.array([[-4.0 if column.name == name else 1.0] for column in study.columns])
    own = -1.0 if plan.estimand == "correlation" else -0.25

    def becomes(e: EstimateBlock) -> Affine:
        mine = e.component is None or e.component.split(":")[-1] == name
        return (own if mine else 1.0, 0.0)

    return Move(study.with_c(lambda c: factor * c), plan, becomes)


def moved(result: Result, a: float, b: float, unit: float = 1.0) -> list[float | None]:
    """The numbers of a result after estimate -> a estimate + b, in units; its p-value stays."""
    a, b = a / unit, b / unit
    ends = [None if end is None else a * end + b for end in (result.interval.lower, result.interval.upper)]
    low, high = ends if a > 0.0 else ends[::-1]
    return [a * result.estimate + b, abs(a) * result.standard_error, result.df, result.p_value, low, high]


def relabelled(study: Study) -> tuple[Study, dict[str | None, str]]:
    """The study with its second and third category exchanged, and what each is called then."""
    _, second, third = study.categories
    called = {second: third, third: second}
    columns = tuple(replace(c, category=called.get(c.category, c.category)) for c in study.columns)
    other = study.with_y(lambda y: np.where(y == 0.0, y, 3.0 - y))
    return replace(other, columns=columns), called
