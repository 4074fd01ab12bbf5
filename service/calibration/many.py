"""Many outcomes analysed at once: which samples fit the matrix form, and the analyses that the engine would give them.

Fits: the blocks of a table (``layouts.matrices``), whose prediction carries a slope, under estimator auto, regression
or human_only and a two-sided t. Outcomes that do not fit, or whose numbers leave the range of a double, are left to
``effects``.
Shapes: K outcomes, D arms; arrays (K,). Units: each outcome's own.
Raises: nothing. Source: as ``effects``; the arithmetic is that of ``matrix``. Differs: in the order of summation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from service.calibration import assumptions, many_blocks
from service.calibration.assumptions import ReferenceTest
from service.calibration.columns import GLANCE, rare_indicators
from service.calibration.diagnostics.exchangeability import one_column
from service.calibration.effects import Analysis, doubts
from service.calibration.errors import CalibrationError
from service.calibration.many_blocks import Outcomes
from service.calibration.matrix import ArmResults, BoolArray, arm_results, helpful
from service.calibration.moments import FloatArray
from service.calibration.plan import Plan
from service.calibration.resolution import Resolved, interval_choice, resolve
from service.calibration.sample import Sample
from service.calibration.samples import ArmMatrix, Block, blocks_of

ESTIMATORS = {"auto", "regression", "human_only"}
SLACK = 1e-6  # nearness to a threshold within which the engine decides


def analysed_at_once(samples: Sequence[Sample], plan: Plan) -> Mapping[int, Analysis]:
    """The analyses of the samples that fit, by their place among all samples."""
    if not _plan_fits(plan):
        return {}
    with np.errstate(all="ignore"):
        return {place: analysis for block in blocks_of(samples) for place, analysis in _analysed(block, samples, plan)}


def _plan_fits(plan: Plan) -> bool:
    asked = plan.compare or plan.compat or plan.costs is not None or plan.multiplicity == "max_t"
    usual = plan.alternative == "two_sided" and plan.inference_population == "super"
    return plan.estimator in ESTIMATORS and plan.interval in {"auto", "t"} and usual and not asked


def _analysed(block: Block, samples: Sequence[Sample], plan: Plan) -> Iterator[tuple[int, Analysis]]:
    """Place and analysis of the outcomes of a block that turn out to fit; all share the resolved plan of the first."""
    first = samples[block.places[0]]
    try:
        resolved = resolve(first, plan)
    except CalibrationError:
        return
    matrices = [block.arms[first.arms.index(arm)] for arm in resolved.sample.arms]
    arms = [arm_results(m) for m in matrices]
    used = [_used(arm, plan.estimator) for arm in arms]
    outcomes, tests = Outcomes(resolved, block, arms, used), _tests(arms, resolved, plan)
    sound, estimates = many_blocks.estimates(outcomes, tests)
    sound &= np.logical_and.reduce([_carries(arm) for arm in arms])
    sound &= _fitting(samples, block.places, plan, matrices)
    doubted = np.logical_or.reduce([_doubted(m.y) for m in matrices])
    everything = zip(block.places, block.warnings, tests, estimates, many_blocks.arms(outcomes), strict=True)
    sloped = list(zip(*(on.tolist() for on in used), strict=True))
    for k, (place, warned, tested, mine, arm_blocks) in enumerate(everything):
        if sound[k]:
            shape = assumptions.outcome_doubts(samples[place]) if doubted[k] else []
            found = (*warned, *shape, *assumptions.reference_doubts(tested), *doubts(mine))
            yield place, Analysis(resolved, tested, (), sloped[k], mine, arm_blocks, found)


def _used(arm: ArmResults, estimator: str) -> BoolArray:
    """In which outcomes the arm takes its slope (K,)."""
    return helpful(arm) if estimator == "auto" else np.full(arm.theta.shape, estimator == "regression")


def _carries(arm: ArmResults) -> BoolArray:
    """Whether the prediction carries a slope that is not 0 up to rounding (K,)."""
    return arm.usable & (arm.r_squared > SLACK**4)


def _tests(arms: Sequence[ArmResults], resolved: Resolved, plan: Plan) -> list[ReferenceTest | None]:
    """The test of exchangeability of every outcome; None for human-only, which does not rest on it."""
    if plan.estimator == "human_only":
        return [None] * len(arms[0].theta)
    p_values = [
        one_column(
            a.prediction_mean - a.llm_only_mean, a.prediction_scatter + a.llm_only_scatter, a.n, a.pool_size - a.n
        ).tolist()
        for a in arms
    ]
    return [assumptions.tested(values, resolved.plain.identification) for values in zip(*p_values, strict=True)]


def _fitting(samples: Sequence[Sample], places: Sequence[int], plan: Plan, matrices: Sequence[ArmMatrix]) -> BoolArray:
    """Outcomes (K,) whose interval is t and whose prediction is no rare indicator: the sample decides in doubt."""
    doubtful: BoolArray = np.logical_and.reduce([_two_valued(m.c) for m in matrices])
    if plan.interval == "auto":
        doubtful |= np.logical_and.reduce([_two_valued(m.y) for m in matrices])
    found = np.logical_not(doubtful)
    for k in np.flatnonzero(doubtful).tolist():
        sample = samples[places[k]]
        found[k] = interval_choice(sample, plan).method == "t" and not rare_indicators(sample)
    return found


def _two_valued(values: FloatArray) -> BoolArray:
    """Rows of (K, n) with at most two values at a glance."""
    steps = np.diff(np.sort(values[:, :GLANCE], axis=1), axis=1)
    return np.asarray(np.count_nonzero(steps, axis=1) <= 1)


def _doubted(y: FloatArray) -> BoolArray:
    """Outcomes (K,) of (K, n) that are two-valued at a glance or may be too skewed: ``assumptions`` judges them."""
    n = y.shape[1]
    deviations = y - y.mean(axis=1, keepdims=True)
    squares = deviations * deviations
    skewness = np.einsum("kn,kn->k", squares, deviations) / n / (squares.sum(axis=1) / n) ** 1.5
    return np.asarray(_two_valued(y) | (np.abs(skewness) > (1.0 - SLACK) * assumptions.most_skewness(n)))
