"""POST /v1/diagnostics on the wire: the request, the way into the core, and the way of the card back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

import msgspec

from service.api.wire import sample as wire_sample
from service.api.wire.columns import Integral, Name
from service.api.wire.diagnostics_answer import AppliedDiagnostics, ValidatedDiagnostics, from_core
from service.api.wire.diagnostics_work import card_work
from service.api.wire.doubts import WORK_LIMIT, Work, warnings
from service.api.wire.facts import Facts, Finished, codes
from service.api.wire.layouts import arrays, moments, table
from service.api.wire.layouts.arrays import Arrays
from service.api.wire.layouts.table import Table
from service.api.wire.passport import Issued, Passport, PassportModel, StatedModels, of_request, passport
from service.api.wire.plan import Level, Positive
from service.api.wire.sample import BOUNDS, Bounds
from service.calibration.diagnostics.check import Settings as CoreSettings
from service.calibration.diagnostics.checks import CHECKS
from service.calibration.diagnostics.diagnose import Diagnosis, diagnose
from service.calibration.diagnostics.layouts import of_arrays, of_moments, of_table
from service.calibration.diagnostics.study import Study
from service.calibration.errors import CalibrationError, InvalidPlan, InvalidSample, Problem, token

ENCODER = msgspec.json.Encoder()
OFFERED = tuple(check.name for check in CHECKS)
Day = Annotated[str, msgspec.Meta(min_length=10, max_length=10, extra_json_schema={"format": "date"})]
Ceiling = Annotated[float, msgspec.Meta(gt=0, le=1)]
CheckName = Literal[
    "exchangeability",
    "randomization",
    "leakage",
    "fidelity_marginal",
    "fidelity_structural",
    "fidelity_individual",
    "interchangeability",
    "heterogeneity",
    "draws",
    "human_equivalent_size",
    "negative_controls",
]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the checks are told beside the data."""

    margin: Annotated[
        Positive | None,
        msgspec.Meta(description="Margin of equivalence, in standard deviations of the humans' answers. Default: 0.2."),
    ] = None
    test_retest: Annotated[
        Ceiling | dict[Name, Ceiling] | None,
        msgspec.Meta(
            description="How well people agree with themselves when asked again: the correlation of their two answers, "
            "one number or one per outcome. Default: not known."
        ),
    ] = None
    fieldwork_start: Annotated[
        Day | None, msgspec.Meta(description="Day (YYYY-MM-DD) on which the first human answered. Default: not known.")
    ] = None
    model_cutoffs: Annotated[
        dict[Name, Day] | None,
        msgspec.Meta(description="Last day (YYYY-MM-DD) of a model's training data, by model. Default: not known."),
    ] = None
    negative_controls: Annotated[
        list[Name] | None, msgspec.Meta(description="Outcomes that the treatment cannot move. Default: none.")
    ] = None
    min_cell: Annotated[
        Annotated[float, msgspec.Meta(ge=2, le=1e6, multiple_of=1)] | None,
        msgspec.Meta(description="A subgroup with fewer humans in an arm is not tested. Default: 10."),
    ] = None
    confidence_level: Annotated[
        Level | None,
        msgspec.Meta(description="Of intervals; the tests of the whole card have error rate 1 - level. Default: 0.95."),
    ] = None
    seed: Annotated[
        Integral | None, msgspec.Meta(description="Seed of everything that draws random numbers. Default: 0.")
    ] = None


class DiagnosticsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Human and LLM responses, paired or not, and which checks to make."""

    data: wire_sample.Data
    checks: Annotated[
        Annotated[list[CheckName], msgspec.Meta(min_length=1)] | None,
        msgspec.Meta(description="Which checks to make. Default: all."),
    ] = None
    settings: Settings | None = None
    models: StatedModels | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A request on its way: the study, the settings, the checks, what they will cost."""

    study: Study
    settings: CoreSettings
    checks: tuple[str, ...]
    body_digest: str
    work: float
    models: tuple[PassportModel, ...]


def to_core(request: DiagnosticsRequest, body_digest: str = "", bounds: Bounds = BOUNDS) -> Job:
    """The job of a request; raises ``CalibrationError`` with every problem."""
    checks = tuple(dict.fromkeys(request.checks or OFFERED))
    problems = [
        Problem(f"/checks/{i}", "unsupported_combination", f"{name} is not computed yet", _supported())
        for i, name in enumerate(request.checks or ())
        if name not in OFFERED
    ]
    try:
        study = _study(request.data, bounds)
    except CalibrationError as refused:
        raise type(refused)([*problems, *refused.problems]) from refused
    sent = request.settings or Settings()
    problems += _unknown(sent, study)
    start, cutoffs = _days(sent, problems)
    models = of_request(request.models, study.models, problems)
    if problems:
        raise InvalidPlan(problems)
    work = card_work(study, checks, wire_sample.numbers(request.data))
    settings = replace(_settings(sent, study), fieldwork_start=start, model_cutoffs=cutoffs)
    return Job(study, settings, checks, body_digest, work, models)


def finish(job: Job) -> Finished:
    """The encoded card of a job and what may be counted of it."""
    found = _diagnosis(job)
    return Finished(ENCODER.encode(from_core(found, _passport(job, found))), Facts(warnings=codes(found.warnings)))


def _passport(job: Job, found: Diagnosis) -> Passport:
    names = ", ".join(name.replace("_", " ") for name in job.checks)
    text = f"Whether the LLM answers may be relied on was judged by the checks {names}"
    return passport(
        Issued(
            path="/v1/diagnostics",
            method=f"checks {', '.join(job.checks)}",
            request_digest=job.body_digest,
            report=f"{text}, with the verdict {found.summary.replace('_', ' ')}: {found.reason}",
            models=job.models,
            seed=job.settings.seed,
        )
    )


def run(job: Job) -> bytes:
    """The encoded card of a job."""
    return finish(job).body


def validated(job: Job) -> bytes:
    """What a valid request would be done with."""
    applied = AppliedDiagnostics(list(job.checks), job.settings.confidence_level, job.settings.seed)
    work = Work(job.work, WORK_LIMIT)
    return ENCODER.encode(ValidatedDiagnostics(True, applied, work, warnings(job.study.warnings)))


def _diagnosis(job: Job) -> Diagnosis:
    return diagnose(job.study, job.settings, job.checks)


def _supported() -> str:
    return f"supported: {', '.join(OFFERED)}"


def _study(data: wire_sample.Data, bounds: Bounds) -> Study:
    wire_sample.refuse_beyond(data, bounds)
    problems: list[Problem] = []
    if isinstance(data, Table):
        return of_table(table.content(data, categories=True))
    if isinstance(data, Arrays):
        arms = [arrays.choices_of(arm, f"/data/arms/{i}", problems) for i, arm in enumerate(data.arms)]
        if problems:
            raise InvalidSample(problems)
        return of_arrays(arms)
    return of_moments(moments.content(data, problems))


def _settings(sent: Settings, study: Study) -> CoreSettings:
    defaults = CoreSettings()
    ceiling = sent.test_retest
    return CoreSettings(
        margin=sent.margin or defaults.margin,
        test_retest=(
            ceiling if isinstance(ceiling, dict) else dict.fromkeys(study.outcomes, ceiling) if ceiling else {}
        ),
        negative_controls=tuple(dict.fromkeys(sent.negative_controls or ())),
        min_cell=int(sent.min_cell or defaults.min_cell),
        confidence_level=sent.confidence_level or defaults.confidence_level,
        seed=int(sent.seed or 0),
    )


def _days(sent: Settings, problems: list[Problem]) -> tuple[date | None, dict[str, date]]:
    """The start of the fieldwork and each model's cut-off; days that there are not are appended to ``problems``."""
    start = _day(sent.fieldwork_start, "/settings/fieldwork_start", problems)
    each = sent.model_cutoffs or {}
    cutoffs = {m: _day(day, f"/settings/model_cutoffs/{token(m)}", problems) for m, day in each.items()}
    return start, {m: day for m, day in cutoffs.items() if day is not None}


def _day(sent: str | None, place: str, problems: list[Problem]) -> date | None:
    if sent is None:
        return None
    try:
        found = date.fromisoformat(sent)
    except ValueError:
        found = None
    if found is None or found.isoformat() != sent:
        problems.append(Problem(place, "invalid_date", "the text is no day", "year, month and day as 2026-03-01"))
    return found


def _unknown(sent: Settings, study: Study) -> list[Problem]:
    """Outcomes and models that the settings name and the data does not have."""
    ceilings = sent.test_retest if isinstance(sent.test_retest, dict) else {}
    named = [
        *((f"/settings/negative_controls/{i}", name) for i, name in enumerate(sent.negative_controls or ())),
        *((f"/settings/test_retest/{token(name)}", name) for name in ceilings),
    ]
    text, hint = "the data has no such outcome", "names match exactly"
    found = [Problem(place, "unknown_outcome", text, hint) for place, name in named if name not in study.outcomes]
    return found + [
        Problem(f"/settings/model_cutoffs/{token(name)}", "unknown_model", "the data has no such model", hint)
        for name in sent.model_cutoffs or ()
        if name not in study.models
    ]
