"""People who were asked and did not answer, on the wire; and where nobody can be told to be one."""

from __future__ import annotations

import msgspec

from service.api.wire.estimates import Interval, interval
from service.api.wire.layouts.moments import MomentsLayout
from service.api.wire.layouts.summary import SummaryLayout
from service.calibration import answer as core
from service.calibration.errors import Problem
from service.calibration.layouts.draft import Missing


class ArmResponse(msgspec.Struct, frozen=True):
    """Who of an arm was asked and answered, and what the answers are worth once weighted by inverse propensities."""

    name: str
    outcome: str
    subgroup: str | None
    asked: int
    answered: int
    rate: float
    lowest_propensity: float
    kish_n: float


class Bounds(msgspec.Struct, frozen=True):
    """Bounds on an estimate, and the interval that covers it wherever between them it is."""

    lower: float
    upper: float
    interval: Interval


class CompleteCase(msgspec.Struct, frozen=True):
    """The same estimator on those who answered alone: what missing drop_unit gives."""

    estimate: float
    standard_error: float
    interval: Interval


class UnansweredEstimate(msgspec.Struct, frozen=True):
    """How the estimate of this name, outcome, component and subgroup depends on those who did not answer.

    ``sensitivity``: how far it moves when the mean of those who did not answer is 1 away from what missing at random
    says, in every arm in the direction that moves it most. ``tipping_delta`` is how far away takes the estimate to the
    null value, ``tipping_delta_interval`` the end of its interval (0: it is there already); null where nothing is
    tested. ``worst_case`` needs the plan's ``bounds``, or shares.
    """

    name: str
    outcome: str
    component: str | None
    subgroup: str | None
    complete_case: CompleteCase
    sensitivity: float
    delta_bounds: Bounds | None
    worst_case: Bounds | None
    tipping_delta: float | None
    tipping_delta_interval: float | None


class MissingAnswers(msgspec.Struct, frozen=True):
    """With missing response_propensity: who did not answer, and what every estimate owes to missing at random."""

    delta: float | None
    arms: list[ArmResponse]
    estimates: list[UnansweredEstimate]


def missing_answers(found: core.MissingAnswers | None) -> MissingAnswers | None:
    """The wire form."""
    if found is None:
        return None
    return MissingAnswers(
        delta=found.delta,
        arms=[
            ArmResponse(a.name, a.outcome, a.subgroup, a.asked, a.answered, a.rate, a.lowest_propensity, a.kish_n)
            for a in found.arms
        ],
        estimates=[_estimate(e) for e in found.estimates],
    )


def _estimate(found: core.UnansweredEstimate) -> UnansweredEstimate:
    case = found.complete_case
    return UnansweredEstimate(
        name=found.name,
        outcome=found.outcome,
        component=found.component,
        subgroup=found.subgroup,
        complete_case=CompleteCase(case.estimate, case.standard_error, interval(case.interval)),
        sensitivity=found.sensitivity,
        delta_bounds=_bounds(found.delta_bounds),
        worst_case=_bounds(found.worst_case),
        tipping_delta=found.tipping_delta,
        tipping_delta_interval=found.tipping_delta_interval,
    )


def _bounds(found: core.Bounds | None) -> Bounds | None:
    return None if found is None else Bounds(found.lower, found.upper, interval(found.interval))


def no_rows_to_impute(data: object, missing: Missing, place: str) -> list[Problem]:
    """The problem of data without rows, in which nobody can be told to have been asked and not answered."""
    if missing != "response_propensity" or not isinstance(data, MomentsLayout | SummaryLayout):
        return []
    text = "response propensities need every person's row, and the data holds none"
    return [Problem(place, "unsupported_combination", text, "supported: layouts table and arrays")]
