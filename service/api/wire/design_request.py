"""What POST /v1/designs takes: what is known or assumed, what things cost, and what is wanted."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from service.api.wire import plan as wire_plan
from service.api.wire.assumed import AssumedBasis, Stated
from service.api.wire.columns import Integral, Name
from service.api.wire.design_basis import Amount, DesignCosts, MomentsBasis, Overrides, PilotBasis
from service.api.wire.design_objective import Objective
from service.api.wire.design_questions import QuestionsBasis
from service.api.wire.design_sampling import ErrorsBasis, Share
from service.api.wire.passport import StatedModels
from service.calibration import plan as core_plan
from service.calibration.designs.draws import MOST_DRAWS
from service.calibration.errors import Problem
from service.calibration.self_check import FEWEST_REPLICATES

MOST_REPLICATES = 10_000


class Draws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Repeated draws per persona to weigh."""

    icc: Annotated[
        Share | dict[Name, Share] | None,
        msgspec.Meta(description="Intraclass correlation of a model's draws. Default: that of the pilot's draws."),
    ] = None
    max: Annotated[
        Annotated[float, msgspec.Meta(ge=1, le=MOST_DRAWS, multiple_of=1)] | None,
        msgspec.Meta(description="Most draws per persona. Default: 10."),
    ] = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minimums and maximums on whole units."""

    min_human_per_arm: wire_plan.Price | None = None
    max_human: Amount | None = None
    max_llm_only: wire_plan.Price | None = None


class DesignRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known or assumed, what things cost, and what is wanted."""

    basis: AssumedBasis | MomentsBasis | PilotBasis | QuestionsBasis | ErrorsBasis
    costs: DesignCosts
    objective: Objective
    arms: list[Name] | None = None
    prediction_design: Literal["shared", "independent"] | None = None
    identification: Literal["randomization", "exchangeability"] | None = None
    contrasts: list[wire_plan.NamedContrast] | None = None
    constraints: Limits | None = None
    effect: Annotated[
        float | None,
        msgspec.Meta(description="The effect to find; under equivalence the true contrast. Default: unknown; zero."),
    ] = None
    power: Annotated[wire_plan.Level | None, msgspec.Meta(description="Power of the test. Default: 0.8.")] = None
    confidence_level: Annotated[
        wire_plan.Level | None,
        msgspec.Meta(description="Of intervals and bands; tests have size 1 - level. Default: the plan's, else 0.95."),
    ] = None
    draws: Annotated[
        Draws | None, msgspec.Meta(description="Draws per persona to weigh. Default: one draw of every model.")
    ] = None
    simulate: Annotated[
        bool | None,
        msgspec.Meta(description="Whether to draw the planned study and analyse it, many times. Default: false."),
    ] = None
    replicates: Annotated[
        Annotated[float, msgspec.Meta(ge=FEWEST_REPLICATES, le=MOST_REPLICATES, multiple_of=1)] | None,
        msgspec.Meta(description="How often the planned study is drawn. Default: 1000."),
    ] = None
    seed: Annotated[Integral | None, msgspec.Meta(description="Of the simulation. Default: the plan's, else 0.")] = None
    models: StatedModels | None = None


def stated_of(request: DesignRequest, basis: AssumedBasis, costs: DesignCosts | None = None) -> Stated:
    """An assumed basis with what the rest of the request says of arms and models."""
    priced = (costs or request.costs).llm
    return Stated(
        basis=basis,
        arms=tuple(request.arms or ()),
        prediction_design=request.prediction_design,
        identification=request.identification or "exchangeability",
        contrasts=tuple(request.contrasts or ()),
        priced=tuple(priced) if isinstance(priced, dict) else (),
    )


def overrides_of(request: DesignRequest) -> Overrides:
    """What the request says of the plans of its studies."""
    named = tuple(core_plan.NamedContrast(c.name, c.weights) for c in request.contrasts or ())
    return Overrides(request.identification, named or None, request.confidence_level)


_OF_ONE_DESIGN = ("draws", "simulate")
_NOT_OF_A_FRAME = ("arms", "prediction_design", "identification", "contrasts", "constraints", *_OF_ONE_DESIGN)


def unasked(request: DesignRequest) -> list[Problem]:
    """Fields that the basis has no use for."""
    if isinstance(request.basis, QuestionsBasis):
        stated = any(isinstance(question.basis, AssumedBasis) for question in request.basis.questions)
        names = (*(() if stated else ("arms", "prediction_design")), *_OF_ONE_DESIGN)
        text = "is not for several questions" if stated else "is not for several questions, or comes from their data"
    elif isinstance(request.basis, ErrorsBasis):
        names, text = _NOT_OF_A_FRAME, "is not for sampling probabilities of one population"
    elif isinstance(request.basis, AssumedBasis):
        return []
    else:
        names, text = ("arms", "prediction_design"), "comes from the data of this basis"
    return [
        Problem(f"/{name}", "unsupported_combination", f"{name} {text}", "leave it out")
        for name in names
        if getattr(request, name) not in (None, False)
    ]
