"""One outcome (or the share of one category) analysed: its estimates and its arms, each with what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, sqrt

import numpy as np

from service.calibration import assumptions, blocks, model_scores, model_selection, survey_design
from service.calibration.answer import Alternative, ArmBlock, Effect, EstimateBlock, ModelBlock, Verdict
from service.calibration.assumptions import ReferenceTest
from service.calibration.contrast import Contrast
from service.calibration.errors import CalibrationError, NotIdentified, Warned
from service.calibration.estimate import Estimate, Frame
from service.calibration.estimators import ESTIMATORS, auto
from service.calibration.inference import Result, Settings, infer
from service.calibration.moments import FloatArray
from service.calibration.resolution import Resolved, published
from service.calibration.variance import contrast_variance

NO_VARIANCE = 1e-20  # a variance ratio below this is rounding: the estimated variance is zero
STRENGTH: tuple[Verdict, ...] = ("llm_used", "no_llm", "human_only_chosen", "no_pool", "human_only_requested")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one sample came to: one fit and one estimate per contrast, one block per arm, warnings.

    ``sloped`` says which of the frame's arms carry a slope; outcomes computed as one matrix keep no fits.
    """

    resolved: Resolved
    tested: ReferenceTest | None
    fits: tuple[Estimate, ...]
    sloped: tuple[bool, ...]
    estimates: tuple[EstimateBlock, ...]
    arms: tuple[ArmBlock, ...]
    warnings: tuple[Warned, ...]


def analysed(resolved: Resolved, tested: ReferenceTest | None) -> Analysis:
    """Every estimate and every arm of a resolved sample."""
    weights = [resolved.cells(c.weights) for c in resolved.contrasts]
    fits = _fits(resolved, weights)
    beside = _beside(resolved, weights)
    estimates = tuple(
        _estimate_block(resolved, c, fit, b, tested) for c, fit, b in zip(resolved.contrasts, fits, beside, strict=True)
    )
    arms = tuple(_arm_block(resolved, d, fits, estimates) for d in range(len(resolved.sample.arms)))
    sloped = tuple(bool(row.any()) for row in fits[0].tuning)
    warnings = tuple(_warnings(resolved, tested, estimates))
    return Analysis(resolved, tested, fits, sloped, estimates, arms, warnings)


def _fits(resolved: Resolved, weights: Sequence[FloatArray]) -> tuple[Estimate, ...]:
    if resolved.estimator.by_contrast:
        return tuple(resolved.fit(t) for t in weights)
    return (resolved.fit(weights[0]),) * len(weights)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside an estimate: humans alone, LLMs alone, every model's part."""

    human: Result
    llm_only: Effect | None
    models: tuple[ModelBlock, ...]


def _beside(resolved: Resolved, weights: Sequence[FloatArray]) -> list[_Beside]:
    """What stands beside every estimate; what is fitted for a model is fitted once for all of them."""
    plain = resolved.plain
    humans = [infer(resolved.human_only, t, resolved.settings) for t in weights]
    models = plain.sample.models
    alone = [blocks.llm_only(plain, t, plain.sample.directions) if models else None for t in weights]
    says = [_says(resolved, model, weights) for model in models] if len(models) > 1 else [alone] * len(models)
    parts = [_model_blocks(resolved, m, weights, humans, of) for m, of in zip(models, says, strict=True)]
    return [_Beside(h, a, tuple(of[c] for of in parts)) for c, (h, a) in enumerate(zip(humans, alone, strict=True))]


def _says(resolved: Resolved, model: str, weights: Sequence[FloatArray]) -> list[Effect | None]:
    """What one model alone says of every estimate."""
    plain, direction = resolved.plain, resolved.plain.sample.direction(model)
    return [blocks.llm_only(plain, t, direction) for t in weights]


def _estimate_block(
    resolved: Resolved, contrast: Contrast, estimate: Estimate, beside: _Beside, tested: ReferenceTest | None
) -> EstimateBlock:
    t, plain = resolved.cells(contrast.weights), resolved.plain
    used = [d for d in range(len(t)) if t[d]]
    sloped = {d for d in used if estimate.tuning[d].any()}
    verdicts = [blocks.arm_verdict(resolved.frame, estimate, d, resolved.plan.estimator) for d in used]
    verdict = min(verdicts, key=STRENGTH.index)
    calibrated = infer(estimate, t, resolved.settings)
    n = sum(plain.human[d].n for d in used)
    ratio = _ratio(calibrated.standard_error, beside.human)
    return EstimateBlock(
        name=contrast.name,
        outcome=plain.sample.outcome,
        component=plain.sample.component,
        claim=assumptions.claim(
            tested,
            {plain.sample.pool_of(d) for d in sloped},
            unsound=resolved.unbalanced or not sloped.isdisjoint(plain.screened.reproduced),
        ),
        verdict=verdict,
        result=finite(calibrated),
        human_only=finite(beside.human),
        llm_only=beside.llm_only,
        models=beside.models,
        variance_ratio=ratio,
        human_sample_size=n,
        effective_sample_size=effective(n, ratio, verdict),
        ppi_correlation=blocks.ppi_correlation(plain.human, plain.whole, t) if plain.sample.models else None,
        alternatives=_alternatives(resolved, t, beside.human, n) if resolved.plan.compare else (),
    )


def _arm_block(resolved: Resolved, arm: int, fits: Sequence[Estimate], estimates: Sequence[EstimateBlock]) -> ArmBlock:
    alone = np.zeros(len(resolved.sample.arms))
    alone[arm] = 1.0
    unit, contrasts = resolved.cells(alone), [c.weights.tolist() for c in resolved.contrasts]
    mine = contrasts.index(alone.tolist()) if alone.tolist() in contrasts else None
    by_contrast = resolved.estimator.by_contrast
    estimate = resolved.fit(unit) if by_contrast and mine is None else fits[mine or 0]
    if mine is None:
        mean = finite(infer(estimate, unit, _for_arms(resolved.settings)))
    else:
        mean = replace(estimates[mine].result, p_value=None)
    shown = fits[0] if by_contrast and contrasts[0][arm] else estimate
    cells = np.flatnonzero(unit).tolist()
    verdicts = [blocks.arm_verdict(resolved.frame, shown, d, resolved.plan.estimator) for d in cells]
    return blocks.arm_block(resolved.plain, shown, unit, min(verdicts, key=STRENGTH.index), mean)


def _for_arms(settings: Settings) -> Settings:
    """How an arm's own mean is reported: nothing is tested; what compares arms is for contrasts only."""
    alternative = settings.alternative if settings.alternative in ("less", "greater") else "two_sided"
    method = "t" if settings.method == "randomization" else settings.method
    return replace(settings, null_value=None, alternative=alternative, method=method)


def _ratio(standard_error: float, human: Result) -> float | None:
    if human.standard_error == 0.0:
        return None
    relative = standard_error / human.standard_error
    return relative * relative


def effective(n: int, ratio: float | None, verdict: Verdict) -> float | None:
    """Humans alone that would be as precise as n humans at this variance ratio; n where no slope was used."""
    if verdict not in ("llm_used", "no_llm"):
        return float(n)
    return None if ratio is None or ratio < NO_VARIANCE else n / ratio


def _ratios_without(
    resolved: Resolved, model: str, weights: Sequence[FloatArray], humans: Sequence[Result]
) -> list[float | None]:
    """Variance ratios of the same estimator without one model's columns; 1 where nothing is left to use."""
    frame, population = resolved.frame, resolved.settings.population
    keep = [j for j, c in enumerate(frame.sample.columns) if c.model != model]
    if not keep or resolved.estimator.name == "human_only":
        return [1.0] * len(weights)
    if resolved.estimator.historical and not any(frame.sample.columns[j].kind == "prediction" for j in keep):
        return [1.0] * len(weights)
    fits: list[Estimate | None]
    if resolved.selection is not None and model not in resolved.selection.chosen:
        fits = [resolved.selection.estimate] * len(weights)
    else:
        without = frame.with_columns(keep)
        each = weights if resolved.estimator.by_contrast else weights[:1]
        fits = [_fitted(resolved, without, t) for t in each] * (len(weights) // len(each))
    return [
        None if fit is None else _ratio(sqrt(contrast_variance(fit, t, population)[0]), human)
        for fit, t, human in zip(fits, weights, humans, strict=True)
    ]


def _fitted(resolved: Resolved, frame: Frame, contrast: FloatArray) -> Estimate | None:
    try:
        return resolved.fitted(frame, contrast)
    except CalibrationError:
        return None


def _model_blocks(
    resolved: Resolved,
    model: str,
    weights: Sequence[FloatArray],
    humans: Sequence[Result],
    says: Sequence[Effect | None],
) -> list[ModelBlock]:
    """One model's part in every estimate."""
    ratios = _ratios_without(resolved, model, weights, humans)
    found = [
        blocks.model_block(resolved.plain, t, model, alone, ratio)
        for t, alone, ratio in zip(weights, says, ratios, strict=True)
    ]
    selection, population = resolved.selection, resolved.settings.population
    if selection is None:
        return found
    pair, share = (selection.of_model(model), resolved.human_only), selection.share(model)
    squares = ([model_scores.squares(e, t, population) for e in pair] for t in weights)
    return [
        replace(block, cross_fitted_variance_ratio=model_scores.variance_ratio(own, human), selected_share=share)
        for block, (own, human) in zip(found, squares, strict=True)
    ]


def _alternatives(resolved: Resolved, contrast: FloatArray, human: Result, n: int) -> tuple[Alternative, ...]:
    found = []
    for other in ESTIMATORS:
        if other.name == resolved.plan.estimator:
            continue
        asked = resolved.plan.compat and other.historical
        frame = published(resolved.plain, other) if asked else resolved.plain
        try:
            result = finite(infer(other.fit(frame, contrast), contrast, resolved.settings))
        except CalibrationError:
            continue
        ratio = _ratio(result.standard_error, human)
        found.append(Alternative(other.name, result, ratio, effective(n, ratio, "llm_used")))
    return tuple(found)


def _warnings(resolved: Resolved, tested: ReferenceTest | None, estimates: Sequence[EstimateBlock]) -> list[Warned]:
    found = assumptions.doubts(resolved.plain, tested, llm_asked=resolved.plan.estimator != "human_only")
    found += resolved.interval.warnings
    if resolved.plan.estimator == "auto":
        found += auto.doubts(resolved.plain)
    stated = resolved.plan.stratum_shares is not None
    found += survey_design.doubts(resolved.sample, resolved.shares, shares_stated=stated)
    if resolved.plan.estimator != "human_only" and resolved.unbalanced:
        found.append(assumptions.unbalanced(resolved.plain.sample))
    if resolved.plan.identification == "exchangeability" and resolved.frame.identification == "randomization":
        text = "there are no LLM-only units, so the pool is the humans and random assignment identifies the effect"
        found.append(Warned("no_llm_only_units", text, "/plan/identification"))
    if resolved.plan.compat and not resolved.estimator.historical:
        text = "this estimator has no published form that differs; compat changes nothing"
        found.append(Warned("compat_ignored", text, "/plan/compat"))
    if resolved.frame.compat:
        clipped = "" if resolved.frame.ddof else ", ddof 0, lambda in [0, 1]"
        text = f"published form: normal quantile{clipped}; intervals are too short in small samples"
        found.append(Warned("compat_mode", text, "/plan/compat"))
    return found + _choice_doubts(resolved) + doubts(estimates)


def _choice_doubts(resolved: Resolved) -> list[Warned]:
    """That the model was chosen on the humans that calibrate, and how; or why none was chosen."""
    if resolved.plan.model_selection == "all":
        return []
    selection, obstacle = resolved.selection, model_selection.obstacle(resolved.sample)
    if selection is None:
        return [] if obstacle is None else [obstacle]
    text = (
        f"the model was chosen among {len(resolved.plain.sample.models)} on the humans that calibrate, outside each of "
        f"{selection.folds.count} folds: {selection.told}; ranks of models are exploratory"
    )
    return [Warned("model_selected", text, model_selection.PLACE)]


def doubts(estimates: Sequence[EstimateBlock]) -> list[Warned]:
    """Warnings about estimates as they came out."""
    found = []
    if any(e.variance_ratio is not None and e.variance_ratio > 1.0 for e in estimates if e.verdict == "llm_used"):
        text = "the calibrated estimate is less precise than the human-only one; estimator auto limits such harm"
        found.append(Warned("llm_harms", text, "/plan/estimator"))
    if any(e.effective_sample_size is None for e in estimates):
        text = "the estimated variance is zero, so the effective sample size is undefined"
        found.append(Warned("zero_variance", text, "/data"))
    return found


def finite(result: Result) -> Result:
    """The result itself; ``NotIdentified`` where any of its numbers left the range of a double."""
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
