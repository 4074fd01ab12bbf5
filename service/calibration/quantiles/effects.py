"""Quantiles of one outcome analysed: one analysis per q, each with its estimates and arms.

Formula: see ``distribution`` (F), ``inversion`` (an arm), ``mover`` (differences). For a contrast with g_d the scale of
an arm (outcome units per unit of F) and r_de the arms' dependence, the variance ratio is Q(calibrated)/Q(human) with
Q = sum_d t_d^2 g_d^2 V0_d + 2 sum_{d<e} t_d t_e g_d g_e r_de sqrt(V0_d V0_e), its standard error the same form in the
arms' standard errors, its df Satterthwaite's. R^2, PPI correlation and tuning are those of the indicators at the
estimate.
Shapes: D arms. Units: outcome units.
Raises: ``interval_unbounded`` where both ends of an interval are open, and what ``support`` refuses.
Source: see the modules named. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from service.calibration import assumptions
from service.calibration.answer import Alternative, EstimateBlock
from service.calibration.assumptions import ReferenceTest
from service.calibration.contrast import Contrast
from service.calibration.effects import STRENGTH, Analysis, effective, finite
from service.calibration.errors import CalibrationError, Problem, Warned
from service.calibration.inference import Result, Settings
from service.calibration.moments import FloatArray
from service.calibration.plan import EstimatorName
from service.calibration.quantiles import as_published, beside, llm_answers, reach, support
from service.calibration.quantiles.arm import ArmQuantile, Quantile, arm_quantile
from service.calibration.quantiles.dependence import dependence
from service.calibration.quantiles.results import Parts, result, settings_of
from service.calibration.resolution import Resolved


@dataclass(frozen=True, slots=True)
class Asked:
    """One q of a resolved sample: the arms' quantiles by the plan's estimator, how results are formed."""

    resolved: Resolved
    q: float
    arms: tuple[ArmQuantile, ...]
    settings: Settings

    @property
    def component(self) -> str:
        """The name of this quantile in the answer."""
        return f"q={self.q:g}"

    def parts(self, weights: FloatArray, quantiles: Sequence[Quantile]) -> Parts:
        """A contrast (D,) of the quantiles of its arms."""
        used = np.flatnonzero(weights)
        correlation = np.eye(len(used))
        if len(used) > 1:
            ways = [quantile.way.weights for quantile in quantiles]
            correlation = dependence([x.estimate for x in quantiles], ways, self.settings.population)
        inversions = tuple(quantile.inversion for quantile in quantiles)
        return Parts(inversions, weights[used], correlation, self.resolved.sample.origin)


def analysed(resolved: Resolved, tested: ReferenceTest | None) -> tuple[Analysis, ...]:
    """One analysis per quantile asked for, in the plan's order."""
    support.check(resolved.sample, resolved.plan)
    support.check_bounds(resolved)
    settings = settings_of(resolved.settings, resolved.plan.interval)
    names = range(len(resolved.sample.arms))
    every = [
        Asked(resolved, q, tuple(arm_quantile(resolved, d, q, resolved.plan.estimator) for d in names), settings)
        for q in resolved.plan.quantiles
    ]
    found = [_analysis(asked, tested) for asked in every]
    reach.refuse(list(dict.fromkeys(problem for _, problems in found for problem in problems)))
    return tuple(analysis for analysis, _ in found)


def _analysis(asked: Asked, tested: ReferenceTest | None) -> tuple[Analysis, list[Problem]]:
    resolved = asked.resolved
    estimates = tuple(_estimate_block(asked, c, tested) for c in resolved.contrasts)
    arms = tuple(beside.arm_block(resolved, d, a, asked.settings, asked.component) for d, a in enumerate(asked.arms))
    reproduced: tuple[Warned, ...] = ()
    if as_published.asked(resolved.plan):
        found = as_published.published(resolved, asked.arms[0], asked.q)
        estimates, arms = (as_published.block(found, estimates[0]),), (as_published.arm_block(found, arms[0]),)
        reproduced = found.warnings
    open_ends = [_open_ends(asked, c, e) for c, e in zip(resolved.contrasts, estimates, strict=True)]
    endless = [
        problem
        for e, doubts in zip(estimates, open_ends, strict=True)
        for problem in reach.unbounded(e.result, asked.settings, doubts)
    ]
    warnings = [
        *beside.doubts(resolved, tested, asked.arms, estimates),
        *reproduced,
        *(w for d in open_ends for w in d),
    ]
    sloped = tuple(
        bool(row.any()) for a in asked.arms for row in a.calibrated.estimate.slope[list(a.calibrated.way.cells)]
    )
    analysis = Analysis(resolved, tested, (), sloped, estimates, arms, tuple(dict.fromkeys(warnings)))
    return analysis, endless


def _estimate_block(asked: Asked, contrast: Contrast, tested: ReferenceTest | None) -> EstimateBlock:
    resolved, t = asked.resolved, contrast.weights
    used = [asked.arms[d] for d in np.flatnonzero(t).tolist()]
    calibrated = asked.parts(t, [a.calibrated for a in used])
    human = asked.parts(t, [a.human for a in used])
    ratio, n = _ratio(calibrated, human, used), sum(a.n for a in used)
    verdict = min((v for a in used for v in beside.verdicts(a, resolved.plan.estimator)), key=STRENGTH.index)
    models, rests_on = resolved.plain.sample.models, _pools(asked, t)
    cells = [resolved.cells(row) for row in np.eye(len(t))]
    alone = llm_answers.effect(resolved.plain, contrast, cells, models, asked.q)
    return EstimateBlock(
        name=contrast.name,
        outcome=resolved.sample.outcome,
        component=asked.component,
        claim=assumptions.claim(
            tested, rests_on, unsound=resolved.unbalanced or bool(rests_on and resolved.plain.screened.reproduced)
        ),
        verdict=verdict,
        result=finite(result(calibrated, asked.settings)),
        human_only=finite(result(human, asked.settings)),
        llm_only=alone,
        models=tuple(
            beside.model_block(
                *(resolved, contrast, model, used),
                alone if len(models) == 1 else llm_answers.effect(resolved.plain, contrast, cells, [model], asked.q),
            )
            for model in models
        ),
        variance_ratio=ratio,
        human_sample_size=n,
        effective_sample_size=effective(n, ratio, verdict),
        ppi_correlation=beside.ppi_correlation(used, t) if models else None,
        alternatives=_alternatives(asked, contrast, human) if resolved.plan.compare else (),
    )


def _ratio(calibrated: Parts, human: Parts, arms: Sequence[ArmQuantile]) -> float | None:
    """Variance at the estimate, calibrated over human-only, in outcome units."""
    top = calibrated.spread([a.scale * sqrt(a.calibrated.variance) for a in arms])
    bottom = human.spread([a.scale * sqrt(a.human_variance) for a in arms])
    return (top / bottom) ** 2 if bottom > 0.0 else None


def _pools(asked: Asked, weights: FloatArray) -> set[int]:
    """The pools of the whole frame that an estimate rests on."""
    resolved, found = asked.resolved, set()
    for d in np.flatnonzero(weights).tolist():
        own = asked.arms[d].calibrated
        alone = np.zeros(len(resolved.sample.arms))
        alone[d] = 1.0
        cells = np.flatnonzero(resolved.cells(alone)).tolist()
        slopes = [own.estimate.slope[cell] for cell in own.way.cells]
        found |= {resolved.frame.sample.pool_of(cell) for cell, b in zip(cells, slopes, strict=True) if b.any()}
    return found


def _alternatives(asked: Asked, contrast: Contrast, human: Parts) -> tuple[Alternative, ...]:
    """The same contrast by every other estimator that quantiles have."""
    resolved, found = asked.resolved, []
    used = np.flatnonzero(contrast.weights).tolist()
    for name in support.ESTIMATORS:
        if name == resolved.plan.estimator:
            continue
        try:
            arms = [arm_quantile(resolved, d, asked.q, name) for d in used]
            answer, ratio = _alternative(asked, contrast, human, arms, name)
        except CalibrationError:
            continue
        found.append(Alternative(name, answer, ratio, effective(sum(a.n for a in arms), ratio, "llm_used")))
    return tuple(found)


def _alternative(
    asked: Asked, contrast: Contrast, human: Parts, arms: Sequence[ArmQuantile], name: EstimatorName
) -> tuple[Result, float | None]:
    """Result and variance ratio by another estimator, as published where the plan wants that."""
    other = replace(asked.resolved.plan, estimator=name)
    if as_published.asked(other):
        support.check(asked.resolved.sample, other)
        found = as_published.published(asked.resolved, arms[0], asked.q)
        return found.result, found.ratio
    parts = asked.parts(contrast.weights, [a.calibrated for a in arms])
    return finite(result(parts, asked.settings)), _ratio(parts, human, arms)


def _open_ends(asked: Asked, contrast: Contrast, block: EstimateBlock) -> list[Warned]:
    """Warnings about the open ends of an estimate, each at the arms that leave it open."""
    sample, found = asked.resolved.sample, []
    for side in reach.asked(asked.settings):
        if not reach.is_open(block.result, side):
            continue
        for d in np.flatnonzero(contrast.weights).tolist():
            end = side if contrast.weights[d] > 0.0 else reach.opposite(side)
            own, tail = asked.arms[d].calibrated, reach.tail(asked.settings)
            if own.inversion.bound(tail, end) is None:
                where = (asked.component, sample.arms[d], sample.pointers[d])
                found.append(reach.warned(own, asked.q, end, tail, where))
    return found
