"""POST /v1/designs on the wire: from a request to a job, and from the job to an optimal sampling design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from service.api.wire import sample as wire_sample
from service.api.wire.assumed import AssumedBasis, Stated, problems_of
from service.api.wire.columns import entries
from service.api.wire.design_answer import AppliedDesign, ValidatedDesign, from_core
from service.api.wire.design_basis import MomentsBasis, PilotBasis, Study, study_of
from service.api.wire.design_objective import BudgetObjective
from service.api.wire.design_passport import Asked, of_design
from service.api.wire.design_questions import QuestionsBasis
from service.api.wire.design_request import DesignRequest, overrides_of, stated_of, unasked
from service.api.wire.design_sampling import ErrorsBasis
from service.api.wire.design_solving import Found, Part, solved
from service.api.wire.design_work import sampling, simulating
from service.api.wire.doubts import WORK_LIMIT, Work, warnings
from service.api.wire.facts import Facts, Finished, codes
from service.api.wire.passport import PassportModel, of_request
from service.api.wire.sample import BOUNDS, Bounds
from service.api.wire.work import solving
from service.calibration.errors import CalibrationError, Problem
from service.calibration.self_check import REPLICATES
from service.web.compression import too_many_values

ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Job:
    """A design request on its way; ``parts`` are its bases, ``models`` with what was stated of them."""

    request: DesignRequest
    parts: tuple[Part, ...]
    body_digest: str
    work: float
    models: tuple[PassportModel, ...]


def to_core(request: DesignRequest, body_digest: str = "", bounds: Bounds = BOUNDS) -> Job:
    """The job of a request; raises ``CalibrationError`` with every problem."""
    problems = unasked(request)
    models = of_request(request.models, _models(request), problems)
    parts, size = _parts(request, problems, bounds)
    if problems:
        raise CalibrationError(list(dict.fromkeys(problems)))
    return Job(request, parts, body_digest, _planning(request, parts) + size, models)


def _parts(request: DesignRequest, problems: list[Problem], bounds: Bounds) -> tuple[tuple[Part, ...], float]:
    """The bases of the request, and how many numbers they hold; problems are appended."""
    basis = request.basis
    if isinstance(basis, ErrorsBasis):
        if entries(basis.predicted_error) > bounds.max_numbers:
            raise too_many_values(bounds.max_numbers)
        return (), float(entries(basis.predicted_error))
    if not isinstance(basis, QuestionsBasis):
        alone, total = _part(request, basis, "/basis", problems, bounds)
        return () if alone is None else (alone,), total
    parts: list[Part] = []
    total = 0.0
    for i, question in enumerate(basis.questions):
        own = request if question.costs is None else msgspec.structs.replace(request, costs=question.costs)
        part, size = _part(own, question.basis, f"/basis/questions/{i}/basis", problems, bounds)
        parts += [] if part is None else [part]
        total += size
    if total > bounds.max_numbers:
        raise too_many_values(bounds.max_numbers)
    return tuple(parts), total


def _part(
    request: DesignRequest,
    basis: AssumedBasis | MomentsBasis | PilotBasis,
    place: str,
    problems: list[Problem],
    bounds: Bounds,
) -> tuple[Part | None, float]:
    if not isinstance(basis, AssumedBasis):
        study = study_of(basis, overrides_of(request), place, problems, bounds)
        return study, float(wire_sample.numbers(basis.data))
    stated = stated_of(request, basis)
    problems += [replace(p, pointer=_moved(p.pointer, place)) for p in problems_of(stated)]
    return stated, 0.0


def _moved(pointer: str, place: str) -> str:
    """A pointer into the basis of a request as one into the basis at ``place``."""
    return f"{place}{pointer.removeprefix('/basis')}" if pointer.startswith("/basis") else pointer


def _models(request: DesignRequest) -> Sequence[str] | None:
    """The models that the request names; None where it names none."""
    basis = request.basis
    if isinstance(basis, ErrorsBasis):
        return None
    if isinstance(basis, QuestionsBasis):
        return [m for question in basis.questions for m in _models_of(request, question.basis)]
    return _models_of(request, basis)


def _models_of(request: DesignRequest, basis: AssumedBasis | MomentsBasis | PilotBasis) -> Sequence[str]:
    if isinstance(basis, AssumedBasis):
        return stated_of(request, basis).models
    return wire_sample.models(basis.data)


def _planning(request: DesignRequest, parts: Sequence[Part]) -> float:
    """The work of the design and of its self-check."""
    if isinstance(request.basis, ErrorsBasis):
        target = not isinstance(request.objective, BudgetObjective)
        return sampling(entries(request.basis.predicted_error), target=target)
    shapes = [_shape(part) for part in parts]
    arms, models = sum(arms for arms, _ in shapes), max(models for _, models in shapes)
    found = solving(arms, models, len(shapes))
    if not request.simulate:
        return found
    contrasts = max(len(part.contrasts if isinstance(part, Stated) else part[1].contrasts or ()) for part in parts)
    return found + simulating(arms, contrasts, int(request.replicates or REPLICATES))


def _shape(part: Part) -> tuple[int, int]:
    """Arms, one population counting as one, and models."""
    if isinstance(part, Stated):
        return max(1, len(part.arms)), len(part.models)
    return len(part[0].arms), len(part[0].models)


def finish(job: Job) -> Finished:
    """The encoded answer of a job and what may be counted of it; raises ``CalibrationError``."""
    done = answer(job)
    return Finished(ENCODER.encode(from_core(done, of_design(done, _asked(job)))), Facts(warnings=codes(done.warnings)))


def _asked(job: Job) -> Asked:
    basis, objective = _kind(job.request.basis), _kind(job.request.objective)
    study: Study | None = next((part for part in job.parts if not isinstance(part, Stated)), None)
    plan = None if study is None or len(job.parts) > 1 else study[1]
    seed = job.request.seed if plan is not None or job.request.seed is not None else 0.0
    known = None if seed is None or not job.request.simulate else int(seed)
    return Asked(basis, objective, job.body_digest, job.models, plan, known)


def run(job: Job) -> bytes:
    """The encoded answer of a job; raises ``CalibrationError``."""
    return finish(job).body


def validated(job: Job) -> bytes:
    """What a valid request would be done with; raises the ``CalibrationError`` that it would get."""
    applied = AppliedDesign(_kind(job.request.basis), _kind(job.request.objective))
    return ENCODER.encode(ValidatedDesign(True, applied, Work(job.work, WORK_LIMIT), warnings(answer(job).warnings)))


def answer(job: Job) -> Found:
    """The core's answer to a job."""
    return solved(job.request, job.parts)


def _kind(part: msgspec.Struct) -> str:
    return str(part.__struct_config__.tag)
