"""A quantile as published: under ``compat`` the numbers of estimator ppi are those that ppi-python gives.

Formula: ``published.quantile``: the point nearest to F = q among all observed values, the hull of the values that the
test accepts, normal quantile and ddof 0. The published form has no standard error: here it is half the width of the
same hull at one standard error (level 2 Phi(1) - 1). The variance ratio is s(t)^2 over the humans' own Fh (1 - Fh)/n at
the human answer t at or after the estimate (the last but one answer beyond it).
Shapes: one population. Units: outcome units.
Assumes: humans and LLM-only units from one population, independent, equally weighted.
Breaks: with few distinct values no value may be accepted (``quantile_between_values``): nothing is tested then, and the
estimate can lie outside of its interval, which is where F jumps over q.
Raises: ``unsupported_combination`` where there is no published form, ``too_few_llm_only``.
Source: Angelopoulos et al. 2301.09633; ppi-python 0.2.3, ppi_quantile_pointestimate and ppi_quantile_ci (exact grid).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from service.calibration.answer import ArmBlock, EstimateBlock
from service.calibration.effects import effective, finite
from service.calibration.errors import NotIdentified, Problem, Warned
from service.calibration.inference import Interval, Result, Settings
from service.calibration.plan import Plan
from service.calibration.published.quantile import Function, Quantile, inverted, p_value, rectified
from service.calibration.quantiles.arm import ArmQuantile
from service.calibration.resolution import Resolved
from service.calibration.sample import Sample, Units

CODE, PLACE = "unsupported_combination", "/plan/compat"
FORMS = ("ppi",)  # ppi-python's quantile has lambda 1 and nothing else
ONE_ERROR = float(2.0 * ndtr(1.0) - 1.0)


@dataclass(frozen=True, slots=True)
class Published:
    """The published result of one q, its variance over the humans' own, and what must be said of it."""

    result: Result
    ratio: float
    warnings: tuple[Warned, ...]


def asked(plan: Plan) -> bool:
    """Whether a plan asks for a published form."""
    return plan.compat and plan.estimator in FORMS


def refused(sample: Sample, plan: Plan) -> Iterator[Problem]:
    """What the published form of a quantile does not know; weights and clusters are ``survey_design``'s to refuse."""
    if not asked(plan):
        return
    start = "the published form of a quantile"
    if len(sample.arms) > 1:
        hint = "supported: compat with one population; send one arm at a time, or leave out compat"
        yield Problem(PLACE, CODE, f"{start} is of one population, not a difference of arms", hint)
    if sample.shared:
        hint = "supported: compat with predictions that are independent of the arms, or leave out compat"
        yield Problem(PLACE, CODE, f"{start} knows no shared predictions", hint)
    if len(sample.columns) != 1:
        text = f"{start} has one LLM and no further column (covariate, or refusals of the LLM)"
        yield Problem(PLACE, CODE, text, "supported: compat with one complete LLM column, or leave out compat")
    if plan.alternative != "two_sided":
        text = f"{start} is a two-sided interval"
        yield Problem("/plan/alternative", CODE, text, "supported: two_sided with compat, or leave out compat")


def published(resolved: Resolved, arm: ArmQuantile, q: float) -> Published:
    """The published quantile of one population, analysed by ppi as ``arm``."""
    function, settings = _function(resolved.sample, q), resolved.settings
    found = inverted(function, settings.level)
    near = inverted(function, ONE_ERROR)
    null = settings.null_value
    chance = p_value(function, null) if found.accepted and null is not None else None
    interval = Interval("normal", settings.level, found.lower, found.upper)
    result = finite(Result(found.estimate, (near.upper - near.lower) / 2.0, None, chance, interval))
    ratio = _ratio(function, arm, found.estimate, resolved.sample.origin)
    return Published(result, ratio, tuple(_doubts(found, settings, q)))


def block(found: Published, ours: EstimateBlock) -> EstimateBlock:
    """The estimate with the published numbers in place of ours."""
    size = effective(ours.human_sample_size, found.ratio, ours.verdict)
    return replace(ours, result=found.result, variance_ratio=found.ratio, effective_sample_size=size)


def arm_block(found: Published, ours: ArmBlock) -> ArmBlock:
    """The arm with the published numbers in place of ours."""
    return replace(ours, mean=replace(found.result, p_value=None))


def _function(sample: Sample, q: float) -> Function:
    """The rectified distribution function of a sample's own values."""
    human, only, level = sample.human[0], sample.llm_only[0], sample.columns[0].origin
    if not isinstance(only, Units) or only.n < 2:
        raise NotIdentified.at(
            sample.pointers[0],
            "too_few_llm_only",
            "this estimator takes its reference from the LLM-only units, and there are fewer than 2",
            "send at least 2 LLM-only units, or use estimator regression or auto",
        )
    assert isinstance(human, Units)
    assert human.y is not None
    return rectified(human.y + sample.origin, human.c[0] + level, only.c[0] + level, q)


def _ratio(function: Function, arm: ArmQuantile, estimate: float, origin: float) -> float:
    """s(t)^2 over the humans' own variance at the human answer t at or after the estimate."""
    curve = arm.human.curve
    answers = curve.thresholds + origin
    at = min(int(np.searchsorted(answers, estimate)), len(answers) - 1)
    share, place = float(curve.levels.human[at]), int(np.searchsorted(function[0], answers[at]))
    return float(function[2][place]) ** 2 * curve.n / (share * (1.0 - share))


def _doubts(found: Quantile, settings: Settings, q: float) -> Iterator[Warned]:
    text = "published form: normal quantile, ddof 0, lambda 1; intervals are too short in small samples"
    yield Warned("compat_mode", text, PLACE)
    if not found.accepted:
        text = f"at level {settings.level:g} no observed value passes the published test of q={q:g}"
        more = "the interval is where the distribution function jumps over it, nothing is tested (ppi-python raises)"
        yield Warned("quantile_between_values", f"{text}: {more}", PLACE)
