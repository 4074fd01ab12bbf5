"""POST /v1/designs on the wire: from assumed quantities, moments or a pilot to an optimal sampling design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import msgspec

from service.api.wire import plan as wire_plan
from service.api.wire import sample as wire_sample
from service.api.wire.assumed import AssumedBasis, Stated, problems_of, stated_basis
from service.api.wire.columns import Name
from service.api.wire.design_answer import AppliedDesign, ValidatedDesign, from_core
from service.api.wire.design_passport import Asked, of_design
from service.api.wire.doubts import WORK_LIMIT, Work, warnings
from service.api.wire.facts import Facts, Finished, codes
from service.api.wire.layouts.moments import MomentsLayout
from service.api.wire.passport import PassportModel, StatedModels, of_request
from service.api.wire.sample import BOUNDS, Bounds
from service.api.wire.work import solving
from service.calibration import plan as core_plan
from service.calibration.calibrate import study_design
from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.constraints import Constraints as CoreConstraints
from service.calibration.designs.design import Question
from service.calibration.designs.design import answer as solved
from service.calibration.designs.draws import MOST_DRAWS
from service.calibration.designs.draws import Draws as CoreDraws
from service.calibration.designs.groups import Costs as CoreCosts
from service.calibration.designs.objective import Aim
from service.calibration.designs.objective import Objective as CoreObjective
from service.calibration.designs.study import DrawsAsked, Wish, icc_by_model, model_prices
from service.calibration.errors import CalibrationError, Problem
from service.calibration.resolution import resolve
from service.calibration.sample import Sample

ENCODER = msgspec.json.Encoder()
POWER, LEVEL, MOST = 0.8, 0.95, 10
PLANNED = (None, "mean", "mean_difference")
Amount = Annotated[float, msgspec.Meta(ge=1e-9, le=1e12)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


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


class BudgetObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="budget", tag_field="kind"):
    """The smallest variance for a budget."""

    budget: Amount


class ErrorObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="standard_error", tag_field="kind"):
    """The least cost for a standard error."""

    standard_error: Amount


class SizeObjective(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="effective_sample_size", tag_field="kind"
):
    """The least cost for an effective sample size."""

    effective_sample_size: Amount


class WidthObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="interval_width", tag_field="kind"):
    """The least cost for an expected width of the confidence interval."""

    interval_width: Amount


class PowerObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="power", tag_field="kind"):
    """The least cost that finds the ``effect`` of the request with its ``power``, by the two-sided test."""


class EquivalenceObjective(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="equivalence", tag_field="kind"
):
    """The least cost that shows the contrast to lie within the margin, by two one-sided tests with the ``power``."""

    margin: Amount


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


Objective = BudgetObjective | ErrorObjective | SizeObjective | WidthObjective | PowerObjective | EquivalenceObjective


class DesignRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known or assumed, what things cost, and what is wanted."""

    basis: AssumedBasis | MomentsBasis | PilotBasis
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
    models: StatedModels | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A design request on its way; ``study`` is None for an assumed basis; ``models`` with what was stated of them."""

    request: DesignRequest
    study: tuple[Sample, core_plan.Plan] | None
    body_digest: str
    work: float
    models: tuple[PassportModel, ...]


def to_core(request: DesignRequest, body_digest: str = "", bounds: Bounds = BOUNDS) -> Job:
    """The job of a request; raises ``CalibrationError`` with every problem."""
    problems: list[Problem] = []
    models = of_request(request.models, _models(request), problems)
    if isinstance(request.basis, AssumedBasis):
        problems += problems_of(_stated(request, request.basis))
        study, size = None, 0
    else:
        problems += _named_by_the_data(request)
        study, size = _study(request, request.basis, problems, bounds), wire_sample.numbers(request.basis.data)
    if problems:
        raise CalibrationError(problems)
    return Job(request, study, body_digest, _planning(request, study) + size, models)


def _models(request: DesignRequest) -> Sequence[str]:
    if isinstance(request.basis, AssumedBasis):
        return _stated(request, request.basis).models
    return wire_sample.models(request.basis.data)


def _planning(request: DesignRequest, study: tuple[Sample, core_plan.Plan] | None) -> float:
    if isinstance(request.basis, AssumedBasis):
        return solving(len(request.arms or ()), len(_stated(request, request.basis).models))
    return 0.0 if study is None else solving(len(study[0].arms), len(study[0].models))


def finish(job: Job) -> Finished:
    """The encoded answer of a job and what may be counted of it; raises ``CalibrationError``."""
    done = answer(job)
    return Finished(ENCODER.encode(from_core(done, of_design(done, _asked(job)))), Facts(warnings=codes(done.warnings)))


def _asked(job: Job) -> Asked:
    basis, objective = _kind(job.request.basis), _kind(job.request.objective)
    return Asked(basis, objective, job.body_digest, job.models, None if job.study is None else job.study[1])


def run(job: Job) -> bytes:
    """The encoded answer of a job; raises ``CalibrationError``."""
    return finish(job).body


def validated(job: Job) -> bytes:
    """What a valid request would be done with; raises the ``CalibrationError`` that it would get."""
    applied = AppliedDesign(_kind(job.request.basis), _kind(job.request.objective))
    return ENCODER.encode(ValidatedDesign(True, applied, Work(job.work, WORK_LIMIT), warnings(answer(job).warnings)))


def answer(job: Job) -> DesignAnswer:
    """The core's answer to a job."""
    request, costs = job.request, job.request.costs
    limits, objective = _limits(request.constraints), _objective(request)
    persona = costs.persona or 0.0
    drawn = None if request.draws is None else DrawsAsked(request.draws.icc, int(request.draws.max or MOST))
    if job.study is None:
        assert isinstance(request.basis, AssumedBasis)
        stated = _stated(request, request.basis)
        aim = Aim(request.effect, request.power or POWER, request.confidence_level or LEVEL)
        prices = CoreCosts(costs.human, model_prices(stated.models, costs.llm, "/costs/llm"), persona)
        draws = None if drawn is None else CoreDraws(icc_by_model(stated.models, drawn.icc), drawn.most)
        return solved(stated_basis(stated), prices, Question(objective, limits, aim, draws))
    sample, plan = job.study
    aim = Aim(request.effect, request.power or POWER, plan.confidence_level)
    top_up = isinstance(request.basis, PilotBasis)
    wish = Wish(objective, limits, aim, drawn, plan.seed, top_up)
    return study_design(resolve(sample, plan), core_plan.Costs(costs.human, costs.llm, persona), wish)


def _kind(part: msgspec.Struct) -> str:
    return str(part.__struct_config__.tag)


def _stated(request: DesignRequest, basis: AssumedBasis) -> Stated:
    return Stated(
        basis=basis,
        arms=tuple(request.arms or ()),
        prediction_design=request.prediction_design,
        identification=request.identification or "exchangeability",
        contrasts=tuple(request.contrasts or ()),
        priced=tuple(request.costs.llm) if isinstance(request.costs.llm, dict) else (),
    )


def _named_by_the_data(request: DesignRequest) -> list[Problem]:
    return [
        Problem(f"/{name}", "unsupported_combination", f"{name} comes from the data of this basis", "leave it out")
        for name in ("arms", "prediction_design")
        if getattr(request, name) is not None
    ]


def _study(
    request: DesignRequest, basis: MomentsBasis | PilotBasis, problems: list[Problem], bounds: Bounds
) -> tuple[Sample, core_plan.Plan] | None:
    """Sample and plan of the basis; what the request itself says of identification, contrasts and level goes first."""
    sent = basis.plan or wire_plan.Plan(identification="exchangeability")
    plan = wire_plan.to_core(sent, problems, "/basis/plan")
    if plan.estimand not in PLANNED:
        text, hint = f"no design is computed for estimand {plan.estimand}", "supported: mean and mean_difference"
        problems.append(Problem("/basis/plan/estimand", "unsupported_combination", text, hint))
    try:
        sample = wire_sample.to_core(basis.data, sent.missing or "error", bounds)
    except CalibrationError as refused:
        problems += [replace(p, pointer=f"/basis{p.pointer}") for p in refused.problems]
        return None
    stated = request.contrasts and tuple(core_plan.NamedContrast(c.name, c.weights) for c in request.contrasts)
    return sample, replace(
        plan,
        identification=request.identification or plan.identification,
        contrasts=stated or plan.contrasts,
        confidence_level=request.confidence_level or plan.confidence_level,
    )


def _limits(sent: Limits | None) -> CoreConstraints:
    if sent is None:
        return CoreConstraints()
    return CoreConstraints(sent.min_human_per_arm or 0.0, sent.max_human, sent.max_llm_only)


def _objective(request: DesignRequest) -> CoreObjective:
    asked = request.objective
    if isinstance(asked, BudgetObjective):
        return CoreObjective("budget", asked.budget)
    if isinstance(asked, ErrorObjective):
        return CoreObjective("standard_error", asked.standard_error)
    if isinstance(asked, SizeObjective):
        return CoreObjective("effective_sample_size", asked.effective_sample_size)
    if isinstance(asked, WidthObjective):
        return CoreObjective("interval_width", asked.interval_width)
    if isinstance(asked, EquivalenceObjective):
        return CoreObjective("equivalence", asked.margin)
    return CoreObjective("power")
