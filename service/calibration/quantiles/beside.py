"""What stands beside a calibrated quantile: verdicts, what each LLM explains, the arms, the doubts.

Formula: R^2, tuning and PPI correlation are those of the indicators at the calibrated estimate, arms weighed by
t_d g_d (g_d the outcome units per unit of F); the dispersion ratio is that of the answers themselves.
Shapes: D arms. Units: none.
Source: see ``blocks``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np

from service.calibration import assumptions, blocks, effects, survey_design
from service.calibration.answer import ArmBlock, Effect, EstimateBlock, ModelBlock, Verdict
from service.calibration.assumptions import ReferenceTest
from service.calibration.contrast import Contrast
from service.calibration.errors import CalibrationError, Warned
from service.calibration.estimate import Estimate
from service.calibration.inference import Settings
from service.calibration.moments import FloatArray
from service.calibration.plan import Population
from service.calibration.quantiles.arm import ArmQuantile, Quantile
from service.calibration.quantiles.dependence import dependence
from service.calibration.quantiles.results import Parts, for_arms, result
from service.calibration.resolution import Resolved
from service.calibration.variance import contrast_variance

OF_MEANS = {"skewed_outcome", "rare_outcome"}  # warnings about intervals of means
DROPPED = {"constant_column", "collinear_column", "rare_indicator", "isolated_unit"}


def verdicts(arm: ArmQuantile, estimator: str) -> list[Verdict]:
    """How the LLM entered an arm's quantile, for each of its cells."""
    own = arm.calibrated
    return [blocks.arm_verdict(own.estimate.frame, own.estimate, d, estimator) for d in own.way.cells]


def ppi_correlation(
    arms: Sequence[ArmQuantile], weights: FloatArray, columns: Sequence[int] | None = None
) -> float | None:
    """The PPI correlation of a contrast (D,) of quantiles (arms: those with a weight) by some columns or all."""
    used = weights[weights != 0.0]
    scaled = [t * a.scale * a.calibrated.way.weights for t, a in zip(used, arms, strict=True)]
    frames = [a.calibrated.estimate.frame for a in arms]
    frames = frames if columns is None else [f.with_columns(columns) for f in frames]
    cells = [a.calibrated.way.cells for a in arms]
    human = [f.human[d] for f, own in zip(frames, cells, strict=True) for d in own]
    fits = [f.whole[d] for f, own in zip(frames, cells, strict=True) for d in own]
    return blocks.ppi_correlation(human, fits, np.concatenate([t[list(c)] for t, c in zip(scaled, cells, strict=True)]))


def model_block(
    resolved: Resolved, contrast: Contrast, model: str, arms: Sequence[ArmQuantile], alone: Effect | None
) -> ModelBlock:
    """One model's PPI correlation and the variance ratio without it, beside its LLM-only quantile ``alone``."""
    columns = resolved.plain.sample.columns
    own = [j for j, c in enumerate(columns) if c.model == model]
    others = [j for j, c in enumerate(columns) if c.model != model]
    draws = [c.icc for c in columns if c.kind == "prediction" and c.model == model and c.icc is not None]
    return ModelBlock(
        name=model,
        llm_only=alone,
        ppi_correlation=ppi_correlation(arms, contrast.weights, own),
        variance_ratio_without=_ratio_without(resolved, contrast, arms, others),
        icc=float(np.mean(draws)) if draws else None,
    )


def _ratio_without(
    resolved: Resolved, contrast: Contrast, arms: Sequence[ArmQuantile], columns: Sequence[int]
) -> float | None:
    """Variance ratio at the estimate without the other columns; 1 where nothing is left to use."""
    kept = [resolved.plain.sample.columns[j].kind for j in columns]
    name = resolved.estimator.name
    if not kept or name == "human_only" or (name == "ppi" and "prediction" not in kept):
        return 1.0
    weights, population = contrast.weights[contrast.weights != 0.0], resolved.settings.population
    try:
        narrow = [_at_estimate(arm, columns) for arm in arms]
        variances = [
            contrast_variance(e, arm.calibrated.way.weights, population)[0] for e, arm in zip(narrow, arms, strict=True)
        ]
    except CalibrationError:
        return None
    errors = [arm.scale * _moved(arm.calibrated, variance) for arm, variance in zip(arms, variances, strict=True)]
    human = [arm.scale * sqrt(arm.human_variance) for arm in arms]
    top = _variance(weights * errors, narrow, arms, population)
    bottom = _variance(weights * human, [arm.human.estimate for arm in arms], arms, population)
    return top / bottom if bottom > 0.0 else None


def _at_estimate(arm: ArmQuantile, columns: Sequence[int]) -> Estimate:
    """The engine's estimate of the indicators at the arm's quantile, from some of the columns."""
    own = arm.calibrated
    narrow = replace(own.way, frame=own.way.frame.with_columns(columns))
    return narrow.at(float(own.curve.thresholds[own.inversion.at]))


def _moved(own: Quantile, variance: float) -> float:
    """The root of V0 with a variance of F in place of the one that it has."""
    now = float(own.curve.levels.variance[own.inversion.at])
    return sqrt(own.variance * (variance / now if now > 0.0 else 1.0))


def _variance(
    scaled: FloatArray, estimates: Sequence[Estimate], arms: Sequence[ArmQuantile], population: Population
) -> float:
    """The variance of a contrast from its arms' errors times their weights (D,), with the arms' dependence."""
    correlation = np.eye(1)
    if len(arms) > 1:
        correlation = dependence(estimates, [arm.calibrated.way.weights for arm in arms], population)
    return float(scaled @ correlation @ scaled)


def arm_block(resolved: Resolved, arm: int, own: ArmQuantile, settings: Settings, component: str) -> ArmBlock:
    """One arm's quantile and the indicators' fit at it."""
    calibrated, alone = own.calibrated, np.ones(1)
    parts = Parts((calibrated.inversion,), alone, np.eye(1), resolved.sample.origin)
    mean = effects.finite(result(parts, for_arms(settings)))
    verdict = min(verdicts(own, resolved.plan.estimator), key=effects.STRENGTH.index)
    frame, unit = calibrated.estimate.frame, calibrated.way.weights
    found = blocks.arm_block(frame, calibrated.estimate, unit, verdict, mean)
    ratios = [_dispersion(resolved, arm, j) for j, c in enumerate(frame.sample.columns) if c.kind == "prediction"]
    predictions = [replace(p, dispersion_ratio=r) for p, r in zip(found.predictions, ratios, strict=True)]
    return replace(found, component=component, predictions=tuple(predictions))


def _dispersion(resolved: Resolved, arm: int, column: int) -> float | None:
    """sd(f)/sd(y) of the answers of an arm's humans, within its strata."""
    alone = np.zeros(len(resolved.sample.arms))
    alone[arm] = 1.0
    cells = np.flatnonzero(resolved.cells(alone)).tolist()
    squares = np.add.reduce([resolved.plain.human[d].scatter.diagonal() for d in cells]).tolist()
    return sqrt(squares[column + 1] / squares[0]) if squares[0] > 0.0 else None


def doubts(
    resolved: Resolved, tested: ReferenceTest | None, arms: Sequence[ArmQuantile], estimates: Sequence[EstimateBlock]
) -> list[Warned]:
    """The warnings that go with a quantile, those about columns as they are at each arm's estimate."""
    asked = resolved.plan.estimator != "human_only"
    found = assumptions.doubts(resolved.plain, tested, llm_asked=asked)
    found = [w for w in found if w.code not in OF_MEANS | DROPPED]
    found += survey_design.doubts(resolved.sample, shares_stated=resolved.plan.stratum_shares is not None)
    if asked:
        frames = [a.calibrated.estimate.frame for a in arms]
        at_estimates = [w for f in frames for w in assumptions.doubts(f, None, llm_asked=True)]
        found += [w for w in at_estimates if w.code in DROPPED]
    if resolved.plan.identification == "exchangeability" and resolved.frame.identification == "randomization":
        text = "there are no LLM-only units, so the pool is the humans and random assignment identifies the effect"
        found.append(Warned("no_llm_only_units", text, "/plan/identification"))
    if resolved.plan.compat and not resolved.estimator.historical:
        text = "this estimator has no published form that differs; compat changes nothing"
        found.append(Warned("compat_ignored", text, "/plan/compat"))
    return found + effects.doubts(estimates)
