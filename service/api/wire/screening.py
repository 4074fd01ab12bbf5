"""POST /v1/screenings on the wire: hypotheses with LLM effects, human results of some, one error rate over all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np

from service.api.wire import plan as wire_plan
from service.api.wire.columns import Integral, Name
from service.api.wire.doubts import WORK_LIMIT, Work, warnings
from service.api.wire.facts import Facts, Finished, codes
from service.api.wire.passport import PassportModel, StatedModels, of_request
from service.api.wire.sample import BOUNDS, Bounds
from service.api.wire.screening_answer import ValidatedScreening, applied, from_core
from service.calibration.errors import CalibrationError, Problem
from service.calibration.moments import FloatArray
from service.calibration.screenings.discoveries import Budget
from service.calibration.screenings.expectation import EffectCalibration, LlmEffects
from service.calibration.screenings.question import FOLDS, Hypotheses, Question, Weighting
from service.calibration.screenings.screening import repeated, screen, two_sided_p_values
from service.calibration.screenings.weights import LEAST_WEIGHT

ENCODER = msgspec.json.Encoder()
SCREENING, PER_HYPOTHESIS = 3e6, 1e4  # work of a screening, and of each of its hypotheses
ERROR_RATE = 0.05
Measured = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
Spread = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]


class LlmEffect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An LLM-only effect, in the sign and units of the human ones."""

    estimate: Measured
    standard_error: Spread


class HumanResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An effect with its standard error, tested against 0 by the two-sided normal test, or a p-value; not both."""

    estimate: Annotated[
        Measured | None, msgspec.Meta(description="With standard_error. Default: p_value is given.")
    ] = None
    standard_error: Annotated[
        Annotated[float, msgspec.Meta(ge=1e-100, le=1e12)] | None,
        msgspec.Meta(description="With estimate. Default: p_value is given."),
    ] = None
    p_value: Annotated[
        Probability | None, msgspec.Meta(description="Of any valid test. Default: that of the effect.")
    ] = None


class Hypothesis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One hypothesis: what LLMs say of it, and what humans said."""

    name: Name
    llm: LlmEffect
    human: Annotated[HumanResult | None, msgspec.Meta(description="Default: not yet run; counts as p = 1.")] = None


class ExpectedEffects(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Human effects to expect: intercept + slope x LLM effect, with this standard deviation; see /v1/track-records."""

    slope: Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
    residual_sd: Spread
    intercept: Annotated[Measured | None, msgspec.Meta(description="Default: 0.")] = None


class WeightSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How weights are made."""

    method: Annotated[
        Literal["fixed", "cross_weighted"] | None,
        msgspec.Meta(
            description="fixed: from LLM effects alone. cross_weighted: a fold's weights also from the human p-values "
            "of the other folds; for independent hypotheses only. Default: fixed."
        ),
    ] = None
    least_weight: Annotated[
        Annotated[float, msgspec.Meta(ge=0.01, le=1)] | None,
        msgspec.Meta(description="No weight is less: what a worthless LLM may cost. 1: no weighting. Default: 0.2."),
    ] = None
    folds: Annotated[
        Annotated[float, msgspec.Meta(ge=2, le=100, multiple_of=1)] | None,
        msgspec.Meta(description="Of cross_weighted. Default: 5."),
    ] = None
    planned_standard_error: Annotated[
        wire_plan.Positive | None,
        msgspec.Meta(
            description="Standard error of the human effects as planned, before any is seen. Default: that of next; "
            "without next, half the typical expected effect, with a warning."
        ),
    ] = None


class NextHumans(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money for further hypotheses, each run on n humans over two equal arms: standard error 2 outcome_sd/sqrt(n)."""

    budget: wire_plan.Positive
    human_cost: wire_plan.Positive
    outcome_sd: wire_plan.Positive
    n_human_per_hypothesis: Annotated[float, msgspec.Meta(ge=2, le=1e9, multiple_of=1)]


class ScreeningRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every hypothesis that was considered, whether humans were asked or not."""

    hypotheses: Annotated[list[Hypothesis], msgspec.Meta(min_length=1)]
    multiplicity: Annotated[
        Literal["benjamini_hochberg", "holm"] | None, msgspec.Meta(description="Default: benjamini_hochberg.")
    ] = None
    error_rate: Annotated[
        wire_plan.Level | None,
        msgspec.Meta(description="False discovery rate, or familywise error rate with holm. Default: 0.05."),
    ] = None
    calibration: Annotated[
        ExpectedEffects | None,
        msgspec.Meta(
            description="Found without these human results. Default: slope 0.4 and a correlation of one half, with a "
            "warning."
        ),
    ] = None
    weighting: Annotated[
        WeightSettings | None, msgspec.Meta(description="How weights are made. Default: fixed, none below 0.2.")
    ] = None
    next: Annotated[
        NextHumans | None, msgspec.Meta(description="What may be spent on further hypotheses. Default: nothing.")
    ] = None
    seed: Annotated[Integral | None, msgspec.Meta(description="Deals the folds. Default: 0.")] = None
    models: StatedModels | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A screening on its way, with the digest of its body and what was stated of its models."""

    hypotheses: Hypotheses
    question: Question
    body_digest: str
    work: float
    models: tuple[PassportModel, ...]


def to_core(request: ScreeningRequest, body_digest: str = "", bounds: Bounds = BOUNDS) -> Job:  # noqa: ARG001 - as every path's
    """The job of a request; raises ``CalibrationError`` with every problem."""
    sent = request.hypotheses
    names = tuple(one.name for one in sent)
    problems = [*repeated(names), *_incomplete(sent)]
    models = of_request(request.models, None, problems)
    if problems:
        raise CalibrationError(problems)
    llm = LlmEffects(
        np.array([float(one.llm.estimate) for one in sent]), np.array([float(one.llm.standard_error) for one in sent])
    )
    work = SCREENING + PER_HYPOTHESIS * len(sent)
    return Job(Hypotheses(names, llm, _p_values(sent)), _question(request), body_digest, work, models)


def finish(job: Job) -> Finished:
    """The encoded answer of a job and what may be counted of it."""
    done = screen(job.hypotheses, job.question)
    return Finished(ENCODER.encode(from_core(done, job.body_digest, job.models)), Facts(warnings=codes(done.warnings)))


def validated(job: Job) -> bytes:
    """What a valid request would be done with."""
    done = screen(job.hypotheses, job.question)
    return ENCODER.encode(
        ValidatedScreening(True, applied(done.applied), Work(job.work, WORK_LIMIT), warnings(done.warnings))
    )


def _incomplete(sent: list[Hypothesis]) -> list[Problem]:
    text = "neither exactly estimate and standard_error nor exactly p_value"
    hint = 'send {"estimate", "standard_error"} or {"p_value"}; null where no humans were asked'
    return [
        Problem(f"/hypotheses/{i}/human", "bad_human_result", text, hint)
        for i, one in enumerate(sent)
        if one.human is not None and not _whole(one.human)
    ]


def _whole(human: HumanResult) -> bool:
    """Whether it is an effect or a p-value, and not both."""
    effect = (human.estimate is not None, human.standard_error is not None)
    return effect == (human.p_value is None,) * 2


def _p_values(sent: list[Hypothesis]) -> FloatArray:
    humans = [one.human or HumanResult(p_value=float("nan")) for one in sent]
    given = np.array([np.nan if human.p_value is None else human.p_value for human in humans], dtype=np.float64)
    estimate = np.array([np.nan if human.estimate is None else human.estimate for human in humans], dtype=np.float64)
    error = np.array([human.standard_error or 1.0 for human in humans], dtype=np.float64)
    return np.where(np.isnan(estimate), given, two_sided_p_values(estimate, error))


def _question(request: ScreeningRequest) -> Question:
    calibration, weighting, further = request.calibration, request.weighting or WeightSettings(), request.next
    return Question(
        multiplicity=request.multiplicity or "benjamini_hochberg",
        error_rate=request.error_rate or ERROR_RATE,
        calibration=None
        if calibration is None
        else EffectCalibration(calibration.slope, calibration.residual_sd, calibration.intercept or 0.0),
        weighting=Weighting(
            weighting.method or "fixed",
            weighting.least_weight or LEAST_WEIGHT,
            int(weighting.folds or FOLDS),
            weighting.planned_standard_error,
        ),
        next=None
        if further is None
        else Budget(further.budget, further.human_cost, further.outcome_sd, int(further.n_human_per_hypothesis)),
        seed=int(request.seed or 0),
    )
