"""What a design rests on, on the wire: earlier data, and the prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import msgspec

from service.api.wire import plan as wire_plan
from service.api.wire import sample as wire_sample
from service.api.wire.columns import Name
from service.api.wire.layouts.moments import MomentsLayout
from service.api.wire.sample import Bounds
from service.calibration import plan as core_plan
from service.calibration.errors import CalibrationError, Problem
from service.calibration.sample import Sample

PLANNED = (None, "mean", "mean_difference")
Amount = Annotated[float, msgspec.Meta(ge=1e-9, le=1e12)]


class MomentsBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="moments", tag_field="kind"):
    """Moments of earlier data."""

    data: MomentsLayout
    plan: wire_plan.Plan | None = None


class PilotBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pilot", tag_field="kind"):
    """A pilot study: the data and plan of a calibration."""

    data: wire_sample.Data
    plan: wire_plan.Plan | None = None


class DesignCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices in one currency."""

    human: Amount
    llm: wire_plan.Price | dict[Name, wire_plan.Price]
    persona: wire_plan.Price | None = None


Study = tuple[Sample, core_plan.Plan]


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a request says of its studies' plans beside the basis."""

    identification: Literal["randomization", "exchangeability"] | None = None
    contrasts: tuple[core_plan.NamedContrast, ...] | None = None
    confidence_level: float | None = None


def study_of(
    basis: MomentsBasis | PilotBasis, said: Overrides, place: str, problems: list[Problem], bounds: Bounds
) -> Study | None:
    """Sample and plan of a basis that stands at ``place``; what the request itself says goes first."""
    sent = basis.plan or wire_plan.Plan(identification="exchangeability")
    plan = wire_plan.to_core(sent, problems, f"{place}/plan")
    if plan.estimand not in PLANNED:
        text, hint = f"no design is computed for estimand {plan.estimand}", "supported: mean and mean_difference"
        problems.append(Problem(f"{place}/plan/estimand", "unsupported_combination", text, hint))
    try:
        sample = wire_sample.to_core(basis.data, sent.missing or "error", bounds)
    except CalibrationError as refused:
        problems += [replace(p, pointer=f"{place}{p.pointer}") for p in refused.problems]
        return None
    return sample, replace(
        plan,
        identification=said.identification or plan.identification,
        contrasts=said.contrasts or plan.contrasts,
        confidence_level=said.confidence_level or plan.confidence_level,
    )
