"""The answer of a screening on the wire: every documented field present, null where it does not apply."""

from __future__ import annotations

import msgspec

from service.api.wire.doubts import Warning, Work, warnings  # noqa: A004 - the word on the wire
from service.api.wire.passport import Assumption, Issued, Passport, PassportModel, assumptions, digest_of, passport
from service.calibration.answer import Claim
from service.calibration.screenings import answer as core
from service.calibration.screenings.report import paragraph


class JudgedHypothesis(msgspec.Struct, frozen=True):
    """One hypothesis; null where humans were not asked. Rejected exactly when p_value_adjusted <= error_rate."""

    name: str
    weight: float
    p_value: float | None
    p_value_adjusted: float | None
    rejected: bool | None
    claim: Claim


class NextHypothesis(msgspec.Struct, frozen=True):
    """One hypothesis to take to humans next, most probable first; exploratory."""

    name: str
    n_human: int
    cost: float
    probability_of_discovery: float
    claim: Claim


class AppliedCalibration(msgspec.Struct, frozen=True):
    """What turned LLM effects into expected human ones."""

    slope: float
    residual_sd: float
    intercept: float


class AppliedWeighting(msgspec.Struct, frozen=True):
    """How weights were made; ``folds`` of cross_weighted."""

    method: str
    least_weight: float
    folds: int | None
    planned_standard_error: float


class AppliedScreening(msgspec.Struct, frozen=True):
    """What was done, with every default resolved."""

    multiplicity: str
    error_rate: float
    calibration: AppliedCalibration
    weighting: AppliedWeighting
    seed: int


class ScreeningAnswer(msgspec.Struct, frozen=True):
    """The answer of POST /v1/screenings, hypotheses in the order sent; ``next`` is null where it was not asked.

    ``expected_discoveries``: how many would be rejected if all were run as planned, by LLM evidence and calibration.
    """

    hypotheses: list[JudgedHypothesis]
    expected_discoveries: float
    next: list[NextHypothesis] | None
    applied: AppliedScreening
    assumptions: list[Assumption]
    warnings: list[Warning]
    report: str
    passport: Passport


class ValidatedScreening(msgspec.Struct, frozen=True):
    """The answer of ``?validate_only=true``."""

    valid: bool
    applied: AppliedScreening
    work: Work
    warnings: list[Warning]


def from_core(done: core.Screened, request_digest: str, models: tuple[PassportModel, ...]) -> ScreeningAnswer:
    """The wire form of a screening."""
    report, settled = paragraph(done), applied(done.applied)
    return ScreeningAnswer(
        hypotheses=[
            JudgedHypothesis(one.name, one.weight, one.p_value, one.p_value_adjusted, one.rejected, one.claim)
            for one in done.hypotheses
        ],
        expected_discoveries=done.expected_discoveries,
        next=None
        if done.next is None
        else [NextHypothesis(n.name, n.n_human, n.cost, n.probability_of_discovery, n.claim) for n in done.next],
        applied=settled,
        assumptions=assumptions(done.assumptions),
        warnings=warnings(done.warnings),
        report=report,
        passport=passport(
            Issued(
                path="/v1/screenings",
                method=f"weighted {settled.multiplicity}, {settled.weighting.method} weights",
                request_digest=request_digest,
                report=report,
                models=models,
                assumptions=done.assumptions,
                plan_digest=digest_of(settled),
                seed=settled.seed,
                claim=done.claim,
            )
        ),
    )


def applied(done: core.Applied) -> AppliedScreening:
    """The wire form of what was done."""
    calibration = done.calibration
    return AppliedScreening(
        multiplicity=done.multiplicity,
        error_rate=done.error_rate,
        calibration=AppliedCalibration(calibration.slope, calibration.residual_sd, calibration.intercept),
        weighting=AppliedWeighting(done.weighting, done.least_weight, done.folds, done.planned_standard_error),
        seed=done.seed,
    )
