"""Sampling probabilities from predicted errors on the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec

from service.api.wire.columns import NumericColumn, numeric
from service.calibration.designs import answer as core
from service.calibration.designs.sampling import Frame
from service.calibration.errors import CalibrationError, Problem

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Spread = Annotated[float, msgspec.Meta(ge=1e-9, le=1e12)]
PLACE = "/basis/predicted_error"


class ErrorsBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="predicted_errors", tag_field="kind"):
    """A frame of units with LLM answers at hand, and the error that is expected of each.

    ``predicted_error``: standard deviation of the human answer around what the LLM's answer says, by unit; an array.
    """

    predicted_error: NumericColumn
    outcome_sd: Annotated[
        Spread | None, msgspec.Meta(description="Of the human answers; targets need it. Default: not known.")
    ] = None
    uniform_share: Annotated[
        Share | None,
        msgspec.Meta(
            description="Part of the probability that every unit gets alike; bounds what wrong predictions cost. "
            "Default: 0."
        ),
    ] = None


class SamplingReply(msgspec.Struct, frozen=True):
    """The probability of asking each unit, in the order sent, and what they give beside uniform ones.

    The number of humans is random: ``n_expected`` with standard deviation ``n_sd``. ``n_uniform``: humans that uniform
    sampling needs for the same precision; ``n_certain``: units asked for sure. ``rectifier_variance_ratio``: of the
    part of the variance that the probabilities change; ``variance_ratio`` and standard errors need ``outcome_sd``.
    """

    probabilities: list[float]
    n_frame: int
    n_expected: float
    n_sd: float
    n_certain: int
    n_uniform: float
    smallest_probability: float
    kish_n: float
    cost: float
    rectifier_variance_ratio: float
    variance_ratio: float | None
    standard_error: float | None
    standard_error_uniform: float | None
    standard_error_human_only: float | None
    interval_width: float | None
    power: float | None


def frame_of(basis: ErrorsBasis) -> Frame:
    """The core's frame; raises ``CalibrationError`` where the array is none."""
    problems: list[Problem] = []
    errors = numeric(basis.predicted_error, PLACE, problems)
    if problems:
        raise CalibrationError(problems)
    return Frame(errors, basis.outcome_sd, basis.uniform_share or 0.0)


def sampling(found: core.SamplingDesign) -> SamplingReply:
    """The wire form of sampling probabilities."""
    return SamplingReply(
        probabilities=found.probabilities.tolist(),
        n_frame=found.n_frame,
        n_expected=found.n_expected,
        n_sd=found.n_sd,
        n_certain=found.n_certain,
        n_uniform=found.n_uniform,
        smallest_probability=found.smallest_probability,
        kish_n=found.kish_n,
        cost=found.cost,
        rectifier_variance_ratio=found.rectifier_variance_ratio,
        variance_ratio=found.variance_ratio,
        standard_error=found.standard_error,
        standard_error_uniform=found.standard_error_uniform,
        standard_error_human_only=found.standard_error_human_only,
        interval_width=found.interval_width,
        power=found.power,
    )
