"""The entry: a sample and a plan in, an answer out. Pure; every number is computed here or below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from service.calibration import assumptions, blocks, survey_design
from service.calibration.answer import Alternative, Answer, Applied, ArmBlock, Claim, EstimateBlock, Verdict
from service.calibration.assumptions import ReferenceTest
from service.calibration.contrast import Contrast
from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import Objective
from service.calibration.designs.study import design_of_study
from service.calibration.designs.summary import Aim
from service.calibration.diagnostics.exchangeability import TEST_LEVEL
from service.calibration.errors import CalibrationError, NotIdentified, Warned
from service.calibration.estimate import Estimate, Frame
from service.calibration.estimators import ESTIMATORS
from service.calibration.inference import Result, infer
from service.calibration.moments import FloatArray
from service.calibration.plan import Costs, Plan
from service.calibration.resolution import Resolved, resolve
from service.calibration.sample import Sample

NO_VARIANCE = 1e-20  # a variance ratio below this is rounding: the estimated variance is zero
STRENGTH: tuple[Verdict, ...] = ("llm_used", "no_llm", "human_only_chosen", "no_pool", "human_only_requested")


def calibrate(sample: Sample, plan: Plan) -> Answer:
    """Calibrated estimates of a sample under a plan.

    Shapes: one estimate per contrast (or arm), one arm block per arm. Units: the outcome's.
    Raises: ``UnsupportedCombination``, ``InvalidPlan``, ``NotIdentified``, each with every problem and its place.
    Source: Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3); Hullman et al. 2602.15785.
    """
    with np.errstate(all="ignore"):
        resolved = resolve(sample, plan)
        tested = assumptions.reference(resolved.plain) if plan.estimator != "human_only" else None
        first = resolved.cells(resolved.contrasts[0].weights)
        shared_fit = None if resolved.estimator.by_contrast else resolved.fit(first)
        estimates = tuple(_estimate_block(resolved, c, shared_fit, tested) for c in resolved.contrasts)
        arms = tuple(_arm_block(resolved, d, shared_fit, estimates) for d in range(len(resolved.sample.arms)))
    listed = assumptions.others(resolved.sample, plan.inference_population, llm_asked=plan.estimator != "human_only")
    listed += [tested.assumption] if tested is not None else []
    applied = _applied(resolved, shared_fit)
    bought, doubt = _design(resolved)
    weakest: Claim = "exploratory" if any(e.claim == "exploratory" for e in estimates) else "confirmatory"
    return Answer(
        claim=weakest,
        verdict=estimates[0].verdict,
        estimates=estimates,
        arms=arms,
        applied=applied,
        assumptions=tuple(listed),
        warnings=(*_warnings(resolved, tested, estimates), *doubt),
        design=bought,
    )


def _design(resolved: Resolved) -> tuple[DesignAnswer | None, tuple[Warned, ...]]:
    """The design for the plan's costs; a warning where the data cannot tell, a refusal where the costs are wrong."""
    if resolved.plan.costs is None:
        return None, ()
    try:
        return study_design(resolved, resolved.plan.costs), ()
    except NotIdentified as unknown:
        text = f"no design could be computed: {unknown.problems[0].detail}"
        return None, (Warned("design_not_computed", text, "/plan/costs"),)
    except CalibrationError as refused:
        raise type(refused)([replace(p, pointer=_in_plan(p.pointer)) for p in refused.problems]) from refused


def _in_plan(pointer: str) -> str:
    return f"/plan{pointer}" if pointer.startswith("/costs") else "/plan/costs"


def study_design(
    resolved: Resolved,
    costs: Costs,
    objective: Objective | None = None,
    limits: Constraints | None = None,
    aim: Aim | None = None,
) -> DesignAnswer:
    """The optimal design that a resolved plan's data suggest at these prices (see ``designs.study``)."""
    contrasts = np.array([resolved.cells(c.weights) for c in resolved.contrasts])
    own = aim or Aim(confidence_level=resolved.plan.confidence_level)
    return design_of_study(resolved.plain, contrasts, costs, objective=objective, limits=limits, aim=own)


def _estimate_block(
    resolved: Resolved, contrast: Contrast, shared_fit: Estimate | None, tested: ReferenceTest | None
) -> EstimateBlock:
    t, plain = resolved.cells(contrast.weights), resolved.plain
    estimate = resolved.fit(t) if shared_fit is None else shared_fit
    used = [d for d in range(len(t)) if t[d]]
    verdicts = [blocks.arm_verdict(resolved.frame, estimate, d, resolved.plan.estimator) for d in used]
    verdict = min(verdicts, key=STRENGTH.index)
    human = infer(resolved.human_only, t, resolved.settings)
    calibrated = infer(estimate, t, resolved.settings)
    n = sum(plain.human[d].n for d in used)
    ratio = _ratio(calibrated, human)
    models = plain.sample.models
    alone = blocks.llm_only(plain, t, plain.sample.directions) if models else None
    return EstimateBlock(
        name=contrast.name,
        outcome=plain.sample.outcome,
        claim=assumptions.claim(tested, {plain.sample.pool_of(d) for d in used if np.count_nonzero(estimate.slope[d])}),
        verdict=verdict,
        result=_finite(calibrated),
        human_only=_finite(human),
        llm_only=alone,
        models=tuple(
            blocks.model_block(
                plain,
                t,
                model,
                alone if len(models) == 1 else blocks.llm_only(plain, t, plain.sample.direction(model)),
                _ratio_without(resolved, model, t, human),
            )
            for model in models
        ),
        variance_ratio=ratio,
        human_sample_size=n,
        effective_sample_size=_effective(n, ratio, verdict),
        ppi_correlation=blocks.ppi_correlation(plain.human, plain.whole, t) if models else None,
        alternatives=_alternatives(resolved, t, human, n) if resolved.plan.compare else (),
    )


def _arm_block(
    resolved: Resolved, arm: int, shared_fit: Estimate | None, estimates: Sequence[EstimateBlock]
) -> ArmBlock:
    alone = np.zeros(len(resolved.sample.arms))
    alone[arm] = 1.0
    unit = resolved.cells(alone)
    estimate = resolved.fit(unit) if shared_fit is None else shared_fit
    if resolved.estimand == "mean":
        mean = replace(estimates[arm].result, p_value=None)
    else:
        mean = _finite(infer(estimate, unit, replace(resolved.settings, null_value=None)))
    first = resolved.contrasts[0].weights
    shown = resolved.fit(resolved.cells(first)) if resolved.estimator.by_contrast and first[arm] else estimate
    cells = np.flatnonzero(unit).tolist()
    verdicts = [blocks.arm_verdict(resolved.frame, shown, d, resolved.plan.estimator) for d in cells]
    return blocks.arm_block(resolved.plain, shown, unit, min(verdicts, key=STRENGTH.index), mean)


def _ratio(calibrated: Result, human: Result) -> float:
    relative = calibrated.standard_error / human.standard_error
    return relative * relative


def _effective(n: int, ratio: float, verdict: Verdict) -> float | None:
    if verdict not in ("llm_used", "no_llm"):
        return float(n)
    return None if ratio < NO_VARIANCE else n / ratio


def _ratio_without(resolved: Resolved, model: str, contrast: FloatArray, human: Result) -> float | None:
    """Variance ratio of the same estimator without one model's columns; 1 where nothing is left to use."""
    frame = resolved.frame
    keep = [j for j, c in enumerate(frame.sample.columns) if c.model != model]
    if not keep or resolved.estimator.name == "human_only":
        return 1.0
    if resolved.estimator.historical and not any(frame.sample.columns[j].kind == "prediction" for j in keep):
        return 1.0
    try:
        estimate = resolved.estimator.fit(replace(frame, sample=frame.sample.with_columns(keep)), contrast)
    except CalibrationError:
        return None
    return _ratio(infer(estimate, contrast, resolved.settings), human)


def _alternatives(resolved: Resolved, contrast: FloatArray, human: Result, n: int) -> tuple[Alternative, ...]:
    found = []
    for other in ESTIMATORS:
        if other.name == resolved.plan.estimator:
            continue
        frame = replace(resolved.plain, compat=resolved.plan.compat and other.historical)
        try:
            result = _finite(infer(other.fit(_shared_cache(resolved, frame), contrast), contrast, resolved.settings))
        except CalibrationError:
            continue
        ratio = _ratio(result, human)
        found.append(Alternative(other.name, result, ratio, _effective(n, ratio, "llm_used")))
    return tuple(found)


def _shared_cache(resolved: Resolved, frame: Frame) -> Frame:
    return resolved.plain if frame.compat == resolved.plain.compat else frame


def _finite(result: Result) -> Result:
    interval = result.interval
    total = result.estimate + result.standard_error + (result.df or 0.0) + (result.p_value or 0.0)
    if isfinite(total + (interval.lower or 0.0) + (interval.upper or 0.0)):
        return result
    raise NotIdentified.at(
        "/data",
        "numeric_overflow",
        "the numbers are too large or too small to compute with",
        "rescale the columns' units",
    )


def _choice(frame: Frame, estimate: Estimate) -> tuple[str, str]:
    """What ``auto`` came to, and why."""
    n_arms, n_used = len(estimate.theta), int(estimate.slope.any(axis=1).sum())
    if n_used:
        where = "every arm" if n_used == n_arms else f"{n_used} of {n_arms} arms"
        return "regression", f"columns explain more than chance would (adjusted R^2 above columns/(n - 2)) in {where}"
    if not any(frame.has_pool):
        return "human_only", "no arm has LLM-only units, so its LLM answers cannot add anything"
    return "human_only", "in no arm do columns explain more than chance would: the human-only estimate has limited harm"


def _applied(resolved: Resolved, shared_fit: Estimate | None) -> Applied:
    plan, sample = resolved.plan, resolved.sample
    name: str = plan.estimator
    reason = "as requested"
    if plan.estimator == "auto" and shared_fit is not None:
        name, reason = _choice(resolved.frame, shared_fit)
    method = "normal" if plan.interval == "normal" or resolved.frame.compat else "t"
    return Applied(
        estimand=resolved.estimand,
        estimator=name,
        interval=method,
        identification=resolved.frame.identification,
        prediction_design=sample.prediction_design,
        control=sample.arms[0] if resolved.estimand == "mean_difference" and plan.contrasts is None else None,
        contrasts={c.name: dict(zip(sample.arms, c.weights.tolist(), strict=True)) for c in resolved.contrasts},
        confidence_level=plan.confidence_level,
        alternative=plan.alternative,
        null_value=plan.null_value,
        inference_population=plan.inference_population,
        compat=resolved.frame.compat,
        exchangeability_level=TEST_LEVEL,
        seed=plan.seed,
        reason=reason,
    )


def _warnings(
    resolved: Resolved, tested: ReferenceTest | None, estimates: Sequence[EstimateBlock]
) -> tuple[Warned, ...]:
    found = assumptions.doubts(resolved.plain, tested, llm_asked=resolved.plan.estimator != "human_only")
    found += survey_design.doubts(resolved.sample, shares_stated=resolved.plan.stratum_shares is not None)
    if resolved.plan.identification == "exchangeability" and resolved.frame.identification == "randomization":
        text = "there are no LLM-only units, so the pool is the humans and random assignment identifies the effect"
        found.append(Warned("no_llm_only_units", text, "/plan/identification"))
    if resolved.plan.compat and not resolved.estimator.historical:
        text = "this estimator has no published form that differs; compat changes nothing"
        found.append(Warned("compat_ignored", text, "/plan/compat"))
    if resolved.frame.compat:
        text = "published form: normal quantile, ddof 0, lambda in [0, 1]; intervals are too short in small samples"
        found.append(Warned("compat_mode", text, "/plan/compat"))
    if any(e.variance_ratio is not None and e.variance_ratio > 1.0 for e in estimates if e.verdict == "llm_used"):
        text = "the calibrated estimate is less precise than the human-only one; estimator auto limits such harm"
        found.append(Warned("llm_harms", text, "/plan/estimator"))
    if any(e.effective_sample_size is None for e in estimates):
        text = "the estimated variance is zero, so the effective sample size is undefined"
        found.append(Warned("zero_variance", text, "/data"))
    return tuple(found)
