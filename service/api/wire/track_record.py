"""POST /v1/track-records on the wire: past studies and a new LLM-only effect, on their way to the core and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np

from service.api.wire.columns import Name
from service.api.wire.doubts import WORK_LIMIT, Work, warnings
from service.api.wire.facts import Facts, Finished, codes
from service.api.wire.passport import PassportModel, StatedModels, of_request
from service.api.wire.plan import Level
from service.api.wire.sample import BOUNDS, Bounds
from service.api.wire.track_record_answer import AppliedTrackRecord, ValidatedTrackRecord, from_core, issue
from service.calibration.errors import CalibrationError, Problem
from service.calibration.moments import FloatArray
from service.calibration.track_records.answer import TrackRecordAnswer
from service.calibration.track_records.record import LEVEL, NewEffect, TrackRecord, checked, effects, split_of
from service.calibration.track_records.sampling import cubes
from service.calibration.track_records.track_record import track_record

ENCODER = msgspec.json.Encoder()
PER_EFFECT, PER_CUBE = 1e5, 0.2  # work: of one effect in all fits; per cubed size of a block of correlated effects
ROUNDS = 30  # fits with errors in the LLM effects, each with decompositions of its own
Size = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
Error = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class MeasuredEffect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An effect on the record's one scale and sign; a human standard_error is above 0, an LLM's may be 0."""

    estimate: Size
    standard_error: Error


class PastStudy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A study with a human and an LLM effect; entries of one name are contrasts of one study."""

    name: Name
    human: MeasuredEffect
    llm: MeasuredEffect


class NewStudy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A study that only LLMs have answered."""

    name: Name
    llm: MeasuredEffect


class TrackRecordRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Past effects on one declared scale and sign, and the new LLM-only effect."""

    studies: list[PastStudy]
    new: NewStudy
    confidence_level: Annotated[Level | None, msgspec.Meta(description="Of both intervals. Default: 0.95.")] = None
    error_split: Annotated[
        Annotated[list[Share], msgspec.Meta(min_length=3, max_length=3)] | None,
        msgspec.Meta(
            description="Errors of the conformal interval: new LLM effect, past gaps, tasks; they sum to 1 - "
            "confidence_level. Default: 10:20:70 of it."
        ),
    ] = None
    covariance: Annotated[
        list[list[Size]] | None,
        msgspec.Meta(
            description="Sampling covariance of the human estimates, one row and column per entry of studies. "
            "Default: independent."
        ),
    ] = None
    models: StatedModels | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A track record on its way; ``models`` with what was stated of them."""

    record: TrackRecord
    body_digest: str
    work: float
    models: tuple[PassportModel, ...]


def to_core(request: TrackRecordRequest, body_digest: str = "", bounds: Bounds = BOUNDS) -> Job:  # noqa: ARG001 - the values of a body are counted before it is decoded
    """The job of a request; raises ``CalibrationError`` with every problem."""
    problems: list[Problem] = []
    models = of_request(request.models, None, problems)
    try:
        record = checked(_record(request))
    except CalibrationError as refused:
        raise type(refused)([*problems, *refused.problems]) from refused
    if problems:
        raise CalibrationError(problems)
    return Job(record, body_digest, _work(record), models)


def finish(job: Job) -> Finished:
    """The encoded answer of a job and what may be counted of it; raises ``CalibrationError``."""
    found = answered(job)
    reply = from_core(found, issue(found, job.record, job.body_digest, job.models))
    return Finished(ENCODER.encode(reply), Facts(claim=found.claim, warnings=codes(found.warnings)))


def validated(job: Job) -> bytes:
    """What a valid request would be done with; raises the ``CalibrationError`` that it would get."""
    found, record = answered(job), job.record
    applied = AppliedTrackRecord(record.confidence_level, list(record.error_split), record.n_studies, len(record.names))
    return ENCODER.encode(ValidatedTrackRecord(True, applied, Work(job.work, WORK_LIMIT), warnings(found.warnings)))


def answered(job: Job) -> TrackRecordAnswer:
    """The core's answer to a job."""
    return track_record(job.record)


def _record(request: TrackRecordRequest) -> TrackRecord:
    studies, new, level = request.studies, request.new, request.confidence_level or LEVEL
    first, second, third = request.error_split or split_of(level)
    return TrackRecord(
        names=tuple(study.name for study in studies),
        human=effects([s.human.estimate for s in studies], [s.human.standard_error for s in studies]),
        llm=effects([s.llm.estimate for s in studies], [s.llm.standard_error for s in studies]),
        covariance=_matrix(request.covariance),
        new=NewEffect(new.name, new.llm.estimate, new.llm.standard_error),
        confidence_level=level,
        error_split=(first, second, third),
    )


def _matrix(rows: list[list[float]] | None) -> FloatArray | None:
    """The rows as a matrix; without a shape when their lengths differ, which the core refuses."""
    if rows is None:
        return None
    even = len({len(row) for row in rows}) == 1
    return np.array(rows, dtype=np.float64) if even else np.zeros((len(rows), 0))


def _work(record: TrackRecord) -> float:
    """Decompositions of blocks of correlated effects, again in every round where LLM effects have errors."""
    rounds = ROUNDS if np.any(record.llm.standard_error > 0) else 1
    return PER_EFFECT * len(record.names) + PER_CUBE * rounds * cubes(record)
