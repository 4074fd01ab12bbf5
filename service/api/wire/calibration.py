"""POST /v1/calibrations on the wire: the request, the way into the core, and the way of an answer back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from service.api.wire import answer as wire
from service.api.wire import plan as wire_plan
from service.api.wire import sample as wire_sample
from service.api.wire import target as wire_target
from service.api.wire.answer_size import refuse_long
from service.api.wire.doubts import WORK_LIMIT, Work, warnings
from service.api.wire.facts import Finished, of_answer
from service.api.wire.layouts import summary as summary_layout
from service.api.wire.layouts.summary import SummaryLayout
from service.api.wire.layouts.table import Table
from service.api.wire.missing_answers import no_rows_to_impute
from service.api.wire.passport import PassportModel, StatedModels, digest_of, of_request
from service.api.wire.sample import BOUNDS, Bounds
from service.api.wire.work import of_summary, work
from service.calibration import plan as core
from service.calibration.answer import Answer, Applied
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, Problem
from service.calibration.layouts.draft import Missing
from service.calibration.layouts.target import Target
from service.calibration.psps import Summary
from service.calibration.sample import Sample
from service.calibration.summarised import calibrate_summary
from service.web.compression import too_many_values

ENCODER = msgspec.json.Encoder()


class CalibrationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Paired human and LLM responses, and what to do with them."""

    data: wire_sample.Data | SummaryLayout
    plan: wire_plan.Plan | None = None
    models: StatedModels | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A request on its way: samples or a summary, plan, digest of its body, work, what a missing human answer means.

    ``models`` are those of the data, with what was stated of them; ``target`` is the plan's population.
    """

    samples: Sequence[Sample] | Summary
    plan: core.Plan
    body_digest: str
    work: float
    missing: Missing
    models: tuple[PassportModel, ...]
    target: Target | None = None


def to_core(request: CalibrationRequest, body_digest: str = "", bounds: Bounds = BOUNDS) -> Job:
    """The job of a request; raises ``CalibrationError`` with every problem of plan and data."""
    problems: list[Problem] = []
    sent = request.plan or wire_plan.Plan()
    if _numbers(request) > bounds.max_numbers:
        raise too_many_values(bounds.max_numbers)
    plan = wire_plan.to_core(sent, problems)
    missing: Missing = sent.missing or "error"
    names = None if isinstance(request.data, SummaryLayout) else wire_sample.models(request.data)
    models = of_request(request.models, names, problems)
    reading = wire_plan.reading_of(sent, problems)
    problems += _without_covariates(request.data, reading.target)
    samples: Sequence[Sample] | Summary
    try:
        if isinstance(request.data, SummaryLayout):
            samples = summary_layout.to_core(request.data, bounds.max_columns)
        else:
            samples = wire_sample.samples(request.data, missing, bounds, reading)
    except CalibrationError as refused:
        raise type(refused)([*problems, *refused.problems]) from refused
    problems += no_rows_to_impute(request.data, missing, "/plan/missing")
    if problems:
        raise CalibrationError(problems)
    if isinstance(samples, Summary):
        return Job(samples, plan, body_digest, of_summary(samples), missing, models)
    refuse_long(samples, plan)
    return Job(samples, plan, body_digest, work(samples, plan), missing, models, reading.target)


def _numbers(request: CalibrationRequest) -> int:
    """How many numbers the rows of data and target hold."""
    sent = 0 if isinstance(request.data, SummaryLayout) else wire_sample.numbers(request.data)
    return sent + wire_target.numbers(None if request.plan is None else request.plan.target)


def _without_covariates(data: object, target: Target | None) -> list[Problem]:
    if target is None or isinstance(data, Table):
        return []
    text, hint = "a target population is known by covariates, which this layout has none of", "supported: layout table"
    return [Problem("/plan/target", "unsupported_combination", text, hint)]


def answered(job: Job) -> Answer:
    """The answer of a job; raises ``CalibrationError``."""
    if isinstance(job.samples, Summary):
        return calibrate_summary(job.samples, job.plan)
    return calibrate(job.samples, job.plan)


def finish(job: Job) -> Finished:
    """The encoded answer of a job and what may be counted of it; raises ``CalibrationError``."""
    answer = answered(job)
    digests = wire.Digests(job.body_digest, plan_digest(job, answer.applied), job.models)
    return Finished(ENCODER.encode(wire.from_core(answer, digests)), of_answer(answer))


def run(job: Job) -> bytes:
    """The encoded answer of a job; raises ``CalibrationError``."""
    return finish(job).body


def validated(job: Job) -> bytes:
    """What a valid request would be done with; raises the ``CalibrationError`` that it would get."""
    answer = answered(job)
    return ENCODER.encode(
        wire.Validated(
            valid=True,
            applied=wire.applied(answer.applied),
            work=Work(estimated=job.work, limit=WORK_LIMIT),
            warnings=warnings(answer.warnings),
        )
    )


def plan_digest(job: Job, done: Applied) -> str:
    """SHA-256 of the plan with every default filled in."""
    plan = job.plan
    asked = {"estimator": plan.estimator, "interval": plan.interval, "compare": plan.compare, "costs": plan.costs}
    whole = asked | {
        "missing": job.missing,
        "missing_delta": plan.missing_delta,
        "replicates": job.plan.replicates,
        "estimand": done.estimand,
        "identification": done.identification,
        "contrasts": list(done.contrasts.items()),
        "confidence_level": done.confidence_level,
        "inference_population": done.inference_population,
        "alternative": done.alternative,
        "null_value": done.null_value,
        "margin": plan.margin,
        "bounds": plan.bounds,
        "multiplicity": plan.multiplicity,
        "partial_pooling": plan.partial_pooling,
        "model_selection": plan.model_selection,
        "tuning": plan.tuning,
        "categories": plan.categories,
        "quantiles": plan.quantiles,
        "model": plan.model,
        "statistic": plan.statistic,
        "stratum_shares": plan.stratum_shares,
        "compat": plan.compat,
        "target": wire_target.digested(job.target),
        "seed": done.seed,
    }
    return digest_of(whole)
